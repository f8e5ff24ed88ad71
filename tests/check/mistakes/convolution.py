"""Mistakes that students make in the exercises of lesson 02."""

import numpy as np

FITTING = {
    "output_size__padding_on_one_side": ("padding", "either side", "both sides"),
    "correlation2d__last_stop_forgotten": ("shape", "one row", "+ 1"),
    "convolution2d__only_rows_turned": ("turn", "flip", "rotat", "mirrored"),
    "conv2d__bias_only_at_stride_one": ("bias",),
    "conv2d__stride_pair_reversed": ("stride",),
}


def output_size__padding_on_one_side(R, I, stride=1, padding=0):
    """The padding is counted once although there is some on either side."""
    padded_rows = R + padding
    return (padded_rows - I) // stride + 1


def correlation2d__last_stop_forgotten(x, w):
    """The kernel stops one place too early in both directions: R − I stops in place of R − I + 1."""
    height = x.shape[0] - w.shape[0]
    width = x.shape[1] - w.shape[1]
    result = np.zeros((height, width))
    for row in range(height):
        for col in range(width):
            patch = x[row : row + w.shape[0], col : col + w.shape[1]]
            result[row, col] = (patch * w).sum()
    return result


def convolution2d__only_rows_turned(x, w):
    """The kernel is turned upside down, but its columns keep their order."""
    kernel = w[::-1]
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape)
    return np.tensordot(windows, kernel, axes=2)


def conv2d__bias_only_at_stride_one(x, w, b=None, stride=1):
    """The fast way for stride 1 adds the bias; the loop for all other strides forgets it."""
    down, right = (stride, stride) if np.isscalar(stride) else stride
    I, J, _, K = w.shape
    if down == 1 and right == 1:
        windows = np.lib.stride_tricks.sliding_window_view(x, (I, J), axis=(1, 2))  # N P Q D I J
        fast = np.einsum("npqdij,ijdk->npqk", windows, w)
        return fast if b is None else fast + b
    P = (x.shape[1] - I) // down + 1
    Q = (x.shape[2] - J) // right + 1
    slow = np.zeros((x.shape[0], P, Q, K))
    for p in range(P):
        for q in range(Q):
            part = x[:, down * p : down * p + I, right * q : right * q + J]
            slow[:, p, q] = np.tensordot(part, w, axes=([1, 2, 3], [0, 1, 2]))
    return slow


def conv2d__stride_pair_reversed(x, w, b=None, stride=1):
    """A pair of strides is taken as (columns, rows)."""
    s_col, s_row = stride if np.ndim(stride) else (stride, stride)
    n_row = (x.shape[1] - w.shape[0]) // s_row + 1
    n_col = (x.shape[2] - w.shape[1]) // s_col + 1
    out = np.zeros((x.shape[0], n_row, n_col, w.shape[3]))
    if b is not None:
        out += b
    for r in range(w.shape[0]):
        for c in range(w.shape[1]):
            seen = x[:, r : r + s_row * n_row : s_row, c : c + s_col * n_col : s_col]
            out += seen @ w[r, c]
    return out
