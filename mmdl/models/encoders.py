"""Encoders: they map any modality to tokens, and tokens to one vector."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.errors import DataError
from mmdl.layers import (
    GRU,
    LSTM,
    RNN,
    AsPicture,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    FlattenTokens,
    Graph,
    Layer,
    MaxPool2D,
    Merge,
    OneToken,
    OnValues,
    Patches,
    ReLU,
    SelfAttention,
    SequencePool,
    Sequential,
    TimeDistributed,
)
from mmdl.shapes import Padding, Pair
from mmdl.tokens import Tokens

WINDOWS = 3, 4, 5  # words that a filter of a text sees at a time


def convolutions(rng: Generator, embedding: int, width: int, dtype: DTypeLike = np.float32) -> Graph:
    """ReLU of convolutions over windows of 3, 4 and 5 words, side by side.  Tokens (N, T, D) -> Tokens (N, T, width)

    Windows may reach beyond both ends of a text, where they see zeros, so that the shortest text has a token for each
    word. The filters are shared out among the windows as evenly as `width` allows; max over time is
    `SequencePool("max")`, mask and all.

    Source: Kim 2014.
    """
    if width < len(WINDOWS):
        raise DataError(f"windows of {len(WINDOWS)} sizes need a width of at least {len(WINDOWS)}, not {width}")
    layers: list[Layer] = []
    for place, window in enumerate(WINDOWS):
        filters = (width + place) // len(WINDOWS)
        layers.append(Conv1D.init(rng, embedding, filters, window, dtype, padding="same"))
    joined = OnValues(Sequential((Merge("concatenate"), ReLU())))
    return Graph((*layers, joined), (*[(0,)] * len(WINDOWS), tuple(range(1, len(WINDOWS) + 1))))


READERS: dict[str, Any] = {  # each made from rng, embedding, width, dtype
    "rnn": RNN.init,
    "lstm": LSTM.init,
    "gru": GRU.init,
    "attention": SelfAttention.init,
    "convolution": convolutions,
    "none": None,
}


def image_encoder(
    rng: Generator,
    channels: int = 1,
    filters: Sequence[int] = (32,),
    kernel: Pair = (3, 3),
    padding: Padding = "valid",
    dtype: DTypeLike = np.float32,
) -> Sequential:
    """The article's Conv-ReLU-MaxPool, one stage for each number of filters.  (N, R, C, D) -> Tokens (N, P · Q, K)

    ReLU stands after the pooling: both keep the order of numbers, so the result and its gradient are the same, for a
    quarter of the work.
    """
    layers: list[Layer] = []
    for count in filters:
        layers += [Conv2D.init(rng, channels, count, kernel, dtype, padding=padding), MaxPool2D(2), ReLU()]
        channels = count
    return Sequential((*layers, Patches()))


def text_encoder(
    rng: Generator,
    words: int,
    width: int = 64,
    reader: str = "lstm",
    embedding: int | None = None,
    dtype: DTypeLike = np.float32,
) -> Sequential:
    """A vector for every word, then a layer that reads them in order.  Tokens of ids (N, T) -> Tokens (N, T, width)

    Parameters
    ----------
    words : int
        Size of the vocabulary, padding (id 0) and unknown words included.
    reader : "rnn", "lstm", "gru", "attention", "convolution", or "none" for the words by themselves
        "convolution" is `convolutions`, which is to be pooled by the maximum: the text CNN.
    embedding : int, optional
        Width of the word vectors; `width` by default.
    """
    if reader not in READERS:
        raise DataError(f'the reader of a text encoder must be one of {", ".join(READERS)}, not "{reader}"')
    embedding = width if reader == "none" else embedding or width
    layers: list[Layer] = [Embedding.init(rng, words, embedding, dtype, padding_id=0)]
    if READERS[reader]:
        layers.append(READERS[reader](rng, embedding, width, dtype=dtype))
    return Sequential(tuple(layers))


def audio_encoder(
    rng: Generator,
    bands: int,
    width: int = 64,
    reader: str = "convolution",
    filters: Sequence[int] = (16, 32),
    dtype: DTypeLike = np.float32,
) -> Sequential:
    """A vector for every few frames of a sound.  Tokens of log-mel (N, T, bands) -> Tokens (N, T′, width)

    Parameters
    ----------
    bands : int
        Mel bands of a frame.
    reader : "convolution", "lstm" or "gru"
        Convolutions see the sound as a picture of time and frequency, and each halves both: every stage makes one token
        of two. A recurrent layer reads the frames in their order, and every frame stays a token.
    filters : tuple of int
        Of each stage of convolution.
    """
    readers: dict[str, Any] = {"lstm": LSTM, "gru": GRU}
    if reader in readers:
        return Sequential((readers[reader].init(rng, bands, width, dtype=dtype),))
    if reader != "convolution":
        raise DataError(f'the reader of an audio encoder must be convolution, lstm or gru, not "{reader}"')
    layers: list[Layer] = []
    channels = 1
    for count in filters:  # a stride, and no pool: sounds have many frames, and this is a quarter of the work
        halve = Conv2D.init(rng, channels, count, (3, 3), dtype, stride=2, padding=1)
        layers.append(AsPicture(Sequential((halve, ReLU())), channels, step=2))
        bands, channels = (bands + 1) // 2, count
    return Sequential((*layers, TimeDistributed(Sequential((Dense.init(rng, bands * channels, width, dtype), ReLU())))))


def numbers_encoder(rng: Generator, features: int, width: int = 64, dtype: DTypeLike = np.float32) -> Sequential:
    """A dense layer with a ReLU, and one token of what comes out.  (N, D) -> Tokens (N, 1, width)"""
    return Sequential((Dense.init(rng, features, width, dtype), ReLU(), OneToken()))


def to_vector(
    rng: Generator,
    encoder: Sequential,
    shape: tuple[int, int],
    pool: str,
    width: int | None = None,
    dtype: DTypeLike = np.float32,
    dropout: float = 0.5,
) -> Sequential:
    """The encoder with a pool behind it and, if a width is given, a dense layer with a ReLU.  -> (N, D) or (N, width)

    Parameters
    ----------
    shape : (T, D)
        Of the encoder's tokens.
    pool : "mean", "max", "last", "both" over the tokens (see `SequencePool`), or "flatten" where their number is fixed
    dropout : float
        Share of the flattened numbers that is dropped in training: many overfit.
    """
    length, features = shape
    pooled: tuple[Layer, ...] = (FlattenTokens(), Dropout(dropout)) if pool == "flatten" else (SequencePool(pool),)
    if width:
        pooled += Dense.init(rng, features * {"flatten": length, "both": 2}.get(pool, 1), width, dtype), ReLU()
    return Sequential((*encoder.layers, *pooled))


def tokens_of(encoder: Layer, shape: tuple[int, ...]) -> tuple[int, int]:
    """How many tokens an encoder makes of an image (R, C, D) or a sequence (T, D), and how wide.  -> (S, K)"""
    x = np.zeros((1, *shape), np.float32)  # found by trying
    return encoder(x if len(shape) == 3 else Tokens(x, np.ones((1, shape[0]), bool))).values.shape[1:]
