"""Texts that are to be written: as rows of ids that end, from which the very same text comes back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from mmdl.data.kinds import Kind
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.errors import DataError
from mmdl.shapes import Array
from mmdl.tokens import Tokens

END = 0  # of every target; in front of its inputs, the same id is the beginning, and for CTC it is the blank
LONGEST = 4096
BETWEEN = {"word": " ", "letter": ""}


@dataclass(frozen=True)
class TargetTokenizer(Preprocessor):
    """text(encode([x])) = x: entry number n of `units` has the id n + 1, and every text ends in END, which is 0

    Nothing is changed: capitals, accents, hyphens and marks stay. Words are what stands between single spaces.

    Parameters
    ----------
    units : tuple of str
        The words or the characters that can be written.
    length : int
        Ids of a text at most, END included. A longer text is refused, and none is ever cut before its end.
    unit : "word" or "letter"
    """

    kind: ClassVar[Kind] = "text"

    units: tuple[str, ...]
    length: int
    unit: str = "letter"

    def __post_init__(self) -> None:
        if self.unit not in BETWEEN:
            raise DataError(f'the unit of a target is {" or ".join(BETWEEN)}, not "{self.unit}"')
        if self.length < 1:
            raise DataError(f"a target has room for its end at least, not for {self.length} ids")
        if self.length > LONGEST:  # whoever is never told to end writes as long as this
            raise DataError(f"a target has at most {LONGEST:,} ids, not {self.length:,}")

    @classmethod
    def fit(cls, texts: Iterable[str], length: int | None = None, unit: str = "letter") -> Self:
        """All units of these texts, in order; the longest text sets a missing `length`."""
        split = [cls((), 1, unit).split(text) for text in texts]
        units = tuple(sorted({each for text in split for each in text}))
        return cls(units, length or max((len(text) for text in split), default=0) + 1, unit)

    def split(self, text: str) -> list[str]:
        """The units of a text, known or not."""
        if not isinstance(text, str):
            raise DataError(f"a target is a text, not {type(text).__name__}")
        return (text.split(" ") if text else []) if self.unit == "word" else list(text)

    @property
    def shape(self) -> tuple[int, ...]:
        """(T,) of each text, T at most."""
        return (self.length,)

    @property
    def entries(self) -> int:
        """K, how many ids there are, END among them."""
        return 1 + len(self.units)

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each unit."""
        return {each: place for place, each in enumerate(self.units, 1)}

    def describe(self) -> str:
        return f"{len(self.units):,} {self.unit}s, at most {self.length - 1} in a text"

    def row(self, text: str) -> list[int]:
        """The ids of one text, END last; a DataError if it is too long or has what cannot be written."""
        units = self.split(text)
        if len(units) >= self.length:
            raise DataError(f"{text!r} has {len(units)} {self.unit}s, and there is room for {self.length - 1}")
        if unknown := [each for each in units if each not in self.ids]:
            raise DataError(f"{text!r} cannot be written: {unknown[0]!r} is none of the {len(self.units)} {self.unit}s")
        return [*(self.ids[each] for each in units), END]

    def encode(self, texts: Sequence[str]) -> Tokens:
        """A list of N texts -> Tokens(ids (N, T), mask (N, T)), T the longest of them with its END

        Raises
        ------
        DataError
            If a text is longer than `length` allows, or has a unit that is not known.
        """
        if isinstance(texts, str):
            raise DataError("targets must be a list of strings, even of one")
        rows = [self.row(text) for text in texts]
        lengths = np.array([len(row) for row in rows], int)
        mask = np.arange(lengths.max(initial=1)) < lengths[:, None]
        values = np.full(mask.shape, END, np.int32)
        values[mask] = [each for row in rows for each in row]
        return Tokens(values, mask)

    def text(self, ids: Any) -> str:
        """The text of one row of ids (T,), up to its END if there is one."""
        ids = [int(each) for each in np.asarray(ids)]
        ids = ids[: ids.index(END)] if END in ids else ids
        return BETWEEN[self.unit].join(self.units[each - 1] for each in ids)

    def texts(self, targets: Tokens | Array) -> list[str]:
        """The texts of N rows of ids."""
        return [self.text(row) for row in (targets.values if isinstance(targets, Tokens) else targets)]
