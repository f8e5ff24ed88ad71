"""Fusion at model level: every modality has its own classifier, and their predictions are combined.

An expert whose modality is absent is left out, so these fusions, and only these, take `present`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.fusion.embedding import check_count
from mmdl.fusion.fusion import Fusion, register
from mmdl.layers.dense import Dense
from mmdl.ops import fusion as ops
from mmdl.shapes import Array, Arrays, Mask


class ExpertsTrace(NamedTuple):
    """The experts' logits, the combined log-probabilities, and which experts were present."""

    logits: Arrays
    l: Array  # (N, K)
    present: Mask | None  # (N, M)


@dataclass(frozen=True, eq=False)
class Experts(Fusion):
    """log p = combine(logits₁, logits₂, ...), without parameters; absent experts are left out"""

    needs_presence = True
    combine: ClassVar[Callable[..., Any]]
    combine_backward: ClassVar[Callable[..., Any]]

    def forward(self, logits: Arrays, present: Mask | None = None) -> tuple[Array, ExpertsTrace]:
        l = self.combine(logits, present)
        return l, ExpertsTrace(logits, l, present)

    def backward(self, dl: Array, trace: ExpertsTrace, input_gradient: bool = True) -> tuple[Arrays, Self]:
        return self.combine_backward(dl, trace.logits, trace.l, trace.present), self


@register("product-of-experts", takes="logits")
@dataclass(frozen=True, eq=False)
class ProductOfExperts(Experts):
    """log p = log_softmax(Σ_m logits_m): an expert certain against a class has a veto.  M arrays (N, K) -> (N, K)"""

    combine = staticmethod(ops.product_of_experts)
    combine_backward = staticmethod(ops.product_of_experts_backward)


@register("article-product", takes="logits")
@dataclass(frozen=True, eq=False)
class ArticleProduct(Experts):
    """p = Π_m p_m / Σ_k Π_m p_m, clipped to Keras's bounds: the article's product.  M arrays (N, K) -> (N, K)

    Equals ProductOfExperts within the bounds; beyond them the gradient is zero.
    """

    combine = staticmethod(ops.product_of_probabilities)

    def backward(self, dl: Array, trace: ExpertsTrace, input_gradient: bool = True) -> tuple[Arrays, Self]:
        return ops.product_of_probabilities_backward(dl, trace.logits, trace.present), self


@register("average", takes="logits")
@dataclass(frozen=True, eq=False)
class Average(Experts):
    """log p = log Σ_m p_m / M: every expert has one vote.  M arrays (N, K) of logits -> (N, K)"""

    combine = staticmethod(ops.average_of_experts)
    combine_backward = staticmethod(ops.average_of_experts_backward)


class MixtureTrace(NamedTuple):
    """The experts' logits and their weights: gates (N, M), each row sums to one."""

    logits: Arrays
    joined: Array  # (N, M K), zero where an expert is absent
    scores: Array  # (N, M)
    gates: Array
    l: Array  # (N, K)
    present: Mask | None  # (N, M)


@register("mixture-of-experts", takes="logits")
@dataclass(frozen=True, eq=False)
class MixtureOfExperts(Fusion):
    """log p = log Σ_m g_m p_m  with  g = softmax((logits₁, logits₂, ...) W + b): each example has its own weights

    M arrays (N, K) of logits -> (N, K).  The gates of the present experts sum to one.

    Source: Jacobs, Jordan, Nowlan, Hinton 1991; here the gate reads the experts' logits instead of their inputs.
    """

    gate: Dense  # (M K, M)

    needs_presence = True

    @classmethod
    def init(cls, rng: Generator, features: Sequence[int], dtype: DTypeLike = "float32") -> Self:
        """`features` are M times K."""
        return cls(Dense.init(rng, sum(features), len(features), dtype))

    def forward(self, logits: Arrays, present: Mask | None = None) -> tuple[Array, MixtureTrace]:
        check_count(self.gate.b, logits)
        joined = np.concatenate(_of_present(logits, present), axis=1)
        scores = self.gate(joined)
        l, gates = ops.mixture_of_experts(logits, scores, present)
        return l, MixtureTrace(logits, joined, scores, gates, l, present)

    def backward(self, dl: Array, trace: MixtureTrace, input_gradient: bool = True) -> tuple[Arrays, Self]:
        logits, present = trace.logits, trace.present
        dlogits, dscores = ops.mixture_of_experts_backward(dl, logits, trace.scores, trace.l, present)
        djoined, gate = self.gate.backward(dscores, trace.joined)
        through = _of_present(ops.concatenate_backward(djoined, logits), present)
        return tuple(a + b for a, b in zip(dlogits, through, strict=True)), replace(self, gate=gate)


def _of_present(arrays: Arrays, present: Mask | None) -> Arrays:
    """The arrays (N, K), with zeros where an expert is absent."""
    return arrays if present is None else tuple(np.where(present[:, m, None], x, 0) for m, x in enumerate(arrays))
