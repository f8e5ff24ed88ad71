"""Every layer with an input to try it on: small, in float64, with padding where there are tokens."""

import numpy as np

from mmdl.layers import (
    GELU,
    GRU,
    LSTM,
    RNN,
    AsPicture,
    AveragePool2D,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Coordinates,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    FlattenTokens,
    GlobalPool,
    Graph,
    LayerNorm,
    LeakyReLU,
    Lookup,
    MaxPool2D,
    Merge,
    MultiHeadAttention,
    OneCell,
    OneToken,
    OnValues,
    Patches,
    ReLU,
    Reversed,
    SelfAttention,
    SequencePool,
    Sequential,
    Sigmoid,
    Softmax,
    Softplus,
    Standardize,
    Tanh,
    TimeDistributed,
    TransformerBlock,
    training_mode,
)
from mmdl.tokens import Tokens
from tests.layer_checks import scattered


class SameNumbers:
    """In the place of a generator: the same numbers at every call, so that a derivative can be taken."""

    def random(self, shape, dtype):
        return np.random.default_rng(5).random(shape, dtype)


def vectors(rng, *shape):
    return rng.standard_normal(shape or (3, 4))


def tokens(rng, width=4):
    """Four sequences: a whole one, one that ends, one with gaps, one without any token."""
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 0, 1, 0], [0, 0, 0, 0, 0]], bool)
    return Tokens(rng.standard_normal((*mask.shape, width)), mask)


def ids(rng, entries=5):
    """Words with repeats; as in real texts, id 0 is padding and nothing else."""
    mask = tokens(rng).mask
    return Tokens(np.where(mask, rng.integers(1, entries, mask.shape), 0), mask)


def training(layer):
    return training_mode(layer, SameNumbers())


VECTORS = {
    "relu": lambda rng: (ReLU(), vectors(rng)),
    "leaky relu": lambda rng: (LeakyReLU(0.2), vectors(rng)),
    "sigmoid": lambda rng: (Sigmoid(), vectors(rng)),
    "tanh": lambda rng: (Tanh(), vectors(rng)),
    "gelu": lambda rng: (GELU(), vectors(rng)),
    "softplus": lambda rng: (Softplus(), vectors(rng)),
    "softmax": lambda rng: (Softmax(), vectors(rng)),
    "dense": lambda rng: (Dense.init(rng, 4, 5), vectors(rng)),
    "dense on more axes": lambda rng: (Dense.init(rng, 4, 2), vectors(rng, 2, 3, 4)),
    "dense on one feature": lambda rng: (Dense.init(rng, 1, 1), vectors(rng, 3, 1)),
    "flatten": lambda rng: (Flatten(), vectors(rng, 2, 3, 2, 2)),
    "layer norm": lambda rng: (LayerNorm.init(4), vectors(rng)),
    "layer norm on more axes": lambda rng: (LayerNorm.init(4, epsilon=0.1), vectors(rng, 2, 3, 4)),
    "standardize": lambda rng: (Standardize((0.5, -1.0), (0.3, 2.0)), vectors(rng, 2, 3, 3, 2)),
    "batch norm": lambda rng: (BatchNorm.init(4), vectors(rng)),
    "batch norm on images": lambda rng: (BatchNorm.init(2, epsilon=0.1), vectors(rng, 2, 3, 3, 2)),
    "dropout": lambda rng: (Dropout(0.4), vectors(rng)),
    "sum": lambda rng: (Merge("sum"), (vectors(rng), vectors(rng), vectors(rng))),
    "mean": lambda rng: (Merge("mean"), (vectors(rng), vectors(rng), vectors(rng))),
    "product": lambda rng: (Merge("product"), (vectors(rng, 3, 2, 4), vectors(rng, 3, 2, 4))),
    "side by side": lambda rng: (Merge("concatenate"), (vectors(rng, 3, 2), vectors(rng))),
    "nothing": lambda rng: (Sequential(), vectors(rng)),
    "sequential": lambda rng: (
        Sequential((Dense.init(rng, 4, 3), Tanh(), Dense.init(rng, 3, 2))),
        vectors(rng),
    ),
    "the same layer twice": lambda rng: (
        Sequential((layer := Dense.init(rng, 4, 4), Tanh(), layer)),
        vectors(rng),
    ),
}
IMAGES = {
    "conv2d": lambda rng: (Conv2D.init(rng, 2, 3, (3, 2)), vectors(rng, 2, 5, 4, 2)),
    "conv2d on grey": lambda rng: (
        Conv2D.init(rng, 1, 2, padding="same", stride=2),
        vectors(rng, 2, 5, 4, 1),
    ),
    "conv2d with settings": lambda rng: (
        Conv2D.init(rng, 2, 2, (2, 2), stride=(2, 1), dilation=(1, 2), padding=((1, 0), (0, 2))),
        vectors(rng, 2, 4, 4, 2),
    ),
    "conv1d": lambda rng: (Conv1D.init(rng, 3, 2), vectors(rng, 2, 5, 3)),
    "conv1d with settings": lambda rng: (
        Conv1D.init(rng, 2, 3, 2, stride=2, padding=(2, 1), dilation=2),
        vectors(rng, 2, 5, 2),
    ),
    "coordinates": lambda rng: (Coordinates(), vectors(rng, 2, 3, 4, 2)),
    "coordinates of a row": lambda rng: (Coordinates(), vectors(rng, 2, 1, 4, 1)),
    "max pool": lambda rng: (MaxPool2D(), vectors(rng, 2, 5, 4, 2)),
    "max pool that overlaps": lambda rng: (MaxPool2D((3, 2), 1, "same"), vectors(rng, 2, 4, 3, 2)),
    "average pool": lambda rng: (AveragePool2D(), vectors(rng, 2, 4, 5, 2)),
    "average pool that overlaps": lambda rng: (
        AveragePool2D((2, 3), (1, 2), "same"),
        vectors(rng, 2, 4, 5, 2),
    ),
    "global average": lambda rng: (GlobalPool(), vectors(rng, 2, 3, 2, 3)),
    "global max": lambda rng: (GlobalPool("max"), vectors(rng, 2, 3, 2, 3)),
    "patches": lambda rng: (Patches(), vectors(rng, 2, 3, 2, 3)),
    "one cell": lambda rng: (OneCell(), vectors(rng)),
    "one token": lambda rng: (OneToken(), vectors(rng)),
    "stages": lambda rng: (
        Sequential((Conv2D.init(rng, 1, 2), MaxPool2D(), ReLU(), Patches(), SequencePool("max"))),
        vectors(rng, 2, 6, 6, 1),
    ),
}
TOKENS = {
    "rnn": lambda rng: (RNN.init(rng, 4, 3), tokens(rng)),
    "rnn with relu": lambda rng: (RNN.init(rng, 4, 3, "relu"), tokens(rng)),
    "rnn with sigmoid": lambda rng: (RNN.init(rng, 4, 3, "sigmoid"), tokens(rng)),
    "lstm": lambda rng: (LSTM.init(rng, 4, 3), tokens(rng)),
    "gru": lambda rng: (GRU.init(rng, 4, 3), tokens(rng)),
    "bidirectional": lambda rng: (Bidirectional(GRU.init(rng, 4, 3), RNN.init(rng, 4, 3)), tokens(rng)),
    "one layer both ways": lambda rng: (Bidirectional(layer := LSTM.init(rng, 4, 2), layer), tokens(rng)),
    "self attention": lambda rng: (SelfAttention.init(rng, 4, 3), tokens(rng)),
    "causal self attention": lambda rng: (SelfAttention.init(rng, 4, 3, causal=True), tokens(rng)),
    "multi-head attention": lambda rng: (MultiHeadAttention.init(rng, 4, 2), tokens(rng)),
    "causal heads": lambda rng: (MultiHeadAttention.init(rng, 4, 3, width=6, causal=True), tokens(rng)),
    "transformer block": lambda rng: (TransformerBlock.init(rng, 4, 2, 5), tokens(rng)),
    "causal transformer block": lambda rng: (TransformerBlock.init(rng, 4, 1, 3, causal=True), tokens(rng)),
    "conv1d of tokens": lambda rng: (Conv1D.init(rng, 4, 3, padding="same"), tokens(rng)),
    "conv1d of tokens with a stride": lambda rng: (Conv1D.init(rng, 4, 3, 4, stride=2, padding=(2, 1)), tokens(rng)),
    "conv1d of tokens without padding": lambda rng: (Conv1D.init(rng, 4, 3, 2), tokens(rng)),
    "mean of tokens": lambda rng: (SequencePool(), tokens(rng)),
    "max": lambda rng: (SequencePool("max"), tokens(rng)),
    "last": lambda rng: (SequencePool("last"), tokens(rng)),
    "max and mean": lambda rng: (SequencePool("both"), tokens(rng)),
    "each token": lambda rng: (TimeDistributed(Sequential((Dense.init(rng, 4, 3), Sigmoid()))), tokens(rng)),
    "each token's norm": lambda rng: (TimeDistributed(LayerNorm.init(4)), tokens(rng)),
    "as a picture": lambda rng: (AsPicture(Conv2D.init(rng, 2, 3, (3, 2), padding=((1, 1), (0, 0))), 2), tokens(rng)),
    "as a picture of half the rows": lambda rng: (
        AsPicture(Sequential((Conv2D.init(rng, 1, 2, stride=2, padding=1), ReLU())), step=2),
        tokens(rng),
    ),
    "on values": lambda rng: (OnValues(Sequential((Dense.init(rng, 4, 3), Tanh()))), tokens(rng)),
    "graph": lambda rng: (
        Graph(
            (GRU.init(rng, 4, 3), OnValues(Dense.init(rng, 4, 3)), OnValues(Merge("product"), blank=1)),
            ((0,), (0,), (1, 2)),
        ),
        tokens(rng),
    ),
    "tokens through two layers": lambda rng: (
        Sequential((GRU.init(rng, 4, 2), SequencePool("last"))),
        tokens(rng),
    ),
}
IDS = {
    "embedding": lambda rng: (Embedding.init(rng, 5, 3), ids(rng)),
    "embedding with padding": lambda rng: (Embedding.init(rng, 5, 3, padding_id=0), ids(rng)),
    "reader": lambda rng: (
        Sequential((Embedding.init(rng, 5, 3, padding_id=0), LSTM.init(rng, 3, 2), SequencePool("mean"))),
        ids(rng),
    ),
}
FIXED_LENGTH = {
    "flatten tokens": lambda rng: (FlattenTokens(), tokens(rng)),
    "reversed": lambda rng: (Sequential((Reversed(), GRU.init(rng, 4, 3))), tokens(rng)),
    "graph of two inputs": lambda rng: (
        Graph(
            (layer := OnValues(Dense.init(rng, 4, 3)), layer, layer, OnValues(Merge("sum"), blank=0)),
            ((0,), (1,), (0,), (2, 3, 4)),
            inputs=2,
        ),
        (tokens(rng), Tokens(*(each[::-1] for each in tokens(rng)))),
    ),
}
LOOKUPS = {
    "lookup": lambda rng: (Lookup.init(rng, 5, 3), ids(rng)),
    "lookup that makes a mask": lambda rng: (Lookup(rng.standard_normal((5, 3)), mask_zero=True), ids(rng)),
}
# Every batch has statistics of its own, so that examples meet and an empty batch has none
IN_TRAINING = {
    "batch norm in training": lambda rng: (training(BatchNorm.init(4)), vectors(rng)),
    "batch norm of images in training": lambda rng: (training(BatchNorm.init(2)), vectors(rng, 2, 3, 2, 2)),
    "each token's batch norm in training": lambda rng: (training(TimeDistributed(BatchNorm.init(4))), tokens(rng)),
}
DROPPING = {
    "dropout in training": lambda rng: (training(Dropout(0.4)), vectors(rng)),
    "each token's dropout in training": lambda rng: (training(TimeDistributed(Dropout(0.4))), tokens(rng)),
}
WITH_PADDING = TOKENS | IDS
INDEPENDENT = VECTORS | IMAGES | WITH_PADDING | FIXED_LENGTH | LOOKUPS
CASES = INDEPENDENT | IN_TRAINING | DROPPING


def build(name):
    """The layer, its parameters scattered, and its input; the same at every call."""
    rng = np.random.default_rng(len(name))
    layer, x = CASES[name](rng)
    return scattered(layer, rng), x
