"""Fusion at feature level: one vector from each modality, combined into one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, Self

from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.fusion.embedding import project
from mmdl.fusion.fusion import Fusion, register
from mmdl.layers.dense import Dense
from mmdl.ops import fusion as ops
from mmdl.shapes import Array, Arrays


@register("concatenate", takes="vectors")
@dataclass(frozen=True, eq=False)
class Concatenate(Fusion):
    """z = (x₁, x₂, ...), side by side.  M arrays (N, D_m) -> (N, Σ D_m)"""

    def forward(self, encodings: Arrays) -> tuple[Array, Arrays]:
        return ops.concatenate(encodings), encodings

    def backward(self, dz: Array, encodings: Arrays, input_gradient: bool = True) -> tuple[Arrays, Self]:
        return ops.concatenate_backward(dz, encodings), self


class ProjectedTrace(NamedTuple):
    """The encodings, and their projections to the common width."""

    encodings: Arrays
    projected: Arrays


@dataclass(frozen=True, eq=False)
class Projected(Fusion):
    """z = combine(p₁, p₂, ...)  with  p_m = x_m W_m + b_m: modalities in one width, then an op without parameters"""

    projections: tuple[Dense, ...]  # of Dense: one a modality; they map all encodings to the same D features

    combine: ClassVar[Callable[..., Any]]
    combine_backward: ClassVar[Callable[..., Any]]

    @classmethod
    def init(cls, rng: Generator, features: Sequence[int], width: int, dtype: DTypeLike = "float32") -> Self:
        return cls(tuple(Dense.init(rng, D, width, dtype) for D in features))

    def forward(self, encodings: Arrays) -> tuple[Array, ProjectedTrace]:
        projected = project(self.projections, encodings)
        return self.combine(projected), ProjectedTrace(encodings, projected)

    def backward(self, dz: Array, trace: ProjectedTrace, input_gradient: bool = True) -> tuple[Arrays, Self]:
        dprojected = self.combine_backward(dz, trace.projected)
        pairs = [
            projection.backward(d, x)
            for projection, d, x in zip(self.projections, dprojected, trace.encodings, strict=True)
        ]
        dencodings, gradients = zip(*pairs, strict=True)
        return dencodings, replace(self, projections=gradients)


@register("sum", takes="vectors")
@dataclass(frozen=True, eq=False)
class Sum(Projected):
    """z = Σ_m (x_m W_m + b_m).  M arrays (N, D_m) -> (N, D)"""

    combine = staticmethod(ops.elementwise_sum)
    combine_backward = staticmethod(ops.elementwise_sum_backward)


@register("product", takes="vectors")
@dataclass(frozen=True, eq=False)
class Product(Projected):
    """z = Π_m (x_m W_m + b_m), elementwise: each modality can switch off features of the others.

    M arrays (N, D_m) -> (N, D)
    """

    combine = staticmethod(ops.elementwise_product)
    combine_backward = staticmethod(ops.elementwise_product_backward)
