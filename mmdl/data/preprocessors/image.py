"""Pictures as a model sees them: bright ink on black, centred in a small frame."""

import os
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mmdl.data.files.pictures import grey, opened
from mmdl.data.kinds import Kind
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.errors import DataError
from mmdl.shapes import Array

FAINTEST = 26  # of 255: a picture whose strongest ink is fainter than a tenth of white is a blank sheet with noise


@dataclass(frozen=True)
class ImagePreprocessor(Preprocessor):
    """Pictures from anywhere, in the form of the data set's own.

    The background is what most of the border shows (its median), and ink is what differs from it: dark on a
    light background, light on a dark one. What is transparent is put on white, or on black if the rest is
    light. The ink is cut out, shrunk if it does not fit the frame, made so bright that its strongest pixel is
    1, and centred; ink that fits keeps its size.

    Parameters
    ----------
    rows, columns : int
        Size of the frame in pixels.
    ink : int
        Pixels on the longer side of ink that had to be shrunk: about a capital letter's among the data.
    normalised : bool
        As the digits of MNIST were: ink of every size is shrunk or enlarged, and its centre of mass, not that of
        its outline, is in the middle.
    """

    kind: ClassVar[Kind] = "image"
    centred: ClassVar[bool] = True  # nothing is to be seen at the edge of the frame

    rows: int = 28
    columns: int = 28
    ink: int = 20
    normalised: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.ink <= min(self.rows, self.columns):
            raise DataError(f"ink of {self.ink} pixels does not fit into {self.rows} x {self.columns}")

    @property
    def shape(self) -> tuple[int, ...]:
        """(R, C, D) of each picture."""
        return self.rows, self.columns, 1

    def describe(self) -> str:
        return f"{self.rows} x {self.columns} pixels, ink on black"

    def encode(self, pictures: Any) -> Array:
        """A list of N pictures -> (N, R, C, 1) float32 in [0, 1], 1 where the ink is strongest.

        A picture is a Pillow image, the path of a file, or a uint8 array (R', C') or (R', C', 1 or 3 or 4). A
        blank one gives zeros.

        Raises
        ------
        DataError
            If a file is missing; FormatError if it is no picture or a broken one.
        """
        from PIL import Image

        if isinstance(pictures, (str, os.PathLike, Image.Image)):
            raise DataError("pictures must be a list, even of one")
        frames = [self.frame(ink_of(opened(picture))) for picture in pictures]
        return np.array(frames, np.float32).reshape(-1, self.rows, self.columns, 1) / np.float32(255)

    def frame(self, ink: Array) -> Array:
        """Cut out, shrink, brighten and centre.  ink: grey levels (R', C') uint8 of any size -> (R, C)"""
        frame = np.zeros((self.rows, self.columns), np.uint8)
        strongest = ink.max()
        if strongest < FAINTEST:
            return frame
        seen = ink > strongest // 8  # the faint edge of a stroke, or a camera's noise, does not set the size
        down, across = seen.any(axis=1).nonzero()[0], seen.any(axis=0).nonzero()[0]
        ink = ink[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
        if self.normalised or ink.shape[0] > self.rows or ink.shape[1] > self.columns:
            ink = resized(ink, self.ink)
        top, left = self._corner(ink)
        bright = ink * (np.float32(255) / max(ink.max(), 1))
        frame[top : top + ink.shape[0], left : left + ink.shape[1]] = np.rint(bright)
        return frame

    def _corner(self, ink: Array) -> Array:
        """The row and the column of the frame at which the ink begins."""
        room = np.subtract((self.rows, self.columns), ink.shape)
        if not self.normalised:
            return room // 2
        mass = [(ink * place).sum() / max(ink.sum(), 1) for place in np.indices(ink.shape)]
        return np.rint(np.subtract((self.rows // 2, self.columns // 2), mass)).clip(0, room).astype(int)


def resized(levels: Array, side: int) -> Array:
    """Grey levels (R, C) with `side` pixels on the longer side; one that is shrunk is the mean of what it covers."""
    from PIL import Image, ImageOps

    image = Image.fromarray(levels)
    if max(levels.shape) <= side:
        return np.asarray(ImageOps.contain(image, (side, side), Image.Resampling.BILINEAR))
    image.thumbnail((side, side), Image.Resampling.BOX)
    return np.asarray(image)


def ink_of(image: Any) -> Array:
    """How far each pixel is from the background, (R, C) uint8: 255 is as far from it as grey can be."""
    levels = np.asarray(grey(image), np.float32)
    background = np.median(np.concatenate([levels[0], levels[-1], levels[1:-1, 0], levels[1:-1, -1]]))
    if background > 127.5:
        levels, background = 255 - levels, 255 - background
    ink = (levels - background) * (255 / (255 - background))
    return np.rint(ink.clip(0)).astype(np.uint8)
