"""A modality that may be absent: an encoder, and a learned substitute."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np

from mmdl.data.repeated import Repeated
from mmdl.layers.layer import Layer
from mmdl.shapes import Array, Ids, Mask
from mmdl.tokens import Tokens, scatter, select


class ModalityTrace(NamedTuple):
    """Which examples had the modality, and the trace of the encoder, which saw only those."""

    present: Mask  # (N,)
    encoder: Any
    places: Ids | None  # which of the encodings each of these has, if several share one


@dataclass(frozen=True, eq=False)
class Modality(Layer):
    """y = encoder(x) for the examples that have this modality, a learned substitute for the others.

    The encoder never sees an example whose modality is absent, and what several examples show (`Repeated`) but once.
    """

    encoder: Layer
    absent: Array | None  # (D,) for a vector, (1, D) for one token, (1, 1, D) for a map, None for nothing but zeros

    def forward(self, x: Any, present: Mask | None = None) -> tuple[Any, ModalityTrace]:
        """x of N examples, present (N,), all if not given -> y of N examples, trace"""
        if present is None:
            present = np.ones(len(x.values if isinstance(x, Tokens) else x), bool)
        x, places = _once(x if present.all() else select(x, present))
        y, trace = self.encoder.forward(x)
        return self._among(present, _for_each(y, places)), ModalityTrace(present, trace, places)

    def __call__(self, x: Any, present: Mask | None = None) -> Any:
        x, places = _once(x if present is None or present.all() else select(x, present))
        y = _for_each(self.encoder(x), places)
        return y if present is None else self._among(present, y)

    def _among(self, present: Mask, y: Any) -> Any:
        """What the encoder makes of those who are present, with the substitute in the places of the others."""
        if present.all():
            return y
        if isinstance(y, Tokens):
            values, mask = scatter(y.values, present), scatter(y.full_mask, present)
            if self.absent is not None:
                mask[~present, 0] = True
                values[~present, :1] = self.absent
            y = Tokens(values, mask)
        else:
            y = scatter(y, present)
            if self.absent is not None:
                y[~present] = self.absent
        return y

    def backward(self, dy: Array, trace: ModalityTrace, input_gradient: bool = True) -> tuple[Any, Self]:
        """dx is zero for the absent, None if the input has no gradient; who share an input have that of the one"""
        dencoded = dy[trace.present] if trace.places is None else _summed(dy[trace.present], trace.places)
        dx, encoder = self.encoder.backward(dencoded, trace.encoder, input_gradient)
        dx = None if dx is None else scatter(_for_each(dx, trace.places), trace.present)
        if self.absent is None:
            return dx, replace(self, encoder=encoder)
        dabsent = dy[~trace.present].sum(axis=0)
        if dabsent.ndim == 3:  # of a map: all cells are the same
            dabsent = dabsent.sum(axis=(0, 1), keepdims=True)
        return dx, replace(self, encoder=encoder, absent=dabsent[:1] if dabsent.ndim == 2 else dabsent)


def _once(x: Any) -> tuple[Any, Ids | None]:
    """What an encoder is to read, and in which place of it each example finds its own, unless each has one."""
    return x.distinct() if isinstance(x, Repeated) else (x, None)


def _for_each(y: Any, places: Ids | None) -> Any:
    return y if places is None else select(y, places)


def _summed(dy: Array, places: Ids) -> Array:
    """dy[u] = Σ of dy[n] over all n that have place u.  (N, ...) -> (U, ...)"""
    is_at = np.arange(places.max(initial=-1) + 1)[:, None] == places
    return np.tensordot(is_at.astype(dy.dtype), dy, axes=1)
