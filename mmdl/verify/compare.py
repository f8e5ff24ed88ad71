"""The difference of two results, and the sentence that reports it."""

import numpy as np

EXACT = 1e-12  # rounding in float64, with room to spare
SINGLE = 1e-5  # the same in float32


class PropertyError(AssertionError):
    """A property that an op does not have, in one sentence; `error` says by how much, if that is a number."""

    def __init__(self, sentence, error=np.inf):
        super().__init__(sentence)
        self.error = error


def difference(actual, expected):
    """Largest entry of |actual − expected|, relative to the larger of 1 and the largest entry expected.

    Takes arrays and tuples of arrays; infinite where the shapes differ, or where something is not a number.
    """
    if isinstance(expected, tuple):
        if not isinstance(actual, (tuple, list)) or len(actual) != len(expected):
            return np.inf
        return max((difference(*pair) for pair in zip(actual, expected, strict=True)), default=0.0)
    if np.shape(actual) != np.shape(expected):
        return np.inf
    error = np.max(np.abs(np.subtract(actual, expected, dtype=complex)), initial=0)
    error = error / max(1, np.max(np.abs(expected), initial=0))
    return np.inf if np.isnan(error) else float(error)


def agree(what, actual, expected, tolerance, source):
    """The `difference`; PropertyError if it is larger than `tolerance`, naming the entry that is most wrong.

    `what` is compared (`dW of affine`) with what `source` (`complex steps`) says.
    """
    if isinstance(expected, tuple):
        if not isinstance(actual, (tuple, list)) or len(actual) != len(expected):
            raise PropertyError(f"{what} must be {len(expected)} arrays")
        pairs = enumerate(zip(actual, expected, strict=True))
        return max((agree(f"{what}[{m}]", *pair, tolerance, source) for m, pair in pairs), default=0.0)
    if np.shape(actual) != np.shape(expected):
        raise PropertyError(f"{what} has shape {np.shape(actual)}, but {source} says {np.shape(expected)}")
    error = difference(actual, expected)
    if error > tolerance:
        gap = np.nan_to_num(np.abs(np.subtract(actual, expected)), nan=np.inf, posinf=np.inf)
        worst = np.unravel_index(np.argmax(gap), np.shape(gap))
        place = f"[{', '.join(map(str, worst))}]" if worst else ""
        found, truth = np.asarray(actual)[worst], np.asarray(expected)[worst]
        raise PropertyError(f"{what}{place} is {found:.6g}, but {source} says {truth:.6g}", error)
    return error
