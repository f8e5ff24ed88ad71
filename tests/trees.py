"""Small trees to try things on."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mmdl import tree


class Pair(NamedTuple):
    left: object
    right: object


@dataclass(frozen=True, eq=False)
class Leaf:
    W: np.ndarray
    b: np.ndarray | None = None
    rate: float = 0.5
    kind: str = "tanh"


@dataclass(frozen=True, eq=False)
class Moving:
    mean: np.ndarray = tree.running("slowness")
    W: np.ndarray | None = None
    slowness: float = 0.9


@dataclass(frozen=True, eq=False)
class Model:
    parts: object
    name: str = "model"


KINDS = {"Leaf": Leaf, "Moving": Moving, "Model": Model}


def a(*numbers):
    return np.array(numbers, float)


def model():
    """Every kind of node within every other, None and settings among them."""
    shared = a(5, 6)
    return Model(
        {
            "words": Leaf(a(1, 2), a(3)),
            "more": (Leaf(shared), None, Leaf(a(7), shared, 0.1), (a(8),)),
            "nested": {"deep": Moving(a(9, 10), np.array([[11.0, 12]]))},
        }
    )


PATHS = [
    "parts.words.W",
    "parts.words.b",
    "parts.more.0.W",
    "parts.more.2.W",
    "parts.more.2.b",
    "parts.more.3.0",
    "parts.nested.deep.mean",
    "parts.nested.deep.W",
]
