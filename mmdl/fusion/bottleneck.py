"""Fusion through a bottleneck: modalities exchange information only through a few shared tokens."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.fusion.blocks import BottleneckBlock, BottleneckBlockTrace
from mmdl.fusion.embedding import embed, embed_backward, initial, spans
from mmdl.fusion.fusion import Fusion, register
from mmdl.layers.dense import Dense
from mmdl.layers.normalization import LayerNorm
from mmdl.ops.normalization import LayerNormalized
from mmdl.ops.sequence_pooling import masked_mean, masked_mean_backward
from mmdl.shapes import Array, Arrays, Mask
from mmdl.tokens import Tokens


class BottleneckTrace(NamedTuple):
    """What backward needs; `blocks[i].seen.weights[m]` (N, heads, T_m + B, T_m + B) is there to plot."""

    values: Arrays  # of M arrays (N, T_m, D_m)
    mask: Mask  # (N, T) over all modalities' tokens
    blocks: tuple[BottleneckBlockTrace, ...]
    norm: LayerNormalized

    @property
    def spans(self) -> list[slice]:
        """The slice of the sequence that each modality occupies, before the bottleneck: M slices."""
        return spans(self.values)

    @property
    def lengths(self) -> tuple[int, ...]:
        """How many tokens each modality has."""
        return tuple(x.shape[1] for x in self.values)


@register("bottleneck", takes="tokens", recipe={"epochs": 5, "batch_size": 32, "learning_rate": 2e-3})
@dataclass(frozen=True, eq=False)
class BottleneckFusion(Fusion):
    """z = mean over modalities of the mean of norm(blocks(tokens and bottleneck)) over the modality's tokens

    M Tokens (N, T_m, D_m) -> (N, D).  The tokens are as in AttentionFusion. The bottleneck
    reads the modalities in one block and is read in the next, so at least two blocks are needed. Without bottleneck
    tokens no modality influences another.

    Source: Nagrani et al. 2021 (MBT), with one set of weights for all modalities.
    """

    projections: tuple[Dense, ...]  # of Dense, one a modality
    modality: Annotated[Array, "M D"]
    positions: tuple[Annotated[Array, "T D"], ...]  # T: the longest
    bottleneck: Array  # (B, D)
    blocks: tuple[BottleneckBlock, ...]
    norm: LayerNorm

    @classmethod
    def init(
        cls,
        rng: Generator,
        features: Sequence[int],
        width: int,
        lengths: Sequence[int],
        tokens: int = 4,
        blocks: int = 2,
        heads: int = 4,
        hidden: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> Self:
        """As in AttentionFusion; `tokens` B of the bottleneck."""
        projections, modality, positions = initial(rng, features, width, lengths, dtype)
        return cls(
            projections,
            modality,
            positions,
            rng.normal(0, 0.02, (tokens, width)).astype(dtype),
            tuple(BottleneckBlock.init(rng, width, heads, hidden or 2 * width, dtype) for _ in range(blocks)),
            LayerNorm.init(width, dtype=dtype),
        )

    def forward(self, encodings: tuple[Tokens, ...]) -> tuple[Array, BottleneckTrace]:
        values, masks = zip(*((tokens.values, tokens.full_mask) for tokens in encodings), strict=True)
        N, lengths = len(values[0]), tuple(x.shape[1] for x in values)
        bottleneck = np.broadcast_to(self.bottleneck, (N, *self.bottleneck.shape))
        x = np.concatenate([*embed(self, encodings), bottleneck], axis=1)
        seen = np.concatenate([*masks, np.ones(bottleneck.shape[:2], bool)], axis=1)
        blocks = []
        for block in self.blocks:
            (x, *_), trace = block.forward((x, seen, lengths))
            blocks.append(trace)
        y, norm = self.norm.forward(x[:, : sum(lengths)])
        means = [masked_mean(y[:, span], seen[:, span]) for span in spans(values)]
        z = functools.reduce(np.add, means) / len(means)
        return z, BottleneckTrace(values, seen[:, : sum(lengths)], tuple(blocks), norm)

    def backward(self, dz: Array, trace: BottleneckTrace, input_gradient: bool = True) -> tuple[Arrays, Self]:
        dy = [
            masked_mean_backward(dz / len(trace.values), trace.norm.y[:, span], trace.mask[:, span])
            for span in trace.spans
        ]
        dtokens, norm = self.norm.backward(np.concatenate(dy, axis=1), trace.norm)
        unread = np.zeros((len(dz), *self.bottleneck.shape), dz.dtype)  # z does not depend on its last state
        dx, blocks = np.concatenate([dtokens, unread], axis=1), list[BottleneckBlock]()
        for block, its_trace in zip(reversed(self.blocks), reversed(trace.blocks), strict=True):
            dx, gradient = block.backward(dx, its_trace)
            blocks.insert(0, gradient)
        dencodings, embedded = embed_backward(self, [dx[:, span] for span in trace.spans], trace.values)
        dbottleneck = dx[:, sum(trace.lengths) :].sum(axis=0)
        return dencodings, replace(self, **embedded, bottleneck=dbottleneck, blocks=tuple(blocks), norm=norm)
