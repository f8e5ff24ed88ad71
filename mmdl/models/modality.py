"""A modality that may be absent: an encoder, and what stands in for it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mmdl.layers.layer import Layer
from mmdl.tokens import Tokens, scatter, select


class ModalityTrace(NamedTuple):
    """Who was there, and the trace of the encoder, which saw only those."""

    present: np.ndarray  # (N,) bool
    encoder: object


@dataclass(frozen=True, eq=False)
class Modality(Layer):
    """y = encoder(x) for the examples that have this modality, something learned for the others.

    The encoder never sees an example whose modality is absent.
    """

    encoder: Layer
    absent: np.ndarray | None  # (D,) for a vector, (1, D) for one token, None for nothing but zeros

    def forward(self, x, present):
        """x of N examples, present (N,) -> y of N examples, trace"""
        if present.all():
            y, trace = self.encoder.forward(x)
            return y, ModalityTrace(present, trace)
        y, trace = self.encoder.forward(select(x, present))
        if isinstance(y, Tokens):
            y = Tokens(scatter(y.values, present), scatter(y.full_mask, present))
            if self.absent is not None:
                y.mask[~present, 0] = True
                y.values[~present, :1] = self.absent
        else:
            y = scatter(y, present)
            if self.absent is not None:
                y[~present] = self.absent
        return y, ModalityTrace(present, trace)

    def backward(self, dy, trace, input_gradient=True):
        """dx is zero for the absent, None if the input has no gradient"""
        dx, encoder = self.encoder.backward(dy[trace.present], trace.encoder, input_gradient)
        dx = None if dx is None else scatter(dx, trace.present)
        if self.absent is None:
            return dx, Modality(encoder, None)
        dabsent = dy[~trace.present].sum(axis=0)
        return dx, Modality(encoder, dabsent[:1] if dabsent.ndim == 2 else dabsent)
