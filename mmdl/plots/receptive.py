"""Where a cell of a feature map comes from: its field in the picture, and heat maps laid over it."""

from typing import NamedTuple

import numpy as np

from mmdl.layers import AveragePool2D, Conv2D, MaxPool2D
from mmdl.ops._windows import sweeps
from mmdl.plots.inputs import flat_layers


class Field(NamedTuple):
    """Along one axis: cell p sees the pixels first + p · stride, `size` of them, some perhaps in the padding."""

    first: int
    stride: int
    size: int

    def through(self, sweep):
        """The field of the cells of a next layer, whose window sweeps these cells."""
        reach = (sweep.window - 1) * sweep.dilation
        return Field(
            self.first - sweep.before * self.stride,
            self.stride * sweep.stride,
            self.size + reach * self.stride,
        )


def feature_maps(encoder, image):
    """Yield every layer of an image encoder with what goes in and what comes out, as long as these are images.

    image: (R, C, D)
    """
    x = image[None]
    for layer in flat_layers(encoder):
        y, _ = layer.forward(x)
        if not (isinstance(y, np.ndarray) and y.ndim == 4):
            return
        yield layer, x, y
        x = y


def receptive_fields(encoder, image):
    """The fields of the last feature map's cells -> two Fields, of the rows and of the columns

    first′ = first − before · stride,   size′ = size + (window − 1) · dilation · stride,   stride′ = stride · step

    Source: Dumoulin, Visin, A guide to convolution arithmetic for deep learning, 2016.
    """
    fields = Field(0, 1, 1), Field(0, 1, 1)
    for layer, x, _ in feature_maps(encoder, image):
        if isinstance(layer, Conv2D):
            swept = sweeps("Conv2D", x, layer.w.shape[:2], layer.stride, layer.padding, layer.dilation)
        elif isinstance(layer, (MaxPool2D, AveragePool2D)):
            window = layer.window if isinstance(layer.window, tuple) else (layer.window, layer.window)
            swept = sweeps(type(layer).__name__, x, window, layer.stride or window, layer.padding)
        else:
            continue
        fields = tuple(field.through(sweep) for field, sweep in zip(fields, swept, strict=True))
    return fields


def cell_weights(field, cells, pixels):
    """Each cell's weight over the pixels in the middle of its field, one stride wide. -> (cells, pixels), rows sum to 1

    Neighbours touch but do not overlap, so a map of weights keeps its sum when it is laid over the picture.
    """
    start = field.first + (field.size - field.stride) / 2 + field.stride * np.arange(cells)[:, None]
    pixel = np.arange(pixels)
    overlap = (np.minimum(start + field.stride, pixel + 1) - np.maximum(start, pixel)).clip(0)
    outside = overlap.sum(axis=1) == 0  # a cell in the padding counts for the nearest pixel
    overlap[outside, np.where(start[outside, 0] < 0, 0, pixels - 1)] = 1
    return overlap / overlap.sum(axis=1, keepdims=True)


def over_picture(weights, fields, shape):
    """heat[..., r, c] = Σ weights[..., p, q] rows[p, r] columns[q, c]

    weights (..., P, Q), shape (R, C, ...) -> (..., R, C) with the same sum
    """
    rows, columns = (
        cell_weights(field, cells, pixels)
        for field, cells, pixels in zip(fields, weights.shape[-2:], shape[:2], strict=True)
    )
    return rows.T @ weights @ columns
