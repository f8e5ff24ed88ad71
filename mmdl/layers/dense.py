"""The dense layer."""

import math
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.layers.initial import glorot_uniform
from mmdl.layers.layer import Layer
from mmdl.ops.dense import affine, affine_backward, affine_gradient
from mmdl.shapes import Array


@dataclass(frozen=True, eq=False)
class Dense(Layer):
    """y = x W + b.  (..., D) -> (..., K)"""

    W: Array  # (D, K)
    b: Array  # (K,)

    @classmethod
    def init(cls, rng: Generator, features: int, units: int, dtype: DTypeLike = np.float32) -> Self:
        """Glorot uniform W, zero b."""
        return cls(glorot_uniform(rng, (features, units), dtype), np.zeros(units, dtype))

    def forward(self, x: Array) -> tuple[Array, Array]:
        return affine(x, self.W, self.b), x

    def backward(self, dy: Array, x: Array, input_gradient: bool = True) -> tuple[Any, Self]:
        if not input_gradient:
            dW, db = affine_gradient(dy, x)
            return None, replace(self, W=dW, b=db)
        dx, dW, db = affine_backward(dy, x, self.W)
        return dx, replace(self, W=dW, b=db)


@dataclass(frozen=True, eq=False)
class Flatten(Layer):
    """All features of an example in one row.  (N, ...) -> (N, D)"""

    def forward(self, x: Array) -> tuple[Array, Array]:
        return x.reshape(len(x), math.prod(x.shape[1:])), x

    def backward(self, dy: Array, x: Array, input_gradient: bool = True) -> tuple[Array, Self]:
        return dy.reshape(x.shape), self
