"""Convolution layers."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.layers.initial import glorot_uniform
from mmdl.layers.layer import Layer
from mmdl.ops.convolution import conv1d, conv1d_backward, conv2d, conv2d_backward, conv2d_gradient
from mmdl.shapes import Array, Padding, Pair


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


@dataclass(frozen=True, eq=False)
class Conv1D(Layer):
    """y[t] = Σ x[t + i] w[i] + b.  (N, T, D) -> (N, P, K)"""

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

    def forward(self, x: Array) -> tuple[Array, Array]:
        return conv1d(x, self.w, self.b, self.stride, self.padding, self.dilation), x

    def backward(self, dy: Array, x: Array, input_gradient: bool = True) -> tuple[Array, Self]:
        dx, dw, db = conv1d_backward(dy, x, self.w, self.stride, self.padding, self.dilation)
        return dx, replace(self, w=dw, b=db)
