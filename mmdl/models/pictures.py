"""Encoders of pictures: small ones with one thing in the middle, and large ones with several, each at its place."""

from typing import Any, TypeAlias

from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.layers import BatchNorm, Conv2D, Coordinates, Layer, MaxPool2D, Patches, ReLU, Sequential, Standardize
from mmdl.models.encoders import image_encoder, tokens_of

Encoded: TypeAlias = tuple[Sequential, tuple[int, int]]  # an encoder, and the shape (T, D) of its tokens

FILTERS = 16  # of an image encoder's first stage; the next have twice as many each, up to the width
LARGE = 32  # pixels on the longer side of a photograph, from which on it is first seen coarsely
CELLS = 8  # on the longer side of what is left of a photograph


def picture_encoder(rng: Generator, preprocessor: Any, width: int, reader: str, dtype: DTypeLike) -> Encoded:
    """Two stages for what is centred in a small frame; else as many as leave `CELLS` cells on the longer side, and the
    borders count as much as the middle."""
    if is_large(preprocessor):
        return _of_large_picture(rng, preprocessor, width, dtype)
    rows, columns, channels = preprocessor.shape
    if preprocessor.centred:
        encoder = image_encoder(rng, channels, (FILTERS, width), dtype=dtype)
        return encoder, tokens_of(encoder, preprocessor.shape)
    filters: list[int] = []
    while not filters or (max(rows, columns) > CELLS and min(rows, columns) > 1):
        rows, columns = rows // 2, columns // 2
        filters.append(min(FILTERS << len(filters), width))
    stages = image_encoder(rng, channels, (*filters[:-1], width), padding="same", dtype=dtype)
    first = [Standardize(preprocessor.mean, preprocessor.deviation)] if preprocessor.mean else []
    encoder = Sequential((*first, *stages.layers))
    return encoder, tokens_of(encoder, preprocessor.shape)


def is_large(preprocessor: Any) -> bool:
    """Whether a picture is standardised and larger than a small frame: a scene with things at different places."""
    picture = getattr(preprocessor, "kind", None) == "image"  # a sound is standardised, too
    return picture and bool(getattr(preprocessor, "mean", ())) and max(preprocessor.shape[:2]) > LARGE


def located(encoder: Sequential) -> Sequential:
    """Patches that say where they stand: what looks at some of them finds that as well as what is there, and need not
    learn it of every place anew."""
    *layers, patches = encoder.layers
    return Sequential((*layers, Coordinates(), patches))


def _of_large_picture(rng: Generator, preprocessor: Any, width: int, dtype: DTypeLike) -> Encoded:
    """The first stage looks at every other pixel only, which takes a third of the time. Where `CELLS` cells are left on
    the longer side, two more convolutions see things whole, and the last of them, where they stand. Batch norm: what
    tells a circle from a square is small beside the colours, and would be learned late or never."""
    rows, columns, channels = preprocessor.shape

    def stage(channels: int, filters: int, kernel: int, stride: int = 1, halved: bool = False) -> list[Layer]:
        convolution = Conv2D.init(rng, channels, filters, (kernel, kernel), dtype, padding="same", stride=stride)
        pool = [MaxPool2D(2)] if halved else []
        return [convolution, *pool, BatchNorm.init(filters, momentum=0.9, dtype=dtype), ReLU()]

    filters = min(FILTERS, width)
    layers: list[Layer] = [Standardize(preprocessor.mean, preprocessor.deviation)]
    rows, columns = -(-rows // 2), -(-columns // 2)
    halved = min(rows, columns) > 1
    layers += stage(channels, filters, 5, stride=2, halved=halved)
    while halved:
        rows, columns, channels = rows // 2, columns // 2, filters
        halved = max(rows, columns) > CELLS and min(rows, columns) > 1
        filters = min(2 * filters, width)
        layers += stage(channels, filters, 3, halved=halved)
    layers += [Coordinates(), *stage(filters + 2, width, 3), Patches()]
    encoder = Sequential(tuple(layers))
    return encoder, tokens_of(encoder, preprocessor.shape)
