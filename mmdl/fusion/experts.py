"""Fusion at model level: every modality has a model of its own, and their opinions are put together.

An expert whose modality is absent is left out, so these fusions, and only these, look at `present`.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from mmdl.layers.layer import Layer
from mmdl.ops import fusion as ops


class ExpertsTrace(NamedTuple):
    """What each expert said, the log-probabilities of all together, and who was there."""

    logits: tuple
    l: np.ndarray  # (N, K)
    present: np.ndarray | None  # (N, M)


@dataclass(frozen=True, eq=False)
class ProductOfExperts(Layer):
    """log p = log_softmax(Σ_m logits_m): who is sure that it is not so overrules all.  M arrays (N, K) -> (N, K)"""

    takes: ClassVar[str] = "logits"

    @classmethod
    def init(cls, rng, features, width, dtype=None):
        """Nothing to learn."""
        return cls()

    def forward(self, logits, present=None):
        l = ops.product_of_experts(logits, present)
        return l, ExpertsTrace(logits, l, present)

    def backward(self, dl, trace):
        return ops.product_of_experts_backward(dl, *trace), self


@dataclass(frozen=True, eq=False)
class Average(Layer):
    """log p = log Σ_m p_m / M: everybody has one vote.  M arrays (N, K) of logits -> (N, K)"""

    takes: ClassVar[str] = "logits"

    @classmethod
    def init(cls, rng, features, width, dtype=None):
        """Nothing to learn."""
        return cls()

    def forward(self, logits, present=None):
        l = ops.average_of_experts(logits, present)
        return l, ExpertsTrace(logits, l, present)

    def backward(self, dl, trace):
        return ops.average_of_experts_backward(dl, *trace), self
