"""A sign, and the pairs that it is looked for in."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Pair(NamedTuple):
    """One result in one case: what came out, and what should have."""

    name: str
    truth: np.ndarray
    given: np.ndarray
    axes: tuple[str, ...]  # a letter for each axis of the truth; empty if they are not known
    lengths: dict  # of letters
    arguments: dict  # arrays by name
    others: dict  # what the function's other results should have been


class Sign(NamedTuple):
    """A way in which a result may be wrong."""

    name: str
    fits: Callable  # a pair -> whether it is wrong in this way; a diagnosis needs a fit in every case
    shows: str
    hint: str


THINGS = {"N": "example", "T": "step", "S": "key", "K": "column", "D": "column", "H": "unit", "R": "row", "C": "column"}


def thing(pair, axis):
    """What is counted along an axis: "example", "step"."""
    letter = pair.axes[axis].removesuffix("+1") if pair.axes else ""
    return THINGS.get(letter, f"entry along axis {axis}")
