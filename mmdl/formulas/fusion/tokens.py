"""Attention between modalities: from one to another, and through a bottleneck."""

import numpy as np

from mmdl.formulas.attention import multi_head_attention
from mmdl.shapes import Array, Mask


def cross_attention(
    x: Array,
    other: Array,
    Wq: Array,
    Wk: Array,
    Wv: Array,
    mask: Mask | None = None,
    heads: int = 1,
) -> Array:
    """(54)  softmax(Q Kᵀ / √d_k) V  with  Q = x W_q of one modality,  K = x' W_k and V = x' W_v of another

    x (T, D), other x' (S, D), Wq (D, H), Wk (D, H), Wv (D, V), mask (S,) of x' -> y (T, V).
    With heads the softmax is that of (25). If x' has no token, y is zero.
    Source: Tsai et al., Multimodal transformer for unaligned multimodal language sequences, 2019, section 3.1.
    """
    return multi_head_attention(times(x, Wq), times(other, Wk), times(other, Wv), heads, mask)


def bottleneck_attention(
    q: Array,
    k: Array,
    v: Array,
    lengths: tuple[int, ...],
    mask: Mask | None = None,
    heads: int = 1,
) -> Array:
    """(55)  y_t = attention of query t over A_m + B, if t is in A_m;   Σ_m (that over A_m + B) / M, if t is in B

    q, k (T, D), v (T, V), mask (T,) -> y (T, V), zero where there is no token.  The attention is that of (25).
    A_m are the places of the `lengths`[m] tokens of modality m, one modality after the other; B, the bottleneck, are
    the places after these. What one modality has to say to another must pass through B.
    Source: Nagrani et al., Attention bottlenecks for multimodal fusion, 2021 (MBT), with one set of weights for all.
    """
    y = np.zeros_like(v)
    bottleneck = list(range(sum(lengths), len(q)))
    start = 0
    for length in lengths:
        own = list(range(start, start + length))
        seen = own + bottleneck
        there = None if mask is None else mask[seen]
        y[own] = multi_head_attention(q[own], k[seen], v[seen], heads, there)
        y[bottleneck] += multi_head_attention(q[bottleneck], k[seen], v[seen], heads, there) / len(lengths)
        start += length
    return y if mask is None else np.where(mask[:, None], y, 0)


def times(x: Array, W: Array) -> Array:
    """The matrix product x W, row by row: (4) without b."""
    (T, D), K = x.shape, W.shape[1]
    return np.array([[sum(x[t, d] * W[d, k] for d in range(D)) for k in range(K)] for t in range(T)]).reshape(T, K)
