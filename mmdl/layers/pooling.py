"""Pooling layers: over windows, over whole images, over sequences."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from mmdl.errors import DataError
from mmdl.layers.layer import Layer
from mmdl.ops import pooling as ops
from mmdl.ops import sequence_pooling as sequence_ops
from mmdl.shapes import Array, Mask, Padding, Pair
from mmdl.tokens import Tokens


class MaxPoolTrace(NamedTuple):
    """The input, and for the maximum the index of the winner."""

    x: Array
    winner: Any = None  # Ids


@dataclass(frozen=True, eq=False)
class MaxPool2D(Layer):
    """The largest value of each window.  (N, R, C, D) -> (N, P, Q, D)"""

    window: Pair = 2
    stride: Pair | None = None
    padding: Padding = "valid"

    def forward(self, x: Array) -> tuple[Array, MaxPoolTrace]:
        y, winner = ops.max_pool2d(x, self.window, self.stride, self.padding)
        return y, MaxPoolTrace(x, winner)

    def __call__(self, x: Array) -> Array:
        if x.ndim == 4 and x.size and x.dtype.kind == "f":
            return ops._largest(x, self.window, self.stride, self.padding)
        return super().__call__(x)

    def backward(self, dy: Array, trace: MaxPoolTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        return ops.max_pool2d_backward(dy, trace.x, trace.winner, self.window, self.stride, self.padding), self


@dataclass(frozen=True, eq=False)
class AveragePool2D(Layer):
    """The mean of each window.  (N, R, C, D) -> (N, P, Q, D)"""

    window: Pair = 2
    stride: Pair | None = None
    padding: Padding = "valid"

    def forward(self, x: Array) -> tuple[Array, Array]:
        return ops.avg_pool2d(x, self.window, self.stride, self.padding), x

    def backward(self, dy: Array, x: Array, input_gradient: bool = True) -> tuple[Array, Self]:
        return ops.avg_pool2d_backward(dy, x, self.window, self.stride, self.padding), self


@dataclass(frozen=True, eq=False)
class GlobalPool(Layer):
    """The largest value, or the mean, of each whole feature map.  (N, R, C, D) -> (N, D)"""

    kind: str = "average"  # or "max"

    def __post_init__(self) -> None:
        _check_kind(self, "average", "max")

    def forward(self, x: Array) -> tuple[Array, MaxPoolTrace]:
        if self.kind == "average":
            return ops.global_average_pool(x), MaxPoolTrace(x)
        y, winner = ops.global_max_pool(x)
        return y, MaxPoolTrace(x, winner)

    def backward(self, dy: Array, trace: MaxPoolTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        if self.kind == "average":
            return ops.global_average_pool_backward(dy, trace.x), self
        return ops.global_max_pool_backward(dy, trace.x, trace.winner), self


class SequencePoolTrace(NamedTuple):
    """The input, and for the maximum the index of the winning token."""

    x: Array
    mask: Mask | None
    winner: Any = None  # Ids


@dataclass(frozen=True, eq=False)
class SequencePool(Layer):
    """One vector from the unmasked tokens: their mean, their maximum, or the last one.  Tokens (N, T, D) -> (N, D)

    "both" is the maximum and the mean, side by side: (N, 2 D).
    """

    kind: str = "mean"  # or "max", "last", "both"

    def __post_init__(self) -> None:
        _check_kind(self, "mean", "max", "last", "both")

    def forward(self, tokens: Tokens) -> tuple[Array, SequencePoolTrace]:
        x, mask = tokens
        if self.kind == "mean":
            return sequence_ops.masked_mean(x, mask), SequencePoolTrace(x, mask)
        if self.kind == "last":
            return sequence_ops.last_valid(x, mask), SequencePoolTrace(x, mask)
        y, winner = sequence_ops.masked_max(x, mask)
        if self.kind == "both":
            y = np.concatenate([y, sequence_ops.masked_mean(x, mask)], axis=1)
        return y, SequencePoolTrace(x, mask, winner)

    def backward(self, dy: Array, trace: SequencePoolTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        if self.kind == "mean":
            return sequence_ops.masked_mean_backward(dy, trace.x, trace.mask), self
        if self.kind == "last":
            return sequence_ops.last_valid_backward(dy, trace.x, trace.mask), self
        D = trace.x.shape[2]
        dx = sequence_ops.masked_max_backward(dy[:, :D], trace.x, trace.winner)
        if self.kind == "both":
            dx += sequence_ops.masked_mean_backward(dy[:, D:], trace.x, trace.mask)
        return dx, self


@dataclass(frozen=True, eq=False)
class FlattenTokens(Layer):
    """All tokens of an example in one row, for sequences of a fixed length; zeros where the mask is False.

    Tokens (N, T, D) -> (N, T · D)
    """

    def forward(self, tokens: Tokens) -> tuple[Array, Tokens]:
        x = np.where(tokens.full_mask[:, :, None], tokens.values, 0)
        return x.reshape(len(x), x.shape[1] * x.shape[2]), tokens

    def backward(self, dy: Array, tokens: Tokens, input_gradient: bool = True) -> tuple[Array, Self]:
        return np.where(tokens.full_mask[:, :, None], dy.reshape(tokens.values.shape), 0), self


@dataclass(frozen=True, eq=False)
class Patches(Layer):
    """The cells of a feature map as tokens, row by row.  (N, P, Q, K) -> Tokens (N, P · Q, K)"""

    def forward(self, x: Array) -> tuple[Tokens, Array]:
        values = x.reshape(len(x), x.shape[1] * x.shape[2], x.shape[3])
        return Tokens(values, np.ones(values.shape[:2], bool)), x

    def backward(self, dy: Array, x: Array, input_gradient: bool = True) -> tuple[Array, Self]:
        return dy.reshape(x.shape), self


@dataclass(frozen=True, eq=False)
class OneToken(Layer):
    """A vector as a sequence of one token.  (N, D) -> Tokens (N, 1, D)"""

    def forward(self, x: Array) -> tuple[Tokens, None]:
        return Tokens(x[:, None], np.ones((len(x), 1), bool)), None

    def backward(self, dy: Array, trace: None, input_gradient: bool = True) -> tuple[Array, Self]:
        return dy[:, 0], self


@dataclass(frozen=True, eq=False)
class OneCell(Layer):
    """A vector as a feature map of one cell, which meets every cell of a larger one.  (N, D) -> (N, 1, 1, D)"""

    def forward(self, x: Array) -> tuple[Array, None]:
        return x[:, None, None], None

    def backward(self, dy: Array, trace: None, input_gradient: bool = True) -> tuple[Array, Self]:
        return dy[:, 0, 0], self


def _check_kind(layer: Any, *kinds: str) -> None:
    if layer.kind not in kinds:
        raise DataError(f'{type(layer).__name__}: kind must be one of {", ".join(kinds)}, not "{layer.kind}"')
