"""Dropout as a layer: active only in training mode."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.random import Generator

from mmdl.layers.layer import Layer
from mmdl.ops.dropout import dropout, dropout_backward
from mmdl.shapes import Array, Mask


@dataclass(frozen=True, eq=False)
class Dropout(Layer):
    """In training mode, set each number to zero with probability `rate` and rescale the rest; otherwise y = x."""

    rate: float
    rng: Generator | None = None

    def in_training(self, rng: Generator | None) -> Self:
        return replace(self, rng=rng)

    def forward(self, x: Array) -> tuple[Array, Mask | None]:
        if self.rng is None:
            return x, None
        mask = self.rng.random(x.shape, np.float32) >= self.rate
        return dropout(x, mask, self.rate), mask

    def backward(self, dy: Array, mask: Mask | None, input_gradient: bool = True) -> tuple[Array, Self]:
        return (dy if mask is None else dropout_backward(dy, mask, self.rate)), self
