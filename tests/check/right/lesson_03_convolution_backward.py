"""Right solutions of lesson 03: scatter, gather from a spread-out dy, Einstein sums, loops."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def conv2d_db__sum(dy):
    return dy.sum(axis=(0, 1, 2))


def conv2d_db__rows(dy):
    return np.add.reduce(dy.reshape(-1, dy.shape[-1]), axis=0)


def conv2d_db__einsum(dy):
    return np.einsum("npqk->k", dy)


def _steps(stride):
    return (stride, stride) if isinstance(stride, int) else stride


def _windows(x, w, stride):
    down, right = _steps(stride)
    return sliding_window_view(x, w.shape[:2], (1, 2))[:, ::down, ::right]  # (N, P, Q, D, I, J)


def conv2d_dw__windows(dy, x, w, stride=1):
    return np.einsum("npqdij,npqk->ijdk", _windows(x, w, stride), dy)


def conv2d_dw__offsets(dy, x, w, stride=1):
    s, t = _steps(stride)
    N, P, Q, K = dy.shape
    dw = np.zeros(w.shape)
    for i, j in np.ndindex(*w.shape[:2]):
        seen = x[:, i : i + s * (P - 1) + 1 : s, j : j + t * (Q - 1) + 1 : t]
        dw[i, j] = seen.reshape(N * P * Q, -1).T @ dy.reshape(-1, K)
    return dw


def conv2d_dw__places(dy, x, w, stride=1):
    s, t = _steps(stride)
    I, J = w.shape[:2]
    dw = np.zeros(w.shape)
    for n, p, q in np.ndindex(*dy.shape[:3]):
        dw += np.multiply.outer(x[n, s * p : s * p + I, t * q : t * q + J], dy[n, p, q])
    return dw


def conv2d_dx__scatter(dy, x, w, stride=1):
    s, t = _steps(stride)
    I, J = w.shape[:2]
    dx = np.zeros(x.shape)
    for n, p, q in np.ndindex(*dy.shape[:3]):
        dx[n, s * p : s * p + I, t * q : t * q + J] += w @ dy[n, p, q]
    return dx


def conv2d_dx__offsets(dy, x, w, stride=1):
    s, t = _steps(stride)
    P, Q = dy.shape[1:3]
    dx = np.zeros(x.shape)
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            dx[:, i : i + s * (P - 1) + 1 : s, j : j + t * (Q - 1) + 1 : t] += dy @ w[i, j].T
    return dx


def conv2d_dx__spread_out_and_gathered(dy, x, w, stride=1):
    s, t = _steps(stride)
    (N, P, Q, K), (I, J), (R, C) = dy.shape, w.shape[:2], x.shape[1:3]
    spread = np.zeros((N, R + I - 1, C + J - 1, K))
    spread[:, I - 1 : I - 1 + s * P : s, J - 1 : J - 1 + t * Q : t][:, :P, :Q] = dy
    return np.einsum("nrckij,ijdk->nrcd", sliding_window_view(spread, (I, J), (1, 2)), w[::-1, ::-1])


def conv2d_backward__scatter(dy, x, w, stride=1):
    return conv2d_dx__scatter(dy, x, w, stride), conv2d_dw__places(dy, x, w, stride), conv2d_db__rows(dy)


def conv2d_backward__offsets(dy, x, w, stride=1):
    return conv2d_dx__offsets(dy, x, w, stride), conv2d_dw__offsets(dy, x, w, stride), conv2d_db__sum(dy)


def conv2d_backward__gather(dy, x, w, stride=1):
    dx = conv2d_dx__spread_out_and_gathered(dy, x, w, stride)
    return [dx, conv2d_dw__windows(dy, x, w, stride), conv2d_db__einsum(dy)]
