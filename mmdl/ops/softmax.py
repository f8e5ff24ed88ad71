"""Softmax: scores become probabilities."""

from typing import Annotated

import numpy as np

from mmdl.ops._mask import possible, row_peak
from mmdl.ops._reduce import row_inner, row_sum
from mmdl.shapes import Array, shapes


@shapes
def softmax(s: Annotated[Array, "... K>0"]) -> Array:
    """p = e^s / Σ e^s along the last axis

    Parameters
    ----------
    s
        Scores. Adding a number to a whole row changes nothing, so its maximum is subtracted: e^s cannot overflow.
        −∞ is impossible: its p is 0.

    Returns
    -------
    p : array (..., K), not negative; each row sums to one, or is all zeros if all of it is impossible

    >>> softmax(np.array([0.0, 0.0, np.log(2)])).round(2).tolist()
    [0.25, 0.25, 0.5]
    """
    p = s - row_peak(s)
    np.exp(p, out=p)
    total = row_sum(p)
    total[total == 0] = 1
    p /= total
    return p


@shapes
def softmax_backward(dp: Annotated[Array, "* K"], p: Annotated[Array, "* K"]) -> Array:
    """ds = p ∘ (dp − ⟨dp, p⟩): raising one score lowers all other probabilities"""
    ds = dp - row_inner(dp, p)
    ds *= p
    return ds


@shapes
def log_softmax(s: Annotated[Array, "... K>0"]) -> Array:
    """l = s − log Σ e^s along the last axis; −∞ stays −∞.  s (..., K) -> l (..., K)"""
    shifted = s - row_peak(s)
    total = row_sum(np.exp(shifted))
    total[total == 0] = 1
    return shifted - np.log(total)


@shapes
def log_softmax_backward(dl: Annotated[Array, "* K"], l: Annotated[Array, "* K"]) -> Array:
    """ds = dl − e^l Σ dl, over what is possible; 0 where l is −∞"""
    dl = np.where(possible(l), dl, 0)
    return dl - np.exp(l) * row_sum(dl)
