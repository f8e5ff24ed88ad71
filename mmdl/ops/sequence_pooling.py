"""Pooling over sequences: one vector from the valid tokens. A sequence without tokens gives zeros."""

from typing import Annotated

import numpy as np

from mmdl.ops._mask import only
from mmdl.ops._windows import check_winner
from mmdl.ops.pooling import MaxPooled
from mmdl.shapes import Array, Ids, Mask, shapes


@shapes
def masked_mean(x: Annotated[Array, "N T D"], mask: Annotated[Mask, "N T"] | None = None) -> Array:
    """y = Σₜ mₜ xₜ / Σₜ mₜ

    Parameters
    ----------
    mask
        True where there is a token.

    Returns
    -------
    y : array (N, D)
    """
    return (_share(x, mask)[:, None] @ only(x, mask))[:, 0]


@shapes
def masked_mean_backward(
    dy: Annotated[Array, "N D"],
    x: Annotated[Array, "N T D"],
    mask: Annotated[Mask, "N T"] | None = None,
) -> Array:
    """dxₜ = mₜ dy / Σ m.  -> dx (N, T, D)"""
    return _share(x, mask)[:, :, None] * dy[:, None]


@shapes
def masked_max(x: Annotated[Array, "N T D"], mask: Annotated[Mask, "N T"] | None = None) -> MaxPooled:
    """y = max over the tokens.  -> MaxPooled : y (N, D), winner (N, D), which is −1 where there is no token"""
    if x.shape[1] == 0:
        return MaxPooled(np.zeros((len(x), x.shape[2]), x.dtype), np.full((len(x), x.shape[2]), -1))
    winner = (x.real if mask is None else np.where(mask[:, :, None], x.real, -np.inf)).argmax(axis=1)
    if mask is not None:  # among tokens that are all −∞ it is a token that wins, and no padding
        winner = np.where(np.take_along_axis(mask, winner, axis=1), winner, mask.argmax(axis=1)[:, None])
    y = np.take_along_axis(x, winner[:, None], axis=1)[:, 0]
    if mask is None:
        return MaxPooled(y, winner)
    some = mask.any(axis=1, keepdims=True)
    return MaxPooled(np.where(some, y, 0), np.where(some, winner, -1))


@shapes
def masked_max_backward(
    dy: Annotated[Array, "N D"],
    x: Annotated[Array, "N T D"],
    winner: Annotated[Ids, "N D"],
) -> Array:
    """dx[winner] = dy, elsewhere 0.  -> dx (N, T, D)"""
    check_winner("masked_max_backward", winner, x.shape[1], lowest=-1)
    return dy[:, None] * (winner[:, None] == np.arange(x.shape[1])[:, None])


@shapes
def last_valid(x: Annotated[Array, "N T D"], mask: Annotated[Mask, "N T"] | None = None) -> Array:
    """y = the last token's x.  x (N, T, D) -> y (N, D)"""
    is_last = _is_last(x, mask)
    if not is_last.size:
        return np.zeros((len(x), x.shape[2]), x.dtype)
    return only(x[np.arange(len(x)), is_last.argmax(axis=1)], np.any(is_last, axis=1))


@shapes
def last_valid_backward(
    dy: Annotated[Array, "N D"],
    x: Annotated[Array, "N T D"],
    mask: Annotated[Mask, "N T"] | None = None,
) -> Array:
    """dx = dy at the last token, elsewhere 0.  -> dx (N, T, D)"""
    return np.where(_is_last(x, mask)[:, :, None], dy[:, None], 0)


def _share(x: Array, mask: Mask | None) -> Array:
    """Each token's weight in the mean: (N, T)"""
    mask = np.ones(x.shape[:2], bool) if mask is None else mask
    return mask.astype(x.dtype) / np.maximum(mask.sum(axis=1, keepdims=True), 1).astype(x.dtype)


def _is_last(x: Array, mask: Mask | None) -> Mask:
    """True at each sequence's last token: (N, T)"""
    mask = np.ones(x.shape[:2], bool) if mask is None else mask
    following = mask[:, ::-1].cumsum(axis=1)[:, ::-1]  # tokens from here on
    return mask & (following == 1)
