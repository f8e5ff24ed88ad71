"""Image layers applied to sequences: a spectrogram is an image whose rows are tokens."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np

from mmdl.errors import ShapeError
from mmdl.layers.layer import Layer
from mmdl.shapes import Array, Mask
from mmdl.tokens import Tokens


class AsPictureTrace(NamedTuple):
    """The mask, the output image, and the trace of the wrapped layer."""

    mask: Mask  # (N, T)
    y: Array  # (N, P, Q, K)
    layer: Any


@dataclass(frozen=True, eq=False)
class AsPicture(Layer):
    """An image layer applied to sequences: tokens are rows, each with C columns of D channels.

    Masked rows are zero, like the zero padding beyond the image. So more padding never changes a result, provided that
    the layer pads with zeros and its windows start at the same rows for every T.

    Tokens (N, T, C · D) -> Tokens (N, P, Q · K), P = ⌈T / step⌉
    """

    layer: Layer  # (N, T, C, D) -> (N, P, Q, K)
    channels: int = 1  # D
    step: int = 1  # tokens merged into one, which is unmasked if any of them is

    def forward(self, tokens: Tokens) -> tuple[Tokens, AsPictureTrace]:
        x, mask = tokens.values, tokens.full_mask
        N, T, features = x.shape
        if features % self.channels:
            raise ShapeError(f"AsPicture: {self.channels} channels do not divide the {features} features of a token")
        picture = np.where(mask[:, :, None], x, 0).reshape(N, T, features // self.channels, self.channels)
        y, trace = self.layer.forward(picture)
        some = _any(mask, self.step)
        if y.shape[1] != some.shape[1]:
            raise ShapeError(f"AsPicture: {T} tokens became {y.shape[1]} rows, not {some.shape[1]}")
        values = y.reshape(N, y.shape[1], y.shape[2] * y.shape[3])
        return Tokens(values, None if tokens.mask is None else some), AsPictureTrace(mask, y, trace)

    def backward(self, dy: Array, trace: AsPictureTrace, input_gradient: bool = True) -> tuple[Any, Self]:
        dx, gradient = self.layer.backward(dy.reshape(trace.y.shape), trace.layer, input_gradient)
        gradient = replace(self, layer=gradient)
        if dx is None:
            return None, gradient
        dx = dx.reshape(*trace.mask.shape, dx.shape[2] * dx.shape[3])
        return np.where(trace.mask[:, :, None], dx, 0), gradient


def _any(mask: Mask, step: int) -> Mask:
    """The mask of groups of `step` tokens: True where any of them is.  mask (N, T) -> (N, P)"""
    N, T = mask.shape
    whole = np.zeros((N, -(-T // step) * step), bool)
    whole[:, :T] = mask
    return np.logical_or.reduce(whole.reshape(N, -(-T // step), step), axis=2)
