"""The columns of a table, one class for each modality: cells become what a person has, and that becomes arrays.

Each class has two steps. `read(cells)` takes the cells of all rows and returns a list of values, None where a cell is
empty, and why rows cannot be used, {place: (column, reason)}. `fit(values, training)` takes the values of the rows that
are used, and which of them are for training, and returns the preprocessor, what it makes of the values that are there,
and a sentence about them.
"""

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

from mmdl.data.files.pictures import upright_size
from mmdl.data.preprocessors.audio import AudioPreprocessor, wave_of
from mmdl.data.preprocessors.numbers import Standardizer
from mmdl.data.preprocessors.picture import GREY, PicturePreprocessor
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.data.preprocessors.text import Tokenizer
from mmdl.data.preprocessors.units import has_words
from mmdl.data.repeated import Repeated
from mmdl.data.table.numerals import FORMS, LARGEST, Form, form_of, number_in
from mmdl.data.table.report import counted
from mmdl.data.watching import watched
from mmdl.errors import DataError
from mmdl.shapes import Mask

RATE = AudioPreprocessor.rate  # samples a second of all sounds
SIDES = (16, 64)  # pixels on the longer side of a frame, at least and at most
HALVED = 8  # a multiple of it can be halved by an encoder's stages, and nothing is left over
WORDS = 64  # of a text that are read, at most, unless more are asked for
SECONDS = 4  # of a sound that are heard, likewise
MOST = 0.95  # so many sounds fit in whole, if that is not too long
NEARLY_ALL = 0.99  # so many texts, likewise: a review may keep its verdict for its end
UNKNOWN = {"", "na", "n/a", "nan", "null", "none", "-", "?"}


Read: TypeAlias = tuple[list[Any], dict[int, tuple[Any, str]]]  # values, and by place the column at fault and why


class Reader(Protocol):
    """What reads the cells of one modality, and then makes arrays of what was in them."""

    @property
    def column(self) -> Any: ...
    def read(self, cells: list[Any]) -> Read: ...
    def fit(self, values: list[Any], training: Mask) -> tuple[Preprocessor, Any, str]: ...


@dataclass(frozen=True)
class Pictures:
    """A column with files of pictures.

    The frame's longer side is the median of the pictures' longer sides, though from 16 to 64 pixels, and its shape the
    median of their shapes, both rounded to multiples of 8 pixels; it has colours if any picture has.
    """

    column: str
    folder: Path
    size: tuple[int, int] | None = None  # rows, columns

    def read(self, cells: list[Any]) -> Read:
        files = [file_of(self.folder, cell) for cell in cells]
        size = self.size or frame_size([upright_size(file) for file in files if file])
        return _each(files, self.column, PicturePreprocessor(size[0], size[1]).frame)

    def fit(self, values: list[Any], training: Mask) -> tuple[Preprocessor, Any, str]:
        """A picture that several rows show is kept once, and counts once."""
        found = Repeated.of(_there(values))
        frames, places = (found.values, found.places) if isinstance(found, Repeated) else (found, np.arange(len(found)))
        if (frames == frames[..., :1]).all():
            frames = np.ascontiguousarray(frames[..., :GREY])
        there = np.array([value is not None for value in values])
        learned = np.unique(places[np.asarray(training)[there]])
        preprocessor = PicturePreprocessor.fit(frames if len(learned) == len(frames) else frames[learned])
        kept = Repeated(frames, places) if isinstance(found, Repeated) else frames
        shared = f" for {counted(len(places), 'row')}" if isinstance(found, Repeated) else ""
        return preprocessor, kept, f"{counted(len(frames), 'picture')}{shared}, made {preprocessor.describe()}"


@dataclass(frozen=True)
class Texts:
    """A column with texts: as many words of each are read as 99 % of the training texts have, but at most 64.

    `unit` is what is a word: by default each script's own, see `Tokenizer`.
    """

    column: str
    length: int | None = None
    unit: str = "auto"

    def read(self, cells: list[Any]) -> Read:
        return [cell if has_words(cell) else None for cell in cells], {}

    def fit(self, values: list[Any], training: Mask) -> tuple[Preprocessor, Any, str]:
        texts = _there(values, training)
        longer: list[int] = []

        def length(lengths: Sequence[int]) -> int:
            found = int(most(lengths, WORDS, NEARLY_ALL))
            longer.extend(each for each in lengths if each > found)
            return found

        tokenizer = Tokenizer.fit(texts, self.length or length, unit=self.unit)
        cut = ""
        if len(longer) > (1 - NEARLY_ALL) * len(texts):
            many = f"{len(longer):,} of {counted(len(texts), 'text')} for training"
            cut = f"; {many} have more, up to {max(longer):,}: --text-length reads more"
        texts = _there(values)
        return tokenizer, tokenizer.encode(texts), f"{len(texts):,} texts, {tokenizer.describe()}{cut}"


@dataclass(frozen=True)
class Sounds:
    """A column with WAV files: as much of each is heard as 95 % of the training sounds last, but at most 4 seconds."""

    column: str
    folder: Path
    seconds: float | None = None

    def read(self, cells: list[Any]) -> Read:
        return _each([file_of(self.folder, cell) for cell in cells], self.column, lambda file: wave_of(file, RATE))

    def fit(self, values: list[Any], training: Mask) -> tuple[Preprocessor, Any, str]:
        sounds = _there(values, training)
        seconds = self.seconds or most([len(sound) / RATE for sound in sounds], SECONDS)
        preprocessor = AudioPreprocessor.fit(sounds, seconds=seconds)
        sounds = _there(values)
        sentence = f"{len(sounds):,} sounds, at most {seconds:.2g} s of each are heard"
        return preprocessor, preprocessor.encode(sounds), sentence


@dataclass(frozen=True)
class Numbers:
    """Columns with numbers, side by side: a row in which all are empty has none, a single empty one is the mean."""

    column: tuple[str, ...]
    delimiter: str = ","
    decimal: str = ""
    thousands: str | None = None
    forms: dict[str, Form] = field(default_factory=dict)  # by column, as `read` finds them

    def read(self, cells: list[Any]) -> Read:
        wrong: dict[int, tuple[Any, str]] = {}
        found = []
        for name, column in zip(self.column, zip(*cells, strict=True), strict=True):
            self.forms[name] = form = form_of(name, column, self.delimiter, self.decimal, self.thousands)
            numbers, mistakes = _each(column, name, partial(number_in, form=form))
            found.append([math.nan if number is None else number for number in numbers])
            wrong = mistakes | wrong
        rows = [list(row) for row in zip(*found, strict=True)]
        return [None if all(map(math.isnan, row)) else row for row in rows], wrong

    def fit(self, values: list[Any], training: Mask) -> tuple[Preprocessor, Any, str]:
        preprocessor = Standardizer.fit(_there(values, training), self.column)
        known = _there(values)
        empty = int(np.isnan(known).sum())
        filled = f"; empty cells, taken as the mean: {empty:,}" if empty else ""
        read = "".join(f"; {name}: {form}" for name, form in self.forms.items() if form != FORMS[0])
        sentence = f"{counted(len(known), 'row')} of numbers, {len(self.column)} each{read}{filled}"
        return preprocessor, preprocessor.encode(known), sentence


def frame_size(sizes: Sequence[tuple[int, int] | None]) -> tuple[int, int]:
    """The rows and columns of a frame that suits pictures of these sizes; those that are None are not known."""
    rows, columns = np.array([size for size in sizes if size] or [SIDES[:1] * 2], float).T
    longer = np.median(np.maximum(rows, columns)).clip(*SIDES)
    shape = np.median(rows / columns)
    sides = longer * min(1, shape), longer / max(1, shape)
    return tuple(max(1, round(side / HALVED)) * HALVED for side in sides)


def most(lengths: Sequence[float], limit: float, share: float = MOST) -> float:
    """A length that this share of these does not exceed, though not above the limit."""
    return min(np.quantile(lengths, share, method="higher").item(), limit)


def number_of(cell: str, decimal: str = ".") -> float:
    """The number in a cell; NaN if it says that there is none."""
    if cell.lower() in UNKNOWN:
        return math.nan
    try:
        number = float(cell.replace(decimal, "."))
    except ValueError:
        number = math.nan
    if not abs(number) <= LARGEST:
        raise DataError(f"{cell!r} is {'too large' if math.isfinite(number) else 'no number'}")
    return number


def file_of(folder: Path, cell: str) -> Path | None:
    """The path that a cell names, from the table's folder; None if it is empty."""
    if not cell:
        return None
    path = folder / cell  # `path.exists()` would raise if it is too long for a path
    return path if os.path.exists(path) else folder / cell.replace("\\", "/")  # as Windows writes it


def _each(cells: Sequence[Any], column: Any, read: Callable[[Any], Any]) -> Read:
    values, wrong = [], {}
    known: dict[Any, Any] = {}  # a file that many rows name is read once
    for place, cell in enumerate(watched(cells, str(column))):
        try:
            if cell and cell not in known:
                known[cell] = read(cell)
            values.append(known[cell] if cell else None)
        except DataError as mistake:
            values.append(None)
            wrong[place] = column, str(mistake)
    return values, wrong


def _there(values: list[Any], rows: Any = None) -> list[Any]:
    """The values that are there, in the rows that are True or in all."""
    rows = [True] * len(values) if rows is None else rows
    return [value for value, chosen in zip(values, rows, strict=True) if chosen and value is not None]
