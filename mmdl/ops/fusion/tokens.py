"""Fusion of sequences: tokens of one modality look at another's, or at a bottleneck that all share."""

import itertools
from typing import Annotated, NamedTuple

import numpy as np

from mmdl.errors import ShapeError
from mmdl.ops._mask import looked_at, only
from mmdl.ops.attention import multi_head_attention, multi_head_attention_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.shapes import Array, Arrays, Ids, Mask, shapes


class Crossed(NamedTuple):
    """The answer, where it was found, and the queries, keys and values."""

    y: Array  # (N, T, V)
    weights: Array  # (N, heads, T, S), each row sums to one
    q: Array  # (N, T, H)
    k: Array  # (N, S, H)
    v: Array  # (N, S, V)


@shapes
def cross_attention(
    x: Annotated[Array, "N T D"],
    other: Annotated[Array, "N S D"],
    Wq: Annotated[Array, "D>0 H>0"],
    Wk: Annotated[Array, "D H"],
    Wv: Annotated[Array, "D V>0"],
    mask: Annotated[Mask, "N S"] | None = None,
    heads: int = 1,
) -> Crossed:
    """y = softmax(q kᵀ / √d) v  with  q = x Wq of one modality,  k = x' Wk,  v = x' Wv of another

    Parameters
    ----------
    x
        Tokens that ask.
    other : x'
        Tokens of another modality, which answer.
    mask
        True where `other` has a token. Where it has none at all, y is zero.
    heads
        Divides H and V; d = H / heads.

    Returns
    -------
    Crossed : y (N, T, V), weights (N, heads, T, S), q, k, v

    Source: Tsai et al. 2019, section 3.1, the crossmodal attention of the multimodal transformer (MulT).
    """
    other = only(other, mask)
    q, k, v = affine(x, Wq, None), affine(other, Wk, None), affine(other, Wv, None)
    return Crossed(*multi_head_attention(q, k, v, heads, mask), q, k, v)


@shapes
def cross_attention_backward(
    dy: Annotated[Array, "N T V"],
    x: Annotated[Array, "N T D"],
    other: Annotated[Array, "N S D"],
    Wq: Annotated[Array, "D>0 H>0"],
    Wk: Annotated[Array, "D H"],
    Wv: Annotated[Array, "D V>0"],
    weights: Annotated[Array, "N _ T S"],
    q: Annotated[Array, "N T H"],
    k: Annotated[Array, "N S H"],
    v: Annotated[Array, "N S V"],
) -> tuple[Array, Array, Array, Array, Array]:
    """dx = dq Wqᵀ,  dx' = dk Wkᵀ + dv Wvᵀ;   dWq = xᵀ dq,  dWk = x'ᵀ dk,  dWv = x'ᵀ dv

    Returns
    -------
    dx, dother, dWq, dWk, dWv
    """
    dq, dk, dv = multi_head_attention_backward(dy, q, k, v, weights)
    dx, dWq, _ = affine_backward(dq, x, Wq)
    other = only(
        other, looked_at(weights.reshape(len(x), weights.shape[1] * weights.shape[2], weights.shape[3]))
    )  # what nobody looked at is not read
    dother_k, dWk, _ = affine_backward(dk, other, Wk)
    dother_v, dWv, _ = affine_backward(dv, other, Wv)
    return dx, dother_k + dother_v, dWq, dWk, dWv


class Exchanged(NamedTuple):
    """What the tokens and the bottleneck saw, and where each modality's part of them looked."""

    y: Array  # (N, T, V)
    weights: Arrays  # of M arrays (N, heads, lengths[m] + B, lengths[m] + B): its tokens and the bottleneck


@shapes
def bottleneck_attention(
    q: Annotated[Array, "N T D"],
    k: Annotated[Array, "N T D"],
    v: Annotated[Array, "N T V"],
    lengths: tuple[int, ...],
    mask: Annotated[Mask, "N T"] | None = None,
    heads: int = 1,
) -> Exchanged:
    """Each modality's tokens A_m and the bottleneck B look at A_m + B; the bottleneck takes the mean over modalities

    So what one modality has to say to another must pass through the few tokens of B.

    Parameters
    ----------
    q, k, v
        The tokens of all modalities, one modality after the other, and then the bottleneck's.
    lengths : tuple of M ints
        How many tokens each modality has; the remaining ones are the bottleneck.
    mask
        True where there is a token; elsewhere nothing is read, and y is zero.
    heads
        Divides D and V.

    Returns
    -------
    Exchanged : y (N, T, V), weights

    Raises
    ------
    ShapeError : the lengths add up to more than T, or there is no modality.

    Source: Nagrani et al. 2021, the multimodal bottleneck transformer (MBT), with one set of weights for all
    modalities; there the mean is taken a step later, behind the rest of the block.
    """
    q, k, v = only(q, mask), only(k, mask), only(v, mask)
    y, weights = np.zeros_like(v), []
    for rows, own in _parts("bottleneck_attention", q, lengths):
        there = None if mask is None else mask[:, rows]
        seen = multi_head_attention(q[:, rows], k[:, rows], v[:, rows], heads, there)
        y[:, rows[:own]] = seen.y[:, :own]
        y[:, rows[own:]] += seen.y[:, own:] / len(lengths)
        weights.append(seen.weights)
    return Exchanged(only(y, mask), tuple(weights))


@shapes
def bottleneck_attention_backward(
    dy: Annotated[Array, "N T V"],
    q: Annotated[Array, "N T D"],
    k: Annotated[Array, "N T D"],
    v: Annotated[Array, "N T V"],
    weights: Annotated[Arrays, "_ of N _ _ _"],
    lengths: tuple[int, ...],
    mask: Annotated[Mask, "N T"] | None = None,
) -> tuple[Array, Array, Array]:
    """Attention's backward pass for each modality; the bottleneck's dy / M goes to each, and its gradients are summed

    Returns
    -------
    dq, dk, dv
    """
    dy, q, k, v = only(dy, mask), only(q, mask), only(k, mask), only(v, mask)
    parts = _parts("bottleneck_attention_backward", q, lengths)
    if len(weights) != len(parts):
        raise ShapeError(f"bottleneck_attention_backward: {len(weights)} weights for {len(parts)} lengths")
    gradients = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    for (rows, own), seen in zip(parts, weights, strict=True):
        dseen = dy[:, rows]  # (N, own + B, V), a copy
        dseen[:, own:] /= len(lengths)  # y of the bottleneck is the mean over modalities
        found = multi_head_attention_backward(dseen, q[:, rows], k[:, rows], v[:, rows], seen)
        for total, gradient in zip(gradients, found, strict=True):
            total[:, rows] += gradient  # each modality's own rows once, the bottleneck's M times
    return gradients


def _parts(function: str, q: Array, lengths: tuple[int, ...]) -> list[tuple[Ids, int]]:
    """For each modality the places of its tokens and of the bottleneck, and how many are its own."""
    ends = list(itertools.accumulate(lengths))
    if not ends or min(lengths) < 0 or ends[-1] > q.shape[1]:
        raise ShapeError(f"{function}: lengths {lengths} do not fit into T = {q.shape[1]}")
    bottleneck = np.arange(ends[-1], q.shape[1])
    return [(np.r_[end - own : end, bottleneck], own) for end, own in zip(ends, lengths, strict=True)]
