"""The dense layer."""

import math
from dataclasses import dataclass

import numpy as np

from mmdl.layers.initial import glorot_uniform
from mmdl.layers.layer import Layer
from mmdl.ops.dense import affine, affine_backward, affine_gradient


@dataclass(frozen=True, eq=False)
class Dense(Layer):
    """y = x W + b.  (..., D) -> (..., K)"""

    W: np.ndarray  # (D, K)
    b: np.ndarray  # (K,)

    @classmethod
    def init(cls, rng, features, units, dtype=np.float32):
        """Glorot uniform W, zero b."""
        return cls(glorot_uniform(rng, (features, units), dtype), np.zeros(units, dtype))

    def forward(self, x):
        return affine(x, self.W, self.b), x

    def backward(self, dy, x, input_gradient=True):
        if not input_gradient:
            return None, Dense(*affine_gradient(dy, x))
        dx, dW, db = affine_backward(dy, x, self.W)
        return dx, Dense(dW, db)


@dataclass(frozen=True, eq=False)
class Flatten(Layer):
    """All features of an example in one row.  (N, ...) -> (N, D)"""

    def forward(self, x):
        return x.reshape(len(x), math.prod(x.shape[1:])), x

    def backward(self, dy, x, input_gradient=True):
        return dy.reshape(x.shape), self
