"""What every decoder can do, and how those of LSTMs begin."""

import math
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.layers.embedding import Embedding
from mmdl.layers.layer import Layer
from mmdl.ops.sequence_pooling import masked_mean, masked_mean_backward
from mmdl.shapes import Array, Ids
from mmdl.tokens import Tokens, only

UNIT_VARIANCE = math.sqrt(3)  # uniform in ± this


class Step(NamedTuple):
    """The next token, as far as one can say, and where the decoder looked to say it."""

    logits: Array  # (N, K)
    state: Any  # a NamedTuple; N is the first axis of every array in it
    weights: Array | None  # (N, S), of several heads the mean; None of a decoder that does not look


class Decoder(Layer):
    """logits of the next token, from a memory and from the tokens so far

    `inputs` are ids, the target moved by one, with its first place taken by the id that both starts and ends. What
    stands at a place depends on no input after it, so that all places of a text can be learned at once. The same
    numbers come step by step: `state = decoder.start(memory)`, and for every token `decoder.step(state, ids)`.
    """

    def forward(self, memory: Tokens, inputs: Tokens) -> tuple[Array, Any]:  # type: ignore[override]
        """memory (N, S, D), inputs of ids (N, T) -> logits (N, T, K), trace; `trace.weights` (N[, heads], T, S)"""
        raise NotImplementedError

    def backward(self, dlogits: Array, trace: Any, input_gradient: bool = True) -> tuple[Array, Self]:
        """dlogits (N, T, K) -> the gradient of the memory's values (N, S, D), the gradient as a decoder"""
        raise NotImplementedError

    def start(self, memory: Tokens) -> Any:
        """The state before the first token."""
        raise NotImplementedError

    def step(self, state: Any, ids: Ids) -> Step:
        """One more token (N,), the first of them the one that starts."""
        raise NotImplementedError

    def __call__(self, memory: Tokens, inputs: Tokens) -> Array:  # type: ignore[override]
        """The logits alone"""
        return self.forward(memory, inputs)[0]


def written(rng: Generator, entries: int, features: int, dtype: DTypeLike) -> Embedding:
    """Vectors of unit variance for what has been written: beside waves of positions, small ones would drown."""
    return Embedding.init(rng, entries, features, dtype, scale=UNIT_VARIANCE)


def seen(memory: Tokens) -> Tokens:
    """The memory with zeros where there is no token, whatever stood there, and with a mask."""
    return Tokens(only(memory.values, memory.full_mask), memory.full_mask)


class Beginning(NamedTuple):
    """The first state and cell of an LSTM, and what backward needs."""

    h: Array  # (N, H)
    c: Array  # (N, H)
    mean: Array  # (N, D)


def begin(layer: Any, memory: Tokens) -> Beginning:
    """h₀, c₀ = tanh(mean of the memory · W + b), half and half: what there is to be said, before a word is chosen

    Source: Xu et al. 2015, section 3.1.2.
    """
    mean = masked_mean(memory.values, memory.mask)
    h, c = np.split(np.tanh(layer(mean)), 2, axis=1)
    return Beginning(h, c, mean)


def begin_backward(layer: Any, dh: Array, dc: Array, beginning: Beginning, memory: Tokens) -> tuple[Array, Any]:
    """The gradient of the memory's values, and the layer's"""
    started = np.concatenate([beginning.h, beginning.c], axis=1)
    dmean, gradient = layer.backward(np.concatenate([dh, dc], axis=1) * (1 - started * started), beginning.mean)
    return masked_mean_backward(dmean, memory.values, memory.mask), gradient


def one(ids: Ids) -> Tokens:
    """One token of each example"""
    return Tokens(ids[:, None], np.ones((len(ids), 1), bool))
