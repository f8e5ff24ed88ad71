"""Long short-term memory, one unit at a time."""

import math

import numpy as np

from mmdl.formulas.activations import sigmoid
from mmdl.shapes import Array, Mask


def lstm(
    x: Array,
    W: Array,
    U: Array,
    b: Array | None,
    h0: Array | None = None,
    c0: Array | None = None,
    mask: Mask | None = None,
) -> tuple[Array, Array]:
    """(23)  c_t = f ∘ c_{t−1} + i ∘ tanh(a_c),  h_t = o ∘ tanh(c_t)  with  i, f, o = σ(a_i), σ(a_f), σ(a_o)
    and  a_i, a_f, a_c, a_o  the quarters of  a = x_t W + h_{t−1} U + b

    x (T, D), W (D, 4H), U (H, 4H), b (4H,), h0 (H,), c0 (H,), mask (T,) -> h (T+1, H), c (T+1, H).
    Initial states and mask as in (2).
    Source: Hochreiter, Schmidhuber, Long short-term memory, 1997; forget gate f: Gers, Schmidhuber, Cummins,
    Learning to forget, 2000.
    """
    (T, D), H = x.shape, len(U)
    b = np.zeros(4 * H) if b is None else b
    h, c = np.zeros((T + 1, H)), np.zeros((T + 1, H))
    h[0] = 0 if h0 is None else h0
    c[0] = 0 if c0 is None else c0
    for t in range(T):
        if mask is not None and not mask[t]:
            h[t + 1], c[t + 1] = h[t], c[t]
            continue
        a = [
            sum(x[t, d] * W[d, j] for d in range(D)) + sum(h[t, i] * U[i, j] for i in range(H)) + b[j]
            for j in range(4 * H)
        ]
        for j in range(H):
            i, f, o = sigmoid([a[j], a[H + j], a[3 * H + j]])
            c[t + 1, j] = f * c[t, j] + i * math.tanh(a[2 * H + j])
            h[t + 1, j] = o * math.tanh(c[t + 1, j])
    return h, c
