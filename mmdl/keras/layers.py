"""Keras's layers by Keras's names: each says which layers of the core it stands for."""

from dataclasses import KW_ONLY, dataclass, replace

from mmdl import fusion
from mmdl import layers as core
from mmdl.errors import DataError, ShapeError
from mmdl.keras.graph import Add, Average, Input, Layer, Merging, Multiply
from mmdl.keras.network import BothEnds, Lookup, Unbiased

__all__ = [
    "GRU", "LSTM", "Activation", "Add", "Average", "AveragePooling2D", "BatchNormalization", "Bidirectional",
    "Concatenate", "Conv1D", "Conv2D", "Dense", "Dropout", "Embedding", "Flatten", "GlobalAveragePooling1D",
    "GlobalAveragePooling2D", "Input", "LayerNormalization", "MaxPooling2D", "MultiHeadAttention", "Multiply",
    "SimpleRNN",
]  # fmt: skip

ACTIVATIONS = {
    "gelu": core.GELU(),
    "leaky_relu": core.LeakyReLU(0.2),
    "relu": core.ReLU(),
    "sigmoid": core.Sigmoid(),
    "softmax": core.Softmax(),
    "softplus": core.Softplus(),
    "tanh": core.Tanh(),
}


@dataclass(eq=False)
class Conv2D(Layer):
    """y[p, q] = Σ x[p + i, q + j] w[i, j] + b"""

    filters: int
    kernel_size: int | tuple
    strides: int | tuple = (1, 1)
    padding: str = "valid"
    _: KW_ONLY
    dilation_rate: int | tuple = (1, 1)
    activation: str | None = None
    use_bias: bool = True

    def build(self, rng, shape):
        settings = {"stride": self.strides, "padding": self.padding, "dilation": self.dilation_rate}
        layer = core.Conv2D.init(rng, self.features(shape), self.filters, _pair(self.kernel_size), **settings)
        return _activated(layer if self.use_bias else replace(layer, b=None), self.activation)


@dataclass(eq=False)
class Conv1D(Layer):
    """y[t] = Σ x[t + i] w[i] + b; with padding "causal" y[t] knows nothing of what comes after t"""

    filters: int
    kernel_size: int
    strides: int = 1
    padding: str = "valid"
    _: KW_ONLY
    dilation_rate: int = 1
    activation: str | None = None
    use_bias: bool = True

    def build(self, rng, shape):
        padding = (self.dilation_rate * (self.kernel_size - 1), 0) if self.padding == "causal" else self.padding
        settings = {"stride": self.strides, "padding": padding, "dilation": self.dilation_rate}
        layer = core.Conv1D.init(rng, self.features(shape), self.filters, self.kernel_size, **settings)
        return _activated(layer if self.use_bias else replace(layer, b=None), self.activation)


@dataclass(eq=False)
class Pooling2D(Layer):
    """One value from each window"""

    pool_size: int | tuple = (2, 2)
    strides: int | tuple | None = None
    padding: str = "valid"

    def build(self, rng, shape):
        return self.kind(_pair(self.pool_size), self.strides, self.padding)


class MaxPooling2D(Pooling2D):
    """The largest value of each window"""

    kind = core.MaxPool2D


class AveragePooling2D(Pooling2D):
    """The mean of each window, padding not counted"""

    kind = core.AveragePool2D


class GlobalAveragePooling2D(Layer):
    """The mean of each feature map"""

    def build(self, rng, shape):
        return core.GlobalPool("average")


class GlobalAveragePooling1D(Layer):
    """The mean of all places of a sequence that are not masked"""

    masking = "read"

    def build(self, rng, shape):
        return core.SequencePool("mean")


class Flatten(Layer):
    """All numbers of an example in one row"""

    def build(self, rng, shape):
        return core.Flatten()


@dataclass(eq=False)
class Dense(Layer):
    """y = x W + b"""

    units: int
    activation: str | None = None
    use_bias: bool = True

    masking = "kept"

    def build(self, rng, shape):
        layer = core.Dense.init(rng, self.features(shape), self.units)
        return _activated(layer if self.use_bias else Unbiased(layer.W), self.activation)


@dataclass(eq=False)
class Activation(Layer):
    """y = f(x)"""

    activation: str

    masking = "kept"

    def build(self, rng, shape):
        return _activated(core.Sequential(), self.activation)


@dataclass(eq=False)
class Dropout(Layer):
    """Leaves out each number with probability `rate` while the model learns"""

    rate: float

    masking = "kept"

    def build(self, rng, shape):
        return core.Dropout(self.rate)


@dataclass(eq=False)
class LayerNormalization(Layer):
    """Each row to mean 0 and variance 1, then γ and β"""

    _: KW_ONLY
    epsilon: float = 1e-3

    masking = "kept"

    def build(self, rng, shape):
        return core.LayerNorm.init(self.features(shape), self.epsilon)


@dataclass(eq=False)
class BatchNormalization(Layer):
    """Each feature to mean 0 and variance 1: over the batch while the model learns, by running statistics afterwards"""

    _: KW_ONLY
    momentum: float = 0.99
    epsilon: float = 1e-3

    def build(self, rng, shape):
        return core.BatchNorm.init(self.features(shape), self.momentum, self.epsilon)

    def _wrapped(self, layer, masked):
        if masked:
            raise TypeError("BatchNormalization does not honour masks")
        return layer


@dataclass(eq=False)
class Embedding(Layer):
    """A vector for every id; with `mask_zero` the id 0 is no token"""

    input_dim: int
    output_dim: int
    _: KW_ONLY
    mask_zero: bool = False
    input_length: int | None = None

    def __post_init__(self):
        if self.input_length and not self.input_shape:
            self.input_shape = (self.input_length,)

    def build(self, rng, shape):
        return Lookup(core.Embedding.init(rng, self.input_dim, self.output_dim), self.mask_zero)


@dataclass(eq=False)
class Recurrent(Layer):
    """The state after every token, or the last one"""

    units: int
    _: KW_ONLY
    return_sequences: bool = False

    masking = "read"

    def build(self, rng, shape):
        layer = self.init(rng, self.features(shape))
        return layer if self.return_sequences else core.Sequential((layer, core.SequencePool("last")))

    def init(self, rng, features):
        return self.kind.init(rng, features, self.units)


@dataclass(eq=False)
class SimpleRNN(Recurrent):
    """hₜ = f(xₜ W + hₜ₋₁ U + b), f one of "tanh", "relu", "sigmoid" """

    activation: str = "tanh"

    def init(self, rng, features):
        return core.RNN.init(rng, features, self.units, self.activation)


class LSTM(Recurrent):
    """cₜ = f ∘ cₜ₋₁ + i ∘ g,  hₜ = o ∘ tanh(cₜ)"""

    kind = core.LSTM


class GRU(Recurrent):
    """hₜ = z ∘ hₜ₋₁ + (1 − z) ∘ g, reset after the product"""

    kind = core.GRU


@dataclass(eq=False)
class Bidirectional(Layer):
    """One layer reads on, another of the same kind reads back; their outputs side by side"""

    layer: Recurrent

    masking, needs_mask = "read", True

    def build(self, rng, shape):
        features = self.features(shape)
        both = core.Bidirectional(self.layer.init(rng, features), self.layer.init(rng, features))
        # As in Keras masked places are zero, not the last state, but only here
        return core.Sequential((both, core.EachToken(core.Sequential()) if self.layer.return_sequences else BothEnds()))


@dataclass(eq=False)
class MultiHeadAttention(Layer):
    """Several heads look at once: only of a sequence at itself"""

    num_heads: int
    key_dim: int
    value_dim: int | None = None
    _: KW_ONLY
    use_causal_mask: bool = False

    masking = "read"

    def __call__(self, query, value=None, key=None, use_causal_mask=False):
        if any(each is not query for each in (value, key) if each is not None):
            raise TypeError("MultiHeadAttention honours only query, value and key that are one symbol")
        if self.core and use_causal_mask != self.use_causal_mask:
            raise TypeError("MultiHeadAttention: use_causal_mask must be the same in all calls")
        self.use_causal_mask |= use_causal_mask
        return super().__call__(query)

    def build(self, rng, shape):
        ...


class Concatenate(Merging):
    """y = (x₁, x₂, ...) along the last axis"""

    def build(self, rng, *shapes):
        if len({shape[:-1] for shape in shapes}) > 1:
            raise ShapeError(f"Concatenate takes inputs that differ in the last axis alone, not {shapes}")
        return fusion.Concatenate()


def _activated(layer, name):
    """The layer with an activation function behind it."""
    if name in (None, "linear"):
        return layer
    if name not in ACTIVATIONS:
        raise DataError(f"{name!r} is no activation; there is linear, {', '.join(ACTIVATIONS)}")
    return core.Sequential((layer, ACTIVATIONS[name]))


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)
