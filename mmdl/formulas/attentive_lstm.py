"""An LSTM that looks before it moves, one step at a time."""

import numpy as np

from mmdl.formulas.additive_attention import additive_attention
from mmdl.formulas.lstm import lstm
from mmdl.shapes import Array, Mask


def attentive_lstm(
    x: Array,
    k: Array,
    v: Array,
    Wq: Array,
    w: Array,
    W: Array,
    C: Array,
    U: Array,
    b: Array | None,
    h0: Array | None = None,
    c0: Array | None = None,
    mask: Mask | None = None,
    memory_mask: Mask | None = None,
) -> tuple[Array, Array, Array]:
    """(65)  context_t = (64) of the query h_{t−1} W_q over keys k and values v;
    h_t, c_t = (23) of the input (x_t, context_t) with the weights (W, C), U and b

    x (T, D), k (S, K), v (S, V), Wq (H, K), w (K,), W (D, 4H), C (V, 4H), U (H, 4H), b (4H,), h0, c0 (H,), mask (T,),
    memory_mask (S,) -> h (T+1, H), c (T+1, H), context (T, V).
    Where mask is False, h and c are kept, and the context is zero.
    Source: Bahdanau, Cho, Bengio 2015, section 3.1; Xu et al. 2015, section 3.1.2.
    """
    T, H, V = len(x), len(U), v.shape[1]
    h, c, context = np.zeros((T + 1, H)), np.zeros((T + 1, H)), np.zeros((T, V))
    h[0] = 0 if h0 is None else h0
    c[0] = 0 if c0 is None else c0
    both = np.concatenate([W, C])
    for t in range(T):
        h[t + 1], c[t + 1] = h[t], c[t]
        if mask is None or mask[t]:
            q = np.array([[sum(h[t, i] * Wq[i, j] for i in range(H)) for j in range(Wq.shape[1])]])
            context[t] = additive_attention(q, k, v, w, memory_mask)[0]
            inputs = np.concatenate([x[t], context[t]])[None]
            (_, h[t + 1]), (_, c[t + 1]) = lstm(inputs, both, U, b, h[t], c[t])
    return h, c, context
