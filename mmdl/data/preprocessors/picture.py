"""Photographs as a model sees them: upright, whole, and all of one size."""

import os
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from mmdl.data.files.pictures import coloured, opened
from mmdl.data.kinds import Kind
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.errors import DataError
from mmdl.shapes import Array

SMALLEST, LARGEST = 8, 1024  # pixels a side: an image encoder needs a few, and a million fill the memory
GREY, COLOUR = 1, 3


@dataclass(frozen=True)
class PicturePreprocessor(Preprocessor):
    """Pictures of any size and shape in one frame.

    A picture is turned upright and scaled until it just fits, nothing cut off and nothing distorted; what it leaves
    free of the frame gets its mean colour, which makes the faintest edge. What is transparent is put on white.

    Parameters
    ----------
    rows, columns : int
        Size of the frame in pixels.
    channels : 1 for grey or 3 for colours
    mean, deviation : tuples of floats, one for each channel
        Of the training pictures: what a model subtracts first and then divides by (`mmdl.layers.Standardize`), so that
        pictures are kept as they look. Empty in models from before that.
    """

    kind: ClassVar[Kind] = "image"
    centred: ClassVar[bool] = False

    rows: int = 64
    columns: int = 64
    channels: int = COLOUR
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if min(self.rows, self.columns) < SMALLEST:
            raise DataError(f"pictures need at least {SMALLEST} x {SMALLEST} pixels, not {self.rows} x {self.columns}")
        if max(self.rows, self.columns) > LARGEST:
            raise DataError(f"pictures have at most {LARGEST} pixels a side here, not {self.rows} x {self.columns}")
        if self.channels not in (GREY, COLOUR):
            raise DataError(f"a picture has 1 channel or 3, not {self.channels}")
        if not len(self.mean) == len(self.deviation) in (0, self.channels):
            counts = f"{len(self.mean)} means and {len(self.deviation)} deviations"
            raise DataError(f"{self.channels} channels need as many means and deviations, not {counts}")

    @classmethod
    def fit(cls, frames: Array) -> Self:
        """For pictures such as these, (N, R, C, 1 or 3) uint8, with their statistics; give it training ones only."""
        _, rows, columns, channels = frames.shape
        levels = np.arange(256) / 255
        # How often there is each level says it all, and takes no memory
        share = [np.bincount(frames[..., d].ravel(), minlength=256) / frames[..., d].size for d in range(channels)]
        mean = [float(p @ levels) for p in share]
        deviation = [float(p @ (levels - m) ** 2) ** 0.5 for p, m in zip(share, mean, strict=True)]
        flat = [each if each > 1e-3 else 1.0 for each in deviation]  # a channel in which nothing ever happens
        return cls(rows, columns, channels, tuple(round(m, 5) for m in mean), tuple(round(each, 5) for each in flat))

    @property
    def shape(self) -> tuple[int, ...]:
        """(R, C, D) of each picture."""
        return self.rows, self.columns, self.channels

    def describe(self) -> str:
        return f"{self.rows} x {self.columns} pixels, {'grey' if self.channels == GREY else 'in colour'}"

    def encode(self, pictures: Any) -> Array:
        """A list of N pictures -> (N, R, C, D) float32 in [0, 1]

        A picture is a Pillow image, the path of a file, or a uint8 array (R', C') or (R', C', 1 or 3 or 4).

        Raises
        ------
        DataError
            If a file is missing; FormatError if it is no picture or a broken one.
        """
        from PIL import Image

        if isinstance(pictures, (str, os.PathLike, Image.Image)):
            raise DataError("pictures must be a list, even of one")
        frames = [self.frame(picture) for picture in pictures]
        return np.array(frames, np.float32).reshape(-1, *self.shape) / np.float32(255)

    def frame(self, picture: Any) -> Array:
        """One picture -> (R, C, D) uint8"""
        from PIL import Image

        image = coloured(opened(picture, 2 * max(self.rows, self.columns)))
        if self.channels == GREY:
            image = image.convert("L")
        scale = min(self.rows / image.height, self.columns / image.width)
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        image = image.resize(size, Image.Resampling.LANCZOS)
        pixels = np.asarray(image).reshape(image.height, image.width, self.channels)
        frame = np.empty(self.shape, np.uint8)
        frame[:] = np.rint(pixels.mean(axis=(0, 1)))
        top, left = (self.rows - image.height) // 2, (self.columns - image.width) // 2
        frame[top : top + image.height, left : left + image.width] = pixels
        return frame
