"""Embedding layers."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl import tree
from mmdl.layers.layer import Layer
from mmdl.ops.embedding import embedding, embedding_backward
from mmdl.shapes import Array
from mmdl.tokens import Tokens


@dataclass(frozen=True, eq=False)
class Embedding(Layer):
    """A vector for every word.  Tokens of ids (N, T) -> Tokens (N, T, D)"""

    E: Array = tree.fixed_row("padding_id")  # (A, D)
    padding_id: int | None = None  # this row never changes, whatever the optimizer

    @classmethod
    def init(
        cls,
        rng: Generator,
        entries: int,
        features: int,
        dtype: DTypeLike = np.float32,
        padding_id: int | None = None,
        scale: float = 0.05,
    ) -> Self:
        """Uniform in ± scale; √3 gives unit variance."""
        return cls(rng.uniform(-scale, scale, (entries, features)).astype(dtype), padding_id)

    def forward(self, tokens: Tokens) -> tuple[Tokens, Tokens]:
        return Tokens(embedding(tokens.values, self.E), tokens.mask), tokens

    def backward(self, dy: Array, tokens: Tokens, input_gradient: bool = True) -> tuple[None, Self]:
        if tokens.mask is not None:
            dy = np.where(tokens.mask[..., None], dy, 0)
        return None, replace(self, E=embedding_backward(dy, tokens.values, self.E, self.padding_id))


@dataclass(frozen=True, eq=False)
class Lookup(Embedding):
    """A vector for every id; ids may be floats with whole values, and have no mask.  (N, ...) -> Tokens (N, ..., D)"""

    mask_zero: bool = False  # whether the id 0 means padding

    def forward(self, tokens: Tokens) -> tuple[Tokens, Tokens]:
        ids = tokens.values.astype(np.int32)
        y, trace = super().forward(Tokens(ids, None))
        return Tokens(y.values, ids != 0 if self.mask_zero else None), trace
