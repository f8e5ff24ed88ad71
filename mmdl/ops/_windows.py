"""Where a sliding window stops: padding, stride and dilation along one axis."""

from typing import NamedTuple

import numpy as np

from mmdl.errors import DataError, ShapeError
from mmdl.shapes import Array, Ids, Padding, Pair


class Sweep(NamedTuple):
    """A window's way along one padded axis."""

    window: int
    stride: int
    dilation: int
    before: int  # padding
    after: int
    length: int  # of the axis without padding
    stops: int

    def at(self, offset: int) -> slice:
        """The entries that cell `offset` of the window sees, one for every stop."""
        start = offset * self.dilation
        return slice(start, start + self.stride * (self.stops - 1) + 1, self.stride)

    @property
    def tiles(self) -> bool:
        """Whether windows stand side by side from the first entry on; what is left at the end is in none."""
        return self.stride == self.window and self.before == 0 and self.stops * self.window <= self.length

    @property
    def inside(self) -> slice:
        """The part of the padded axis that is no padding."""
        return slice(self.before, self.before + self.length)


def sweeps(
    function: str, x: Array, window: Pair, stride: Pair, padding: Padding, dilation: Pair = 1
) -> tuple[Sweep, Sweep]:
    """The stops of a window along the rows and along the columns of x (N, R, C, D) -> two Sweeps

    `window`, `stride` and `dilation` are one number or a pair, `padding` is "valid" (none), "same" (so that stride 1
    keeps the size; an odd rest goes after), one number, or ((top, bottom), (left, right)).
    """
    rows, columns = zip(
        pair(function, "window", window),
        pair(function, "stride", stride),
        pair(function, "dilation", dilation),
        _both_paddings(function, padding),
        strict=True,
    )
    return _sweep(function, "R", x.shape[1], *rows), _sweep(function, "C", x.shape[2], *columns)


def _sweep(
    function: str, letter: str, length: int, window: int, stride: int, dilation: int, padding: tuple[int, int] | None
) -> Sweep:
    """`padding` is (before, after), or None for "same"."""
    if min(window, stride, dilation) < 1:
        raise ShapeError(f"{function}: window {window}, stride {stride} and dilation {dilation} must be at least 1")
    reach = dilation * (window - 1) + 1
    if padding is None:
        missing = max(0, stride * (-(-length // stride) - 1) + reach - length)
        padding = missing // 2, missing - missing // 2
    before, after = padding
    if min(before, after) < 0:
        raise ShapeError(f"{function}: padding {before, after} must not be negative")
    if reach > length + before + after:
        raise ShapeError(
            f"{function}: a kernel that reaches over {reach} does not fit into {letter} = {length} "
            f"with padding {before} + {after}"
        )
    return Sweep(window, stride, dilation, before, after, length, (length + before + after - reach) // stride + 1)


def pair(function: str, name: str, value: Pair) -> tuple[int, int]:
    """One number for both axes, or one for each."""
    two = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(two) != 2 or not all(isinstance(each, (int, np.integer)) for each in two):
        raise ShapeError(f"{function}: {name} must be one whole number or two, not {value}")
    return two


def _both_paddings(function: str, padding: Padding) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise DataError(f'{function}: padding must be "valid", "same" or numbers, not "{padding}"')
        return (None, None) if padding == "same" else ((0, 0), (0, 0))
    rows, columns = padding if isinstance(padding, (tuple, list)) and len(padding) == 2 else (padding, padding)
    return pair(function, "padding", rows), pair(function, "padding", columns)


def check_stops(function: str, dy: Array, rows: Sweep, columns: Sweep) -> None:
    """A gradient has a place for every stop of the window that forward made."""
    if dy.shape[1:3] != (rows.stops, columns.stops):
        raise ShapeError(
            f"{function}: the window makes {rows.stops} x {columns.stops} stops but dy (N, P, Q, ...) = {dy.shape}"
        )


def check_winner(function: str, winner: Ids, candidates: int, lowest: int = 0) -> None:
    """A winner is the number of one of the candidates."""
    if winner.size and not (winner.min() >= lowest and winner.max() < candidates):
        raise DataError(
            f"{function}: winner must lie in {lowest}..{candidates - 1} "
            f"but reaches from {winner.min()} to {winner.max()}"
        )


def pad(x: Array, rows: Sweep, columns: Sweep, value: float = 0) -> Array:
    """x (N, R, C, D) in a frame of `value`; x itself where there is nothing to add."""
    if not (rows.before or rows.after or columns.before or columns.after):
        return x
    framed = frame(x, rows, columns, value)
    framed[:, rows.inside, columns.inside] = x
    return framed


def frame(x: Array, rows: Sweep, columns: Sweep, value: float = 0) -> Array:
    """An array of `value` with the size of x (N, R, C, D) after padding."""
    height, width = (axis.before + axis.length + axis.after for axis in (rows, columns))
    return np.full((x.shape[0], height, width, x.shape[3]), value, x.dtype)
