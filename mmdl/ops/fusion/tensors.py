"""Fusion of vectors by all products of their entries: written out, or as a sum of few simple terms."""

import itertools
import math
from functools import reduce
from typing import Annotated, NamedTuple

import numpy as np

from mmdl.errors import ShapeError
from mmdl.ops._reduce import sum_to
from mmdl.shapes import Array, Arrays, shapes

MAX_ENTRIES = 100_000  # entries that a tensor may have: a dense layer behind it has many times that


@shapes
def tensor_fusion(features: Annotated[Arrays, "M>0 of ... _"]) -> Array:
    """y = (x₁, 1) ⊗ (x₂, 1) ⊗ ...: each product of one entry, or 1, of every modality

    Parameters
    ----------
    features : tuple of M arrays (..., D_m)

    Returns
    -------
    y : array (..., Π (D_m + 1)), the last modality's index running fastest

    Raises
    ------
    ShapeError : more than 100,000 products for an example.

    Source: Zadeh et al. 2017, the tensor fusion network (TFN).
    """
    sides = [x.shape[-1] + 1 for x in features]
    if math.prod(sides) > MAX_ENTRIES:
        raise ShapeError(
            f"tensor_fusion: {' · '.join(map(str, sides))} = {math.prod(sides):,} products for each example are more "
            f"than {MAX_ENTRIES:,}; take narrower features, or low_rank_fusion"
        )
    return reduce(_outer, map(_with_one, features))


@shapes
def tensor_fusion_backward(dy: Annotated[Array, "* _"], features: Annotated[Arrays, "M>0 of ... _"]) -> Arrays:
    """From the last modality to the first, dy as a table of (products of those before) x (its own entries):

    dx_m = (products before)ᵀ dy,  without the column of its 1;   d(products before) = dy (x_m, 1)

    Returns
    -------
    dfeatures : tuple of M arrays (..., D_m)
    """
    if dy.shape[-1] != (products := math.prod(x.shape[-1] + 1 for x in features)):
        raise ShapeError(f"tensor_fusion_backward: the features have {products} products but dy (*, _) = {dy.shape}")
    extended = [_with_one(x) for x in features]
    befores = list(itertools.accumulate(extended[:-1], _outer))
    gradients = []
    for before, x in zip(reversed(befores), reversed(extended), strict=False):
        table = dy.reshape(*dy.shape[:-1], before.shape[-1], x.shape[-1])
        gradients.append((before[..., None, :] @ table)[..., 0, :])
        dy = (table @ x[..., None])[..., 0]
    gradients.append(dy)
    return tuple(sum_to(d[..., :-1], x.shape) for d, x in zip(reversed(gradients), features, strict=True))


class LowRank(NamedTuple):
    """The fused vector, and what each modality has to say to each of the F terms."""

    y: Array  # (..., K)
    projected: Arrays  # of M arrays (..., F, K)


@shapes
def low_rank_fusion(features: Annotated[Arrays, "M>0 of ... _"], factors: Annotated[Arrays, "M of _ F K"]) -> LowRank:
    """y = Σ_f Π_m p_mf  with  p_mf = (x_m, 1) W_mf

    The same as a matrix behind `tensor_fusion`, if that matrix is a sum of F terms, each a product of one factor for
    every modality; but the tensor is never written out.

    Parameters
    ----------
    features : tuple of M arrays (..., D_m)
    factors : tuple of M arrays W_m (D_m + 1, F, K)

    Returns
    -------
    LowRank : y (..., K), projected

    Raises
    ------
    ShapeError : a factor that does not have D_m + 1 rows.

    Source: Liu et al. 2018, low-rank multimodal fusion (LMF).
    """
    _check_factors("low_rank_fusion", features, factors)
    projected = tuple(np.tensordot(_with_one(x), W, 1) for x, W in zip(features, factors, strict=True))
    return LowRank(math.prod(projected[1:], start=projected[0]).sum(axis=-2), projected)


@shapes
def low_rank_fusion_backward(
    dy: Annotated[Array, "* K"],
    features: Annotated[Arrays, "M>0 of ... _"],
    factors: Annotated[Arrays, "M of _ F K"],
    projected: Annotated[Arrays, "M of ... F K"],
) -> tuple[Arrays, Arrays]:
    """dp_mf = dy ∘ Π of the others' p_f;   dW_m = (x_m, 1)ᵀ dp_m,  dx_m = dp_m W_mᵀ without the row of the 1

    Returns
    -------
    dfeatures, dfactors : tuples of arrays like features and factors
    """
    _check_factors("low_rank_fusion_backward", features, factors)
    dfeatures, dfactors = [], []
    for m, (x, W) in enumerate(zip(features, factors, strict=True)):
        others = math.prod(projected[:m] + projected[m + 1 :], start=dy[..., None, :])
        dp = sum_to(np.broadcast_to(others, (*dy.shape[:-1], *W.shape[1:])), projected[m].shape)
        leading = range(x.ndim - 1)
        dfeatures.append(np.tensordot(dp, W[:-1], ((-2, -1), (1, 2))))
        dfactors.append(np.tensordot(_with_one(x), dp, (leading, leading)))
    return tuple(dfeatures), tuple(dfactors)


def _check_factors(function: str, features: Arrays, factors: Arrays) -> None:
    for m, (x, W) in enumerate(zip(features, factors, strict=True)):
        if len(W) != x.shape[-1] + 1:
            raise ShapeError(
                f"{function}: factors[{m}] has {len(W)} rows, but features[{m}] has {x.shape[-1]} entries and a 1"
            )


def _with_one(x: Array) -> Array:
    """(x, 1).  (..., D) -> (..., D + 1)"""
    return np.concatenate([x, np.ones((*x.shape[:-1], 1), x.dtype)], axis=-1)


def _outer(a: Array, b: Array) -> Array:
    """Every entry of a times every entry of b, in one row.  (..., P), (..., Q) -> (..., P · Q)"""
    table = a[..., :, None] * b[..., None, :]
    return table.reshape(*table.shape[:-2], a.shape[-1] * b.shape[-1])
