"""Layers one after the other, and a layer for each token."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mmdl.layers.layer import Layer
from mmdl.tokens import Tokens


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
        x, mask = tokens
        y, trace = self.layer.forward(x if mask is None else x[mask])
        return Tokens(_placed(y, mask), mask), TimeDistributedTrace(mask, trace)

    def backward(self, dy, trace, input_gradient=True):
        dy = dy if trace.mask is None else dy[trace.mask]
        dx, gradient = self.layer.backward(dy, trace.layer, input_gradient)
        return None if dx is None else _placed(dx, trace.mask), TimeDistributed(gradient)


def _placed(rows, mask):
    """The rows at the places where the mask is True, zeros elsewhere."""
    if mask is None:
        return rows
    x = np.zeros((*mask.shape, rows.shape[-1]), rows.dtype)
    x[mask] = rows
    return x
