"""Self-attention with learned queries, keys and values."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.errors import ShapeError
from mmdl.layers.initial import glorot_uniform
from mmdl.layers.layer import Layer
from mmdl.layers.projections import project, project_backward
from mmdl.ops.attention import (
    attention,
    attention_backward,
    multi_head_attention,
    multi_head_attention_backward,
)
from mmdl.ops.dense import affine, affine_backward
from mmdl.shapes import Array, Arrays
from mmdl.tokens import Tokens


class SelfAttentionTrace(NamedTuple):
    """What backward needs; `weights` is also there to plot."""

    x: Array
    q: Array
    k: Array
    v: Array
    weights: Array  # (N, T, T)


@dataclass(frozen=True, eq=False)
class SelfAttention(Layer):
    """Every token attends to all tokens: q = x Wq, k = x Wk, v = x Wv.  Tokens (N, T, D) -> Tokens (N, T, H)"""

    Wq: Array  # (D, H)
    Wk: Array  # (D, H)
    Wv: Array  # (D, H)
    causal: bool = False

    @classmethod
    def init(
        cls, rng: Generator, features: int, width: int, causal: bool = False, dtype: DTypeLike = np.float32
    ) -> Self:
        """Glorot uniform matrices."""
        Wq, Wk, Wv = (glorot_uniform(rng, (features, width), dtype) for _ in range(3))
        return cls(Wq, Wk, Wv, causal)

    def forward(self, tokens: Tokens) -> tuple[Tokens, SelfAttentionTrace]:
        x, mask = tokens
        q, k, v = project(self, x, x)
        y, weights = attention(q, k, v, mask, self.causal)
        return Tokens(y, mask), SelfAttentionTrace(x, q, k, v, weights)

    def backward(self, dy: Array, trace: SelfAttentionTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        dq, dk, dv = attention_backward(dy, trace.q, trace.k, trace.v, trace.weights)
        dxq, dxk, dxv, projections = project_backward(self, dq, dk, dv, trace.x, trace.x)
        gradient: Self = replace(self, **projections)  # type: ignore[arg-type]  # names of arrays, known to be fields
        return dxq + dxk + dxv, gradient  # x was used three times: its gradients add


class MultiHeadAttentionTrace(NamedTuple):
    """As in SelfAttention, and the heads' results before the output projection."""

    x: Array
    q: Array
    k: Array
    v: Array
    weights: Array  # (N, heads, T, T), or those rows of it that were read
    heads: Array  # (N, T, H), likewise
    read: slice = slice(None)


@dataclass(frozen=True, eq=False)
class MultiHeadAttention(Layer):
    """Several heads attend at once, each in its own columns; Wo is the output projection.  (N, T, D) -> (N, T, D)"""

    Wq: Array  # (D, H): columns in groups, one a head
    bq: Array | None  # (H,)
    Wk: Array
    bk: Array | None
    Wv: Array
    bv: Array | None
    Wo: Array  # (H, D)
    bo: Array | None  # (D,)
    heads: int = 1
    causal: bool = False

    @classmethod
    def init(
        cls,
        rng: Generator,
        features: int,
        heads: int,
        width: int | None = None,
        causal: bool = False,
        dtype: DTypeLike = np.float32,
        value_width: int | None = None,
    ) -> Self:
        """Glorot uniform matrices, zero biases; `width` H of all heads together is `features` by default

        The values have the same width unless `value_width` is given.
        """
        width = width or features
        value_width = value_width or width
        sizes = [(features, width), (features, width), (features, value_width), (value_width, features)]
        (Wq, bq), (Wk, bk), (Wv, bv), (Wo, bo) = (
            (glorot_uniform(rng, (D, H), dtype), np.zeros(H, dtype)) for D, H in sizes
        )
        return cls(Wq, bq, Wk, bk, Wv, bv, Wo, bo, heads, causal)

    def by_head(self) -> Arrays:
        """The parameters as views with an axis for heads: Wq (D, heads, H / heads), Wo (heads, H / heads, D)"""
        inner = (self.Wq, self.bq, self.Wk, self.bk, self.Wv, self.bv)
        parted = [array.reshape(*array.shape[:-1], self.heads, -1) for array in inner if array is not None]
        return *parted, self.Wo.reshape(self.heads, -1, self.Wo.shape[1]), *(() if self.bo is None else (self.bo,))

    def forward(self, tokens: Tokens, read: slice = slice(None)) -> tuple[Tokens, MultiHeadAttentionTrace]:
        """All tokens are looked at, but only those that are `read` look: the others' answers are not computed."""
        if self.causal and read != slice(None):
            raise ShapeError("MultiHeadAttention: causal attention is read as a whole, not from some of its tokens")
        x, mask = tokens
        q, k, v = project(self, x[:, read], x)
        heads, weights = multi_head_attention(q, k, v, self.heads, mask, self.causal)
        y = Tokens(affine(heads, self.Wo, self.bo), None if mask is None else mask[:, read])
        return y, MultiHeadAttentionTrace(x, q, k, v, weights, heads, read)

    def backward(self, dy: Array, trace: MultiHeadAttentionTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        dheads, dWo, dbo = affine_backward(dy, trace.heads, self.Wo)
        dq, dk, dv = multi_head_attention_backward(dheads, trace.q, trace.k, trace.v, trace.weights)
        dxq, dx, dxv, projections = project_backward(self, dq, dk, dv, trace.x[:, trace.read], trace.x)
        dx[:, trace.read] += dxq  # x was used three times: its gradients add
        dx += dxv
        output = {"Wo": dWo} if self.bo is None else {"Wo": dWo, "bo": dbo}
        gradient: Self = replace(self, **projections, **output)  # type: ignore[arg-type]  # likewise
        return dx, gradient
