"""The transformer as a decoder: causal attention over what was written, then attention over the memory."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.layers.attention import MultiHeadAttention, MultiHeadAttentionTrace
from mmdl.layers.decoder.decoder import Decoder, Step, one, seen, written
from mmdl.layers.dense import Dense
from mmdl.layers.embedding import Embedding
from mmdl.layers.layer import Layer
from mmdl.layers.normalization import LayerNorm
from mmdl.layers.projections import project, project_backward
from mmdl.layers.transformer import FeedForward, FeedForwardTrace
from mmdl.ops.attention import multi_head_attention, multi_head_attention_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.ops.normalization import LayerNormalized
from mmdl.ops.positions import sinusoidal_positions
from mmdl.shapes import Array, Ids, Mask
from mmdl.tokens import Tokens


class DecoderBlockTrace(NamedTuple):
    """One entry for each step of forward; `cross.weights` (N, heads, T, S) tells where in the memory it looked."""

    norm: LayerNormalized
    attention: MultiHeadAttentionTrace
    cross_norm: LayerNormalized
    memory: Array
    cross: MultiHeadAttentionTrace
    feed_forward: FeedForwardTrace


class DecoderBlockState(NamedTuple):
    """Keys and values of what was written, one more with every token, and those of the memory."""

    k: Array  # (N, t, D)
    v: Array  # (N, t, D)
    memory_k: Array  # (N, S, D)
    memory_v: Array  # (N, S, D)


@dataclass(frozen=True, eq=False)
class DecoderBlock(Layer):
    """x ← x + attention(norm(x)),  x ← x + cross(cross_norm(x), memory),  x ← feed_forward(x)

    The attention is causal; the queries of `cross` come from x, its keys and values from the memory.
    (Tokens (N, T, D), Tokens (N, S, D)) -> (N, T, D)

    Source: Vaswani et al. 2017, section 3.1; the norms stand before the steps as in Xiong et al. 2020.
    """

    norm: LayerNorm
    attention: MultiHeadAttention
    cross_norm: LayerNorm
    cross: MultiHeadAttention
    feed_forward: FeedForward

    @classmethod
    def init(cls, rng: Generator, features: int, heads: int, hidden: int, dtype: DTypeLike = np.float32) -> Self:
        return cls(
            LayerNorm.init(features, dtype=dtype),
            MultiHeadAttention.init(rng, features, heads, causal=True, dtype=dtype),
            LayerNorm.init(features, dtype=dtype),
            MultiHeadAttention.init(rng, features, heads, dtype=dtype),
            FeedForward.init(rng, features, hidden, dtype),
        )

    def forward(self, inputs: tuple[Tokens, Tokens]) -> tuple[Array, DecoderBlockTrace]:
        (x, mask), memory = inputs
        n, norm = self.norm.forward(x)
        written, attention = self.attention.forward(Tokens(n, mask))
        x = x + written.values
        n, cross_norm = self.cross_norm.forward(x)
        q, k, v = project(self.cross, n, memory.values)
        heads, weights = multi_head_attention(q, k, v, self.cross.heads, memory.mask)
        cross = MultiHeadAttentionTrace(n, q, k, v, weights, heads)
        y, feed_forward = self.feed_forward.forward(x + affine(heads, self.cross.Wo, self.cross.bo))
        return y, DecoderBlockTrace(norm, attention, cross_norm, memory.values, cross, feed_forward)

    def backward(
        self, dy: Array, trace: DecoderBlockTrace, input_gradient: bool = True
    ) -> tuple[tuple[Array, Array], Self]:
        """-> (dx, dmemory), gradient"""
        dx, feed_forward = self.feed_forward.backward(dy, trace.feed_forward)
        n, q, k, v, weights, heads, _ = trace.cross
        dheads, dWo, dbo = affine_backward(dx, heads, self.cross.Wo)
        dq, dk, dv = multi_head_attention_backward(dheads, q, k, v, weights)
        dn, dmemory_k, dmemory_v, projections = project_backward(self.cross, dq, dk, dv, n, trace.memory)
        around, cross_norm = self.cross_norm.backward(dn, trace.cross_norm)
        dx = dx + around
        dn, attention = self.attention.backward(dx, trace.attention)
        around, norm = self.norm.backward(dn, trace.norm)
        cross = replace(self.cross, **projections, Wo=dWo, bo=dbo)  # type: ignore[arg-type]  # names of arrays
        parts = {"norm": norm, "attention": attention, "cross_norm": cross_norm, "cross": cross}
        return (dx + around, dmemory_k + dmemory_v), replace(self, **parts, feed_forward=feed_forward)  # type: ignore[arg-type]

    def start(self, memory: Array) -> DecoderBlockState:
        """Nothing is written yet; the memory's keys and values serve all steps."""
        nothing = np.zeros_like(memory, shape=(len(memory), 0, self.cross.Wk.shape[1]))
        memory_k = affine(memory, self.cross.Wk, self.cross.bk)
        memory_v = affine(memory, self.cross.Wv, self.cross.bv)
        return DecoderBlockState(nothing, nothing, memory_k, memory_v)

    def step(self, x: Array, state: DecoderBlockState, mask: Mask) -> tuple[Array, DecoderBlockState, Array]:
        """x (N, 1, D) of one more token -> y (N, 1, D), state, weights (N, heads, 1, S)"""
        n = self.norm(x)
        q, k, v = project(self.attention, n, n)
        k, v = np.concatenate([state.k, k], axis=1), np.concatenate([state.v, v], axis=1)
        heads, _ = multi_head_attention(q, k, v, self.attention.heads)
        x = x + affine(heads, self.attention.Wo, self.attention.bo)
        q = affine(self.cross_norm(x), self.cross.Wq, self.cross.bq)
        heads, weights = multi_head_attention(q, state.memory_k, state.memory_v, self.cross.heads, mask)
        y = self.feed_forward(x + affine(heads, self.cross.Wo, self.cross.bo))
        return y, state._replace(k=k, v=v), weights


class TransformerDecoderState(NamedTuple):
    """What each block keeps, and where the memory has tokens."""

    blocks: tuple[DecoderBlockState, ...]
    mask: Mask  # (N, S)


class TransformerDecoderTrace(NamedTuple):
    """One entry for each step of forward."""

    memory: Tokens
    inputs: Tokens
    memory_norm: LayerNormalized
    blocks: tuple[DecoderBlockTrace, ...]
    norm: LayerNormalized

    @property
    def weights(self) -> Array:
        """Where in the memory the last block looked: (N, heads, T, S)"""
        return self.blocks[-1].cross.weights


@dataclass(frozen=True, eq=False)
class TransformerDecoder(Decoder):
    """logits = head(norm(blocks(embedding + position, memory_norm(memory))))

    Positions are waves, so that no text is too long.

    Source: Vaswani et al. 2017.
    """

    embedding: Embedding
    memory_norm: LayerNorm
    blocks: tuple[DecoderBlock, ...]
    norm: LayerNorm
    head: Dense

    @classmethod
    def init(
        cls,
        rng: Generator,
        features: int,
        entries: int,
        blocks: int = 2,
        heads: int = 4,
        hidden: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> Self:
        """`features` D of the memory and of all within, `entries` K that can be written, `hidden` 4 D by default."""
        return cls(
            written(rng, entries, features, dtype),
            LayerNorm.init(features, dtype=dtype),
            tuple(DecoderBlock.init(rng, features, heads, hidden or 4 * features, dtype) for _ in range(blocks)),
            LayerNorm.init(features, dtype=dtype),
            Dense.init(rng, features, entries, dtype),
        )

    def forward(self, memory: Tokens, inputs: Tokens) -> tuple[Array, TransformerDecoderTrace]:  # type: ignore[override]
        memory = seen(memory)
        source, memory_norm = self.memory_norm.forward(memory.values)
        x = self.embedding(inputs).values
        x = x + sinusoidal_positions(*x.shape[1:]).astype(x.dtype)
        traces = []
        for block in self.blocks:
            x, trace = block.forward((Tokens(x, inputs.mask), Tokens(source, memory.mask)))
            traces.append(trace)
        n, norm = self.norm.forward(x)
        return self.head(n), TransformerDecoderTrace(memory, inputs, memory_norm, tuple(traces), norm)

    def backward(
        self, dlogits: Array, trace: TransformerDecoderTrace, input_gradient: bool = True
    ) -> tuple[Array, Self]:
        dn, head = self.head.backward(dlogits, trace.norm.y)
        dx, norm = self.norm.backward(dn, trace.norm)
        dsource = np.zeros_like(trace.memory.values)
        blocks: list[DecoderBlock] = []
        for block, own in zip(reversed(self.blocks), reversed(trace.blocks), strict=True):
            (dx, dseen), gradient = block.backward(dx, own)
            dsource += dseen  # all blocks look at the same memory
            blocks.insert(0, gradient)
        dmemory, memory_norm = self.memory_norm.backward(dsource, trace.memory_norm)
        _, embedding = self.embedding.backward(dx, trace.inputs)
        there = trace.memory.full_mask[..., None]
        parts = {"embedding": embedding, "memory_norm": memory_norm, "blocks": tuple(blocks), "norm": norm}
        return np.where(there, dmemory, 0), replace(self, **parts, head=head)  # type: ignore[arg-type]

    def start(self, memory: Tokens) -> TransformerDecoderState:
        memory = seen(memory)
        source = self.memory_norm(memory.values)
        return TransformerDecoderState(tuple(block.start(source) for block in self.blocks), memory.full_mask)

    def step(self, state: TransformerDecoderState, ids: Ids) -> Step:
        x = self.embedding(one(ids)).values
        t = state.blocks[0].k.shape[1]
        x = x + sinusoidal_positions(t + 1, x.shape[2])[t:].astype(x.dtype)
        states, weights = [], None
        for block, own in zip(self.blocks, state.blocks, strict=True):
            x, own, weights = block.step(x, own, state.mask)
            states.append(own)
        looked = None if weights is None else weights.mean(axis=1)[:, 0]
        return Step(self.head(self.norm(x))[:, 0], state._replace(blocks=tuple(states)), looked)
