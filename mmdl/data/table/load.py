"""Your own data: a CSV file with one row for each example, and columns for its picture, text, sound and numbers."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from mmdl.data.dataset import SPLITS, Dataset, Examples
from mmdl.data.table.columns import Numbers, Pictures, Reader, Sounds, Texts
from mmdl.data.table.report import counted, demand_enough, of_absent, of_alike, of_classes, of_numbers, of_refused
from mmdl.data.table.rows import read_rows
from mmdl.data.table.steps import Columns, all_of, as_one, dealt, emptied, fitted, in_order, read
from mmdl.errors import DataError

WORD_DROPOUT = 0.1  # in training, so that a model does not hang on single words
HIDDEN = 0.15  # of each modality, for every other that there is
STEPS = 600  # of training, at least: few examples need many epochs
EPOCHS = (6, 60)  # at least and at most
UNITS = {"auto": "auto", "word": "spaced", "character": "character"}  # as a tokenizer calls them


def is_table(name: str) -> bool:
    """Whether the name of a dataset is that of a CSV file."""
    return Path(name).suffix.lower() in (".csv", ".tsv")


def load_table(
    path: str | PathLike[str],
    image: str | None = None,
    text: str | None = None,
    audio: str | None = None,
    numbers: Sequence[str] = (),
    label: str = "label",
    split: str | None = None,
    group: str | None = None,
    *,
    seed: int = 0,
    **how: Any,
) -> Dataset:
    """The examples of a CSV file, one in each row

    Parameters
    ----------
    path : path of the file
        UTF-8, with names of columns in its first row, parted by commas, semicolons or tabs.
    image, text, audio : str, optional
        Columns with files of pictures, texts, and WAV files; files are looked for from the CSV's folder on. A cell that
        is empty is an absent modality.
    numbers : sequence of str, optional
        Columns with numbers, standardised with the mean and deviation of the training rows.
    label : str
        The column with the class.
    split : str, optional
        A column that says train, validation or test. Without it, of each class a fifth is for the test, a tenth for
        validation, and at least one row for both, drawn by `seed`.
    group : str, optional
        A column whose equal cells keep rows in one split, as equal files of pictures and sounds always do.
    **how
        The settings of `Reading`: `image_size`, `text_unit`, `decimal` and others.

    Returns
    -------
    Dataset
        Its notes tell what was read, how many examples each class has, and which rows cannot be used and why: those
        without a class or without any modality. A cell that cannot be read, a file or a number, is lost without the
        others of its row. `about` has the line of each example, and its cells by modality.

    Raises
    ------
    DataError
        If the file or its columns are not what they should be, or fewer than two classes are left.
    """
    reading = Reading(**how)
    columns: Columns = {"image": image or "", "text": text or "", "audio": audio or "", "numbers": tuple(numbers)}
    columns = {name: column for name, column in columns.items() if column}
    rows, refused, delimiter = read_rows(path, all_of(columns, label, split, group))
    absent = Counter[str]() if reading.keep_na else emptied(rows)
    readers = readers_of(columns, Path(path).parent, delimiter, reading)
    table = read(rows, refused, readers, label, split, group)
    hints = [*of_numbers(label, table.labels), *of_alike(in_order({*table.labels}))]
    table, part, together = dealt(table, label, split, np.random.default_rng(seed))
    classes = in_order({*table.labels})
    demand_enough(path, len(rows) + len(refused), classes, part, table.refused, hints)
    inputs, present, preprocessors, sentences = fitted(path, table, readers, part == "train")
    about = {name: np.array([as_one(each) for each in cells], object) for name, cells in table.cells.items()}
    about["line"] = np.array([str(line) for line in table.lines])
    examples = Examples(inputs, np.array([classes.index(each) for each in table.labels]), present, about)
    train, validation, test = (examples.select(part == each) for each in SPLITS)
    first = f"{Path(path).name}: {counted(len(rows) + len(refused), 'row')}, {len(part):,} of which can be used"
    return Dataset(
        Path(path).name,
        classes,
        train,
        validation,
        test,
        preprocessors,
        augment={"word_dropout": WORD_DROPOUT} if text else {},
        notes=(
            *(first, *sentences, *of_absent(absent), *together),
            *hints,
            *of_classes(classes, train, validation, test),
            *of_refused(table.lost, "cell not used"),
            *of_refused(table.refused),
        ),
        recipe=recipe_for(len(train), len(columns)),
        in_order=bool(text),
    )


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


def recipe_for(examples: int, modalities: int) -> dict[str, float]:
    """Small batches and many epochs for few examples, so that there are some hundreds of steps

    And the more modalities there are, the more of them are hidden in training, or hardly one would ever be seen alone.
    """
    size = 16 if examples < 500 else 32
    epochs = min(max(math.ceil(STEPS * size / examples), EPOCHS[0]), EPOCHS[1])
    return {"batch_size": size, "epochs": epochs, "modality_dropout": HIDDEN * (modalities - 1)}
