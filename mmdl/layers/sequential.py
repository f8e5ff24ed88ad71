"""Layers one after the other, and a layer for each token."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mmdl.layers.layer import Layer
from mmdl.tokens import Tokens, scatter


@dataclass(frozen=True, eq=False)
class Sequential(Layer):
    """y = fₙ(... f₂(f₁(x))); the trace is the tuple of the layers' traces"""

    layers: tuple = ()

    def forward(self, x):
        traces = []
        for layer in self.layers:
            x, trace = layer.forward(x)
            traces.append(trace)
        return x, tuple(traces)

    def backward(self, dy, trace, input_gradient=True):
        gradients = []
        for place, (layer, its_trace) in reversed([*enumerate(zip(self.layers, trace, strict=True))]):
            dy, gradient = layer.backward(dy, its_trace, input_gradient or place > 0)
            gradients.append(gradient)
        return dy, Sequential(tuple(reversed(gradients)))


class TimeDistributedTrace(NamedTuple):
    """Where there were tokens, and the layer's own trace."""

    mask: np.ndarray
    layer: object


@dataclass(frozen=True, eq=False)
class TimeDistributed(Layer):
    """A layer for vectors, applied to every token that is there; padding becomes zero. Without a mask all are there.

    Tokens (N, T, D) -> Tokens (N, T, K)
    """

    layer: Layer

    def forward(self, tokens):
        x, mask = tokens.values, None if tokens.mask is None else tokens.full_mask
        y, trace = self.layer.forward(x if mask is None else x[mask])
        return Tokens(y if mask is None else scatter(y, mask), mask), TimeDistributedTrace(mask, trace)

    def backward(self, dy, trace, input_gradient=True):
        dy = dy if trace.mask is None else dy[trace.mask]
        dx, gradient = self.layer.backward(dy, trace.layer, input_gradient)
        return dx if dx is None or trace.mask is None else scatter(dx, trace.mask), TimeDistributed(gradient)
