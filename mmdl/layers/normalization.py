"""Normalisation layers."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl import tree
from mmdl.layers.layer import Layer
from mmdl.ops import normalization as ops
from mmdl.shapes import Array


@dataclass(frozen=True, eq=False)
class LayerNorm(Layer):
    """Each row to mean 0 and variance 1, then γ and β.  (..., D) -> (..., D)"""

    gamma: Array  # (D,)
    beta: Array  # (D,)
    epsilon: float = 1e-5

    @classmethod
    def init(cls, features: int, epsilon: float = 1e-5, dtype: DTypeLike = np.float32) -> Self:
        """γ = 1, β = 0"""
        return cls(np.ones(features, dtype), np.zeros(features, dtype), epsilon)

    def forward(self, x: Array) -> tuple[Array, ops.LayerNormalized]:
        normalized = ops.layer_norm(x, self.gamma, self.beta, self.epsilon)
        return normalized.y, normalized

    def backward(self, dy: Array, trace: ops.LayerNormalized, input_gradient: bool = True) -> tuple[Array, Self]:
        dx, dgamma, dbeta = ops.layer_norm_backward(dy, self.gamma, trace.normalized, trace.deviation)
        return dx, replace(self, gamma=dgamma, beta=dbeta)


@dataclass(frozen=True, eq=False)
class BatchNorm(Layer):
    """Each feature to mean 0 and variance 1: over the batch in training, by running statistics afterwards.

    (..., D) -> (..., D)
    """

    gamma: Array  # (D,)
    beta: Array  # (D,)
    mean: Array = tree.running("momentum")  # (D,)
    variance: Array = tree.running("momentum")  # (D,)
    momentum: float = 0.99
    epsilon: float = 1e-3
    rng: Generator | None = None  # in training mode, as in Dropout, though nothing is drawn from it
    total: ops.Total | None = None  # adds up sums where each process has a share of the batch

    @classmethod
    def init(cls, features: int, momentum: float = 0.99, epsilon: float = 1e-3, dtype: DTypeLike = np.float32) -> Self:
        """γ = 1, β = 0, mean 0, variance 1"""
        one, zero = np.ones(features, dtype), np.zeros(features, dtype)
        return cls(one, zero, zero.copy(), one.copy(), momentum, epsilon)

    def in_training(self, rng: Generator | None) -> Self:
        return replace(self, rng=rng)

    def over_shares(self, total: ops.Total | None) -> Self:
        return replace(self, total=total)

    def forward(self, x: Array) -> tuple[Array, ops.BatchNormalized | Array]:
        if self.rng is not None and self._examples(x):  # an empty batch, of an absent modality, has no statistics
            normalized = ops.batch_norm(x, self.gamma, self.beta, epsilon=self.epsilon, total=self.total)
            return normalized.y, normalized
        return ops.batch_norm_inference(x, self.gamma, self.beta, self.mean, self.variance, self.epsilon), x

    def backward(
        self, dy: Array, trace: ops.BatchNormalized | Array, input_gradient: bool = True
    ) -> tuple[Array, Self]:
        if isinstance(trace, ops.BatchNormalized):
            dx, dgamma, dbeta = ops.batch_norm_backward(
                dy, self.gamma, trace.normalized, trace.deviation, total=self.total
            )
            mean, variance = self.mean - trace.mean, self.variance - trace.variance
        else:
            dx, dgamma, dbeta = ops.batch_norm_inference_backward(
                dy, trace, self.gamma, self.mean, self.variance, self.epsilon
            )
            mean, variance = np.zeros_like(self.mean), np.zeros_like(self.variance)
        return dx, replace(self, gamma=dgamma, beta=dbeta, mean=mean, variance=variance)

    def _examples(self, x: Array) -> float:
        return len(x) if self.total is None else float(self.total(np.array([len(x)], x.dtype))[0])
