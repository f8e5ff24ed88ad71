"""Keras's layers by Keras's names: each says which layer of the core it stands for."""

from dataclasses import replace

from mmdl import fusion
from mmdl import layers as core
from mmdl.errors import DataError
from mmdl.keras.graph import Add, Input, Layer, Merging, Multiply, layer
from mmdl.keras.network import BothEnds, Lookup, Sum

__all__ = [
    "GRU", "LSTM", "Activation", "Add", "Average", "AveragePooling2D", "BatchNormalization", "Bidirectional",
    "Concatenate", "Conv1D", "Conv2D", "Dense", "Dropout", "Embedding", "Flatten", "GlobalAveragePooling1D",
    "GlobalAveragePooling2D", "Input", "LayerNormalization", "MaxPooling2D", "MultiHeadAttention", "Multiply",
    "SimpleRNN",
]  # fmt: skip

ACTIVATIONS = {"linear": core.Sequential(), "leaky_relu": core.LeakyReLU(0.2)} | {
    kind.__name__.lower(): kind()
    for kind in (core.GELU, core.ReLU, core.Sigmoid, core.Softmax, core.Softplus, core.Tanh)
}


@layer()
def Conv2D(
    rng, features, filters, kernel_size, strides=(1, 1), padding="valid", *,
    dilation_rate=(1, 1), activation=None, use_bias=True,
):  # fmt: skip
    """y[p, q] = Σ x[p + i, q + j] w[i, j] + b"""
    made = core.Conv2D.init(rng, features, filters, _pair(kernel_size))
    return _convolution(made, strides, padding, dilation_rate, activation, use_bias)


@layer()
def Conv1D(
    rng, features, filters, kernel_size, strides=1, padding="valid", *,
    dilation_rate=1, activation=None, use_bias=True,
):  # fmt: skip
    """y[t] = Σ x[t + i] w[i] + b; with padding "causal" y[t] knows nothing of what comes after t"""
    made = core.Conv1D.init(rng, features, filters, kernel_size)
    if padding == "causal":
        padding = dilation_rate * (kernel_size - 1), 0
    return _convolution(made, strides, padding, dilation_rate, activation, use_bias)


@layer()
def MaxPooling2D(rng, features, pool_size=(2, 2), strides=None, padding="valid"):
    """The largest value of each window"""
    return core.MaxPool2D(_pair(pool_size), strides, padding)


@layer()
def AveragePooling2D(rng, features, pool_size, strides=None, padding="valid"):
    """The mean of each window, padding not counted"""
    return core.AveragePool2D(_pair(pool_size), strides, padding)


@layer()
def GlobalAveragePooling2D(rng, features):
    """The mean of each feature map"""
    return core.GlobalPool("average")


@layer("read")
def GlobalAveragePooling1D(rng, features):
    """The mean of all places of a sequence that are not masked"""
    return core.SequencePool("mean")


@layer()
def Flatten(rng, features):
    """All numbers of an example in one row"""
    return core.Flatten()


@layer("kept")
def Dense(rng, features, units, activation=None):
    """y = x W + b"""
    return _activated(core.Dense.init(rng, features, units), activation)


@layer("kept")
def Activation(rng, features, activation):
    """y = f(x)"""
    return _activated(core.Sequential(), activation)


@layer("kept")
def Dropout(rng, features, rate):
    """Leaves out each number with probability `rate` while the model learns"""
    return core.Dropout(rate)


@layer("kept")
def LayerNormalization(rng, features, *, epsilon=1e-3):
    """Each row to mean 0 and variance 1, then γ and β"""
    return core.LayerNorm.init(features, epsilon)


@layer("refused")
def BatchNormalization(rng, features, *, momentum=0.99, epsilon=1e-3):
    """Each feature to mean 0 and variance 1: of the batch while the model learns, of all batches so far afterwards"""
    return core.BatchNorm.init(features, momentum, epsilon)


@layer("made")
def Embedding(rng, features, input_dim, output_dim, *, mask_zero=False, input_length=None):
    """A vector for every id; with `mask_zero` the id 0 is no token"""
    return Lookup(core.Embedding.init(rng, input_dim, output_dim), mask_zero)


@layer("read")
def SimpleRNN(rng, features, units, activation="tanh", *, return_sequences=False):
    """hₜ = f(xₜ W + hₜ₋₁ U + b)"""
    return _recurrent(core.RNN.init(rng, features, units, activation), return_sequences)


@layer("read")
def LSTM(rng, features, units, *, return_sequences=False):
    """cₜ = f ∘ cₜ₋₁ + i ∘ g,  hₜ = o ∘ tanh(cₜ)"""
    return _recurrent(core.LSTM.init(rng, features, units), return_sequences)


@layer("read")
def GRU(rng, features, units, *, return_sequences=False):
    """hₜ = z ∘ hₜ₋₁ + (1 − z) ∘ g"""
    return _recurrent(core.GRU.init(rng, features, units), return_sequences)


@layer("needed")
def Bidirectional(rng, features, layer):
    """One recurrent layer reads on, another like it reads back; their outputs side by side"""
    settings = layer.settings | {"return_sequences": True}
    both = core.Bidirectional(*(layer.build(rng, features, **settings) for _ in range(2)))
    # Here, and only here, Keras gives zeros in masked places, not the last state
    ending = core.EachToken(core.Sequential()) if layer.settings["return_sequences"] else BothEnds()
    return core.Sequential((both, ending))


class OfItself(Layer):
    """Attention is called with queries and values, which have to be the same here."""

    def __call__(self, query, value=None, key=None, use_causal_mask=False):
        if any(each is not query for each in (value, key) if each is not None):
            raise TypeError(f"{self} honours only value and key that are the query itself")
        if self.core and use_causal_mask != self.settings["use_causal_mask"]:
            raise TypeError(f"{self} honours only one use_causal_mask for all its calls")
        self.settings["use_causal_mask"] |= use_causal_mask
        return super().__call__(query)

    @property
    def weights(self):
        """Heads have an axis of their own: kernels (D, heads, key_dim), at last (heads, value_dim, D)."""
        *inner, Wo, bo = super().weights
        heads = self.settings["num_heads"]
        return [*(a.reshape(*a.shape[:-1], heads, -1) for a in inner), Wo.reshape(heads, -1, Wo.shape[1]), bo]


@layer("read", OfItself)
def MultiHeadAttention(rng, features, num_heads, key_dim, value_dim=None, *, use_causal_mask=False):
    """Several heads look at once, each token at all tokens of its sequence, or at those before it"""
    made, wide = (
        core.MultiHeadAttention.init(rng, features, num_heads, num_heads * width, use_causal_mask)
        for width in (key_dim, value_dim or key_dim)
    )
    return replace(made, Wv=wide.Wv, bv=wide.bv, Wo=wide.Wo)


@layer("refused", Merging)
def Average(rng, features):
    """y = Σ x_m / M"""
    return Sum(mean=True)


@layer("refused", Merging)
def Concatenate(rng, features):
    """y = (x₁, x₂, ...) along the last axis"""
    return fusion.Concatenate()


def _activated(made, name):
    """The layer with an activation function behind it."""
    if name is not None and name not in ACTIVATIONS:
        raise DataError(f"{name!r} is no activation; there is {', '.join(ACTIVATIONS)}")
    return core.Sequential((made, ACTIVATIONS[name])) if name else made


def _convolution(made, stride, padding, dilation, activation, use_bias):
    made = replace(made, stride=stride, padding=padding, dilation=dilation, b=made.b if use_bias else None)
    return _activated(made, activation)


def _recurrent(made, return_sequences):
    return made if return_sequences else core.Sequential((made, core.SequencePool("last")))


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)
