"""Mistakes that students make in the exercises of lesson 03."""

import numpy as np

FITTING = {
    "conv2d_dw__stride_forgotten": ("stride",),
    "conv2d_dx__padded_on_one_side": ("shift", "padding", "moved"),
    "conv2d_dx__float32_buffer": ("float32", "precision", "single"),
}


def conv2d_dw__stride_forgotten(dy, x, w, stride=1):
    """The patches are read at p + i and q + j, whatever the stride."""
    grad = np.zeros(w.shape)
    N, P, Q, _ = dy.shape
    for n in range(N):
        for p in range(P):
            for q in range(Q):
                patch = x[n, p : p + w.shape[0], q : q + w.shape[1], :]
                grad += patch[..., None] * dy[n, p, q]
    return grad


def conv2d_dx__padded_on_one_side(dy, x, w, stride=1):
    """All of the padding is put above and to the left of dy, none below and to the right: dx is shifted."""
    s, t = (stride, stride) if np.isscalar(stride) else stride
    I, J, _, K = w.shape
    N, R, C, _ = x.shape
    spread = np.zeros((N, R - I + 1, C - J + 1, K))
    spread[:, ::s, ::t] = dy
    padded = np.pad(spread, ((0, 0), (2 * I - 2, 0), (2 * J - 2, 0), (0, 0)))
    turned = w[::-1, ::-1]
    dx = np.zeros(x.shape)
    for i in range(I):
        for j in range(J):
            dx += padded[:, i : i + R, j : j + C] @ turned[i, j].T
    return dx


def conv2d_dx__float32_buffer(dy, x, w, stride=1):
    """The gradient is collected in single precision, which keeps seven digits."""
    s, t = (stride, stride) if np.isscalar(stride) else stride
    gradient = np.zeros(x.shape, dtype=np.float32)
    for p in range(dy.shape[1]):
        for q in range(dy.shape[2]):
            back = np.einsum("nk,ijdk->nijd", dy[:, p, q], w)
            gradient[:, p * s : p * s + w.shape[0], q * t : q * t + w.shape[1]] += back
    return gradient
