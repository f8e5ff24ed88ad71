"""Layers for the branches of a graph: they join several values, or apply a layer for arrays to Tokens."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np

from mmdl.errors import DataError, ShapeError
from mmdl.layers.graph import all_of, one_or_all
from mmdl.layers.layer import Layer
from mmdl.ops import fusion as ops
from mmdl.shapes import Array, Arrays, Mask
from mmdl.tokens import Tokens


class OnValuesTrace(NamedTuple):
    """The masks of the inputs and of the result, and the trace of the wrapped layer."""

    masks: tuple[Mask | None, ...]
    mask: Mask | None
    layer: Any


@dataclass(frozen=True, eq=False)
class OnValues(Layer):
    """A layer for arrays, applied to the values of one or several Tokens, padding included

    The mask is dropped, or kept; several masks are combined by or, if all inputs have one. With a `blank`, padding is
    replaced by that number before the layer, and by 0 after it.
    """

    layer: Layer
    keeps: bool = True
    blank: float | None = None

    def forward(self, tokens: Tokens | tuple[Tokens, ...]) -> tuple[Tokens, OnValuesTrace]:
        several = (tokens,) if isinstance(tokens, Tokens) else tokens
        masks = tuple(each.mask for each in several)
        mask = _joined(masks) if self.keeps else None
        y, trace = self.layer.forward(
            one_or_all([self._blanked(each.values, each.mask, self.blank) for each in several])
        )
        return Tokens(self._blanked(y, mask), mask), OnValuesTrace(masks, mask, trace)

    def backward(self, dy: Array, trace: OnValuesTrace, input_gradient: bool = True) -> tuple[Any, Self]:
        dx, gradient = self.layer.backward(self._blanked(dy, trace.mask), trace.layer, input_gradient)
        gradient = replace(self, layer=gradient)
        if dx is None:
            return None, gradient
        dx = [self._blanked(d, mask) for d, mask in zip(all_of(dx, len(trace.masks)), trace.masks, strict=True)]
        return one_or_all(dx), gradient

    def _blanked(self, x: Any, mask: Mask | None, value: float | None = 0) -> Any:
        return x if mask is None or self.blank is None else np.where(mask[..., None], x, x.dtype.type(value))


class MergeTrace(NamedTuple):
    """The inputs."""

    x: Arrays


@dataclass(frozen=True, eq=False)
class Merge(Layer):
    """Combine several arrays: elementwise sum, mean or product, or concatenation along the last axis"""

    kind: str = "sum"  # or "mean", "product", "concatenate"

    def __post_init__(self) -> None:
        if self.kind not in MERGES:
            raise DataError(f'Merge: kind must be one of {", ".join(MERGES)}, not "{self.kind}"')

    def forward(self, x: Arrays) -> tuple[Array, MergeTrace]:
        if not isinstance(x, tuple):
            raise ShapeError(f"Merge takes a tuple of several arrays, not one {x.shape}")
        merge, _ = MERGES[self.kind]
        return merge(x), MergeTrace(x)

    def backward(self, dy: Array, trace: MergeTrace, input_gradient: bool = True) -> tuple[Arrays, Self]:
        _, merge_backward = MERGES[self.kind]
        return merge_backward(dy, trace.x), self


def _joined(masks: tuple[Mask | None, ...]) -> Mask | None:
    """Where any of the masks is True, if there are masks for all."""
    known = [mask for mask in masks if mask is not None]
    return functools.reduce(np.logical_or, known) if len(known) == len(masks) else None


def _mean(x: Arrays) -> Array:
    """y = Σ_m x_m / M"""
    return ops.elementwise_sum(x) / len(x)


def _mean_backward(dy: Array, x: Arrays) -> Arrays:
    return ops.elementwise_sum_backward(dy / len(x), x)


MERGES: dict[str, tuple[Callable[..., Array], Callable[..., Arrays]]] = {
    "sum": (ops.elementwise_sum, ops.elementwise_sum_backward),
    "mean": (_mean, _mean_backward),
    "product": (ops.elementwise_product, ops.elementwise_product_backward),
    "concatenate": (ops.concatenate, ops.concatenate_backward),
}
