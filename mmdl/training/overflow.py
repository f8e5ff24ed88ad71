"""Which layer it was whose numbers became too large, when a loss or a gradient is not finite."""

from contextlib import suppress
from typing import Any

import numpy as np

from mmdl import tree
from mmdl.tokens import Tokens


def first_overflow(model: Any, batch: Any) -> str:
    """The dotted path of the layer whose output is the first that is not finite; "" if there is none"""
    found: list[Any] = []
    with suppress(Exception):  # an explanation is no reason for another error
        tree.map_nodes(lambda layer: _Watched(layer, found), model).forward(batch)
    paths = {id(array): path for path, array in tree.leaves(model)}
    return next((paths[id(array)].rpartition(".")[0] for array in found), "")


def largest(gradient: Any) -> str:
    """The dotted path of the array with the largest number"""
    return max(tree.leaves(gradient), key=lambda leaf: np.abs(leaf[1]).max(initial=0))[0]


class _Watched:
    """A layer that notes its arrays when its output is the first that is not finite; else it is that layer."""

    def __init__(self, layer: Any, found: list[Any]) -> None:
        self.layer, self.found = layer, found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)

    def forward(self, *inputs: Any) -> Any:
        y, trace = self.layer.forward(*inputs)
        own = [each for each in vars(self.layer).values() if isinstance(each, np.ndarray)]
        if own and not self.found and not np.isfinite(y.values if isinstance(y, Tokens) else y).all():
            self.found += own
        return y, trace
