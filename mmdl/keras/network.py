"""What the core does without: a graph of layers, and masks that come and go on the way."""

from dataclasses import dataclass, replace

import numpy as np

from mmdl.layers import Layer
from mmdl.ops import fusion as ops
from mmdl.tokens import Tokens


@dataclass(frozen=True, eq=False)
class Network(Layer):
    """A row of values begins with the inputs; each layer takes some of them and appends what it makes. The last is y.

    `sources` names for each layer its places in that row. The trace is the tuple of the layers' traces, the gradient
    of the inputs a tuple.
    """

    layers: tuple
    sources: tuple
    inputs: int  # how many

    def forward(self, inputs):
        values, traces = list(inputs), []
        for layer, places in zip(self.layers, self.sources, strict=True):
            x = tuple(values[place] for place in places)
            y, trace = layer.forward(x if len(x) > 1 else x[0])
            values.append(y)
            traces.append(trace)
        return values[-1], tuple(traces)

    def backward(self, dy, trace):
        return self._backward(dy, trace, asked=0)

    def gradient(self, dy, trace):
        return self._backward(dy, trace, asked=self.inputs)[1]

    def _backward(self, dy, trace, asked):
        """Nobody asks for the gradients of values before the place `asked`."""
        d = [None] * (self.inputs + len(self.layers) - 1) + [dy]
        gradients = []
        for layer, places, its_trace in zip(self.layers[::-1], self.sources[::-1], trace[::-1], strict=True):
            if max(places) < asked:
                gradients.append(layer.gradient(d.pop(), its_trace))
                continue
            dx, gradient = layer.backward(d.pop(), its_trace)
            gradients.append(gradient)
            for place, each in zip(places, dx if len(places) > 1 else (dx,), strict=True):
                d[place] = each if d[place] is None else d[place] + each  # used twice, it has both gradients
        return tuple(d), replace(self, layers=tuple(gradients[::-1]))


@dataclass(frozen=True, eq=False)
class Wrapped(Layer):
    """A layer of the core, and what is done about masks."""

    layer: Layer

    def backward(self, dy, trace):
        dx, gradient = self.layer.backward(dy, trace)
        return dx, replace(self, layer=gradient)

    def gradient(self, dy, trace):
        return replace(self, layer=self.layer.gradient(dy, trace))


@dataclass(frozen=True, eq=False)
class OnSequence(Wrapped):
    """A layer for Tokens, for arrays in which every place counts."""

    mask: bool  # whether the layer cannot do without one

    def forward(self, x):
        y, trace = self.layer.forward(Tokens(x, np.ones(x.shape[:2], bool) if self.mask else None))
        return values_of(y), trace


@dataclass(frozen=True, eq=False)
class OnValues(Wrapped):
    """A layer for arrays, for Tokens: the mask goes around it, or ends here."""

    keeps_mask: bool

    def forward(self, tokens):
        y, trace = self.layer.forward(tokens.values)
        return (Tokens(y, tokens.mask) if self.keeps_mask else y), trace


@dataclass(frozen=True, eq=False)
class Lookup(Wrapped):
    """An embedding for ids (N, ...), which may come as floats; with `mask_zero` the id 0 is no token."""

    mask_zero: bool

    def forward(self, ids):
        ids = np.asarray(ids, np.int32)
        (y, _), trace = self.layer.forward(Tokens(ids, np.ones(ids.shape, bool)))
        return (Tokens(y, ids != 0) if self.mask_zero else y), trace


@dataclass(frozen=True, eq=False)
class Sum(Layer):
    """y = Σ x_m, or their mean; if all have masks, a place is a token where it is one in any of them"""

    mean: bool = False

    def forward(self, inputs):
        masks = [x.mask for x in inputs if isinstance(x, Tokens)]
        x = tuple(values_of(each) for each in inputs)
        y = ops.elementwise_sum(x)
        y *= self._share(x)
        return (Tokens(y, np.logical_or.reduce(masks)) if len(masks) == len(x) else y), x

    def backward(self, dy, x):
        return ops.elementwise_sum_backward(dy * self._share(x), x), self

    def _share(self, x):
        return 1 / len(x) if self.mean else 1


@dataclass(frozen=True, eq=False)
class Product(Layer):
    """y = Π x_m"""

    def forward(self, x):
        return ops.elementwise_product(x), x

    def backward(self, dy, x):
        return ops.elementwise_product_backward(dy, x), self


@dataclass(frozen=True, eq=False)
class BothEnds(Layer):
    """Where two readers ended: the first at the last place, the second at the first.  Tokens (N, T, 2H) -> (N, 2H)"""

    def forward(self, tokens):
        x, H = tokens.values, tokens.values.shape[2] // 2
        return np.concatenate([x[:, -1, :H], x[:, 0, H:]], axis=1), x

    def backward(self, dy, x):
        dx, H = np.zeros_like(x), x.shape[2] // 2
        dx[:, -1, :H], dx[:, 0, H:] = dy[:, :H], dy[:, H:]
        return dx, self


def values_of(x):
    """An array, with its mask or without."""
    return x.values if isinstance(x, Tokens) else x
