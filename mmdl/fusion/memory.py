"""A memory of several modalities: all their tokens, one modality after the other, for a decoder to look at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.fusion.embedding import embed, embed_backward, initial, spans
from mmdl.layers.dense import Dense
from mmdl.layers.layer import Layer
from mmdl.layers.transformer import TransformerBlock, TransformerBlockTrace
from mmdl.shapes import Array, Arrays, Mask
from mmdl.tokens import Tokens


class MemoryTrace(NamedTuple):
    """What backward needs, and where each modality's tokens stand."""

    values: Arrays  # of each modality's tokens (N, T_m, D_m)
    mask: Mask  # (N, S) over all tokens
    blocks: tuple[TransformerBlockTrace, ...]

    @property
    def spans(self) -> list[slice]:
        """Where each modality's tokens stand in the memory: M slices."""
        return spans(self.values)


@dataclass(frozen=True, eq=False)
class Memory(Layer):
    """memory = blocks(all tokens),  token = x W_m + b_m + modality_m + position_m,t

    M Tokens (N, T_m, D_m) -> Tokens (N, Σ T_m, D). A modality that an example lacks has no token there.
    """

    projections: tuple[Dense, ...]  # one a modality
    modality: Annotated[Array, "M D"]
    positions: tuple[Annotated[Array, "T D"], ...]  # T: the longest
    blocks: tuple[TransformerBlock, ...] = ()  # in which tokens may look at one another beforehand

    @classmethod
    def init(
        cls,
        rng: Generator,
        features: Sequence[int],
        width: int,
        lengths: Sequence[int],
        blocks: int = 0,
        heads: int = 4,
        dtype: DTypeLike = np.float32,
    ) -> Self:
        """`features` D_m and `lengths` T_m at most, by modality; `width` D of all tokens from then on."""
        read = (TransformerBlock.init(rng, width, heads, 4 * width, dtype=dtype) for _ in range(blocks))
        return cls(*initial(rng, features, width, lengths, dtype), tuple(read))

    def forward(self, encodings: tuple[Tokens, ...]) -> tuple[Tokens, MemoryTrace]:
        values = tuple(tokens.values for tokens in encodings)
        mask = np.concatenate([tokens.full_mask for tokens in encodings], axis=1)
        tokens, traces = Tokens(np.concatenate(embed(self, encodings), axis=1), mask), []
        for block in self.blocks:
            tokens, trace = block.forward(tokens)
            traces.append(trace)
        return tokens, MemoryTrace(values, mask, tuple(traces))

    def backward(self, dy: Array, trace: MemoryTrace, input_gradient: bool = True) -> tuple[Arrays, Self]:
        blocks: list[TransformerBlock] = []
        for block, own in zip(reversed(self.blocks), reversed(trace.blocks), strict=True):
            dy, gradient = block.backward(dy, own)
            blocks.insert(0, gradient)
        dencodings, embedded = embed_backward(self, [dy[:, span] for span in trace.spans], trace.values)
        return dencodings, replace(self, **embedded, blocks=tuple(blocks))
