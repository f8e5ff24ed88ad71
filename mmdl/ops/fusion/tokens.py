"""Fusion of sequences: tokens of one modality look at another's, or at a bottleneck that all share."""

import itertools
from typing import NamedTuple

import numpy as np

from mmdl.errors import ShapeError
from mmdl.ops.attention import multi_head_attention, multi_head_attention_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.shapes import shapes


class Crossed(NamedTuple):
    """The answer, where it was found, and the queries, keys and values."""

    y: np.ndarray  # (N, T, V)
    weights: np.ndarray  # (N, heads, T, S), each row sums to one
    q: np.ndarray  # (N, T, H)
    k: np.ndarray  # (N, S, H)
    v: np.ndarray  # (N, S, V)


@shapes(x="N T D", other="N S D", Wq="D H", Wk="D H", Wv="D V", mask="N S")
def cross_attention(x, other, Wq, Wk, Wv, mask=None, heads=1):
    """y = softmax(q kᵀ / √d) v  with  q = x Wq of one modality,  k = x' Wk,  v = x' Wv of another

    Parameters
    ----------
    x : array (N, T, D)
        Tokens that ask.
    other : array x' (N, S, D)
        Tokens of another modality, which answer.
    Wq, Wk, Wv : arrays (D, H), (D, H), (D, V)
    mask : bool array (N, S), optional
        True where `other` has a token. Where it has none at all, y is zero.
    heads : int
        Divides H and V; d = H / heads.

    Returns
    -------
    Crossed : y (N, T, V), weights (N, heads, T, S), q, k, v

    Source: Tsai et al. 2019, section 3.1, the crossmodal attention of the multimodal transformer (MulT).
    """
    q, k, v = affine(x, Wq, None), affine(other, Wk, None), affine(other, Wv, None)
    return Crossed(*multi_head_attention(q, k, v, heads, mask), q, k, v)


@shapes(
    dy="N T V", x="N T D", other="N S D", Wq="D H", Wk="D H", Wv="D V",
    weights="N _ T S", q="N T H", k="N S H", v="N S V",
)  # fmt: skip
def cross_attention_backward(dy, x, other, Wq, Wk, Wv, weights, q, k, v):
    """dx = dq Wqᵀ,  dx' = dk Wkᵀ + dv Wvᵀ;   dWq = xᵀ dq,  dWk = x'ᵀ dk,  dWv = x'ᵀ dv

    Returns
    -------
    dx, dother, dWq, dWk, dWv
    """
    dq, dk, dv = multi_head_attention_backward(dy, q, k, v, weights)
    dx, dWq, _ = affine_backward(dq, x, Wq)
    dother_k, dWk, _ = affine_backward(dk, other, Wk)
    dother_v, dWv, _ = affine_backward(dv, other, Wv)
    return dx, dother_k + dother_v, dWq, dWk, dWv


class Exchanged(NamedTuple):
    """What the tokens and the bottleneck saw, and where each modality's part of them looked."""

    y: np.ndarray  # (N, T, V)
    weights: tuple  # of M arrays (N, heads, lengths[m] + B, lengths[m] + B): its tokens and the bottleneck


@shapes(q="N T D", k="N T D", v="N T V", mask="N T")
def bottleneck_attention(q, k, v, lengths, mask=None, heads=1):
    """Each modality's tokens A_m and the bottleneck B look at A_m + B; the bottleneck takes the mean over modalities

    So what one modality has to say to another must pass through the few tokens of B.

    Parameters
    ----------
    q, k, v : arrays (N, T, D), (N, T, D), (N, T, V)
        The tokens of all modalities, one modality after the other, and then the bottleneck's.
    lengths : tuple of M ints
        How many tokens each modality has; the remaining ones are the bottleneck.
    mask : bool array (N, T), optional
        True where there is a token.
    heads : int
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
    y, weights = np.zeros_like(v), []
    for rows, own in _parts(q, lengths):
        there = None if mask is None else mask[:, rows]
        seen = multi_head_attention(q[:, rows], k[:, rows], v[:, rows], heads, there)
        y[:, rows[:own]] = seen.y[:, :own]
        y[:, rows[own:]] += seen.y[:, own:] / len(lengths)
        weights.append(seen.weights)
    return Exchanged(y, tuple(weights))


@shapes(dy="N T V", q="N T D", k="N T D", v="N T V", weights="_ of N _ _ _")
def bottleneck_attention_backward(dy, q, k, v, weights, lengths):
    """Each part as in attention; the bottleneck, which was in all of them, gets 1 / M of dy and adds up what comes

    Returns
    -------
    dq, dk, dv
    """
    gradients = tuple(map(np.zeros_like, (q, k, v)))
    for (rows, own), seen in zip(_parts(q, lengths), weights, strict=True):
        dseen = dy[:, rows]
        dseen[:, own:] /= len(lengths)
        found = multi_head_attention_backward(dseen, q[:, rows], k[:, rows], v[:, rows], seen)
        for total, gradient in zip(gradients, found, strict=True):
            total[:, rows] += gradient
    return gradients


def _parts(q, lengths):
    """For each modality the places of its tokens and of the bottleneck, and how many are its own."""
    ends = list(itertools.accumulate(lengths))
    if not ends or ends[-1] > q.shape[1]:
        raise ShapeError(f"bottleneck_attention: lengths {lengths} do not fit into T = {q.shape[1]}")
    bottleneck = np.arange(ends[-1], q.shape[1])
    return [(np.r_[end - own : end, bottleneck], own) for end, own in zip(ends, lengths, strict=True)]
