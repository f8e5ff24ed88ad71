"""What the core does not have because it does not need it: a graph of layers, and masks that come and go."""

from dataclasses import dataclass, replace

import numpy as np

from mmdl.layers import Layer
from mmdl.ops import fusion as ops
from mmdl.ops.dense import affine, affine_backward
from mmdl.tokens import Tokens


@dataclass(frozen=True, eq=False)
class Network(Layer):
    """Every layer takes what others gave: a row of values begins with the inputs, and each layer appends its own.

    `sources` names for each layer the places in that row from which it takes; the last value is the output. The trace
    is the tuple of the layers' traces.
    """

    layers: tuple
    sources: tuple  # of tuples of ints
    inputs: int = 1

    def forward(self, inputs):
        values, traces = list(inputs), []
        for layer, places in zip(self.layers, self.sources, strict=True):
            x = tuple(values[place] for place in places)
            y, trace = layer.forward(x if len(x) > 1 else x[0])
            values.append(y)
            traces.append(trace)
        return values[-1], tuple(traces)

    def backward(self, dy, trace):
        """dy, trace -> the inputs' gradients as a tuple (None for ids), the gradient as a Network"""
        return self._backward(dy, trace, first=0)

    def gradient(self, dy, trace):
        return self._backward(dy, trace, first=self.inputs)[1]

    def _backward(self, dy, trace, first):
        """Values before the place `first` are asked for no gradient."""
        d = [None] * (self.inputs + len(self.layers) - 1) + [dy]
        gradients = []
        for layer, places, its_trace in zip(self.layers[::-1], self.sources[::-1], trace[::-1], strict=True):
            dy = d.pop()
            if max(places) < first:
                gradients.append(layer.gradient(dy, its_trace))
                continue
            dx, gradient = layer.backward(dy, its_trace)
            gradients.append(gradient)
            for place, each in zip(places, dx if len(places) > 1 else (dx,), strict=True):
                d[place] = each if d[place] is None else d[place] + each  # who was used twice gets both gradients
        return tuple(d), replace(self, layers=tuple(gradients[::-1]))


@dataclass(frozen=True, eq=False)
class OnSequence(Layer):
    """A layer for Tokens, for arrays in which every place counts."""

    layer: Layer
    needs_mask: bool = False

    def forward(self, x):
        y, trace = self.layer.forward(Tokens(x, np.ones(x.shape[:2], bool) if self.needs_mask else None))
        return _values(y), trace

    def backward(self, dy, trace):
        dx, gradient = self.layer.backward(dy, trace)
        return dx, replace(self, layer=gradient)


@dataclass(frozen=True, eq=False)
class OnValues(Layer):
    """A layer for arrays, for Tokens: the mask goes around it, or ends here."""

    layer: Layer
    keeps_mask: bool

    def forward(self, tokens):
        y, trace = self.layer.forward(tokens.values)
        return (Tokens(y, tokens.mask) if self.keeps_mask else y), trace

    def backward(self, dy, trace):
        dx, gradient = self.layer.backward(dy, trace)
        return dx, replace(self, layer=gradient)


@dataclass(frozen=True, eq=False)
class Lookup(Layer):
    """An embedding of ids (N, ...), which may come as floats; with `mask_zero` the id 0 is no token."""

    embedding: Layer
    mask_zero: bool = False

    def forward(self, ids):
        ids = np.asarray(ids, np.int32)
        (y, _), trace = self.embedding.forward(Tokens(ids, np.ones(ids.shape, bool)))
        return (Tokens(y, ids != 0) if self.mask_zero else y), trace

    def backward(self, dy, trace):
        return None, replace(self, embedding=self.embedding.gradient(dy, trace))


@dataclass(frozen=True, eq=False)
class Merge(Layer):
    """share · Σ x_m, or the product, or all side by side; a place is a token if it is one in any of the inputs"""

    kind: str  # "sum", "product"
    share: float = 1.0

    def forward(self, inputs):
        masks = [x.mask for x in inputs if isinstance(x, Tokens)]
        x = tuple(_values(each) for each in inputs)
        y = ops.elementwise_sum(x) if self.kind == "sum" else ops.elementwise_product(x)
        y *= self.share
        return (Tokens(y, np.logical_or.reduce(masks)) if len(masks) == len(x) else y), x

    def backward(self, dy, x):
        backward = ops.elementwise_sum_backward if self.kind == "sum" else ops.elementwise_product_backward
        return backward(dy * self.share, x), self


@dataclass(frozen=True, eq=False)
class Unbiased(Layer):
    """y = x W: a dense layer whose bias is zero and stays so"""

    W: np.ndarray

    def forward(self, x):
        return affine(x, self.W, np.zeros(self.W.shape[1], self.W.dtype)), x

    def backward(self, dy, x):
        dx, dW, _ = affine_backward(dy, x, self.W)
        return dx, Unbiased(dW)


@dataclass(frozen=True, eq=False)
class BothEnds(Layer):
    """Where two readers ended: the first at the last place, the second at the first.  Tokens (N, T, 2H) -> (N, 2H)"""

    def forward(self, tokens):
        x, _ = tokens
        H = x.shape[2] // 2
        return np.concatenate([x[:, -1, :H], x[:, 0, H:]], axis=1), x

    def backward(self, dy, x):
        H = x.shape[2] // 2
        dx = np.zeros_like(x)
        dx[:, -1, :H], dx[:, 0, H:] = dy[:, :H], dy[:, H:]
        return dx, self


def _values(x):
    return x.values if isinstance(x, Tokens) else x
