"""Numbers as a model sees them: every column around zero, and about one wide."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from mmdl.data.kinds import Kind
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.errors import DataError
from mmdl.shapes import Array

FAINTEST = 1e-36  # deviation of numbers that differ: less is none in float32


@dataclass(frozen=True)
class Standardizer(Preprocessor):
    """z = (x − mean) / deviation, column by column

    A number that is not known (NaN) becomes the column's mean, and so 0.

    Parameters
    ----------
    mean, deviation : tuple of D floats
    names : tuple of D str, optional
        What the columns are called.
    """

    kind: ClassVar[Kind] = "numbers"

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.mean) == len(self.deviation) == len(self.names or self.mean):
            counts = f"{len(self.mean)} means, {len(self.deviation)} deviations, {len(self.names)} names"
            raise DataError(f"a standardizer needs one of each for every column, not {counts}")
        if not all(deviation > 0 for deviation in self.deviation):
            raise DataError(f"a deviation is above zero, not {min(self.deviation)}")

    @classmethod
    def fit(cls, examples: Any, names: Sequence[str] = ()) -> Self:
        """Mean and deviation of what is known of each column; give it training examples only.

        A column without spread gets the deviation 1; one that is never known, the mean 0 as well.
        """
        x = _columns(examples, names)
        known = np.isfinite(x)
        count = known.sum(axis=0).clip(1)
        mean = np.where(known, x, 0).sum(axis=0) / count
        deviation = np.sqrt((np.where(known, x - mean, 0) ** 2).sum(axis=0) / count)
        spread = deviation > (1e-12 * np.abs(mean)).clip(FAINTEST)  # rounding leaves a constant column a little of it
        return cls(tuple(mean.tolist()), tuple(np.where(spread, deviation, 1.0).tolist()), tuple(names))

    @property
    def shape(self) -> tuple[int, ...]:
        """(D,) of each example."""
        return (len(self.mean),)

    def describe(self) -> str:
        return f"{len(self.mean)} numbers each"

    def encode(self, examples: Any) -> Array:
        """A list of N sequences of D numbers -> (N, D) float32

        Raises
        ------
        DataError
            If an example has another number of numbers, or an infinite one.
        """
        x = _columns(examples, self.names or self.mean)
        return np.nan_to_num((x - self.mean) / self.deviation).astype(np.float32)

    def decode(self, z: Array) -> Array:
        """x = mean + deviation · z, column by column.  (N, D) -> (N, D) float64"""
        x: Array = np.array(self.mean) + np.array(self.deviation) * z
        return x


def _columns(examples: Any, columns: Sequence[Any]) -> Array:
    """(N, D) float64; D is the number of columns, or without any, that of the first example."""
    examples = list(examples)
    if not examples:
        return np.zeros((0, len(columns)))
    names = f" ({', '.join(columns)})" if columns and isinstance(columns[0], str) else ""
    try:
        rows = [np.asarray(example, np.float64) for example in examples]
    except (TypeError, ValueError):
        raise DataError("numbers must be a list of examples, each of them a sequence of numbers") from None
    wanted = len(columns) or rows[0].size
    for row in rows:
        if row.ndim != 1:
            raise DataError("numbers must be a list of examples, each of them a sequence of numbers")
        if len(row) != wanted:
            raise DataError(f"an example has {wanted} numbers{names}, not {len(row)}")
        if np.isinf(row).any():
            raise DataError(f"an example's numbers{names} must be finite")
    return np.array(rows)
