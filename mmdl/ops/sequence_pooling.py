"""Pooling over sequences: one vector from the tokens that are there. A sequence without tokens gives zeros."""

import numpy as np

from mmdl.ops.pooling import MaxPooled
from mmdl.shapes import shapes


@shapes(x="N T D", mask="N T")
def masked_mean(x, mask=None):
    """y = Σₜ mₜ xₜ / Σₜ mₜ

    Parameters
    ----------
    x : array (N, T, D)
    mask : bool array (N, T), optional
        True where there is a token.

    Returns
    -------
    y : array (N, D)
    """
    return (_share(x, mask)[:, None] @ x)[:, 0]


@shapes(dy="N D", x="N T D", mask="N T")
def masked_mean_backward(dy, x, mask=None):
    """dxₜ = mₜ dy / Σ m.  -> dx (N, T, D)"""
    return _share(x, mask)[:, :, None] * dy[:, None]


@shapes(x="N T D", mask="N T")
def masked_max(x, mask=None):
    """y = max over the tokens.  -> MaxPooled : y (N, D), winner (N, D), which is −1 where there is no token"""
    if x.shape[1] == 0:
        return MaxPooled(np.zeros((len(x), x.shape[2]), x.dtype), np.full((len(x), x.shape[2]), -1))
    winner = (x.real if mask is None else np.where(mask[:, :, None], x.real, -np.inf)).argmax(axis=1)
    y = np.take_along_axis(x, winner[:, None], axis=1)[:, 0]
    if mask is None:
        return MaxPooled(y, winner)
    some = mask.any(axis=1)[:, None]
    return MaxPooled(np.where(some, y, 0), np.where(some, winner, -1))


@shapes(dy="N D", x="N T D", winner="N D")
def masked_max_backward(dy, x, winner):
    """dx[winner] = dy, elsewhere 0.  -> dx (N, T, D)"""
    return dy[:, None] * (winner[:, None] == np.arange(x.shape[1])[:, None])


@shapes(x="N T D", mask="N T")
def last_valid(x, mask=None):
    """y = the last token's x.  x (N, T, D) -> y (N, D)"""
    return (_is_last(x, mask)[:, None] @ x)[:, 0]


@shapes(dy="N D", x="N T D", mask="N T")
def last_valid_backward(dy, x, mask=None):
    """dx = dy at the last token, elsewhere 0.  -> dx (N, T, D)"""
    return _is_last(x, mask)[:, :, None] * dy[:, None]


def _share(x, mask):
    """Each token's weight in the mean: (N, T)"""
    mask = np.ones(x.shape[:2], bool) if mask is None else mask
    return mask.astype(x.dtype) / np.maximum(mask.sum(axis=1, keepdims=True), 1).astype(x.dtype)


def _is_last(x, mask):
    """One at each sequence's last token, else zero: (N, T)"""
    mask = np.ones(x.shape[:2], bool) if mask is None else mask
    following = mask[:, ::-1].cumsum(axis=1)[:, ::-1]  # tokens from here on
    return (mask & (following == 1)).astype(x.dtype)
