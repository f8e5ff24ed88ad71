"""Fusion by cross-attention: each modality's tokens attend to every other modality's, never to their own."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl import tree
from mmdl.errors import DataError
from mmdl.fusion.blocks import CrossBlock, CrossBlockTrace
from mmdl.fusion.embedding import embed, embed_backward, initial
from mmdl.fusion.fusion import Fusion, register
from mmdl.layers.dense import Dense
from mmdl.layers.normalization import LayerNorm
from mmdl.layers.transformer import FeedForward, FeedForwardTrace
from mmdl.ops.normalization import LayerNormalized
from mmdl.ops.sequence_pooling import masked_mean, masked_mean_backward
from mmdl.shapes import Array, Arrays, Mask
from mmdl.tokens import Tokens


class CrossAttentionTrace(NamedTuple):
    """What backward needs: of the modalities, and of each pair of them."""

    values: Arrays  # of M arrays (N, T_m, D_m)
    masks: tuple[Mask, ...]  # of M arrays (N, T_m)
    blocks: tuple[CrossBlockTrace, ...]  # of M (M − 1) pairs
    norms: tuple[LayerNormalized, ...]  # of as many LayerNormalized
    feed_forward: FeedForwardTrace

    @property
    def between(self) -> dict[tuple[int, int], Array]:
        """Attention between modalities: {(from, to): (N, heads, T_from, T_to)} by numbers of modalities"""
        return {pair: block.seen.weights for pair, block in zip(pairs(self.masks), self.blocks, strict=True)}


@register("cross-attention", takes="tokens", recipe={"batch_size": 32, "learning_rate": 1e-3})
@dataclass(frozen=True, eq=False)
class CrossAttentionFusion(Fusion):
    """z = feed_forward(mean over all pairs m ≠ n of  mean over tokens of norm(block_mn(tokens of m, attending to n's)))

    M > 1 Tokens (N, T_m, D_m) -> (N, D).  The tokens are as in AttentionFusion. Each block sees two
    modalities only; interactions of three are left to the feed-forward network at the end.

    Source: Tsai et al. 2019 (MulT), with one block for each pair and the mean in the place of concatenation.
    """

    projections: tuple[Dense, ...]  # of Dense, one a modality
    modality: Annotated[Array, "M D"]
    positions: tuple[Annotated[Array, "T D"], ...]  # T: the longest
    blocks: tuple[CrossBlock, ...]  # in the order of `pairs`
    norm: LayerNorm
    feed_forward: FeedForward

    @classmethod
    def init(
        cls,
        rng: Generator,
        features: Sequence[int],
        width: int,
        lengths: Sequence[int],
        heads: int = 4,
        hidden: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> Self:
        """As in AttentionFusion; DataError for one modality, which has no other to attend to."""
        if len(features) < 2:
            raise DataError("fusion by cross-attention needs two modalities or more: one has no other to attend to")
        hidden = hidden or 2 * width
        projections, modality, positions = initial(rng, features, width, lengths, dtype)
        return cls(
            projections,
            modality,
            positions,
            tuple(CrossBlock.init(rng, width, heads, hidden, dtype) for _ in pairs(features)),
            LayerNorm.init(width, dtype=dtype),
            FeedForward.init(rng, width, hidden, dtype),
        )

    def forward(self, encodings: tuple[Tokens, ...]) -> tuple[Array, CrossAttentionTrace]:
        x, masks = embed(self, encodings), tuple(tokens.full_mask for tokens in encodings)
        means, blocks, norms = [], [], []
        for (m, other), block in zip(pairs(x), self.blocks, strict=True):
            y, block_trace = block.forward((x[m], Tokens(x[other], masks[other])))
            normalized, norm = self.norm.forward(y)
            means.append(masked_mean(normalized, masks[m]) / len(self.blocks))
            blocks.append(block_trace)
            norms.append(norm)
        z, feed_forward = self.feed_forward.forward(functools.reduce(np.add, means))
        values = tuple(tokens.values for tokens in encodings)
        return z, CrossAttentionTrace(values, masks, tuple(blocks), tuple(norms), feed_forward)

    def backward(self, dz: Array, trace: CrossAttentionTrace, input_gradient: bool = True) -> tuple[Arrays, Self]:
        dmean, feed_forward = self.feed_forward.backward(dz, trace.feed_forward)
        dx = [np.zeros((*mask.shape, dz.shape[1]), dz.dtype) for mask in trace.masks]
        blocks, norms = [], []
        for place, (m, other) in enumerate(pairs(dx)):
            dnormalized = masked_mean_backward(dmean / len(self.blocks), trace.norms[place].y, trace.masks[m])
            dy, norm = self.norm.backward(dnormalized, trace.norms[place])
            (dx_m, dx_other), block = self.blocks[place].backward(dy, trace.blocks[place])
            dx[m] += dx_m
            dx[other] += dx_other
            blocks.append(block)
            norms.append(norm)
        dencodings, embedded = embed_backward(self, dx, trace.values)
        norm = functools.reduce(tree.add, norms)  # one norm for all pairs: its gradients add
        return dencodings, replace(self, **embedded, blocks=tuple(blocks), norm=norm, feed_forward=feed_forward)


def pairs(modalities: Sequence[Any]) -> list[tuple[int, int]]:
    """Each modality with each other, by number, in one order for all: (0, 1), (0, 2), ..., (1, 0), ..."""
    return list(permutations(range(len(modalities)), 2))
