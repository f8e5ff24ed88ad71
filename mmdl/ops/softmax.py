"""Softmax: scores become probabilities."""

import numpy as np

from mmdl.ops._reduce import row_inner, row_max, row_sum
from mmdl.shapes import shapes


@shapes(s="... K>0")
def softmax(s):
    """p = e^s / Σ e^s along the last axis

    Parameters
    ----------
    s : array (..., K)
        Scores. Adding a number to a whole row changes nothing, so its maximum is subtracted: e^s cannot overflow.

    Returns
    -------
    p : array (..., K), positive, each row sums to one
    """
    p = s - row_max(s)
    np.exp(p, out=p)
    p /= row_sum(p)
    return p


@shapes(dp="... K", p="... K")
def softmax_backward(dp, p):
    """ds = p ∘ (dp − ⟨dp, p⟩): raising one score lowers all other probabilities"""
    ds = dp - row_inner(dp, p)
    ds *= p
    return ds


@shapes(s="... K>0")
def log_softmax(s):
    """l = s − log Σ e^s along the last axis.  s (..., K) -> l (..., K)"""
    shifted = s - row_max(s)
    return shifted - np.log(row_sum(np.exp(shifted)))


@shapes(dl="... K", l="... K")
def log_softmax_backward(dl, l):
    """ds = dl − e^l Σ dl"""
    return dl - np.exp(l) * row_sum(dl)
