"""Softmax: scores become probabilities."""

import numpy as np

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
    p = np.exp(s - s.real.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return p


@shapes(dp="... K", p="... K")
def softmax_backward(dp, p):
    """ds = p ∘ (dp − ⟨dp, p⟩): raising one score lowers all other probabilities"""
    return p * (dp - _inner(dp, p))


@shapes(s="... K>0")
def log_softmax(s):
    """l = s − log Σ e^s along the last axis.  s (..., K) -> l (..., K)"""
    shifted = s - s.real.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@shapes(dl="... K", l="... K")
def log_softmax_backward(dl, l):
    """ds = dl − e^l Σ dl"""
    return dl - np.exp(l) * dl.sum(axis=-1, keepdims=True)


def _inner(a, b):
    """⟨a, b⟩ along the last axis, kept: einsum needs no array for the product"""
    return np.einsum("...k,...k->...", a, b)[..., None]
