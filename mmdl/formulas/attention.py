"""Attention, one query at a time: equation (3) of the article."""

import math

import numpy as np

from mmdl.formulas.softmax import softmax
from mmdl.shapes import Array, Mask


def attention(
    q: Array,
    k: Array,
    v: Array,
    mask: Mask | None = None,
    causal: bool = False,
    bias: Array | None = None,
) -> Array:
    """(3)  softmax(Q Kᵀ / √d_k) V

    q (T, D), k (S, D), v (S, V) -> y (T, V), with d_k = D.  bias (T, S) is added to the scores.
    A query t sees the keys s where mask (S,) is True and, if causal, s ≤ t; if it sees none it gets zeros.
    Source: Vaswani et al., Attention is all you need, 2017, equation (1).
    """
    (T, D), (S, V) = q.shape, v.shape
    y = np.zeros((T, V))
    for t in range(T):
        allowed = [s for s in range(S) if (mask is None or mask[s]) and (s <= t or not causal)]
        seen = [s for s in allowed if bias is None or bias[t, s] != -math.inf]
        if not seen:
            continue
        score = [sum(q[t, d] * k[s, d] for d in range(D)) / math.sqrt(D) for s in seen]
        weight = softmax([score[n] + (0 if bias is None else bias[t, s]) for n, s in enumerate(seen)])
        for n, s in enumerate(seen):
            for column in range(V):
                y[t, column] += weight[n] * v[s, column]
    return y


def multi_head_attention(
    q: Array,
    k: Array,
    v: Array,
    heads: int = 1,
    mask: Mask | None = None,
    causal: bool = False,
) -> Array:
    """(25)  concatenation over m of  softmax(Q_m K_mᵀ / √(D / heads)) V_m

    q (T, D), k (S, D), v (S, V), mask (S,) -> y (T, V).
    Q_m, K_m, V_m are the m-th of `heads` equal groups of columns.
    Source: Vaswani et al., Attention is all you need, 2017, section 3.2.2.
    """
    columns = zip(*(np.split(x, heads, axis=1) for x in (q, k, v)), strict=True)
    return np.concatenate([attention(q_m, k_m, v_m, mask, causal) for q_m, k_m, v_m in columns], axis=1)
