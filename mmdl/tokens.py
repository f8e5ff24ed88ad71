"""Sequences of different lengths in one array, and the examples of a batch that are chosen or put in place."""

from typing import Any, NamedTuple, TypeVar

import numpy as np

from mmdl.errors import DataError
from mmdl.shapes import Array, Mask

Rows = TypeVar("Rows", bound=Any)


class Tokens(NamedTuple):
    """A batch of sequences, padded to one length. The gradient of Tokens is the array of its values' gradient."""

    values: Any  # Array (N, T, D), or Ids of words (N, T)
    mask: Mask | None  # (N, T), True where there is a token; without a mask there is one everywhere

    @property
    def full_mask(self) -> Mask:
        """The mask as booleans, or one that is True everywhere if there is none. Integers may be 0 and 1."""
        if self.mask is None:
            return np.ones(self.values.shape[:2], bool)
        if self.mask.dtype == bool:
            return self.mask
        if self.mask.dtype.kind not in "iu" or ((self.mask != 0) & (self.mask != 1)).any():
            raise DataError("a mask tells where there are tokens by True and False, or 1 and 0, and by nothing else")
        return self.mask.astype(bool)


def select(x: Rows, rows: Any) -> Rows:
    """The examples `rows` (indices, a slice or a bool array) of an array or of Tokens."""
    if not isinstance(x, Tokens):
        return x[rows]
    return x._replace(values=x.values[rows], mask=None if x.mask is None else x.mask[rows])


def only(x: Array, mask: Mask | None) -> Array:
    """x where the mask is True, else 0, whatever stands there: 0 · NaN would be NaN.  x (..., T, D), mask (..., T)"""
    return x if mask is None or mask.all() else np.where(mask[..., None], x, 0)


def scatter(rows: Any, mask: Mask) -> Any:
    """An array with the rows at the places where the mask is True, and zeros elsewhere

    rows (n, ...), mask (...) with n places that are True -> (..., ...)
    """
    x = np.zeros((*mask.shape, *rows.shape[1:]), rows.dtype)
    x[mask] = rows
    return x
