"""Self-attention with learned queries, keys and values."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

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
from mmdl.tokens import Tokens


class SelfAttentionTrace(NamedTuple):
    """What backward needs, and what a plot wants to see: `weights`."""

    x: np.ndarray
    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    weights: np.ndarray  # (N, T, T)


@dataclass(frozen=True, eq=False)
class SelfAttention(Layer):
    """Every token asks all tokens: q = x Wq, k = x Wk, v = x Wv.  Tokens (N, T, D) -> Tokens (N, T, H)"""

    Wq: np.ndarray  # (D, H)
    Wk: np.ndarray  # (D, H)
    Wv: np.ndarray  # (D, H)
    causal: bool = False

    @classmethod
    def init(cls, rng, features, width, causal=False, dtype=np.float32):
        """Glorot uniform matrices."""
        return cls(*(glorot_uniform(rng, (features, width), dtype) for _ in range(3)), causal)

    def forward(self, tokens):
        x, mask = tokens
        q, k, v = project(self, x, x)
        y, weights = attention(q, k, v, mask, self.causal)
        return Tokens(y, mask), SelfAttentionTrace(x, q, k, v, weights)

    def backward(self, dy, trace, input_gradient=True):
        dq, dk, dv = attention_backward(dy, trace.q, trace.k, trace.v, trace.weights)
        dxq, dxk, dxv, projections = project_backward(self, dq, dk, dv, trace.x, trace.x)
        return dxq + dxk + dxv, replace(self, **projections)  # x was used three times: its gradients add


class MultiHeadAttentionTrace(NamedTuple):
    """As in SelfAttention, and the heads' results before the output projection."""

    x: np.ndarray
    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    weights: np.ndarray  # (N, heads, T, T)
    heads: np.ndarray  # (N, T, H)


@dataclass(frozen=True, eq=False)
class MultiHeadAttention(Layer):
    """Several heads attend at once, each in its own columns; Wo is the output projection.  (N, T, D) -> (N, T, D)"""

    Wq: np.ndarray  # (D, H): columns in groups, one a head
    bq: np.ndarray  # (H,)
    Wk: np.ndarray
    bk: np.ndarray
    Wv: np.ndarray
    bv: np.ndarray
    Wo: np.ndarray  # (H, D)
    bo: np.ndarray  # (D,)
    heads: int = 1
    causal: bool = False

    @classmethod
    def init(cls, rng, features, heads, width=None, causal=False, dtype=np.float32, value_width=None):
        """Glorot uniform matrices, zero biases; `width` H of all heads together is `features` by default

        It is the width of the values too, unless they have a `value_width` of their own.
        """
        width = width or features
        value_width = value_width or width
        sizes = [(features, width), (features, width), (features, value_width), (value_width, features)]
        parameters = [array for D, H in sizes for array in (glorot_uniform(rng, (D, H), dtype), np.zeros(H, dtype))]
        return cls(*parameters, heads, causal)

    def by_head(self):
        """The parameters as views with an axis for heads: Wq (D, heads, H / heads), Wo (heads, H / heads, D)"""
        inner = (self.Wq, self.bq, self.Wk, self.bk, self.Wv, self.bv)
        parted = [array.reshape(*array.shape[:-1], self.heads, -1) for array in inner if array is not None]
        return *parted, self.Wo.reshape(self.heads, -1, self.Wo.shape[1]), *(() if self.bo is None else (self.bo,))

    def forward(self, tokens):
        x, mask = tokens
        q, k, v = project(self, x, x)
        heads, weights = multi_head_attention(q, k, v, self.heads, mask, self.causal)
        return Tokens(affine(heads, self.Wo, self.bo), mask), MultiHeadAttentionTrace(x, q, k, v, weights, heads)

    def backward(self, dy, trace, input_gradient=True):
        dheads, dWo, dbo = affine_backward(dy, trace.heads, self.Wo)
        dq, dk, dv = multi_head_attention_backward(dheads, trace.q, trace.k, trace.v, trace.weights)
        dxq, dxk, dxv, projections = project_backward(self, dq, dk, dv, trace.x, trace.x)
        gradient = replace(self, **projections, Wo=dWo, bo=None if self.bo is None else dbo)
        return dxq + dxk + dxv, gradient  # x was used three times: its gradients add
