"""Fusion by attention: image patches, words and sounds become one sequence, and every token looks at all."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from mmdl.errors import ShapeError
from mmdl.fusion.vectors import project
from mmdl.layers.dense import Dense
from mmdl.layers.layer import Layer
from mmdl.layers.normalization import LayerNorm
from mmdl.layers.transformer import TransformerBlock, TransformerBlockTrace
from mmdl.ops.normalization import LayerNormalized
from mmdl.ops.sequence_pooling import masked_mean, masked_mean_backward
from mmdl.tokens import Tokens


class AttentionFusionTrace(NamedTuple):
    """What backward needs; `block.attention.weights` (N, heads, T, T) tells who looked at whom."""

    values: tuple  # of each modality's tokens (N, T_m, D_m)
    mask: np.ndarray  # (N, T) over all tokens
    block: TransformerBlockTrace
    norm: LayerNormalized

    @property
    def spans(self):
        """Where each modality's tokens stand in the sequence: M slices."""
        ends = np.cumsum([x.shape[1] for x in self.values])
        return [slice(end - x.shape[1], end) for x, end in zip(self.values, ends, strict=True)]


@dataclass(frozen=True, eq=False)
class AttentionFusion(Layer):
    """z = mean of norm(block(all tokens)),  token = x W_m + b_m + modality_m + position_m,t

    M Tokens (N, T_m, D_m) -> (N, D)
    """

    projections: tuple  # of Dense, one a modality
    modality: np.ndarray  # (M, D)
    positions: tuple  # of arrays (longest T_m, D)
    block: TransformerBlock
    norm: LayerNorm

    takes: ClassVar[str] = "tokens"

    @classmethod
    def init(cls, rng, features, width, lengths, heads=4, hidden=None, dtype=np.float32):
        """`features` D_m and `lengths` T_m at most, by modality; `width` D of all tokens from then on."""

        def embeddings(entries):
            return rng.normal(0, 0.02, (entries, width)).astype(dtype)

        return cls(
            tuple(Dense.init(rng, D, width, dtype) for D in features),
            embeddings(len(features)),
            tuple(embeddings(length) for length in lengths),
            TransformerBlock.init(rng, width, heads, hidden or 4 * width, dtype=dtype),
            LayerNorm.init(width, dtype=dtype),
        )

    def forward(self, encodings, present=None):
        values = tuple(tokens.values for tokens in encodings)
        mask = np.concatenate([tokens.mask for tokens in encodings], axis=1)
        x = project(self.projections, values)
        for m, each in enumerate(x):
            if each.shape[1] > len(self.positions[m]):
                raise ShapeError(
                    f"AttentionFusion: modality {m} has {each.shape[1]} tokens "
                    f"but there are positions for {len(self.positions[m])}"
                )
            each += self.modality[m] + self.positions[m][: each.shape[1]]
        y, block = self.block.forward(Tokens(np.concatenate(x, axis=1), mask))
        normalized, norm = self.norm.forward(y.values)
        return masked_mean(normalized, mask), AttentionFusionTrace(values, mask, block, norm)

    def backward(self, dz, trace):
        dnormalized = masked_mean_backward(dz, trace.norm.y, trace.mask)
        dy, norm = self.norm.backward(dnormalized, trace.norm)
        dx, block = self.block.backward(dy, trace.block)
        dencodings, projections, modality, positions = [], [], [], []
        for m, span in enumerate(trace.spans):
            dencoding, projection = self.projections[m].backward(dx[:, span], trace.values[m])
            dposition = np.zeros_like(self.positions[m])
            dposition[: span.stop - span.start] = dx[:, span].sum(axis=0)
            dencodings.append(dencoding)
            projections.append(projection)
            modality.append(dposition.sum(axis=0))
            positions.append(dposition)
        gradient = AttentionFusion(tuple(projections), np.stack(modality), tuple(positions), block, norm)
        return tuple(dencodings), gradient
