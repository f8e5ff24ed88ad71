"""Softmax: scores become probabilities."""

from typing import Annotated

import numpy as np

from mmdl.ops._reduce import row_inner, row_max, row_sum
from mmdl.shapes import Array, shapes


@shapes
def softmax(s: Annotated[Array, "... K>0"]) -> Array:
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


@shapes
def softmax_backward(dp: Annotated[Array, "... K"], p: Annotated[Array, "... K"]) -> Array:
    """ds = p ∘ (dp − ⟨dp, p⟩): raising one score lowers all other probabilities"""
    ds = dp - row_inner(dp, p)
    ds *= p
    return ds


@shapes
def log_softmax(s: Annotated[Array, "... K>0"]) -> Array:
    """l = s − log Σ e^s along the last axis.  s (..., K) -> l (..., K)"""
    shifted = s - row_max(s)
    return shifted - np.log(row_sum(np.exp(shifted)))


@shapes
def log_softmax_backward(dl: Annotated[Array, "... K"], l: Annotated[Array, "... K"]) -> Array:
    """ds = dl − e^l Σ dl"""
    return dl - np.exp(l) * row_sum(dl)
