"""Sums, maxima and additions that forward and backward passes share.

NumPy's own reductions are slow along short rows and along the first axis of tall arrays; as products with ones, which
BLAS computes, the same sums take a fifth of the time.
"""

import functools
import math
from collections.abc import Callable

import numpy as np

from mmdl.shapes import Array

BLOCK = 4096  # rows that are summed in their own precision
FEW = 16  # columns: a row that is shorter is not worth a loop of its own


def sum_to(dx: Array, shape: tuple[int, ...]) -> Array:
    """The adjoint of a broadcast is a sum: the gradient of an array of `shape` from that of its repetitions dx."""
    dx = dx.sum(axis=tuple(range(dx.ndim - len(shape)))) if dx.ndim > len(shape) else dx
    repeated = tuple(axis for axis, length in enumerate(shape) if length == 1 != dx.shape[axis])
    return dx.sum(axis=repeated, keepdims=True) if repeated else dx


def row_sum(x: Array) -> Array:
    """Σ along the last axis, kept.  x (..., D) -> (..., 1)"""
    return (x @ np.ones(x.shape[-1], x.dtype))[..., None]


def row_inner(a: Array, b: Array) -> Array:
    """⟨a, b⟩ along the last axis, kept.  a, b (..., D) -> (..., 1)"""
    return np.einsum("...d,...d->...", a, b)[..., None]


def row_max(x: Array) -> Array:
    """The largest (real part) of each row, found by folding rows in half, and then column by column

    x (..., D) -> (..., 1)
    """
    x = x.real
    while x.shape[-1] > FEW:
        half = (x.shape[-1] + 1) // 2  # the halves of an odd row share an entry, which does a maximum no harm
        x = np.maximum(x[..., :half], x[..., -half:])
    return functools.reduce(np.maximum, [x[..., d] for d in range(x.shape[-1])])[..., None]


def add_row(y: Array, b: Array) -> None:
    """y += b for every row, in place.  y (n, D), b (D,)

    NumPy starts anew for every row; where rows are short, 32 of them at a time take a third of the time.
    """
    together = math.gcd(len(y), 32)
    many = y.reshape(len(y) // together, together * len(b))
    many += np.tile(b, together)


def column_sum(x: Array) -> Array:
    """Σ over all axes but the last.  x (..., D) -> (D,)"""
    return rows_sum(x.reshape(-1, x.shape[-1]))


def column_inner(a: Array, b: Array) -> Array:
    """Σ a ∘ b over all axes but the last.  a, b (..., D) -> (D,)"""
    rows = a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1])
    return _in_blocks(lambda a, b: np.einsum("...nd,...nd->...d", a, b), *rows)


def rows_sum(x: Array) -> Array:
    """Σ over the last axis but one.  x (..., n, D) -> (..., D)"""
    return _in_blocks(lambda x: np.ones(x.shape[-2], x.dtype) @ x, x)


def _in_blocks(total: Callable[..., Array], *arrays: Array) -> Array:
    """total(*arrays), a sum over rows; block by block where there are many, and the blocks in double precision

    So a million numbers in float32 lose no more digits than one block of them.  arrays (..., n, D) -> (..., D)
    """
    whole = arrays[0].shape[-2] // BLOCK * BLOCK
    rest = total(*(x[..., whole:, :] for x in arrays))
    if not whole:
        return rest
    blocks = total(*(x[..., :whole, :].reshape(*x.shape[:-2], -1, BLOCK, x.shape[-1]) for x in arrays))
    return (blocks.sum(axis=-2, dtype=np.result_type(rest, float)) + rest).astype(rest.dtype)
