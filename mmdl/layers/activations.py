"""Activation functions as layers: no parameters, so the gradient of the layer is the layer."""

from dataclasses import dataclass
from typing import Self

from mmdl.layers.layer import Layer
from mmdl.ops import activations as ops
from mmdl.ops.softmax import softmax, softmax_backward
from mmdl.shapes import Array


@dataclass(frozen=True, eq=False)
class ReLU(Layer):
    """y = max(x, 0)"""

    def forward(self, x: Array) -> tuple[Array, Array]:
        y = ops.relu(x)
        return y, y

    def backward(self, dy: Array, y: Array, input_gradient: bool = True) -> tuple[Array, Self]:
        return ops.relu_backward(dy, y), self


@dataclass(frozen=True, eq=False)
class LeakyReLU(Layer):
    """y = x where x > 0, else slope · x"""

    slope: float = 0.01

    def forward(self, x: Array) -> tuple[Array, Array]:
        return ops.leaky_relu(x, self.slope), x

    def backward(self, dy: Array, x: Array, input_gradient: bool = True) -> tuple[Array, Self]:
        return ops.leaky_relu_backward(dy, x, self.slope), self


@dataclass(frozen=True, eq=False)
class Sigmoid(Layer):
    """y = 1 / (1 + e⁻ˣ)"""

    def forward(self, x: Array) -> tuple[Array, Array]:
        y = ops.sigmoid(x)
        return y, y

    def backward(self, dy: Array, y: Array, input_gradient: bool = True) -> tuple[Array, Self]:
        return ops.sigmoid_backward(dy, y), self


@dataclass(frozen=True, eq=False)
class Tanh(Layer):
    """y = tanh(x)"""

    def forward(self, x: Array) -> tuple[Array, Array]:
        y = ops.tanh(x)
        return y, y

    def backward(self, dy: Array, y: Array, input_gradient: bool = True) -> tuple[Array, Self]:
        return ops.tanh_backward(dy, y), self


@dataclass(frozen=True, eq=False)
class GELU(Layer):
    """y = x Φ(x)"""

    def forward(self, x: Array) -> tuple[Array, Array]:
        return ops.gelu(x), x

    def backward(self, dy: Array, x: Array, input_gradient: bool = True) -> tuple[Array, Self]:
        return ops.gelu_backward(dy, x), self


@dataclass(frozen=True, eq=False)
class Softplus(Layer):
    """y = log(1 + eˣ)"""

    def forward(self, x: Array) -> tuple[Array, Array]:
        return ops.softplus(x), x

    def backward(self, dy: Array, x: Array, input_gradient: bool = True) -> tuple[Array, Self]:
        return ops.softplus_backward(dy, x), self


@dataclass(frozen=True, eq=False)
class Softmax(Layer):
    """p = e^s / Σ e^s along the last axis"""

    def forward(self, s: Array) -> tuple[Array, Array]:
        p = softmax(s)
        return p, p

    def backward(self, dp: Array, p: Array, input_gradient: bool = True) -> tuple[Array, Self]:
        return softmax_backward(dp, p), self
