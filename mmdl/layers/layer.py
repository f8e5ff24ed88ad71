"""The base class of all layers."""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Self, TypeVar

import numpy as np
from numpy.random import Generator

from mmdl import tree
from mmdl.memory import keep_freed_memory
from mmdl.outline import Outline
from mmdl.shapes import Array

Model = TypeVar("Model")


class Layer:
    """Parameters with a forward and a backward pass; each layer is a frozen dataclass.

    Arrays are parameters, other layers are parts, the remaining fields are settings. Nothing else is remembered: what
    the backward pass needs is the trace that `forward` returns.
    """

    def forward(self, x: Any) -> tuple[Any, Any]:
        """x -> y, trace"""
        raise NotImplementedError

    def backward(self, dy: Any, trace: Any, input_gradient: bool = True) -> tuple[Any, Self]:
        """dy, trace -> dx, and the gradient of the layer as a layer of the same type

        Without `input_gradient` dx may be None: layers that save work by it do not compute dx.
        """
        raise NotImplementedError

    def gradient(self, dy: Any, trace: Any) -> Self:
        """The layer's gradient alone."""
        return self.backward(dy, trace, input_gradient=False)[1]

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        cls.__repr__ = Layer.__repr__  # type: ignore[method-assign]  # before `dataclass` adds one that would print every number

    def __repr__(self) -> str:
        return str(outline(self))

    def _repr_html_(self) -> str:
        return outline(self).html()

    def __call__(self, x: Any) -> Any:
        """y alone: layers that save work when nobody asks for a trace have a way of their own"""
        keep_freed_memory()
        return self.forward(x)[0]


def training_mode(model: Model, rng: Generator | None, total: Callable[[Array], Array] | None = None) -> Model:
    """A copy of the model for training, with the same arrays: dropout draws from `rng`, batches are normalised by
    their own statistics. `training_mode(model, None)` leaves that mode.

    Where each of several processes has a share of the batch, `total` adds up an array of all of them: statistics are
    those of the whole batch.
    """

    def switched(node: Any) -> Any:
        node = node.in_training(rng) if hasattr(node, "in_training") else node
        return node.over_shares(total) if hasattr(node, "over_shares") else node

    return tree.map_nodes(switched, model)


def outline(layer: Any, name: str = "") -> Outline:
    """A layer and its parts, with shapes of arrays, settings, and how many parameters each has."""
    parts: list[Outline] = []
    said: list[str] = []
    for each in fields(layer) if is_dataclass(layer) else ():
        value = getattr(layer, each.name)
        if isinstance(value, np.ndarray):
            said.append(f"{each.name} {value.shape}")
        elif isinstance(value, Layer):
            parts.append(outline(value, each.name))
        elif inner := _layers_in(value):
            parts += [outline(part, f"{each.name}[{key!r}]") for key, part in inner]
        elif isinstance(value, tuple) and value and all(isinstance(array, np.ndarray) for array in value):
            said.append(f"{each.name} {', '.join(str(array.shape) for array in value)}")
        elif isinstance(value, (bool, int, float, str)) and value != each.default:
            said.append(f"{each.name}={value!r}")
        elif each.default is MISSING and isinstance(value, (tuple, dict)):
            said.append(f"{len(value)} {each.name}")
    text = f"{name}: " * bool(name) + type(layer).__name__ + f"({', '.join(said)})" * bool(said)
    count = tree.count(layer)
    return Outline(text, f"{count:,}" if count else "", tuple(parts))


def _layers_in(value: Any) -> list[tuple[Any, Any]]:
    """The layers of a tuple or a dictionary, with their keys; none if it holds anything else."""
    if not isinstance(value, (dict, tuple)):
        return []
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    return pairs if all(isinstance(part, Layer) for _, part in pairs) else []
