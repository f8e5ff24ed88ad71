"""Pictures without their strongest principal components: what most of them have in common is gone, details stay."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from mmdl.data.kinds import Kind
from mmdl.data.preprocessors.image import ImagePreprocessor
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.errors import DataError
from mmdl.shapes import Array


@dataclass(frozen=True)
class RemainderPreprocessor(Preprocessor):
    """y = r clipped to [0, 1],   r = (x − μ) − (x − μ) Vᵀ V

    Parameters
    ----------
    images : ImagePreprocessor
        What makes x, (N, R, C, 1) in [0, 1], of pictures from anywhere.
    mean : tuple of R · C floats
        μ, the mean of the pictures that `fit` saw.
    components : tuple of K · R · C floats
        V (K, R · C), row after row: the directions in which those pictures differ most.
    """

    kind: ClassVar[Kind] = "image"
    centred: ClassVar[bool] = True

    images: ImagePreprocessor
    mean: tuple[float, ...] = field(repr=False)
    components: tuple[float, ...] = field(repr=False)

    def __post_init__(self) -> None:
        size = self.images.rows * self.images.columns
        if len(self.mean) != size or len(self.components) % size:
            counts = f"a mean of {len(self.mean)} numbers and components of {len(self.components)}"
            raise DataError(f"pictures of {size} pixels do not go with {counts}")

    @classmethod
    def fit(cls, pictures: Array, energy: float, images: ImagePreprocessor) -> Self:
        """The fewest principal components that have at least this share of the energy Σ (x − μ)² of training pictures

        pictures: (N, R, C, 1) uint8, as `images` makes them

        Source: K. Pearson, On lines and planes of closest fit to systems of points in space, 1901.
        """
        if not 0 <= energy < 1:
            raise DataError(f"the share of the energy lies between 0 and 1, not at {energy}")
        x = pictures.reshape(len(pictures), -1) / 255
        mean = x.mean(axis=0)
        energies, directions = np.linalg.eigh((x - mean).T @ (x - mean))  # the strongest is the last
        shares = np.cumsum(energies[::-1]) / energies.sum()
        count = int(np.searchsorted(shares, energy)) + 1 if energy else 0
        strongest = directions.T[::-1][:count]
        return cls(images, tuple(mean.round(5).tolist()), tuple(strongest.round(5).ravel().tolist()))

    @property
    def shape(self) -> tuple[int, ...]:
        """(R, C, D) of each picture."""
        return self.images.shape

    def remainder(self, x: Array) -> Array:
        """r of pictures x, (N, R, C, 1) in [0, 1]: of either sign, as nothing is clipped yet."""
        mean, components = np.array(self.mean, np.float32), np.array(self.components, np.float32)
        components = components.reshape(-1, len(mean))
        centred = x.reshape(-1, len(mean)).astype(np.float32, copy=False) - mean
        return (centred - centred @ components.T @ components).reshape(x.shape)

    def describe(self) -> str:
        components = len(self.components) // len(self.mean)
        return f"{self.images.describe()}, without {components} principal components"

    def encode(self, pictures: Any) -> Array:
        """A list of N pictures, as `ImagePreprocessor.encode` takes them -> (N, R, C, 1) float32 in [0, 1]

        A blank one gives zeros.
        """
        x = self.images.encode(pictures)
        return self.remainder(x).clip(0, 1) * x.any(axis=(1, 2, 3), keepdims=True)
