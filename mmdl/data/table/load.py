"""Your own data: a CSV file with one row for each example, and columns for its picture, text, sound and numbers."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from mmdl.data.dataset import SPLITS, Dataset, Examples
from mmdl.data.prepare import at_rows
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.data.preprocessors.units import composed
from mmdl.data.table.columns import Numbers, Pictures, Reader, Sounds, Texts
from mmdl.data.table.deal import LEAST, as_told, deal
from mmdl.data.table.report import Refused, because, counted, demand_enough, listed, of_classes, of_refused
from mmdl.data.table.rows import read_rows
from mmdl.errors import DataError
from mmdl.shapes import Mask

WORD_DROPOUT = 0.1  # in training, so that a model does not hang on single words
HIDDEN = 0.15  # of each modality, for every other that there is
STEPS = 600  # of training, at least: few examples need many epochs
EPOCHS = (6, 60)  # at least and at most
UNITS = {"auto": "auto", "word": "spaced", "character": "character"}  # as a tokenizer calls them
Columns: TypeAlias = dict[str, str | tuple[str, ...]]  # by modality


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
    *,
    image_size: tuple[int, int] | None = None,
    text_length: int | None = None,
    text_unit: str = "auto",
    sound_seconds: float | None = None,
    seed: int = 0,
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
    image_size : (rows, columns), optional
        Of all pictures; if it is not given, see `mmdl.data.table.columns.Pictures`.
    text_unit : "auto", "word" or "character"
        What a text is read by: by default words, and single characters in scripts without spaces between words.
    text_length : int, sound_seconds : float, optional
        What is beyond is cut off; if they are not given, see `Texts` and `Sounds` there.

    Returns
    -------
    Dataset
        Its notes tell what was read, how many examples each class has, and which rows cannot be used and why: those
        without a class or without any modality, with a file that cannot be read or a number that is none. `about` has
        the line of each example, and its cells by modality.

    Raises
    ------
    DataError
        If the file or its columns are not what they should be, or fewer than two classes are left.
    """
    if text_unit not in UNITS:
        raise DataError(f"texts are read by {', '.join(UNITS)}, not by {text_unit!r}")
    columns: Columns = {"image": image or "", "text": text or "", "audio": audio or "", "numbers": tuple(numbers)}
    columns = {name: column for name, column in columns.items() if column}
    rows, refused, delimiter = read_rows(path, all_of(columns, label, split))
    readers = readers_of(columns, Path(path).parent, delimiter, image_size, text_length, text_unit, sound_seconds)
    table = read(rows, refused, readers, label, split)
    table, part = dealt(table, label, split, np.random.default_rng(seed))
    classes = in_order({*table.labels})
    demand_enough(path, len(rows) + len(refused), classes, part, table.refused)
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
        notes=(first, *sentences, *of_classes(classes, train, validation, test), *of_refused(table.refused)),
        recipe=recipe_for(len(train), len(columns)),
        in_order=bool(text),
    )


def readers_of(
    columns: Columns,
    folder: Path,
    delimiter: str,
    image_size: tuple[int, int] | None,
    text_length: int | None,
    text_unit: str,
    sound_seconds: float | None,
) -> dict[str, Reader]:
    """What reads the cells of each modality."""
    decimal = "," if delimiter == ";" else "."  # the two go together in half of Europe
    makers: dict[str, Callable[[Any], Reader]] = {
        "image": lambda column: Pictures(column, folder, image_size),
        "text": lambda column: Texts(column, text_length, UNITS[text_unit]),
        "audio": lambda column: Sounds(column, folder, sound_seconds),
        "numbers": lambda column: Numbers(column, decimal),
    }
    return {name: makers[name](column) for name, column in columns.items()}


@dataclass(frozen=True, eq=False)
class Table:
    """The rows that can be used so far, column by column, and those that cannot.

    Parameters
    ----------
    lines : list of N int
        Where each row stands in its file.
    labels : list of N str
        The class of each.
    said : list of N str
        What a column says of the split of each; "" without such a column.
    cells, values : dict of str to list of N
        By modality what is written in each row, and what it stands for; None where there is nothing.
    refused : list of Refused
    """

    lines: list[int]
    labels: list[str]
    said: list[str]
    cells: dict[str, list[Any]]
    values: dict[str, list[Any]]
    refused: list[Refused]

    def without(self, wrong: dict[int, tuple[str, str]]) -> "Table":
        """The other rows.  wrong: by place, the column at fault and the reason"""
        kept = [place for place in range(len(self.lines)) if place not in wrong]
        refused = [Refused(self.lines[place], *why) for place, why in wrong.items()]

        def of(column: list[Any]) -> list[Any]:
            return [column[place] for place in kept]

        return Table(
            of(self.lines),
            of(self.labels),
            of(self.said),
            {name: of(column) for name, column in self.cells.items()},
            {name: of(column) for name, column in self.values.items()},
            sorted(self.refused + refused),
        )


def read(
    rows: Sequence[Any], refused: list[Refused], readers: dict[str, Reader], label: str, split: str | None
) -> Table:
    """What the cells of each row stand for; rows without a class, without anything else, or unreadable are refused."""
    cells = {name: [cells_of(row, reader.column) for row in rows] for name, reader in readers.items()}
    values, wrong = values_of(readers, cells)
    labels = [composed(row.cells[label]) for row in rows]  # é is one class, however it was typed
    wrong |= {place: (label, "the class is missing") for place, each in enumerate(labels) if not each}
    said = [row.cells[split].lower() if split else "" for row in rows]
    return Table([row.line for row in rows], labels, said, cells, values, refused).without(wrong)


def dealt(table: Table, label: str, split: str | None, rng: np.random.Generator) -> tuple[Table, Any]:
    """The rows that are in a split, and the split of each (N,): as a column says, or drawn class by class."""
    labels = dict(enumerate(table.labels))
    if split:
        said = dict(enumerate(table.said))
        parts = as_told(labels, said, rng)
        out = {place: why_not_as_told(labels[place], said[place], label, split) for place in labels.keys() - parts}
    else:
        parts = deal(labels, rng)
        out = {place: (label, f"{labels[place]!r} has fewer than {LEAST} rows") for place in labels.keys() - parts}
    return table.without(out), np.array([parts[place] for place in sorted(parts)])


def fitted(
    path: str | PathLike[str], table: Table, readers: dict[str, Reader], training: Mask
) -> tuple[dict[str, Any], dict[str, Mask], dict[str, Preprocessor], list[str]]:
    """Inputs, who has them, preprocessors that learned from the rows for training, and a sentence on each modality."""
    inputs, present, preprocessors, sentences = {}, {}, {}, []
    for name, reader in readers.items():
        values, column = table.values[name], told(reader.column)
        present[name] = np.array([value is not None for value in values])
        if not present[name][training].any():
            nothing = f"{path}: in no row for training there is anything in {column}"
            raise DataError(f"{nothing}{because(table.refused)}")
        preprocessors[name], found, sentence = reader.fit(values, training)
        inputs[name] = at_rows(found, present[name])
        sentences.append(f"{name}, from {column}: {sentence}")
    return inputs, present, preprocessors, sentences


def all_of(columns: Columns, label: str, split: str | None) -> list[str]:
    """The names of all columns that are asked for, each of them once."""
    if not columns:
        raise DataError("which columns are to be learned from? Name one of image, text, audio and numbers at least")
    names = [name for column in columns.values() for name in ([column] if isinstance(column, str) else column)]
    names += [label, split] if split else [label]
    for name, times in Counter(names).items():
        if times > 1:
            raise DataError(f"the column {name!r} is asked for {times} times, but it can be one thing only")
    return names


def cells_of(row: Any, column: str | tuple[str, ...]) -> Any:
    """The cell of one column, or the tuple of those of several."""
    return row.cells[column] if isinstance(column, str) else tuple(row.cells[each] for each in column)


def as_one(cells: str | tuple[str, ...]) -> str:
    """A cell, or several with commas between them, each a number or nothing."""
    return cells if isinstance(cells, str) else ",".join(cell.replace(",", ".") for cell in cells)


def told(column: str | tuple[str, ...]) -> str:
    """The name of one column, or the names of several."""
    return column if isinstance(column, str) else listed(column)


def values_of(
    readers: dict[str, Reader], cells: dict[str, list[Any]]
) -> tuple[dict[str, list[Any]], dict[int, tuple[str, str]]]:
    """What is in the cells, {modality: values}, and what is wrong with rows, {place: (column, reason)}."""
    values: dict[str, list[Any]] = {}
    wrong: dict[int, tuple[str, str]] = {}
    for name, reader in readers.items():
        values[name], mistakes = reader.read(cells[name])
        wrong = mistakes | wrong
    columns = ", ".join(told(reader.column) for reader in readers.values())
    for place, found in enumerate(zip(*values.values(), strict=True)):
        if all(value is None for value in found):
            wrong.setdefault(place, (columns, "there is nothing"))
    return values, wrong


def why_not_as_told(kind: str, said: str, label: str, split: str) -> tuple[str, str]:
    """Why a row is in no split: its cell names none, or nothing of its class is learned from."""
    if said in SPLITS:
        return label, f"no row of {kind!r} is for training"
    return split, f"{said!r} is none of {', '.join(SPLITS)}"


def in_order(classes: set[str]) -> tuple[str, ...]:
    """Classes as a reader expects them: numbers by size, words by the alphabet."""
    try:
        return tuple(sorted(classes, key=int))
    except ValueError:
        return tuple(sorted(classes))


def recipe_for(examples: int, modalities: int) -> dict[str, float]:
    """Small batches and many epochs for few examples, so that there are some hundreds of steps

    And the more modalities there are, the more of them are hidden in training, or hardly one would ever be seen alone.
    """
    size = 16 if examples < 500 else 32
    epochs = min(max(math.ceil(STEPS * size / examples), EPOCHS[0]), EPOCHS[1])
    return {"batch_size": size, "epochs": epochs, "modality_dropout": HIDDEN * (modalities - 1)}
