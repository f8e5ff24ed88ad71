"""Activation functions as layers: no parameters, so the gradient of the layer is the layer."""

from dataclasses import dataclass

from mmdl.layers.layer import Layer
from mmdl.ops import activations as ops
from mmdl.ops.softmax import softmax, softmax_backward


@dataclass(frozen=True, eq=False)
class ReLU(Layer):
    """y = max(x, 0)"""

    def forward(self, x):
        y = ops.relu(x)
        return y, y

    def backward(self, dy, y, input_gradient=True):
        return ops.relu_backward(dy, y), self


@dataclass(frozen=True, eq=False)
class LeakyReLU(Layer):
    """y = x where x > 0, else slope · x"""

    slope: float = 0.01

    def forward(self, x):
        return ops.leaky_relu(x, self.slope), x

    def backward(self, dy, x, input_gradient=True):
        return ops.leaky_relu_backward(dy, x, self.slope), self


@dataclass(frozen=True, eq=False)
class Sigmoid(Layer):
    """y = 1 / (1 + e⁻ˣ)"""

    def forward(self, x):
        y = ops.sigmoid(x)
        return y, y

    def backward(self, dy, y, input_gradient=True):
        return ops.sigmoid_backward(dy, y), self


@dataclass(frozen=True, eq=False)
class Tanh(Layer):
    """y = tanh(x)"""

    def forward(self, x):
        y = ops.tanh(x)
        return y, y

    def backward(self, dy, y, input_gradient=True):
        return ops.tanh_backward(dy, y), self


@dataclass(frozen=True, eq=False)
class GELU(Layer):
    """y = x Φ(x)"""

    def forward(self, x):
        return ops.gelu(x), x

    def backward(self, dy, x, input_gradient=True):
        return ops.gelu_backward(dy, x), self


@dataclass(frozen=True, eq=False)
class Softplus(Layer):
    """y = log(1 + eˣ)"""

    def forward(self, x):
        return ops.softplus(x), x

    def backward(self, dy, x, input_gradient=True):
        return ops.softplus_backward(dy, x), self


@dataclass(frozen=True, eq=False)
class Softmax(Layer):
    """p = e^s / Σ e^s along the last axis"""

    def forward(self, s):
        p = softmax(s)
        return p, p

    def backward(self, dp, p, input_gradient=True):
        return softmax_backward(dp, p), self
