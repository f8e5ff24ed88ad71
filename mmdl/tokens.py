"""Sequences of different lengths in one array, and the examples of a batch that are chosen or put in place."""

from typing import NamedTuple, overload

from mmdl.shapes import Array, Ids, Mask


class Tokens(NamedTuple):
    """A batch of sequences, padded to one length. The gradient of Tokens is the array of its values' gradient."""

    values: Array  # (N, T, D), or word ids (N, T)
    mask: Mask  # (N, T), True where there is a token


@overload
def select(x: Tokens, rows: Ids | Mask) -> Tokens: ...
@overload
def select(x: Array, rows: Ids | Mask) -> Array: ...
def select(x: Tokens | Array, rows: Ids | Mask) -> Tokens | Array:
    """The examples `rows` (indices or a bool array) of an array or of Tokens."""
    return Tokens(x.values[rows], x.mask[rows]) if isinstance(x, Tokens) else x[rows]
