"""Transformer blocks for several modalities: a look at others, then a thought; both add to what was there.

The queries and keys have no biases: one of the keys would shift all scores of a query alike, and never learn.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mmdl.layers.dense import Dense
from mmdl.layers.initial import glorot_uniform
from mmdl.layers.layer import Layer
from mmdl.layers.normalization import LayerNorm
from mmdl.ops import fusion as ops
from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.ops.fusion.tokens import Crossed, Exchanged
from mmdl.ops.normalization import LayerNormalized


class ThoughtTrace(NamedTuple):
    """One entry for each step of forward."""

    norm: LayerNormalized
    widen: np.ndarray
    active: np.ndarray


@dataclass(frozen=True, eq=False)
class Thought(Layer):
    """y = x + narrow(relu(widen(norm(x)))), each token by itself.  (..., D) -> (..., D)"""

    norm: LayerNorm
    widen: Dense
    narrow: Dense

    @classmethod
    def init(cls, rng, features, hidden, dtype=np.float32):
        return cls(
            LayerNorm.init(features, dtype=dtype),
            Dense.init(rng, features, hidden, dtype),
            Dense.init(rng, hidden, features, dtype),
        )

    def forward(self, x):
        n, norm = self.norm.forward(x)
        a, widen = self.widen.forward(n)
        active = relu(a)
        return x + self.narrow(active), ThoughtTrace(norm, widen, active)

    def backward(self, dy, trace, input_gradient=True):
        dactive, narrow = self.narrow.backward(dy, trace.active)
        dn, widen = self.widen.backward(relu_backward(dactive, trace.active), trace.widen)
        dx, norm = self.norm.backward(dn, trace.norm)
        return dx + dy, Thought(norm, widen, narrow)


class CrossBlockTrace(NamedTuple):
    """One entry for each step of forward; `seen.weights` (N, heads, T, S) tells who looked where."""

    norm: LayerNormalized
    norm_other: LayerNormalized
    seen: Crossed
    thought: ThoughtTrace


@dataclass(frozen=True, eq=False)
class CrossBlock(Layer):
    """Tokens of one modality look at another's: x ← x + mix(attention(norm x, norm' x')),  x ← thought(x)

    (x (N, T, D), Tokens x' (N, S, D)) -> (N, T, D)

    Source: Tsai et al. 2019, section 3.2.
    """

    norm: LayerNorm
    norm_other: LayerNorm
    Wq: np.ndarray  # (D, D)
    Wk: np.ndarray  # (D, D)
    Wv: np.ndarray  # (D, D)
    mix: Dense
    thought: Thought
    heads: int = 1

    @classmethod
    def init(cls, rng, features, heads, hidden, dtype=np.float32):
        return cls(
            LayerNorm.init(features, dtype=dtype),
            LayerNorm.init(features, dtype=dtype),
            *(glorot_uniform(rng, (features, features), dtype) for _ in range(3)),
            Dense.init(rng, features, features, dtype),
            Thought.init(rng, features, hidden, dtype),
            heads,
        )

    def forward(self, inputs):
        x, (other, mask) = inputs
        n, norm = self.norm.forward(x)
        n_other, norm_other = self.norm_other.forward(other)
        seen = ops.cross_attention(n, n_other, self.Wq, self.Wk, self.Wv, mask, self.heads)
        y, thought = self.thought.forward(x + self.mix(seen.y))
        return y, CrossBlockTrace(norm, norm_other, seen, thought)

    def backward(self, dy, trace, input_gradient=True):
        """-> (dx, dx'), gradient"""
        n, n_other, seen = trace.norm.y, trace.norm_other.y, trace.seen
        dx, thought = self.thought.backward(dy, trace.thought)
        dseen, mix = self.mix.backward(dx, seen.y)
        dn, dn_other, dWq, dWk, dWv = ops.cross_attention_backward(
            dseen, n, n_other, self.Wq, self.Wk, self.Wv, *seen[1:]
        )
        dother, norm_other = self.norm_other.backward(dn_other, trace.norm_other)
        around, norm = self.norm.backward(dn, trace.norm)
        gradient = CrossBlock(norm, norm_other, dWq, dWk, dWv, mix, thought, self.heads)
        return (dx + around, dother), gradient


class BottleneckBlockTrace(NamedTuple):
    """One entry for each step of forward; `seen.weights` has for each modality (N, heads, T_m + B, T_m + B)."""

    norm: LayerNormalized
    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    seen: Exchanged
    thought: ThoughtTrace


@dataclass(frozen=True, eq=False)
class BottleneckBlock(Layer):
    """Tokens look at their own modality and at the bottleneck: x ← x + mix(attention(norm x)),  x ← thought(x)

    (N, T, D) -> (N, T, D)

    Source: Nagrani et al. 2021, with one set of weights for all modalities.
    """

    norm: LayerNorm
    Wq: np.ndarray  # (D, D)
    Wk: np.ndarray  # (D, D)
    Wv: np.ndarray  # (D, D)
    mix: Dense
    thought: Thought
    heads: int = 1

    @classmethod
    def init(cls, rng, features, heads, hidden, dtype=np.float32):
        return cls(
            LayerNorm.init(features, dtype=dtype),
            *(glorot_uniform(rng, (features, features), dtype) for _ in range(3)),
            Dense.init(rng, features, features, dtype),
            Thought.init(rng, features, hidden, dtype),
            heads,
        )

    def forward(self, x, mask, lengths):
        """`lengths` of the modalities' tokens, as in `bottleneck_attention`"""
        n, norm = self.norm.forward(x)
        q, k, v = affine(n, self.Wq, None), affine(n, self.Wk, None), affine(n, self.Wv, None)
        seen = ops.bottleneck_attention(q, k, v, lengths, mask, self.heads)
        y, thought = self.thought.forward(x + self.mix(seen.y))
        return y, BottleneckBlockTrace(norm, q, k, v, seen, thought)

    def backward(self, dy, trace, lengths):
        n, q, k, v = trace.norm.y, trace.q, trace.k, trace.v
        dx, thought = self.thought.backward(dy, trace.thought)
        dseen, mix = self.mix.backward(dx, trace.seen.y)
        dq, dk, dv = ops.bottleneck_attention_backward(dseen, q, k, v, trace.seen.weights, lengths)
        dnq, dWq, _ = affine_backward(dq, n, self.Wq)
        dnk, dWk, _ = affine_backward(dk, n, self.Wk)
        dnv, dWv, _ = affine_backward(dv, n, self.Wv)
        around, norm = self.norm.backward(dnq + dnk + dnv, trace.norm)  # n was used three times
        return dx + around, replace(self, norm=norm, Wq=dWq, Wk=dWk, Wv=dWv, mix=mix, thought=thought)
