"""Fusion of vectors: side by side, added, multiplied."""

import math
from typing import Annotated

import numpy as np

from mmdl.errors import ShapeError
from mmdl.ops._reduce import sum_to
from mmdl.shapes import Array, Arrays, shapes


@shapes
def concatenate(features: Annotated[Arrays, "M>0 of ... _"]) -> Array:
    """y = (x₁, x₂, ...): side by side along the last axis.  M arrays (..., D_m) -> y (..., Σ D_m)"""
    leading = np.broadcast_shapes(*(x.shape[:-1] for x in features))
    return np.concatenate([np.broadcast_to(x, (*leading, x.shape[-1])) for x in features], axis=-1)


@shapes
def concatenate_backward(dy: Annotated[Array, "* _"], features: Annotated[Arrays, "M>0 of ... _"]) -> Arrays:
    """dx_m = the columns of dy that came from x_m"""
    ends = np.cumsum([x.shape[-1] for x in features])
    if dy.shape[-1] != ends[-1]:
        raise ShapeError(f"concatenate_backward: the features have {ends[-1]} columns but dy (*, _) = {dy.shape}")
    return tuple(sum_to(dy[..., end - x.shape[-1] : end], x.shape) for x, end in zip(features, ends, strict=True))


@shapes
def elementwise_sum(features: Annotated[Arrays, "M>0 of ... D"]) -> Array:
    """y = Σ_m x_m.  M arrays (..., D) -> y (..., D)"""
    return sum(features[1:], start=features[0].copy())


@shapes
def elementwise_sum_backward(dy: Annotated[Array, "* D"], features: Annotated[Arrays, "M>0 of ... D"]) -> Arrays:
    """dx_m = dy: a sum hands its gradient to everyone"""
    return tuple(sum_to(dy, x.shape).copy() for x in features)


@shapes
def elementwise_product(features: Annotated[Arrays, "M>0 of ... D"]) -> Array:
    """y = Π_m x_m.  M arrays (..., D) -> y (..., D)"""
    return math.prod(features[1:], start=features[0].copy())


@shapes
def elementwise_product_backward(dy: Annotated[Array, "* D"], features: Annotated[Arrays, "M>0 of ... D"]) -> Arrays:
    """dx_m = dy ∘ Π of the others: each gets what it was multiplied by"""
    return tuple(
        sum_to(math.prod(features[:m] + features[m + 1 :], start=dy.copy()), x.shape) for m, x in enumerate(features)
    )
