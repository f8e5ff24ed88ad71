"""Normalisation layers."""

from dataclasses import dataclass, replace

import numpy as np

from mmdl import tree
from mmdl.layers.layer import Layer
from mmdl.ops import normalization as ops


@dataclass(frozen=True, eq=False)
class LayerNorm(Layer):
    """Each row to mean 0 and variance 1, then γ and β.  (..., D) -> (..., D)"""

    gamma: np.ndarray  # (D,)
    beta: np.ndarray  # (D,)
    epsilon: float = 1e-5

    @classmethod
    def init(cls, features, epsilon=1e-5, dtype=np.float32):
        """γ = 1, β = 0"""
        return cls(np.ones(features, dtype), np.zeros(features, dtype), epsilon)

    def forward(self, x):
        normalized = ops.layer_norm(x, self.gamma, self.beta, self.epsilon)
        return normalized.y, normalized

    def backward(self, dy, trace, input_gradient=True):
        dx, dgamma, dbeta = ops.layer_norm_backward(dy, self.gamma, trace.normalized, trace.deviation)
        return dx, replace(self, gamma=dgamma, beta=dbeta)


@dataclass(frozen=True, eq=False)
class BatchNorm(Layer):
    """Each feature to mean 0 and variance 1: over the batch in training, by running statistics afterwards.

    (..., D) -> (..., D)
    """

    gamma: np.ndarray  # (D,)
    beta: np.ndarray  # (D,)
    mean: np.ndarray = tree.running("momentum")  # (D,)
    variance: np.ndarray = tree.running("momentum")  # (D,)
    momentum: float = 0.99
    epsilon: float = 1e-3
    rng: np.random.Generator | None = None  # in training mode, as in Dropout, though nothing is drawn from it

    @classmethod
    def init(cls, features, momentum=0.99, epsilon=1e-3, dtype=np.float32):
        """γ = 1, β = 0, mean 0, variance 1"""
        one, zero = np.ones(features, dtype), np.zeros(features, dtype)
        return cls(one, zero, zero.copy(), one.copy(), momentum, epsilon)

    def in_training(self, rng):
        return replace(self, rng=rng)

    def forward(self, x):
        if self.rng is not None and len(x):  # nobody, in a batch without a modality, has no statistics
            normalized = ops.batch_norm(x, self.gamma, self.beta, epsilon=self.epsilon)
            return normalized.y, normalized
        return ops.batch_norm_inference(x, self.gamma, self.beta, self.mean, self.variance, self.epsilon), x

    def backward(self, dy, trace, input_gradient=True):
        if isinstance(trace, ops.BatchNormalized):
            dx, dgamma, dbeta = ops.batch_norm_backward(dy, self.gamma, trace.normalized, trace.deviation)
            distance = {"mean": self.mean - trace.mean, "variance": self.variance - trace.variance}
        else:
            dx, dgamma, dbeta = ops.batch_norm_inference_backward(
                dy, trace, self.gamma, self.mean, self.variance, self.epsilon
            )
            distance = {"mean": np.zeros_like(self.mean), "variance": np.zeros_like(self.variance)}
        return dx, replace(self, gamma=dgamma, beta=dbeta, **distance)
