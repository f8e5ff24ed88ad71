"""Encoders: a picture or a text becomes tokens, and tokens become one vector."""

import numpy as np

from mmdl.errors import DataError
from mmdl.layers import (
    GRU,
    LSTM,
    RNN,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    FlattenTokens,
    MaxPool2D,
    Patches,
    ReLU,
    SelfAttention,
    SequencePool,
    Sequential,
)

READERS = {"rnn": RNN, "lstm": LSTM, "gru": GRU, "attention": SelfAttention, "none": None}


def image_encoder(rng, channels=1, filters=(32,), kernel=(3, 3), padding="valid", dtype=np.float32):
    """The article's Conv-ReLU-MaxPool, one stage for each number of filters.  (N, R, C, D) -> Tokens (N, P · Q, K)

    ReLU stands after the pooling: both keep the order of numbers, so the result and its gradient are the same, for a
    quarter of the work.
    """
    layers = []
    for count in filters:
        layers += [Conv2D.init(rng, channels, count, kernel, dtype, padding=padding), MaxPool2D(2), ReLU()]
        channels = count
    return Sequential((*layers, Patches()))


def text_encoder(rng, words, width=64, reader="lstm", embedding=None, dtype=np.float32):
    """A vector for every word, then a layer that reads them in order.  Tokens of ids (N, T) -> Tokens (N, T, width)

    Parameters
    ----------
    words : int
        Size of the vocabulary, padding (id 0) and unknown words included.
    reader : "rnn", "lstm", "gru", "attention", or "none" for the words by themselves
    embedding : int, optional
        Width of the word vectors; `width` by default.
    """
    if reader not in READERS:
        raise DataError(f'the reader of a text encoder must be one of {", ".join(READERS)}, not "{reader}"')
    embedding = width if reader == "none" else embedding or width
    layers = [Embedding.init(rng, words, embedding, dtype, padding_id=0)]
    if READERS[reader]:
        layers.append(READERS[reader].init(rng, embedding, width, dtype=dtype))
    return Sequential(tuple(layers))


def to_vector(rng, encoder, shape, pool, width=None, dtype=np.float32):
    """The encoder with a pool behind it and, if a width is given, a dense layer with a ReLU.  -> (N, D) or (N, width)

    Parameters
    ----------
    shape : (T, D)
        Of the encoder's tokens.
    pool : "mean", "max", "last" over the tokens, or "flatten" where their number is fixed
        Many flattened numbers are an invitation to learn by heart, so half of them are dropped in training.
    """
    length, features = shape
    pooled = (FlattenTokens(), Dropout(0.5)) if pool == "flatten" else (SequencePool(pool),)
    if width:
        pooled += Dense.init(rng, length * features if pool == "flatten" else features, width, dtype), ReLU()
    return Sequential((*encoder.layers, *pooled))


def tokens_of(encoder, shape):
    """How many tokens an encoder makes of an image (R, C, D), and how wide: found by trying.  -> (S, K)"""
    return encoder(np.zeros((1, *shape), np.float32)).values.shape[1:]
