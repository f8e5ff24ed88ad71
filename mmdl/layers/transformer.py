"""The transformer block, written out by hand."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.layers.attention import MultiHeadAttention, MultiHeadAttentionTrace
from mmdl.layers.dense import Dense
from mmdl.layers.layer import Layer
from mmdl.layers.normalization import LayerNorm
from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.normalization import LayerNormalized
from mmdl.shapes import Array
from mmdl.tokens import Tokens


class FeedForwardTrace(NamedTuple):
    """One entry for each step of forward."""

    norm: LayerNormalized
    widen: Array
    active: Array


@dataclass(frozen=True, eq=False)
class FeedForward(Layer):
    """y = x + narrow(relu(widen(norm(x)))), each token by itself.  (..., D) -> (..., D)

    Source: Vaswani et al. 2017, equation (2); the norm stands before the step as in Xiong et al. 2020.
    """

    norm: LayerNorm
    widen: Dense
    narrow: Dense

    @classmethod
    def init(cls, rng: Generator, features: int, hidden: int, dtype: DTypeLike = np.float32) -> Self:
        return cls(
            LayerNorm.init(features, dtype=dtype),
            Dense.init(rng, features, hidden, dtype),
            Dense.init(rng, hidden, features, dtype),
        )

    def forward(self, x: Array) -> tuple[Array, FeedForwardTrace]:
        n, norm = self.norm.forward(x)
        a, widen = self.widen.forward(n)
        active = relu(a)
        return x + self.narrow(active), FeedForwardTrace(norm, widen, active)

    def backward(self, dy: Array, trace: FeedForwardTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        dactive, narrow = self.narrow.backward(dy, trace.active)
        dn, widen = self.widen.backward(relu_backward(dactive, trace.active), trace.widen)
        dx, norm = self.norm.backward(dn, trace.norm)
        dx += dy  # the residual
        return dx, replace(self, norm=norm, widen=widen, narrow=narrow)


class TransformerBlockTrace(NamedTuple):
    """One entry for each step of forward, in its order; `attention.weights` is there to plot."""

    norm: LayerNormalized
    attention: MultiHeadAttentionTrace
    feed_forward: FeedForwardTrace


@dataclass(frozen=True, eq=False)
class TransformerBlock(Layer):
    """Tokens attend to one another, then each passes through a feed-forward network; both steps are residual.

    x ← x + attention(norm(x)),   x ← feed_forward(x).   Tokens (N, T, D) -> Tokens (N, T, D)

    Source: Vaswani et al. 2017; the norms stand before the steps as in Xiong et al. 2020.
    """

    norm: LayerNorm
    attention: MultiHeadAttention
    feed_forward: FeedForward

    @classmethod
    def init(
        cls,
        rng: Generator,
        features: int,
        heads: int,
        hidden: int,
        causal: bool = False,
        dtype: DTypeLike = np.float32,
    ) -> Self:
        return cls(
            LayerNorm.init(features, dtype=dtype),
            MultiHeadAttention.init(rng, features, heads, causal=causal, dtype=dtype),
            FeedForward.init(rng, features, hidden, dtype),
        )

    def forward(self, tokens: Tokens, read: slice = slice(None)) -> tuple[Tokens, TransformerBlockTrace]:
        """All tokens are looked at; those that are `read` come out, and what nobody reads is not computed."""
        x, mask = tokens
        n, norm = self.norm.forward(x)
        attended, attention = self.attention.forward(Tokens(n, mask), read)
        y, feed_forward = self.feed_forward.forward(x[:, read] + attended.values)
        return Tokens(y, attended.mask), TransformerBlockTrace(norm, attention, feed_forward)

    def backward(self, dy: Array, trace: TransformerBlockTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        dattended, feed_forward = self.feed_forward.backward(dy, trace.feed_forward)
        dn, attention = self.attention.backward(dattended, trace.attention)
        dx, norm = self.norm.backward(dn, trace.norm)
        dx[:, trace.attention.read] += dattended  # the residual
        return dx, replace(self, norm=norm, attention=attention, feed_forward=feed_forward)
