"""Fusion at feature level: one vector from each modality, made into one."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from mmdl.errors import ShapeError
from mmdl.layers.dense import Dense
from mmdl.layers.layer import Layer
from mmdl.ops import fusion as ops


@dataclass(frozen=True, eq=False)
class Concatenate(Layer):
    """z = (x₁, x₂, ...), side by side.  M arrays (N, D_m) -> (N, Σ D_m)"""

    takes: ClassVar[str] = "vectors"

    @classmethod
    def init(cls, rng, features, width, dtype=None):
        """Nothing to learn; `features` are the widths D_m."""
        return cls()

    def forward(self, encodings, present=None):
        return ops.concatenate(encodings), encodings

    def backward(self, dz, encodings, input_gradient=True):
        return ops.concatenate_backward(dz, encodings), self


class ProjectedTrace(NamedTuple):
    """What came in, and the same in the width that all share."""

    encodings: tuple
    projected: tuple


@dataclass(frozen=True, eq=False)
class Sum(Layer):
    """z = Σ_m (x_m W_m + b_m).  M arrays (N, D_m) -> (N, D)"""

    projections: tuple  # of Dense: modalities have to speak of the same D features before they can be added

    takes: ClassVar[str] = "vectors"

    @classmethod
    def init(cls, rng, features, width, dtype="float32"):
        return cls(tuple(Dense.init(rng, D, width, dtype) for D in features))

    def forward(self, encodings, present=None):
        projected = project(self.projections, encodings)
        return ops.elementwise_sum(projected), ProjectedTrace(encodings, projected)

    def backward(self, dz, trace, input_gradient=True):
        return project_backward(self, ops.elementwise_sum_backward(dz, trace.projected), trace.encodings)


@dataclass(frozen=True, eq=False)
class Product(Layer):
    """z = Π_m (x_m W_m + b_m), entry by entry: each modality can switch the other's features off.

    M arrays (N, D_m) -> (N, D)
    """

    projections: tuple  # of Dense

    takes: ClassVar[str] = "vectors"

    @classmethod
    def init(cls, rng, features, width, dtype="float32"):
        return cls(tuple(Dense.init(rng, D, width, dtype) for D in features))

    def forward(self, encodings, present=None):
        projected = project(self.projections, encodings)
        return ops.elementwise_product(projected), ProjectedTrace(encodings, projected)

    def backward(self, dz, trace, input_gradient=True):
        return project_backward(self, ops.elementwise_product_backward(dz, trace.projected), trace.encodings)


def project(projections, encodings):
    """Every modality through its own dense layer."""
    check_count(projections, encodings)
    return tuple(projection(x) for projection, x in zip(projections, encodings, strict=True))


def check_count(parts, encodings):
    """ShapeError if there are not as many encodings as the fusion has parts for."""
    if len(encodings) != len(parts):
        raise ShapeError(f"this fusion is made for {len(parts)} modalities, not for {len(encodings)}")


def project_backward(fusion, dprojected, encodings):
    """The gradients of the encodings, and of the fusion, whose projections are all it has to learn."""
    pairs = [
        projection.backward(d, x) for projection, d, x in zip(fusion.projections, dprojected, encodings, strict=True)
    ]
    dencodings, gradients = zip(*pairs, strict=True)
    return dencodings, type(fusion)(gradients)
