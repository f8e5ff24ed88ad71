"""An acyclic graph of layers, and the nodes that it is built from.

The values between layers are Tokens; their mask is None where there is no padding.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np

from mmdl.errors import DataError
from mmdl.layers.layer import Layer
from mmdl.shapes import Array
from mmdl.tokens import Tokens


class GraphTrace(NamedTuple):
    """The traces of the layers."""

    layers: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Graph(Layer):
    """Each layer reads some of the values before it, inputs first, and appends its output; the last one is y, as Tokens

    Several inputs are passed as a tuple, to a layer or to the graph. The same layer may be used several times.
    """

    layers: tuple[Layer, ...]
    sources: tuple[
        tuple[int, ...], ...
    ]  # for each layer the numbers of those it takes: of inputs, then of earlier layers
    inputs: int = 1  # how many

    def forward(self, x: Any) -> tuple[Tokens, GraphTrace]:
        values, traces = [_tokens(each) for each in all_of(x, self.inputs)], []
        for layer, places in zip(self.layers, self.sources, strict=True):
            y, trace = layer.forward(one_or_all([values[place] for place in places]))
            values.append(_tokens(y))
            traces.append(trace)
        return values[-1], GraphTrace(tuple(traces))

    def backward(self, dy: Array, trace: GraphTrace, input_gradient: bool = True) -> tuple[Any, Self]:
        first = 0 if input_gradient else self.inputs  # skip the gradients of values before this index
        d: list[Any] = [None] * (self.inputs + len(self.layers) - 1) + [dy]
        gradients = []
        for layer, places, its_trace in zip(self.layers[::-1], self.sources[::-1], trace.layers[::-1], strict=True):
            dx, gradient = layer.backward(d.pop(), its_trace, max(places) >= first)
            gradients.append(gradient)
            if max(places) < first:
                continue
            for place, each in zip(places, all_of(dx, len(places)), strict=True):
                d[place] = each if d[place] is None else d[place] + each  # a value used twice: its gradients add
        return one_or_all(d) if input_gradient else None, replace(self, layers=tuple(gradients[::-1]))


@dataclass(eq=False)
class Node:
    """The output of a layer applied to other nodes, its sources; an input has neither layer nor sources

    The shape is inferred from two example values, which differ only along axes of variable length.
    """

    layer: Layer | None = None
    sources: tuple["Node", ...] = ()
    examples: tuple[Tokens, ...] = ()  # of Tokens

    def __post_init__(self) -> None:
        if self.layer is not None:
            alone = Graph((self.layer,), (tuple(range(len(self.sources))),), len(self.sources))
            pairs = zip(*(source.examples for source in self.sources), strict=True)
            self.examples = tuple(alone(one_or_all(pair)) for pair in pairs)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Shape of the values: None for the batch and for axes of variable length"""
        sides = zip(*(example.values.shape[1:] for example in self.examples), strict=True)
        return (None, *(a if a == b else None for a, b in sides))

    def fits(self, values: Any) -> bool:
        """Whether an array has this shape"""
        sides = zip(values.shape, self.shape, strict=False)
        return values.ndim == len(self.shape) and all(wanted in (None, side) for side, wanted in sides)

    @property
    def masked(self) -> bool:
        """Whether there is a mask"""
        return self.examples[0].mask is not None


def example_inputs(shape: Sequence[int | None]) -> tuple[Tokens, ...]:
    """Two examples of an input: zeros of the `shape` of one example, in which None stands for a length that may vary"""
    shapes = ([1, *(length if side is None else side for side in shape)] for length in (64, 128))
    return tuple(Tokens(np.zeros(each, np.float32), None) for each in shapes)


def graph_between(inputs: Sequence[Node], output: Node) -> tuple[Graph, list[Node]]:
    """The graph from input nodes to an output node, and its nodes in topological order, inputs excluded

    Layers before the inputs are not part of it.
    """
    nodes: dict[Node, None] = dict.fromkeys(inputs)

    def visit(node: Node) -> None:
        if node.layer is None:
            raise DataError("the output depends on an input that is none of the graph's inputs")
        for source in node.sources:
            if source not in nodes:
                visit(source)
        nodes[node] = None

    visit(output)
    place = {node: number for number, node in enumerate(nodes)}
    made = list(nodes)[len(inputs) :]
    sources = tuple(tuple(place[source] for source in node.sources) for node in made)
    return Graph(tuple(node.layer for node in made if node.layer is not None), sources, len(inputs)), made


def one_or_all(values: Sequence[Any]) -> Any:
    """A single value alone, several as a tuple."""
    return values[0] if len(values) == 1 else tuple(values)


def all_of(values: Any, count: int) -> Any:
    """The inverse of `one_or_all`."""
    return (values,) if count == 1 else values


def _tokens(x: Any) -> Tokens:
    return x if isinstance(x, Tokens) else Tokens(x, None)
