"""One vector for a whole sequence: only its tokens count, and without any it gives zeros."""

import numpy as np

from mmdl.shapes import Array, Mask


def masked_mean(x: Array, mask: Mask | None = None) -> Array:
    """(19)  y_d = Σ_{t ∈ A} x_td / |A|  with A the places that hold a token

    x (T, D), mask (T,) True where there is a token -> y (D,).
    Source: Iyyer et al., Deep unordered composition rivals syntactic methods for text classification, 2015.
    """
    tokens = places(x, mask)
    return np.array([sum(x[t, d] for t in tokens) / max(len(tokens), 1) for d in range(x.shape[1])])


def masked_max(x: Array, mask: Mask | None = None) -> Array:
    """(20)  y_d = max_{t ∈ A} x_td

    x (T, D), mask (T,) -> y (D,), A as in (19).
    Source: Collobert et al., Natural language processing (almost) from scratch, 2011.
    """
    return np.array([max((x[t, d] for t in places(x, mask)), default=0.0) for d in range(x.shape[1])])


def last_valid(x: Array, mask: Mask | None = None) -> Array:
    """(21)  y_d = x_td  at  t = max A

    x (T, D), mask (T,) -> y (D,), A as in (19).
    Source: Sutskever, Vinyals, Le, Sequence to sequence learning with neural networks, 2014.
    """
    tokens = places(x, mask)
    return np.array([x[tokens[-1], d] if tokens else 0.0 for d in range(x.shape[1])])


def places(x: Array, mask: Mask | None) -> list[int]:
    """The places of x that hold a token, in order."""
    return [t for t in range(len(x)) if mask is None or mask[t]]
