"""Lesson 05: ReLU and max pooling."""

import numpy as np

from mmdl.check.exercise import backward, forward, tied
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.convolution import conv2d
from mmdl.ops.pooling import MaxPooled, max_pool2d, max_pool2d_backward

MAX_POOL = tied(
    forward(
        "max_pool2d",
        "Window p, q covers the rows window · p to window · p + window − 1, and the columns likewise.",
        "Flatten the cells of a window in one axis: then .max gives y, and .argmax the winner's number.",
        "argmax returns the first of equal values. With a pair, window[0] counts rows and window[1] columns.",
    )
)

EXERCISES = (
    tied(
        forward(
            "relu",
            "Every entry by itself: it stays if it is positive, else it becomes 0.",
            "np.maximum takes the larger of two things, entry by entry.",
        )
    ),
    tied(
        backward(
            "relu",
            "Where y > 0 the function was y = x, and a nudge of x moves y as much. Elsewhere it moves nothing.",
            "dy times (y > 0): True counts as 1, False as 0.",
        )
    ),
    MAX_POOL,
    tied(
        backward(
            "max_pool2d",
            "Only the winner of a window moved y; all the others could change a little and nothing would happen.",
            "`winner` says which cell that was: in a window of two columns, number 3 is row 1, column 1: divmod(3, 2).",
            "Comparing x with y again finds several winners where values are equal; there is only one, the first.",
        )
    ),
)

MISTAKES = []
in_max_pool2d = mistakes_in(MISTAKES, "max_pool2d")
in_max_pool2d_backward = mistakes_in(MISTAKES, "max_pool2d_backward")


def cells_of(x, window):
    """The cells of each window on an axis of their own, row by row: (N, P, Q, D, cells)"""
    rows, columns = np.broadcast_to(window, 2)
    P, Q = x.shape[1] // rows, x.shape[2] // columns
    cells = x[:, : P * rows, : Q * columns].reshape(len(x), P, rows, Q, columns, x.shape[3])
    return cells.transpose(0, 1, 3, 5, 2, 4).reshape(len(x), P, Q, x.shape[3], rows * columns)


def to_winners(dy, x, window, share):
    """dy times the share of each cell, given which of them reach the maximum."""
    cells = cells_of(x, window)
    shares = share((cells == cells.max(axis=-1, keepdims=True)).astype(float))
    dx = np.zeros(x.shape)
    rows, columns = np.broadcast_to(window, 2)
    for cell, (i, j) in enumerate(np.ndindex(rows, columns)):
        seen = dx[:, i::rows, j::columns]
        seen[:, : dy.shape[1], : dy.shape[2]] = shares[..., cell] * dy
    return dx


@in_max_pool2d("Of equal values the first wins: argmax finds it; >= in a comparison finds the last.")
def last_of_equals_wins(x, window=2):
    """Of equal values the last is named as the winner."""
    cells = cells_of(x, window)
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
    return to_winners(dy, x, window, lambda is_winner: is_winner)


@in_max_pool2d_backward("One takes all, the first of equals: use `winner`.")
def equals_share(dy, x, winner, window=2):
    """It is wrong only where values are equal: all who reach the maximum share dy."""
    return to_winners(dy, x, window, lambda is_winner: is_winner / is_winner.sum(axis=-1, keepdims=True))


@in_max_pool2d_backward("Only the winner moved y: dy goes to cell number `winner` of each window.")
def everyone_gets_it(dy, x, winner, window=2):
    """All cells of a window get dy, not only the winner."""
    return to_winners(dy, x, window, np.ones_like)


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


@mistakes_in(MISTAKES, "relu")("Negative numbers become 0: max(x, 0).")
def absolute_value(x):
    """Negative numbers change their sign instead of becoming 0."""
    return np.abs(x)


@mistakes_in(MISTAKES, "relu_backward")("Where y is 0 nothing passes: multiply by (y > 0).")
def everything_passes(dy, y):
    """dx is dy: nothing is held back where y is 0."""
    return dy


@mistakes_in(MISTAKES, "relu_backward")("The slope of the active side is 1, not y: multiply by (y > 0).")
def multiplied_by_y(dy, y):
    """dx is dy ∘ y: zero where it should be, but elsewhere multiplied by y."""
    return dy * y


@prediction("28 − 3 + 1 rows are left by the convolution, and half of them by the pool.")
def columns_before_the_head():
    """26 × 26 after the convolution, 13 × 13 after the pool, 32 channels: 5408. Most weights sit behind this."""
    y = max_pool2d(conv2d(np.zeros((1, 28, 28, 1)), np.zeros((3, 3, 1, 32)))).y
    return int(y.size)


@prediction("What does a dense layer know of which pixels are neighbours?")
def same_shuffle_for_all():
    """A dense layer shuffles its rows of weights likewise, and is as it was; a kernel sees other neighbours."""
    rng = np.random.default_rng(0)
    x, order = rng.standard_normal((1, 16)), rng.permutation(16)
    W, w = rng.standard_normal((16, 3)), rng.standard_normal((2, 2, 1, 1))
    dense = np.allclose(x @ W, x[:, order] @ W[order])
    before, after = (conv2d(pixels.reshape(1, 4, 4, 1), w) for pixels in (x, x[:, order]))
    return "c" if dense and not np.allclose(np.sort(before, axis=None), np.sort(after, axis=None)) else "a"


PREDICTIONS = (columns_before_the_head, same_shuffle_for_all)
