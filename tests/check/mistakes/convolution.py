"""Mistakes that students make in the exercises of lesson 02."""

import numpy as np

FITTING = {
    "output_size__padding_on_one_side": ("padding", "either side", "both sides"),
    "correlation2d__last_stop_forgotten": ("shape", "one row", "+ 1"),
    "convolution2d__only_rows_turned": ("turn", "flip", "rotat", "mirrored"),
    "conv2d__bias_only_at_stride_one": ("bias", "term b"),
    "conv2d__stride_pair_reversed": ("stride",),
    "output_size__one_stop_too_few": ("too small",),
    "output_size__rounded_up": ("too large",),
    "correlation2d__kernel_transposed": ("transpos",),
    "conv2d__mean_over_channels": ("1 / d", "divided", "mean"),
    "conv2d__last_row_of_stops_left_out": ("short", "missing", "shape"),
    "conv2d__kernel_turned": ("turned", "flipped", "180"),
    "difference_backward__turned_round": ("wrong sign",),
    "difference_backward__same_length": ("short", "shape", "missing"),
    "correlation1d_backward__gathered": ("mirrored", "flipped", "turned"),
    "correlation1d_backward__no_overlap": ("last window",),
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


def output_size__one_stop_too_few(R, I, stride=1, padding=0):
    """The first stop is not counted."""
    return (R + 2 * padding - I) // stride


def output_size__rounded_up(R, I, stride=1, padding=0):
    """A stop that does not fit any more is counted."""
    return -((I - R - 2 * padding) // stride) + 1


def correlation2d__kernel_transposed(x, w):
    """The kernel's numbers are read column by column."""
    I, J = w.shape
    cells = w.ravel(order="F")
    y = np.zeros((x.shape[0] - I + 1, x.shape[1] - J + 1))
    for p, q in np.ndindex(y.shape):
        y[p, q] = x[p : p + I, q : q + J].ravel() @ cells
    return y


def conv2d__mean_over_channels(x, w, b=None, stride=1):
    """The channels are averaged instead of added up."""
    s, t = (stride, stride) if np.isscalar(stride) else stride
    patches = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))[:, ::s, ::t]
    y = np.einsum("npqdij,ijdk->npqk", patches, w) / x.shape[3]
    return y if b is None else y + b


def conv2d__last_row_of_stops_left_out(x, w, b=None, stride=1):
    """There is no + 1 in the number of stops."""
    s, t = np.broadcast_to(stride, 2)
    P, Q = (x.shape[1] - w.shape[0]) // s, (x.shape[2] - w.shape[1]) // t
    y = np.zeros((len(x), P, Q, w.shape[3]))
    for p, q in np.ndindex(P, Q):
        y[:, p, q] = np.tensordot(x[:, s * p : s * p + len(w), t * q : t * q + w.shape[1]], w, 3)
    return y if b is None else y + b


def conv2d__kernel_turned(x, w, b=None, stride=1):
    """A true convolution, as signal people write it."""
    s, t = np.broadcast_to(stride, 2)
    I, J, _, K = w.shape
    P, Q = (x.shape[1] - I) // s + 1, (x.shape[2] - J) // t + 1
    y = np.zeros((len(x), P, Q, K)) + (0 if b is None else b)
    for i in range(I):
        for j in range(J):
            y += x[:, i : i + s * (P - 1) + 1 : s, j : j + t * (Q - 1) + 1 : t] @ w[I - 1 - i, J - 1 - j]
    return y


def difference_backward__turned_round(dy):
    """x[p] − x[p + 1]."""
    return np.diff(np.concatenate([[0], dy, [0]]))


def difference_backward__same_length(dy):
    """The last x gets nothing, and no place."""
    return np.concatenate([[0], dy[:-1]]) - dy


def correlation1d_backward__gathered(dy, x, w):
    """The kernel slides over dy as it did over x."""
    return np.correlate(np.pad(dy, len(w) - 1), w, "valid"), np.correlate(x, dy, "valid")


def correlation1d_backward__no_overlap(dy, x, w):
    """= where += belongs."""
    dx = np.zeros_like(x)
    for p in range(len(dy)):
        for i in range(len(w)):
            dx[p + i] = dy[p] * w[i]
    return dx, np.correlate(x, dy, "valid")
