"""Keras's layers by Keras's names: each says which layer of the core it stands for."""

from dataclasses import fields, replace

from mmdl import layers as core
from mmdl.keras.graph import Input as Input
from mmdl.keras.graph import Layer, kind, named

ACTIVATIONS = {"linear": core.Sequential(), "relu": core.ReLU(), "leaky_relu": core.LeakyReLU(0.2), "gelu": core.GELU()}
ACTIVATIONS |= {"sigmoid": core.Sigmoid(), "tanh": core.Tanh(), "softplus": core.Softplus(), "softmax": core.Softmax()}
MERGE_MODES = {"concat": "concatenate", "sum": "sum", "mul": "product", "ave": "mean"}


def dressed(made, activation=None, use_bias=True):
    """The layer without its biases, if it shall have none, and with an activation behind it, if it shall have one."""
    if not use_bias:
        made = replace(made, **{each.name: None for each in fields(made) if each.name.startswith("b")})
    return core.Sequential((made, named("activation", str(activation), ACTIVATIONS))) if activation else made


def alone(value):
    """One number in parentheses, (3,), as that number"""
    return value[0] if isinstance(value, (tuple, list)) and len(value) == 1 else value


def joined(rng, D, axis=-1):
    if axis != -1:
        raise TypeError(f"Concatenate honours no axis but the last, -1, and not {axis}")
    return core.Merge("concatenate")


def dense(rng, D, units, activation=None, use_bias=True):
    return dressed(core.Dense.init(rng, D, units), activation, use_bias)


def convolution(core_layer):
    def build(
        rng, D, filters, kernel_size, strides=1, padding="valid", *, dilation_rate=1, activation=None, use_bias=True
    ):
        size, stride, dilation = map(alone, (kernel_size, strides, dilation_rate))
        made = core_layer.init(rng, D, filters, size, stride=stride, padding=padding, dilation=dilation)
        return dressed(made, activation, use_bias)

    return build


def pooling(core_layer):
    return lambda rng, D, pool_size=2, strides=None, padding="valid": core_layer(pool_size, strides, padding)


def recurrent(core_layer):
    """What reads on or back, and says all of its states or the last one."""

    def build(rng, D, units, activation="tanh", *, use_bias=True, return_sequences=False, go_backwards=False):
        if activation != "tanh" and core_layer is not core.RNN:
            raise TypeError(f"{core_layer.__name__} honours no activation but tanh")
        made = dressed(core_layer.init(rng, D, units), use_bias=use_bias)
        made = made if activation == "tanh" else replace(made, f=activation)
        before = (core.Reversed(),) if go_backwards else ()  # the mask too, which Keras forgets
        return core.Sequential((*before, made) if return_sequences else (*before, made, core.SequencePool("last")))

    return build


def both_ways(rng, D, layer, merge_mode="concat"):
    """One recurrent layer reads on, another like it reads back, and what they say is merged."""
    if not isinstance(layer, (SimpleRNN, LSTM, GRU)) or "go_backwards" in layer.settings:
        raise TypeError(f"Bidirectional takes a recurrent layer without go_backwards, not {layer}")
    ahead, back = (layer.build(rng, D, **layer.settings, go_backwards=way) for way in (False, True))
    if layer.settings.get("return_sequences"):
        back = core.Sequential((back, core.Reversed()))
    merged = core.OnValues(core.Merge(named("merge_mode", str(merge_mode), MERGE_MODES)), blank=0)
    return core.Graph((ahead, back, merged), ((0,), (0,), (1, 2)))


def attention(rng, D, num_heads, key_dim, value_dim=None, *, use_bias=True):
    values = num_heads * (value_dim or key_dim)
    made = core.MultiHeadAttention.init(rng, D, num_heads, num_heads * key_dim, value_width=values)
    return dressed(made, use_bias=use_bias)


class OfItself(Layer):
    """Attention is called with queries and values, which have to be the same here."""

    def __call__(self, query, value=None, key=None, use_causal_mask=False):
        if any(each is not query for each in (value, key) if each is not None):
            raise TypeError(f"{self} honours only value and key that are the query itself")
        y = super().__call__(query)
        return self.connect(y.sources, replace(y.layer, causal=use_causal_mask))

    @property
    def weights(self):
        """Heads have an axis of their own: kernels (D, heads, key_dim), at last (heads, value_dim, D)"""
        return list(self.core.by_head())


def embedding(rng, D, input_dim, output_dim, *, mask_zero=False, input_length=None):
    return replace(core.Lookup.init(rng, input_dim, output_dim), mask_zero=mask_zero)


def batch_normalization(rng, D, *, momentum=0.99, epsilon=1e-3):
    return core.TimeDistributed(core.BatchNorm.init(D, momentum, epsilon))


# Keras's name, what becomes of masks, the core layer: of a generator, the features of the input, and Keras's arguments
Conv1D = kind("Conv1D", "lost", convolution(core.Conv1D))
Conv2D = kind("Conv2D", "lost", convolution(core.Conv2D))
MaxPooling2D = MaxPool2D = kind("MaxPooling2D", "lost", pooling(core.MaxPool2D))
AveragePooling2D = kind("AveragePooling2D", "lost", pooling(core.AveragePool2D))
GlobalAveragePooling1D = kind("GlobalAveragePooling1D", "read", lambda rng, D: core.SequencePool("mean"))
GlobalAveragePooling2D = kind("GlobalAveragePooling2D", "lost", lambda rng, D: core.GlobalPool("average"))
Flatten = kind("Flatten", "lost", lambda rng, D: core.Flatten())
Dense = kind("Dense", "kept", dense)
Activation = kind("Activation", "kept", lambda rng, D, activation: dressed(core.Sequential(), activation))
Dropout = kind("Dropout", "kept", lambda rng, D, rate: core.Dropout(rate))
LayerNormalization = kind("LayerNormalization", "kept", lambda rng, D, *, epsilon=1e-3: core.LayerNorm.init(D, epsilon))
BatchNormalization = kind("BatchNormalization", "read", batch_normalization)
Embedding = kind("Embedding", "made", embedding)
SimpleRNN = kind("SimpleRNN", "read", recurrent(core.RNN))
LSTM = kind("LSTM", "read", recurrent(core.LSTM))
GRU = kind("GRU", "read", recurrent(core.GRU))
Bidirectional = kind("Bidirectional", "read", both_ways)
MultiHeadAttention = kind("MultiHeadAttention", "read", attention, base=OfItself)
Add = kind("Add", "kept", lambda rng, D: core.Merge("sum"), several=True)
Average = kind("Average", "kept", lambda rng, D: core.Merge("mean"), several=True)
Concatenate = kind("Concatenate", "kept", joined, several=True)
Multiply = kind("Multiply", "read", lambda rng, D: core.OnValues(core.Merge("product"), blank=1), several=True)
Plus = kind("Plus", "lost", lambda rng, D: core.Merge("sum"), several=True)  # a + b
Times = kind("Times", "lost", lambda rng, D: core.Merge("product"), several=True)  # a * b
