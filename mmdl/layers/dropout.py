"""Dropout as a layer: it works only in a model that is in training mode."""

from dataclasses import dataclass, replace

import numpy as np

from mmdl.layers.layer import Layer
from mmdl.ops.dropout import dropout, dropout_backward


@dataclass(frozen=True, eq=False)
class Dropout(Layer):
    """Leaves out each number with probability `rate`, in training mode; else y = x."""

    rate: float
    rng: np.random.Generator | None = None

    def in_training(self, rng):
        return replace(self, rng=rng)

    def forward(self, x):
        if self.rng is None:
            return x, None
        mask = self.rng.random(x.shape, np.float32) >= self.rate
        return dropout(x, mask, self.rate), mask

    def backward(self, dy, mask, input_gradient=True):
        return (dy if mask is None else dropout_backward(dy, mask, self.rate)), self
