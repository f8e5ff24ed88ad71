"""Convolution layers."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.errors import ShapeError
from mmdl.layers.initial import glorot_uniform
from mmdl.layers.layer import Layer
from mmdl.ops.convolution import conv1d, conv1d_backward, conv2d, conv2d_backward, conv2d_gradient
from mmdl.shapes import Array, Mask, Padding, Pair
from mmdl.tokens import Tokens, only


@dataclass(frozen=True, eq=False)
class Conv2D(Layer):
    """y[p, q] = Σ x[p + i, q + j] w[i, j] + b.  (N, R, C, D) -> (N, P, Q, K)"""

    w: Array  # (I, J, D, K)
    b: Array  # (K,)
    stride: Pair = 1
    padding: Padding = "valid"
    dilation: Pair = 1

    @classmethod
    def init(
        cls,
        rng: Generator,
        channels: int,
        filters: int,
        kernel: Pair = (3, 3),
        dtype: DTypeLike = np.float32,
        **settings: Any,
    ) -> Self:
        """Glorot uniform w, zero b; `kernel` is a side or (rows, columns), `settings` stride, padding and dilation."""
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        return cls(glorot_uniform(rng, (*sides, channels, filters), dtype), np.zeros(filters, dtype), **settings)

    def forward(self, x: Array) -> tuple[Array, Array]:
        return conv2d(x, self.w, self.b, self.stride, self.padding, self.dilation), x

    def backward(self, dy: Array, x: Array, input_gradient: bool = True) -> tuple[Any, Self]:
        settings = self.stride, self.padding, self.dilation
        if not input_gradient:
            dw, db = conv2d_gradient(dy, x, self.w, *settings)
            return None, replace(self, w=dw, b=db)
        dx, dw, db = conv2d_backward(dy, x, self.w, *settings)
        return dx, replace(self, w=dw, b=db)


class Conv1DTrace(NamedTuple):
    """What came in, and where there was a token; where there is one afterwards."""

    x: Array
    mask: Mask | None  # (N, T)
    there: Mask | None  # (N, P)


@dataclass(frozen=True, eq=False)
class Conv1D(Layer):
    """y[t] = Σ x[t + i] w[i] + b.  (N, T, D) -> (N, P, K), or Tokens -> Tokens

    Padding of Tokens is zeros, whatever stands there, and becomes padding again: a sequence has as many tokens as it
    would have alone, so that its neighbours' lengths change nothing.
    """

    w: Array  # (I, D, K)
    b: Array  # (K,)
    stride: int = 1
    padding: str | int | tuple[int, ...] = "valid"
    dilation: int = 1

    @classmethod
    def init(
        cls,
        rng: Generator,
        channels: int,
        filters: int,
        kernel: int = 3,
        dtype: DTypeLike = np.float32,
        **settings: Any,
    ) -> Self:
        """Glorot uniform w, zero b; `settings` are stride, padding and dilation."""
        return cls(glorot_uniform(rng, (kernel, channels, filters), dtype), np.zeros(filters, dtype), **settings)

    def forward(self, x: Any) -> tuple[Any, Any]:
        if not isinstance(x, Tokens):
            y = conv1d(x, self.w, self.b, self.stride, self.padding, self.dilation)
            return y, Conv1DTrace(x, None, None)
        values, mask = only(x.values, x.full_mask), x.full_mask
        y = conv1d(values, self.w, self.b, self.stride, self.padding, self.dilation)
        there = np.arange(y.shape[1]) < self._lengths(mask)[:, None]
        return Tokens(only(y, there), there), Conv1DTrace(values, mask, there)

    def backward(self, dy: Array, trace: Conv1DTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        dy = only(dy, trace.there)
        dx, dw, db = conv1d_backward(dy, trace.x, self.w, self.stride, self.padding, self.dilation)
        return only(dx, trace.mask), replace(self, w=dw, b=db)

    def _lengths(self, mask: Mask) -> Array:
        """How many tokens each sequence has afterwards.  mask (N, T) -> (N,)"""
        reach = (len(self.w) - 1) * self.dilation + 1
        if self.padding == "same" and self.stride > 1:
            raise ShapeError(
                'Conv1D: with a stride, the padding of "same" depends on the longest sequence; give it in numbers'
            )
        around = {"valid": 0, "same": reach - 1, "causal": reach - 1}
        more = around[self.padding] if isinstance(self.padding, str) else int(np.sum(np.broadcast_to(self.padding, 2)))
        lengths = np.where(mask, np.arange(1, mask.shape[1] + 1), 0).max(axis=1, initial=0)
        return np.where(lengths > 0, (lengths + more - reach) // self.stride + 1, 0)
