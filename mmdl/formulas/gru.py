"""The gated recurrent unit, one unit at a time."""

import math

import numpy as np

from mmdl.formulas.activations import sigmoid
from mmdl.shapes import Array, Mask


def gru(x: Array, W: Array, U: Array, b: Array | None, h0: Array | None = None, mask: Mask | None = None) -> Array:
    """(24)  h_t = z ∘ h_{t−1} + (1 − z) ∘ tanh(a_h + r ∘ u_h)  with  z, r = σ(a_z + u_z), σ(a_r + u_r)
    and  a_z, a_r, a_h  the thirds of  a = x_t W + b_0,  u_z, u_r, u_h  those of  u = h_{t−1} U + b_1

    x (T, D), W (D, 3H), U (H, 3H), b (2, 3H), h0 (H,), mask (T,) -> h (T+1, H).
    Initial state and mask as in (2).
    Source: Cho et al., Learning phrase representations using RNN encoder-decoder, 2014, equations (5)
    to (8); but r comes after the product with U, as in Keras (reset_after).
    """
    (T, D), H = x.shape, len(U)
    b = np.zeros((2, 3 * H)) if b is None else b
    h = np.zeros((T + 1, H))
    h[0] = 0 if h0 is None else h0
    for t in range(T):
        if mask is not None and not mask[t]:
            h[t + 1] = h[t]
            continue
        a = [sum(x[t, d] * W[d, j] for d in range(D)) + b[0, j] for j in range(3 * H)]
        u = [sum(h[t, i] * U[i, j] for i in range(H)) + b[1, j] for j in range(3 * H)]
        for j in range(H):
            z, r = sigmoid([a[j] + u[j], a[H + j] + u[H + j]])
            h[t + 1, j] = z * h[t, j] + (1 - z) * math.tanh(a[2 * H + j] + r * u[2 * H + j])
    return h
