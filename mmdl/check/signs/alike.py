"""When two arrays count as the same."""

import numpy as np

SAME = 1e-9


def alike(a, b, tolerance=SAME):
    """The same shape, and the same numbers to 1e-9 of the largest; nan and infinity at the same places."""
    if a is None or b is None or np.shape(a) != np.shape(b):
        return False
    a, b = np.asarray(a), np.asarray(b)
    finite = np.isfinite(a) & np.isfinite(b)
    if not np.array_equal(np.where(finite, 0, a), np.where(finite, 0, b), equal_nan=True):
        return False
    a, b = a[finite] * 1.0, b[finite] * 1.0
    return bool(np.abs(a - b).max(initial=0) <= tolerance * max(1.0, np.abs(b).max(initial=0)))
