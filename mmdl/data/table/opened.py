"""A table on its way to a data set: from a file to what its rows stand for, and from chosen rows to examples."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from mmdl.data.dataset import SPLITS, Dataset, Examples
from mmdl.data.table.columns import Numbers, Pictures, Reader, Sounds, Texts
from mmdl.data.table.report import counted, demand_rows, of_absent, of_refused
from mmdl.data.table.rows import read_rows
from mmdl.data.table.steps import Columns, Table, all_of, as_one, emptied, fitted, read
from mmdl.errors import DataError
from mmdl.shapes import Array

UNITS = {"auto": "auto", "word": "spaced", "character": "character"}  # as a tokenizer calls them


@dataclass(frozen=True)
class Reading:
    """How the cells of a table are read.

    Parameters
    ----------
    image_size : (rows, columns), optional
        Of all pictures; if it is not given, see `mmdl.data.table.columns.Pictures`.
    text_length : int, sound_seconds : float, optional
        What is beyond is cut off; if they are not given, see `Texts` and `Sounds` there.
    text_unit : "auto", "word" or "character"
        What a text is read by: by default words, and single characters in scripts without spaces between words.
    decimal, thousands : str, optional
        How numbers are written; if they are not given, what fits most cells of a column decides.
    keep_na : bool
        Whether NA, nan, NULL and None in a text or a class are words, and not what is missing.
    """

    image_size: tuple[int, int] | None = None
    text_length: int | None = None
    text_unit: str = "auto"
    sound_seconds: float | None = None
    decimal: str = ""
    thousands: str | None = None
    keep_na: bool = False

    def __post_init__(self) -> None:
        if self.text_unit not in UNITS:
            raise DataError(f"texts are read by {', '.join(UNITS)}, not by {self.text_unit!r}")


def readers_of(columns: Columns, folder: Path, delimiter: str, how: Reading) -> dict[str, Reader]:
    """What reads the cells of each modality."""
    makers: dict[str, Callable[[Any], Reader]] = {
        "image": lambda column: Pictures(column, folder, how.image_size),
        "text": lambda column: Texts(column, how.text_length, UNITS[how.text_unit]),
        "audio": lambda column: Sounds(column, folder, how.sound_seconds),
        "numbers": lambda column: Numbers(column, delimiter, how.decimal, how.thousands),
    }
    return {name: makers[name](column) for name, column in columns.items()}


@dataclass(frozen=True)
class Opened:
    """A file whose rows were read.

    Parameters
    ----------
    path : of the file
    rows : int
        That stand in it.
    delimiter : str
    absent : Counter
        Cells that say that they are empty.
    readers : dict of str to Reader
        By modality.
    """

    path: str | PathLike[str]
    rows: int
    delimiter: str
    absent: Counter[str]
    readers: dict[str, Reader]

    def dataset(
        self,
        table: Table,
        part: Any,
        labels: Array,
        said: Sequence[str] = (),
        remarks: Iterable[str] = (),
        about: dict[str, Array] | None = None,
        **settings: Any,
    ) -> Dataset:
        """The data set of the rows that are used

        Parameters
        ----------
        table : Table
        part : array of str (N,)
            The split of each row.
        labels : array (N,)
        said, remarks : sequences of str
            What else the notes tell: of what was read, and of the rows.
        about : dict of str to array of str (N,), optional
            What else is known of each row.
        **settings
            Of `Dataset`, and the `targets` of its examples.
        """
        inputs, present, preprocessors, sentences = fitted(self.path, table, self.readers, part == "train")
        known = {
            name: np.array(list(map(as_one, cells, table.values[name])), object) for name, cells in table.cells.items()
        }
        known["line"] = np.array([str(line) for line in table.lines])
        targets = settings.pop("targets", None)
        examples = Examples(inputs, labels, present, known | (about or {}), targets=targets)
        train, validation, test = (examples.select(part == each) for each in SPLITS)
        name = Path(self.path).name
        return Dataset(
            name,
            settings.pop("classes", ()),
            train,
            validation,
            test,
            preprocessors,
            notes=(
                f"{name}: {counted(self.rows, 'row')}, {len(part):,} of which can be used",
                *(*sentences, *said, *of_absent(self.absent), *remarks),
                *of_refused(table.lost, "cell not used"),
                *of_refused(table.refused),
            ),
            **settings,
        )


def opened(
    path: str | PathLike[str],
    columns: Columns,
    label: str | None,
    split: str | None,
    group: str | None,
    how: Reading,
    what: str = "class",
) -> tuple[Opened, Table]:
    """Read a file.  -> what reads its cells, and what its rows stand for

    columns: by modality, those that are "" or () being none; what: the name of what is in the column `label`
    """
    columns = {name: column for name, column in columns.items() if column}
    rows, refused, delimiter = read_rows(path, all_of(columns, label, split, group))
    demand_rows(path, len(rows) + len(refused))
    absent = Counter[str]() if how.keep_na else emptied(rows)
    readers = readers_of(columns, Path(path).parent, delimiter, how)
    found = Opened(path, len(rows) + len(refused), delimiter, absent, readers)
    return found, read(rows, refused, readers, label, split, group, what)
