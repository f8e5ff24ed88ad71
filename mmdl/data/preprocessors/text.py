"""Words or letters as numbers: a vocabulary, and texts as rows of ids."""

from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from mmdl.data.kinds import Kind
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.data.preprocessors.units import LETTERS, UNITS
from mmdl.data.watching import watched
from mmdl.errors import DataError
from mmdl.tokens import Tokens

PADDING, UNKNOWN = 0, 1
FIRST_WORD = 2


@dataclass(frozen=True)
class Tokenizer(Preprocessor):
    """Word number n of `words` has the id n + 2; 0 is padding and 1 any word that is not known.

    Where texts have slips of the pen, letters are surer than words: with the unit "letter", read letter for word in
    all that follows.

    Parameters
    ----------
    words : tuple of str
        The vocabulary, in capitals.
    length : int
        Words of a text beyond this many are cut off.
    unit : "word", "letter", "auto", "spaced" or "character"
        What is a word here. The first two are for captions in capitals and for what a keyboard yields; for texts that
        people write, "auto" takes words, and single characters in scripts without spaces between words, "spaced" words
        only, and "character" all characters. See `mmdl.data.preprocessors.units`.
    """

    kind: ClassVar[Kind] = "text"

    words: tuple[str, ...]
    length: int
    unit: str = "word"

    def __post_init__(self) -> None:
        if self.length < 1:
            raise DataError(f"a tokenizer needs room for at least one {self.noun}, not {self.length}")
        if self.unit not in UNITS:
            raise DataError(f'the unit of a tokenizer is {", ".join(UNITS)}, not "{self.unit}"')

    @classmethod
    def fit(
        cls,
        texts: Any,
        length: int | Callable[[Sequence[int]], int] | None = None,
        minimum: int = 1,
        unit: str = "word",
    ) -> Self:
        """The vocabulary of these texts (give it training texts only), in alphabetical order.

        Words that occur fewer than `minimum` times stay unknown. The longest text sets a missing `length`, which may
        also be a function of the lengths of all.
        """
        split, occurrences, lengths = cls((), 1, unit).split, Counter[str](), array("i")
        for text in watched(_checked(texts), "vocabulary"):  # a million texts' words need not be there at once
            found = split(text)
            occurrences.update(found)
            lengths.append(len(found))
        words = tuple(sorted(word for word, count in occurrences.items() if count >= minimum))
        return cls(words, length(lengths) if callable(length) else length or max([1, *lengths]), unit)

    def split(self, text: str) -> list[str]:
        """The words of a text, known or not, as many as there are."""
        return UNITS[self.unit](text)

    @property
    def of_letters(self) -> bool:
        """Whether the words are single letters, which say nothing by themselves."""
        return self.unit in LETTERS

    @property
    def noun(self) -> str:
        """What a word is called."""
        return self.unit if self.of_letters else "word"

    @property
    def shape(self) -> tuple[int, ...]:
        """(T,) of each text, T at most."""
        return (self.length,)

    def describe(self) -> str:
        return f"{len(self.words):,} {self.noun}s known, at most {self.length} of a text are read"

    @property
    def entries(self) -> int:
        """How many ids there are, A: the rows of an embedding table."""
        return FIRST_WORD + len(self.words)

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each word."""
        return {word: place for place, word in enumerate(self.words, FIRST_WORD)}

    def encode(self, texts: Any) -> Tokens:
        """A list of N texts -> Tokens(ids (N, T), mask (N, T)), T the longest of them and at least 1.

        A word that is not known becomes the unknown id; a text without words becomes a row without tokens.
        """
        ids, counts = array("i"), array("i")
        for text in watched(_checked(texts), "texts"):
            words = self.split(text)[: self.length]
            ids.extend(self.ids.get(word, UNKNOWN) for word in words)
            counts.append(len(words))
        lengths = np.array(counts, int)
        mask = np.arange(lengths.max(initial=1)) < lengths[:, None]
        values = np.full(mask.shape, PADDING, np.int32)
        values[mask] = np.array(ids, np.int32)
        return Tokens(values, mask)

    def words_of(self, ids: Any) -> list[str]:
        """The words of one row of ids (T,); padding is left out, and what is unknown reads "?"."""
        return ["?" if each == UNKNOWN else self.words[each - FIRST_WORD] for each in ids if each != PADDING]


def _checked(texts: Any) -> list[str]:
    # One string alone would pass for a list of letters, and is never meant so
    texts = None if isinstance(texts, str) else list(texts)
    if texts is None or not all(isinstance(text, str) for text in texts):
        raise DataError("texts must be a list of strings, even of one")
    return texts
