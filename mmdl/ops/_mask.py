"""One rule for what does not count: −∞ is impossible, and what a mask leaves out is never read."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from mmdl.ops._reduce import row_max
from mmdl.shapes import Array, Mask
from mmdl.tokens import only as only


def looked_at(weights: Array) -> Mask:
    """Which keys some query looked at.  weights (..., T, S) -> (..., S)"""
    return np.ones(weights.shape[-2], weights.dtype) @ weights != 0  # their sums, by BLAS: none is negative


def possible(s: Array) -> Mask:
    """False where s is −∞"""
    return s.real != -np.inf


def finite(largest: Array) -> Array:
    """A maximum that may be subtracted: where all is impossible it is −∞, and −∞ − (−∞) would be NaN"""
    return np.where(largest == -np.inf, largest.dtype.type(0), largest)


def row_peak(s: Array) -> Array:
    """The largest of each row, to be subtracted before an exponential.  s (..., K) -> (..., 1)"""
    return finite(row_max(s))


def log_or_impossible(total: Array) -> Array:
    """log Σ; the logarithm of nothing is −∞"""
    nothing = total == 0
    return np.where(nothing, -np.inf, np.log(np.where(nothing, 1, total)))


def log_sum_exp(terms: Sequence[Array]) -> Array:
    """log Σ_m e^x_m, entry by entry; what is −∞ adds nothing. Analytic, as `np.logaddexp` is not."""
    largest = finite(reduce(np.maximum, [x.real for x in terms]))
    return log_or_impossible(sum(np.exp(x - largest) for x in terms)) + largest
