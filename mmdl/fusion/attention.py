"""Fusion by attention: image patches, words and sounds form one sequence, and every token attends to all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.fusion.embedding import embed, embed_backward, initial, spans
from mmdl.fusion.fusion import Fusion, register
from mmdl.layers.dense import Dense
from mmdl.layers.normalization import LayerNorm
from mmdl.layers.transformer import TransformerBlock, TransformerBlockTrace
from mmdl.ops.normalization import LayerNormalized
from mmdl.ops.sequence_pooling import masked_mean, masked_mean_backward
from mmdl.shapes import Array, Arrays, Mask
from mmdl.tokens import Tokens


class AttentionFusionTrace(NamedTuple):
    """What backward needs; `block.attention.weights` (N, heads, T, T) is there to plot: of all tokens, or of those that
    ask, which alone look at others then."""

    values: Arrays  # of each modality's tokens (N, T_m, D_m)
    mask: Mask  # (N, T) over all tokens
    block: TransformerBlockTrace
    norm: LayerNormalized

    @property
    def spans(self) -> list[slice]:
        """The slice of the sequence that each modality occupies: M slices."""
        return spans(self.values)

    @property
    def masks(self) -> tuple[Mask, ...]:
        """The mask of each modality: M arrays (N, T_m)."""
        return tuple(self.mask[:, span] for span in self.spans)

    @property
    def between(self) -> dict[tuple[int, int], Array]:
        """Attention between modalities: {(from, to): (N, heads, T_from, T_to)} by numbers of modalities"""
        weights, places, read = self.block.attention.weights, dict(enumerate(self.spans)), self.block.attention.read
        if read in places.values():
            return {(a, b): weights[:, :, :, places[b]] for a in places if places[a] == read for b in places}
        return {(a, b): weights[:, :, places[a], places[b]] for a in places for b in places}


@register("attention", takes="tokens", recipe={"epochs": 5, "batch_size": 32, "learning_rate": 2e-3})
@dataclass(frozen=True, eq=False)
class AttentionFusion(Fusion):
    """z = mean of norm(block(all tokens)),  token = x W_m + b_m + modality_m + position_m,t

    M Tokens (N, T_m, D_m) -> (N, D). Where one modality `asks`, as the words of a question do of a picture, the mean is
    over its tokens alone: what they have found is the answer, and what else is in the picture does not count.
    """

    projections: tuple[Dense, ...]  # of Dense, one a modality
    modality: Annotated[Array, "M D"]
    positions: tuple[Annotated[Array, "T D"], ...]  # T: the longest
    block: TransformerBlock
    norm: LayerNorm
    asks: int | None = None  # the number of a modality

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
        asks: int | None = None,
    ) -> Self:
        """`features` D_m and `lengths` T_m at most, by modality; `width` D of all tokens from then on."""
        projections, modality, positions = initial(rng, features, width, lengths, dtype)
        block = TransformerBlock.init(rng, width, heads, hidden or 4 * width, dtype=dtype)
        return cls(projections, modality, positions, block, LayerNorm.init(width, dtype=dtype), asks)

    def forward(self, encodings: tuple[Tokens, ...]) -> tuple[Array, AttentionFusionTrace]:
        values = tuple(tokens.values for tokens in encodings)
        mask = np.concatenate([tokens.full_mask for tokens in encodings], axis=1)
        read = slice(None) if self.asks is None else spans(values)[self.asks]
        y, block = self.block.forward(Tokens(np.concatenate(embed(self, encodings), axis=1), mask), read)
        normalized, norm = self.norm.forward(y.values)
        return masked_mean(normalized, y.mask), AttentionFusionTrace(values, mask, block, norm)

    def backward(self, dz: Array, trace: AttentionFusionTrace, input_gradient: bool = True) -> tuple[Arrays, Self]:
        dnormalized = masked_mean_backward(dz, trace.norm.y, trace.mask[:, trace.block.attention.read])
        dy, norm = self.norm.backward(dnormalized, trace.norm)
        dx, block = self.block.backward(dy, trace.block)
        dencodings, embedded = embed_backward(self, [dx[:, span] for span in trace.spans], trace.values)
        return dencodings, replace(self, **embedded, block=block, norm=norm)

    def read(self, mask: Mask, spans: Sequence[slice]) -> Mask:
        """Whose mean is z: of all tokens (N, T) those that are there, or those of the modality that asks."""
        if self.asks is None:
            return mask
        asking = np.zeros(mask.shape[1], bool)
        asking[spans[self.asks]] = True
        return mask & asking
