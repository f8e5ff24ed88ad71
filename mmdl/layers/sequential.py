"""Layers in sequence, and a layer applied to each token."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from mmdl import tree
from mmdl.layers.layer import Layer
from mmdl.memory import keep_freed_memory
from mmdl.shapes import Array, Mask
from mmdl.tokens import Tokens, scatter


@dataclass(frozen=True, eq=False)
class Sequential(Layer):
    """y = fₙ(... f₂(f₁(x))); the trace is the tuple of the layers' traces

    >>> import numpy as np
    >>> from mmdl.layers import Dense, ReLU
    >>> rng = np.random.default_rng(0)
    >>> model = Sequential((Dense.init(rng, 4, 8), ReLU(), Dense.init(rng, 8, 3)))
    >>> y, trace = model.forward(np.ones((2, 4), np.float32))
    >>> dx, gradient = model.backward(np.ones_like(y), trace)
    >>> y.shape, dx.shape, gradient.layers[0].W.shape
    ((2, 3), (2, 4), (4, 8))
    """

    layers: tuple[Layer, ...] = ()

    def forward(self, x: Any) -> tuple[Any, tuple[Any, ...]]:
        traces = []
        for layer in self.layers:
            x, trace = layer.forward(x)
            traces.append(trace)
        return x, tuple(traces)

    def __call__(self, x: Any) -> Any:
        keep_freed_memory()
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, dy: Array, trace: tuple[Any, ...], input_gradient: bool = True) -> tuple[Any, Self]:
        parts = [*enumerate(zip(self.layers, trace, strict=True))]
        learned = [place for place, layer in enumerate(self.layers) if input_gradient or any(tree.leaves(layer))]
        first, gradients = min(learned, default=len(parts)), [*self.layers]  # before it nobody asks for a gradient
        for place, (layer, its_trace) in reversed(parts[first:]):
            dy, gradients[place] = layer.backward(dy, its_trace, input_gradient or place > first)
        return None if first else dy, replace(self, layers=tuple(gradients))


class TimeDistributedTrace(NamedTuple):
    """The mask, and the trace of the wrapped layer."""

    mask: Mask | None
    layer: Any


@dataclass(frozen=True, eq=False)
class TimeDistributed(Layer):
    """A layer for vectors, applied to every unmasked token; the result is zero where the mask is False.

    Tokens (N, T, D) -> Tokens (N, T, K)
    """

    layer: Layer

    def forward(self, tokens: Tokens) -> tuple[Tokens, TimeDistributedTrace]:
        x, mask = tokens.values, None if tokens.mask is None else tokens.full_mask
        y, trace = self.layer.forward(x if mask is None else x[mask])
        return Tokens(y if mask is None else scatter(y, mask), mask), TimeDistributedTrace(mask, trace)

    def backward(self, dy: Array, trace: TimeDistributedTrace, input_gradient: bool = True) -> tuple[Any, Self]:
        dy = dy if trace.mask is None else dy[trace.mask]
        dx, gradient = self.layer.backward(dy, trace.layer, input_gradient)
        return dx if dx is None or trace.mask is None else scatter(dx, trace.mask), replace(self, layer=gradient)
