"""A picture that many examples show is kept once: arrays of which rows are drawn by their places."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mmdl.shapes import Array, Ids


@dataclass(frozen=True, eq=False)
class Repeated:
    """x[n] = values[places[n]], an array (N, ...) that holds equal rows once

    It stands wherever a modality's array stands among `Examples`. What is taken from it for a batch is a plain array,
    and where batches go by picture again such a one: each picture once.

    Parameters
    ----------
    values : array (U, ...)
    places : ints (N,)
    """

    values: Array
    places: Ids

    @classmethod
    def of(cls, rows: list[Array]) -> Any:
        """Rows, some of which may be the very same object, as one array  -> a plain array if none is"""
        first: dict[int, int] = {}
        places = [first.setdefault(id(row), len(first)) for row in rows]
        if len(first) == len(rows):
            return np.stack(rows)
        by_place = dict(zip(places, rows, strict=True))
        return cls(np.stack([by_place[place] for place in range(len(first))]), np.array(places))

    def __len__(self) -> int:
        return len(self.places)

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.places), *self.values.shape[1:]

    @property
    def ndim(self) -> int:
        return self.values.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.values.dtype

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, tuple):
            return np.asarray(self)[rows]
        places = self.places[rows]
        return self.values[places] if np.ndim(places) == 0 else Repeated(self.values, places)

    def distinct(self) -> tuple[Array, Ids]:
        """The values that some row has, in order, and of which of them each row has: x[n] = values[places[n]]"""
        there, places = np.unique(self.places, return_inverse=True)
        return self.values[there], places

    def take(self, rows: Any, axis: int = 0) -> Array:
        """These rows as a plain array."""
        found: Array = self.values[self.places[rows]] if axis == 0 else np.asarray(self).take(rows, axis)
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.values[self.places].astype(dtype or self.dtype, copy=False)
