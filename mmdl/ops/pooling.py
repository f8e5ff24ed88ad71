"""Pooling over images: a window keeps its largest value, or its mean."""

import functools
import math
from typing import Annotated, NamedTuple

import numpy as np

from mmdl.errors import ShapeError
from mmdl.ops._reduce import rows_sum
from mmdl.ops._windows import Sweep, check_stops, check_winner, frame, pad, pair, sweeps
from mmdl.shapes import Array, Ids, Padding, Pair, shapes


class MaxPooled(NamedTuple):
    """The largest values, and where each was found."""

    y: Array
    winner: Ids  # the winner's number within its window (or image, or sequence), counted row by row


@shapes
def max_pool2d(
    x: Annotated[Array, "N R>0 C>0 D"],
    window: Pair = 2,
    stride: Pair | None = None,
    padding: Padding = "valid",
) -> MaxPooled:
    """y[p, q] = max over i, j of x[stride · p + i, stride · q + j]

    Parameters
    ----------
    window : int or (rows, columns)
    stride : int or (rows, columns)
        By default the window's size.
    padding : "valid", "same", int or ((top, bottom), (left, right))
        Padding never wins.

    Returns
    -------
    MaxPooled : y (N, P, Q, D), winner (N, P, Q, D). Of equal values the first wins.
    """
    first, *others = _cells(x, window, stride, padding)
    y = first.copy()
    winner = np.zeros(y.shape, np.min_scalar_type(1 + len(others)))
    for cell, here in enumerate(others, 1):
        # The last cell better than all before it has won; a fifth of the time of winner[better] = cell
        better = here.real > y.real
        np.maximum(winner, better * winner.dtype.type(cell), out=winner)
        if y.dtype.kind == "c":  # `np.maximum` would break ties by the imaginary part
            y = np.where(better, here, y)
        else:
            np.maximum(y, here, out=y)
    return MaxPooled(y, winner)


def _largest(x: Array, window: Pair, stride: Pair | None, padding: Padding) -> Array:
    """y of `max_pool2d` for real x, where nobody asks for the winner: half of the time"""
    first, *others = _cells(x, window, stride, padding)
    y = first.copy()
    for here in others:
        np.maximum(y, here, out=y)
    return y


def _cells(x: Array, window: Pair, stride: Pair | None, padding: Padding) -> list[Array]:
    """What the windows have at each of their places, row by row: arrays (N, P, Q, D)"""
    window, rows, columns = _sweeps("max_pool2d", x, window, stride, padding)
    x = pad(x, rows, columns, -np.inf)
    return [x[:, rows.at(i), columns.at(j)] for i, j in np.ndindex(*window)]


@shapes
def max_pool2d_backward(
    dy: Annotated[Array, "N P Q D"],
    x: Annotated[Array, "N R>0 C>0 D"],
    winner: Annotated[Ids, "N P Q D"],
    window: Pair = 2,
    stride: Pair | None = None,
    padding: Padding = "valid",
) -> Array:
    """dx[winner of p, q] += dy[p, q]: the whole gradient goes to the winner.  -> dx (N, R, C, D)"""
    window, rows, columns = _sweeps("max_pool2d_backward", x, window, stride, padding)
    check_stops("max_pool2d_backward", dy, rows, columns)
    check_winner("max_pool2d_backward", winner, math.prod(window))
    if rows.tiles and columns.tiles:  # one window for each entry, and nothing to add to: a third of the time
        dx = np.empty_like(x)
        dx[:, rows.stops * rows.window :] = dx[:, :, columns.stops * columns.window :] = 0
        for cell, (i, j) in enumerate(np.ndindex(*window)):
            np.multiply(dy, winner == cell, out=dx[:, rows.at(i), columns.at(j)])
        return dx
    dx = frame(x, rows, columns)
    for cell, (i, j) in enumerate(np.ndindex(*window)):
        dx[:, rows.at(i), columns.at(j)] += dy * (winner == cell)
    return dx[:, rows.inside, columns.inside]


@shapes
def avg_pool2d(
    x: Annotated[Array, "N R>0 C>0 D"],
    window: Pair = 2,
    stride: Pair | None = None,
    padding: Padding = "valid",
) -> Array:
    """y[p, q] = mean over i, j of x[stride · p + i, stride · q + j]; padding is not counted

    Parameters as in `max_pool2d`.

    Returns
    -------
    y : array (N, P, Q, D)
    """
    window, rows, columns = _sweeps("avg_pool2d", x, window, stride, padding)
    padded = pad(x, rows, columns)
    y = functools.reduce(np.add, (padded[:, rows.at(i), columns.at(j)] for i, j in np.ndindex(*window)))
    return y / _counts(x, rows, columns)


@shapes
def avg_pool2d_backward(
    dy: Annotated[Array, "N P Q D"],
    x: Annotated[Array, "N R>0 C>0 D"],
    window: Pair = 2,
    stride: Pair | None = None,
    padding: Padding = "valid",
) -> Array:
    """dx[p + i, q + j] += dy[p, q] / count[p, q].  -> dx (N, R, C, D)"""
    window, rows, columns = _sweeps("avg_pool2d_backward", x, window, stride, padding)
    check_stops("avg_pool2d_backward", dy, rows, columns)
    share = dy / _counts(x, rows, columns)
    dx = frame(x, rows, columns)
    for i, j in np.ndindex(*window):
        dx[:, rows.at(i), columns.at(j)] += share
    return dx[:, rows.inside, columns.inside]


@shapes
def global_max_pool(x: Annotated[Array, "N R>0 C>0 D"]) -> MaxPooled:
    """y = max over all places.  x (N, R, C, D) -> MaxPooled : y (N, D), winner (N, D)"""
    places = x.reshape(len(x), x.shape[1] * x.shape[2], x.shape[3])
    winner = places.real.argmax(axis=1)
    return MaxPooled(np.take_along_axis(places, winner[:, None], axis=1)[:, 0], winner)


@shapes
def global_max_pool_backward(
    dy: Annotated[Array, "N D"],
    x: Annotated[Array, "N R>0 C>0 D"],
    winner: Annotated[Ids, "N D"],
) -> Array:
    """dx[winner] = dy, elsewhere 0.  -> dx (N, R, C, D)"""
    check_winner("global_max_pool_backward", winner, x.shape[1] * x.shape[2])
    dx = np.zeros((len(x), x.shape[1] * x.shape[2], x.shape[3]), x.dtype)
    np.put_along_axis(dx, winner[:, None], dy[:, None], axis=1)
    return dx.reshape(x.shape)


@shapes
def global_average_pool(x: Annotated[Array, "N R>0 C>0 D"]) -> Array:
    """y = mean over all places.  x (N, R, C, D) -> y (N, D)"""
    places = x.reshape(len(x), x.shape[1] * x.shape[2], x.shape[3])
    return rows_sum(places) / places.shape[1]


@shapes
def global_average_pool_backward(dy: Annotated[Array, "N D"], x: Annotated[Array, "N R>0 C>0 D"]) -> Array:
    """dx = dy / (R C) at every place.  -> dx (N, R, C, D)"""
    return np.broadcast_to(dy[:, None, None] / (x.shape[1] * x.shape[2]), x.shape).copy()


def _sweeps(
    function: str,
    x: Array,
    window: Pair,
    stride: Pair | None,
    padding: Padding,
) -> tuple[tuple[int, int], Sweep, Sweep]:
    window = pair(function, "window", window)
    rows, columns = sweeps(function, x, window, window if stride is None else stride, padding)
    for axis in (rows, columns):
        if max(axis.before, axis.after) >= axis.window:
            raise ShapeError(
                f"{function}: padding {max(axis.before, axis.after)} must be smaller than the window {axis.window}, "
                "or a window would see nothing else"
            )
    return window, rows, columns


def _counts(x: Array, rows: Sweep, columns: Sweep) -> Array:
    """How many cells of each window are no padding: (P, Q, 1)"""
    ones = pad(np.ones((1, *x.shape[1:3], 1), x.dtype), rows, columns)
    cells = np.ndindex(rows.window, columns.window)
    return functools.reduce(np.add, (ones[0, rows.at(i), columns.at(j)] for i, j in cells))
