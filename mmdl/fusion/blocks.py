"""Transformer blocks for several modalities: attention to others, then a feed-forward network; both are residual.

The queries and keys have no biases: one of the keys would shift all scores of a query alike, and never learn.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.layers.dense import Dense
from mmdl.layers.initial import glorot_uniform
from mmdl.layers.layer import Layer
from mmdl.layers.normalization import LayerNorm
from mmdl.layers.projections import project, project_backward
from mmdl.layers.transformer import FeedForward, FeedForwardTrace
from mmdl.ops import fusion as ops
from mmdl.ops.fusion.tokens import Crossed, Exchanged
from mmdl.ops.normalization import LayerNormalized
from mmdl.shapes import Array, Mask
from mmdl.tokens import Tokens


class CrossBlockTrace(NamedTuple):
    """One entry for each step of forward; `seen.weights` (N, heads, T, S) is there to plot."""

    norm: LayerNormalized
    norm_other: LayerNormalized
    seen: Crossed
    feed_forward: FeedForwardTrace


@dataclass(frozen=True, eq=False)
class CrossBlock(Layer):
    """Tokens of one modality attend to another's: x ← x + output(attention(norm x, norm' x')),  x ← feed_forward(x)

    (x (N, T, D), Tokens x' (N, S, D)) -> (N, T, D)

    Source: Tsai et al. 2019, section 3.2.
    """

    norm: LayerNorm
    norm_other: LayerNorm
    Wq: Array  # (D, D)
    Wk: Array  # (D, D)
    Wv: Array  # (D, D)
    output: Dense  # the output projection
    feed_forward: FeedForward
    heads: int = 1

    @classmethod
    def init(cls, rng: Generator, features: int, heads: int, hidden: int, dtype: DTypeLike = np.float32) -> Self:
        return cls(
            LayerNorm.init(features, dtype=dtype),
            LayerNorm.init(features, dtype=dtype),
            glorot_uniform(rng, (features, features), dtype),
            glorot_uniform(rng, (features, features), dtype),
            glorot_uniform(rng, (features, features), dtype),
            Dense.init(rng, features, features, dtype),
            FeedForward.init(rng, features, hidden, dtype),
            heads,
        )

    def forward(self, inputs: tuple[Array, Tokens]) -> tuple[Array, CrossBlockTrace]:
        x, (other, mask) = inputs
        n, norm = self.norm.forward(x)
        n_other, norm_other = self.norm_other.forward(other)
        seen = ops.cross_attention(n, n_other, self.Wq, self.Wk, self.Wv, mask, self.heads)
        y, feed_forward = self.feed_forward.forward(x + self.output(seen.y))
        return y, CrossBlockTrace(norm, norm_other, seen, feed_forward)

    def backward(
        self, dy: Array, trace: CrossBlockTrace, input_gradient: bool = True
    ) -> tuple[tuple[Array, Array], Self]:
        """-> (dx, dx'), gradient"""
        n, n_other, seen = trace.norm.y, trace.norm_other.y, trace.seen
        dx, feed_forward = self.feed_forward.backward(dy, trace.feed_forward)
        dseen, output = self.output.backward(dx, seen.y)
        dn, dn_other, dWq, dWk, dWv = ops.cross_attention_backward(
            dseen, n, n_other, self.Wq, self.Wk, self.Wv, seen.weights, seen.q, seen.k, seen.v
        )
        dother, norm_other = self.norm_other.backward(dn_other, trace.norm_other)
        around, norm = self.norm.backward(dn, trace.norm)
        gradient = replace(
            self, norm=norm, norm_other=norm_other, Wq=dWq, Wk=dWk, Wv=dWv, output=output, feed_forward=feed_forward
        )
        return (dx + around, dother), gradient


class BottleneckBlockTrace(NamedTuple):
    """One entry for each step of forward; `seen.weights` has for each modality (N, heads, T_m + B, T_m + B)."""

    norm: LayerNormalized
    q: Array
    k: Array
    v: Array
    mask: Mask
    lengths: tuple[int, ...]  # of the modalities' tokens
    seen: Exchanged
    feed_forward: FeedForwardTrace


@dataclass(frozen=True, eq=False)
class BottleneckBlock(Layer):
    """Tokens attend to their modality and the bottleneck: x ← x + output(attention(norm x)),  x ← feed_forward(x)

    (N, T, D) -> (N, T, D)

    Source: Nagrani et al. 2021, with one set of weights for all modalities.
    """

    norm: LayerNorm
    Wq: Array  # (D, D)
    Wk: Array  # (D, D)
    Wv: Array  # (D, D)
    output: Dense  # the output projection
    feed_forward: FeedForward
    heads: int = 1

    @classmethod
    def init(cls, rng: Generator, features: int, heads: int, hidden: int, dtype: DTypeLike = np.float32) -> Self:
        return cls(
            LayerNorm.init(features, dtype=dtype),
            glorot_uniform(rng, (features, features), dtype),
            glorot_uniform(rng, (features, features), dtype),
            glorot_uniform(rng, (features, features), dtype),
            Dense.init(rng, features, features, dtype),
            FeedForward.init(rng, features, hidden, dtype),
            heads,
        )

    def forward(
        self, inputs: tuple[Array, Mask, tuple[int, ...]]
    ) -> tuple[tuple[Array, Mask, tuple[int, ...]], BottleneckBlockTrace]:
        """x (N, T, D), mask (N, T), and the lengths of the modalities' tokens, as in `bottleneck_attention`"""
        x, mask, lengths = inputs
        n, norm = self.norm.forward(x)
        q, k, v = project(self, n, n)
        seen = ops.bottleneck_attention(q, k, v, lengths, mask, self.heads)
        y, feed_forward = self.feed_forward.forward(x + self.output(seen.y))
        return (y, mask, lengths), BottleneckBlockTrace(norm, q, k, v, mask, lengths, seen, feed_forward)

    def backward(self, dy: Array, trace: BottleneckBlockTrace, input_gradient: bool = True) -> tuple[Array, Self]:
        n, q, k, v = trace.norm.y, trace.q, trace.k, trace.v
        dx, feed_forward = self.feed_forward.backward(dy, trace.feed_forward)
        dseen, output = self.output.backward(dx, trace.seen.y)
        dq, dk, dv = ops.bottleneck_attention_backward(dseen, q, k, v, trace.seen.weights, trace.lengths, trace.mask)
        dnq, dnk, dnv, projections = project_backward(self, dq, dk, dv, n, n)
        around, norm = self.norm.backward(dnq + dnk + dnv, trace.norm)  # n was used three times
        gradient = replace(self, norm=norm, output=output, feed_forward=feed_forward, **projections)  # type: ignore[arg-type]
        return dx + around, gradient
