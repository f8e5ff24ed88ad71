"""Where a sliding window stops: padding, stride and dilation along one axis."""

from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np

from mmdl.errors import DataError, ShapeError
from mmdl.shapes import Array

T = TypeVar("T")
Pair: TypeAlias = int | tuple[int, int]  # one number for rows and columns, or one for each
Padding: TypeAlias = str | int | tuple[Pair, Pair]


class Sweep(NamedTuple):
    """A window's way along one padded axis."""

    window: int
    stride: int
    dilation: int
    before: int  # padding
    after: int
    length: int  # of the axis without padding
    stops: int

    def at(self, offset):
        """The entries that cell `offset` of the window sees, one for every stop."""
        start = offset * self.dilation
        return slice(start, start + self.stride * (self.stops - 1) + 1, self.stride)

    @property
    def tiles(self):
        """Whether windows stand side by side from the first entry on; what is left at the end is in none."""
        return self.stride == self.window and self.before == 0 and self.stops * self.window <= self.length

    @property
    def inside(self):
        """The part of the padded axis that is no padding."""
        return slice(self.before, self.before + self.length)


def sweeps(
    function: str,
    x: Array,
    window: tuple[int, ...],
    stride: Pair,
    padding: Padding,
    dilation: Pair = 1,
) -> tuple[Sweep, Sweep]:
    """How a window sweeps the rows and the columns of x (N, R, C, D) -> two Sweeps

    `stride` and `dilation` are one number or a pair, `padding` is "valid" (none), "same" (so that stride 1 keeps the
    size; an odd rest goes after), one number, or ((top, bottom), (left, right)).
    """
    stride, dilation = pair(stride), pair(dilation)
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise DataError(f'{function}: padding must be "valid", "same" or numbers, not "{padding}"')
        padding = (padding, padding)
    else:
        padding = tuple(pair(each) for each in pair(padding))
    return tuple(
        _sweep(function, *axis) for axis in zip("RC", x.shape[1:3], window, stride, dilation, padding, strict=True)
    )


def _sweep(
    function: str,
    letter: str,
    length: int,
    window: int,
    stride: int,
    dilation: int,
    padding: str | tuple[int, int],
) -> Sweep:
    if min(window, stride, dilation) < 1:
        raise ShapeError(f"{function}: window {window}, stride {stride} and dilation {dilation} must be at least 1")
    reach = dilation * (window - 1) + 1
    if padding == "same":
        missing = max(0, stride * (-(-length // stride) - 1) + reach - length)
        padding = missing // 2, missing - missing // 2
    before, after = (0, 0) if padding == "valid" else padding
    if min(before, after) < 0:
        raise ShapeError(f"{function}: padding {before, after} must not be negative")
    if reach > length + before + after:
        raise ShapeError(
            f"{function}: a kernel that reaches over {reach} does not fit into {letter} = {length} "
            f"with padding {before} + {after}"
        )
    return Sweep(window, stride, dilation, before, after, length, (length + before + after - reach) // stride + 1)


def pair(value: T | tuple[T, T]) -> tuple[T, T]:
    """One number for both axes, or one for each."""
    return value if isinstance(value, (tuple, list)) else (value, value)


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
