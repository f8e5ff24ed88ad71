"""Right solutions of lesson 02: loops over places, over offsets, windows, SciPy, one large matrix."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import signal


def output_size__division(R, I, stride=1, padding=0):
    return (R + 2 * padding - I) // stride + 1


def output_size__count(R, I, stride=1, padding=0):
    return len(range(0, R + 2 * padding - I + 1, stride))


def output_size__walk(R, I, stride=1, padding=0):
    stops, place = 0, -padding
    while place + I <= R + padding:
        stops, place = stops + 1, place + stride
    return stops


def correlation2d__places(x, w):
    (R, C), (I, J) = x.shape, w.shape
    y = np.zeros((R - I + 1, C - J + 1))
    for p, q in np.ndindex(*y.shape):
        y[p, q] = (x[p : p + I, q : q + J] * w).sum()
    return y


def correlation2d__offsets(x, w):
    (R, C), (I, J) = x.shape, w.shape
    return sum(w[i, j] * x[i : R - I + 1 + i, j : C - J + 1 + j] for j in range(J) for i in range(I))


def correlation2d__scipy(x, w):
    return signal.correlate2d(x, w, mode="valid")


def convolution2d__turned(x, w):
    return np.einsum("pqij,ij->pq", sliding_window_view(x, w.shape), w[::-1, ::-1])


def convolution2d__equation(x, w):
    (R, C), (I, J) = x.shape, w.shape
    y = np.zeros((R - I + 1, C - J + 1))
    for p in range(R - I + 1):
        for q in range(C - J + 1):
            for i in range(I):
                for j in range(J):
                    y[p, q] += x[p + I - 1 - i, q + J - 1 - j] * w[i, j]
    return y


def convolution2d__fourier(x, w):
    size = x.shape
    whole = np.fft.irfft2(np.fft.rfft2(x, size) * np.fft.rfft2(w, size), size)
    return whole[w.shape[0] - 1 :, w.shape[1] - 1 :]


def _pair(stride):
    return stride if isinstance(stride, tuple) else (stride, stride)


def conv2d__offsets(x, w, b=None, stride=1):
    down, right = _pair(stride)
    I, J = w.shape[:2]
    P, Q = (x.shape[1] - I) // down + 1, (x.shape[2] - J) // right + 1
    y = np.zeros((len(x), P, Q, w.shape[3]))
    for i in range(I):
        for j in range(J):
            y += x[:, i : i + down * (P - 1) + 1 : down, j : j + right * (Q - 1) + 1 : right] @ w[i, j]
    return y if b is None else y + b


def conv2d__windows(x, w, b=None, stride=1):
    down, right = _pair(stride)
    windows = sliding_window_view(x, w.shape[:2], axis=(1, 2))[:, ::down, ::right]
    y = np.tensordot(windows, w, axes=([4, 5, 3], [0, 1, 2]))
    if b is not None:
        y = y + b
    return y


def conv2d__places(x, w, b=None, stride=1):
    stride = np.broadcast_to(stride, 2)
    I, J, D, K = w.shape
    P, Q = [(x.shape[1 + a] - w.shape[a]) // stride[a] + 1 for a in range(2)]
    matrix = w.reshape(I * J * D, K)
    y = np.empty((len(x), P, Q, K))
    for n, p, q in np.ndindex(len(x), P, Q):
        r, c = p * stride[0], q * stride[1]
        y[n, p, q] = x[n, r : r + I, c : c + J].ravel() @ matrix + (0 if b is None else b)
    return y


def difference_backward__padded(dy):
    return -np.diff(np.pad(dy, 1))


def difference_backward__one_by_one(dy):
    dx = [0.0] * (len(dy) + 1)
    for p, d in enumerate(dy):
        dx[p] -= d
        dx[p + 1] += d
    return np.array(dx)


def difference_backward__as_a_matrix(dy):
    jacobian = np.eye(len(dy) + 1)[1:] - np.eye(len(dy) + 1)[:-1]
    return jacobian.T @ dy


def correlation1d_backward__convolved(dy, x, w):
    return np.convolve(dy, w), np.correlate(x, dy, "valid")


def correlation1d_backward__one_by_one(dy, x, w):
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for p in range(len(dy)):
        for i in range(len(w)):
            dx[p + i] += dy[p] * w[i]
            dw[i] += dy[p] * x[p + i]
    return dx, dw


def correlation1d_backward__windows(dy, x, w):
    seen = np.lib.stride_tricks.sliding_window_view(x, len(w))
    wide = np.pad(dy, len(w) - 1)
    return np.lib.stride_tricks.sliding_window_view(wide, len(w)) @ w[::-1], dy @ seen
