"""Additive attention, one query at a time: how well a query fits a key is learned, too."""

import math

import numpy as np

from mmdl.formulas.softmax import softmax
from mmdl.shapes import Array, Mask


def additive_attention(q: Array, k: Array, v: Array, w: Array, mask: Mask | None = None) -> Array:
    """(64)  y_t = Σ_s a_ts v_s  with  a_t = softmax(e_t),  e_ts = w · tanh(q_t + k_s)

    q (T, D), k (S, D), v (S, V), w (D,) -> y (T, V).
    A query sees the keys s where mask (S,) is True; if there is none it gets zeros.
    Source: Bahdanau, Cho, Bengio, Neural machine translation by jointly learning to align and translate, 2015,
    section A.1.2; of pictures: Xu et al., Show, attend and tell, 2015.
    """
    (T, D), V = q.shape, v.shape[1]
    y = np.zeros((T, V))
    seen = [s for s in range(len(k)) if mask is None or mask[s]]
    for t in range(T if seen else 0):
        score = [sum(w[d] * math.tanh(q[t, d] + k[s, d]) for d in range(D)) for s in seen]
        weight = softmax(np.array(score))
        for n, s in enumerate(seen):
            for column in range(V):
                y[t, column] += weight[n] * v[s, column]
    return y
