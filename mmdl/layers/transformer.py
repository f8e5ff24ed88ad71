"""The transformer block, written out by hand."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mmdl.layers.attention import MultiHeadAttention, MultiHeadAttentionTrace
from mmdl.layers.dense import Dense
from mmdl.layers.layer import Layer
from mmdl.layers.normalization import LayerNorm
from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.normalization import LayerNormalized
from mmdl.tokens import Tokens


class TransformerBlockTrace(NamedTuple):
    """One entry for each step of forward, in its order; `attention.weights` is there to plot."""

    norm1: LayerNormalized
    attention: MultiHeadAttentionTrace
    norm2: LayerNormalized
    widen: np.ndarray
    active: np.ndarray
    narrow: np.ndarray


@dataclass(frozen=True, eq=False)
class TransformerBlock(Layer):
    """Tokens look at one another, then each thinks for itself; both steps add to what was there.

    x ← x + attention(norm₁(x)),   x ← x + narrow(relu(widen(norm₂(x)))).   Tokens (N, T, D) -> Tokens (N, T, D)

    Source: Vaswani et al. 2017; the norms stand before the steps as in Xiong et al. 2020.
    """

    norm1: LayerNorm
    attention: MultiHeadAttention
    norm2: LayerNorm
    widen: Dense
    narrow: Dense

    @classmethod
    def init(cls, rng, features, heads, hidden, causal=False, dtype=np.float32):
        return cls(
            LayerNorm.init(features, dtype=dtype),
            MultiHeadAttention.init(rng, features, heads, causal=causal, dtype=dtype),
            LayerNorm.init(features, dtype=dtype),
            Dense.init(rng, features, hidden, dtype),
            Dense.init(rng, hidden, features, dtype),
        )

    def forward(self, tokens):
        x, mask = tokens
        n1, norm1 = self.norm1.forward(x)
        seen, attention = self.attention.forward(Tokens(n1, mask))
        x = x + seen.values
        n2, norm2 = self.norm2.forward(x)
        a, widen = self.widen.forward(n2)
        active = relu(a)
        thought, narrow = self.narrow.forward(active)
        return Tokens(x + thought, mask), TransformerBlockTrace(norm1, attention, norm2, widen, active, narrow)

    def backward(self, dy, trace, input_gradient=True):
        dactive, narrow = self.narrow.backward(dy, trace.narrow)
        da = relu_backward(dactive, trace.active)
        dn2, widen = self.widen.backward(da, trace.widen)
        dx, norm2 = self.norm2.backward(dn2, trace.norm2)
        dx += dy  # the way around
        dn1, attention = self.attention.backward(dx, trace.attention)
        dx1, norm1 = self.norm1.backward(dn1, trace.norm1)
        dx1 += dx  # the way around
        return dx1, TransformerBlock(norm1, attention, norm2, widen, narrow)
