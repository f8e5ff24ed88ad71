"""Sequences of different lengths in one array, and the examples of a batch that are chosen or put in place."""

from typing import NamedTuple

import numpy as np


class Tokens(NamedTuple):
    """A batch of sequences, padded to one length. The gradient of Tokens is the array of its values' gradient."""

    values: np.ndarray  # (N, T, D), or word ids (N, T)
    mask: np.ndarray  # (N, T), True where there is a token


def select(x, rows):
    """The examples `rows` (indices or a bool array) of an array or of Tokens."""
    return Tokens(x.values[rows], x.mask[rows]) if isinstance(x, Tokens) else x[rows]
