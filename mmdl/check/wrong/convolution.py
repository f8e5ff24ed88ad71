"""Mistakes in convolution and pooling."""

import numpy as np

from mmdl.check.wrong.known import mistakes_in
from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.pooling import MaxPooled, max_pool2d, max_pool2d_backward

MISTAKES = []
in_conv2d = mistakes_in(MISTAKES, "conv2d")
in_conv2d_backward = mistakes_in(MISTAKES, "conv2d_backward")
in_max_pool2d = mistakes_in(MISTAKES, "max_pool2d")
in_max_pool2d_backward = mistakes_in(MISTAKES, "max_pool2d_backward")


@in_conv2d("The article's sum adds the offset: x[p + i, q + j] w[i, j]. Do not turn the kernel.")
def kernel_flipped(x, w, b=None, stride=1, padding="valid", dilation=1):
    """y is what the kernel turned by 180 degrees would give: the true convolution."""
    return conv2d(x, w[::-1, ::-1], b, stride, padding, dilation)


@in_conv2d("Stop p of the kernel begins in row stride · p; within the window it still moves by 1.")
def stride_forgotten_inside(x, w, b=None, stride=1, padding="valid", dilation=1):
    """The result has the right size, but stop p looks at row p + i instead of stride · p + i: right at stride 1."""
    right = conv2d(x, w, b, stride, padding, dilation)
    return conv2d(x, w, b, 1, padding, dilation)[:, : right.shape[1], : right.shape[2]]


@in_conv2d("A kernel sees all channels at once: the sum runs over d, too.")
def first_channel_only(x, w, b=None, stride=1, padding="valid", dilation=1):
    """Only the first input channel is used."""
    return conv2d(x[..., :1], w[:, :, :1], b, stride, padding, dilation)


@in_conv2d("Add b[k] to channel k of the result, where there is a bias.")
def bias_left_out(x, w, b=None, stride=1, padding="valid", dilation=1):
    """y is right but for the bias, which is not added."""
    return conv2d(x, w, None, stride, padding, dilation)


@in_conv2d("The bias is added once to every result, not once for every cell of the kernel.")
def bias_in_every_cell(x, w, b=None, stride=1, padding="valid", dilation=1):
    """The bias is added inside the sum, once for every cell of the kernel."""
    cells = w.shape[0] * w.shape[1]
    return conv2d(x, w, None if b is None else cells * b, stride, padding, dilation)


@in_conv2d_backward(
    "Scatter each dy through w to where x was read; whoever gathers has to turn the kernel: w[::-1, ::-1]."
)
def gathered_with_unturned_kernel(dy, x, w, stride=1, padding="valid", dilation=1):
    """dx is what the kernel turned by 180 degrees would give."""
    dx = conv2d_backward(dy, x, w[::-1, ::-1], stride, padding, dilation)[0]
    return dx, *conv2d_backward(dy, x, w, stride, padding, dilation)[1:]


@in_conv2d_backward("Every image of the batch used this kernel: add up over n.")
def first_image_only(dy, x, w, stride=1, padding="valid", dilation=1):
    """dw and db are those of the first image alone."""
    dx = conv2d_backward(dy, x, w, stride, padding, dilation)[0]
    return dx, *conv2d_backward(dy[:1], x[:1], w, stride, padding, dilation)[1:]


@in_conv2d_backward("Every image of the batch used this kernel: += and not =.")
def last_image_only(dy, x, w, stride=1, padding="valid", dilation=1):
    """dw and db are those of the last image alone, which has overwritten the others."""
    dx = conv2d_backward(dy, x, w, stride, padding, dilation)[0]
    return dx, *conv2d_backward(dy[-1:], x[-1:], w, stride, padding, dilation)[1:]


@in_conv2d_backward("Windows overlap, so a pixel hears from several stops: += and not =.")
def overlaps_overwritten(dy, x, w, stride=1):
    """In dx only the last window that saw a pixel counts."""
    dx = np.zeros(x.shape)
    s, t = np.broadcast_to(stride, 2)
    for p, q in np.ndindex(dy.shape[1:3]):
        window = np.s_[:, s * p : s * p + w.shape[0], t * q : t * q + w.shape[1]]
        dx[window] = np.einsum("nk,ijdk->nijd", dy[:, p, q], w)
    return dx, *conv2d_backward(dy, x, w, stride)[1:]


@in_conv2d_backward("Add up: the mean, if there was one, has been taken in the loss.")
def bias_averaged(dy, x, w, stride=1, padding="valid", dilation=1):
    """db is the mean of dy over images and places instead of its sum."""
    return *conv2d_backward(dy, x, w, stride, padding, dilation)[:2], dy.mean(axis=(0, 1, 2))


@in_conv2d_backward("dw[i, j] belongs to what w[i, j] saw: x[p + i, q + j], the offset added.")
def kernel_gradient_flipped(dy, x, w, stride=1, padding="valid", dilation=1):
    """dw is turned by 180 degrees."""
    dx, dw, db = conv2d_backward(dy, x, w, stride, padding, dilation)
    return dx, dw[::-1, ::-1], db


@in_conv2d_backward("The forward pass read x[stride · p + i]: there, too, the gradient goes.")
def stride_forgotten_on_the_way_back(dy, x, w, stride=1):
    """dx and dw look at row p + i instead of stride · p + i: right at stride 1."""
    P, Q = x.shape[1] - w.shape[0] + 1, x.shape[2] - w.shape[1] + 1
    spread = np.zeros((len(x), P, Q, w.shape[3]))
    spread[:, : dy.shape[1], : dy.shape[2]] = dy
    return conv2d_backward(spread, x, w)


@in_max_pool2d("Of equal values the first wins: argmax finds it; >= in a comparison finds the last.")
def last_of_equals_wins(x, window=2):
    """Of equal values the last is named as the winner."""
    cells = _cells(x, window)
    return MaxPooled(cells.max(axis=-1), cells.shape[-1] - 1 - cells[..., ::-1].argmax(axis=-1))


@in_max_pool2d("The winner is a number within its window: row · columns of the window + column.")
def winner_counted_down_columns(x, window=2, stride=None, padding="valid"):
    """The winner's number counts the cells of the window column by column."""
    y, winner = max_pool2d(x, window, stride, padding)
    rows, columns = np.broadcast_to(window, 2)
    return MaxPooled(y, winner % columns * rows + winner // columns)


@in_max_pool2d_backward("One takes all: use `winner`, and not a comparison with the maximum.")
def all_equals_win(dy, x, winner, window=2):
    """It is wrong only where values are equal: all who reach the maximum get the whole dy."""
    return _to_winners(dy, x, window, lambda is_winner: is_winner)


@in_max_pool2d_backward("One takes all, the first of equals: use `winner`.")
def equals_share(dy, x, winner, window=2):
    """It is wrong only where values are equal: all who reach the maximum share dy."""
    return _to_winners(dy, x, window, lambda is_winner: is_winner / is_winner.sum(axis=-1, keepdims=True))


@in_max_pool2d_backward("Only the winner moved y: dy goes to cell number `winner` of each window.")
def everyone_gets_it(dy, x, winner, window=2):
    """All cells of a window get dy, not only the winner."""
    return _to_winners(dy, x, window, np.ones_like)


@in_max_pool2d_backward(
    "dy goes to cell number `winner` of each window: divmod(winner, columns) is its row and column."
)
def first_cell_gets_it(dy, x, winner, window=2, stride=None, padding="valid"):
    """dy goes to the first cell of each window, whoever has won."""
    return max_pool2d_backward(dy, x, np.zeros_like(winner), window, stride, padding)


@in_max_pool2d_backward("winner = row · columns + column: divmod(winner, columns of the window).")
def winner_read_down_columns(dy, x, winner, window=2, stride=None, padding="valid"):
    """The winner's number is read column by column: its row and its column are exchanged."""
    rows, columns = np.broadcast_to(window, 2)
    return max_pool2d_backward(dy, x, winner % rows * columns + winner // rows, window, stride, padding)


@mistakes_in(MISTAKES, "avg_pool2d_backward")("y is a mean: each cell gets dy divided by their number.")
def not_divided(dy, x, window=2):
    """Every cell gets the whole dy; it should be divided by the number of cells in the window."""
    return _to_winners(dy, x, window, np.ones_like)


@mistakes_in(MISTAKES, "global_average_pool_backward")("y is a mean over R · C places: divide by their number.")
def whole_gradient_everywhere(dy, x):
    """Every place gets the whole dy; it should be divided by the number of places."""
    return np.broadcast_to(dy[:, None, None], x.shape).copy()


def _cells(x, window):
    """The cells of each window on an axis of their own, row by row: (N, P, Q, D, cells)"""
    rows, columns = np.broadcast_to(window, 2)
    P, Q = x.shape[1] // rows, x.shape[2] // columns
    cells = x[:, : P * rows, : Q * columns].reshape(len(x), P, rows, Q, columns, x.shape[3])
    return cells.transpose(0, 1, 3, 5, 2, 4).reshape(len(x), P, Q, x.shape[3], rows * columns)


def _to_winners(dy, x, window, share):
    """dy times the share of each cell, given which of them reach the maximum."""
    cells = _cells(x, window)
    shares = share((cells == cells.max(axis=-1, keepdims=True)).astype(float))
    dx = np.zeros(x.shape)
    rows, columns = np.broadcast_to(window, 2)
    for cell, (i, j) in enumerate(np.ndindex(rows, columns)):
        seen = dx[:, i::rows, j::columns]
        seen[:, : dy.shape[1], : dy.shape[2]] = shares[..., cell] * dy
    return dx
