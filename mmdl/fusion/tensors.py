"""Fusion of vectors by all products of their features: in full, or as a low-rank sum."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.errors import DataError
from mmdl.fusion.embedding import check_count
from mmdl.fusion.fusion import Fusion, register
from mmdl.fusion.vectors import Projected, ProjectedTrace
from mmdl.layers.initial import glorot_uniform
from mmdl.ops import fusion as ops
from mmdl.shapes import Array, Arrays

MOST_PRODUCTS = 1 << 22


@register("tensor", takes="vectors")
@dataclass(frozen=True, eq=False)
class TensorFusion(Projected):
    """z = (p₁, 1) ⊗ (p₂, 1) ⊗ ...  with  p_m = x_m W_m + b_m: all products of features.  M arrays -> (N, (D + 1)^M)

    Source: Zadeh et al. 2017, the tensor fusion network (TFN).
    """

    combine = staticmethod(ops.tensor_fusion)
    combine_backward = staticmethod(ops.tensor_fusion_backward)

    @classmethod
    def init(
        cls,
        rng: Generator,
        features: Sequence[int],
        width: int,
        dtype: DTypeLike = "float32",
        entries: int = 4096,
    ) -> Self:
        """`width` D of the projections, reduced so that there are at most `entries` products."""
        fitting = max(1, int(entries ** (1 / len(features)) + 1e-9) - 1)
        return super().init(rng, features, min(width, fitting), dtype)

    def forward(self, encodings: Arrays) -> tuple[Array, ProjectedTrace]:
        if (products := math.prod(each.W.shape[1] + 1 for each in self.projections)) > MOST_PRODUCTS:
            raise DataError(f"a tensor fusion has at most {MOST_PRODUCTS:,} products of features, not {products:,}")
        return super().forward(encodings)


class LowRankTrace(NamedTuple):
    """The encodings, and each modality's factors of the F terms: M arrays (N, F, D)."""

    encodings: Arrays
    projected: Arrays


@register("low-rank", takes="vectors")
@dataclass(frozen=True, eq=False)
class LowRankFusion(Fusion):
    """z = Σ_f Π_m (x_m, 1) W_mf: a tensor fusion and a dense layer of low rank, without forming the tensor

    M arrays (N, D_m) -> (N, D)

    Source: Liu et al. 2018, low-rank multimodal fusion (LMF).
    """

    factors: Arrays  # of arrays (D_m + 1, F, D)

    @classmethod
    def init(
        cls, rng: Generator, features: Sequence[int], width: int, rank: int = 4, dtype: DTypeLike = "float32"
    ) -> Self:
        """`rank` F terms; Glorot uniform factors."""
        factors = (np.stack([glorot_uniform(rng, (D + 1, width), dtype) for _ in range(rank)], 1) for D in features)
        return cls(tuple(factors))

    def forward(self, encodings: Arrays) -> tuple[Array, LowRankTrace]:
        check_count(self.factors, encodings)
        y, projected = ops.low_rank_fusion(encodings, self.factors)
        return y, LowRankTrace(encodings, projected)

    def backward(self, dz: Array, trace: LowRankTrace, input_gradient: bool = True) -> tuple[Arrays, Self]:
        dencodings, factors = ops.low_rank_fusion_backward(dz, trace.encodings, self.factors, trace.projected)
        return dencodings, replace(self, factors=factors)
