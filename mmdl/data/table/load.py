"""Your own data: a CSV file with one row for each example, and columns for its picture, text, sound and numbers."""

import math
from collections import Counter
from pathlib import Path

import numpy as np

from mmdl.data.dataset import Dataset, Examples
from mmdl.data.prepare import spread
from mmdl.data.table.columns import Numbers, Pictures, Sounds, Texts
from mmdl.data.table.deal import LEAST, SPLITS, as_told, deal
from mmdl.data.table.report import Refused, because, counted, demand_enough, listed, of_classes, of_refused
from mmdl.data.table.rows import read_rows
from mmdl.errors import DataError

WORD_DROPOUT = 0.1  # in training, so that a model does not hang on single words
HIDDEN = 0.15  # of each modality, for every other that there is
STEPS = 600  # of training, at least: few examples need many epochs
EPOCHS = (6, 60)  # at least and at most


def is_table(name):
    """Whether the name of a dataset is that of a CSV file."""
    return Path(name).suffix.lower() in (".csv", ".tsv")


def load_table(
    path,
    image=None,
    text=None,
    audio=None,
    numbers=(),
    label="label",
    split=None,
    *,
    image_size=None,
    text_length=None,
    sound_seconds=None,
    seed=0,
):
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
    columns = {"image": image, "text": text, "audio": audio, "numbers": tuple(numbers)}
    columns = {name: column for name, column in columns.items() if column}
    rows, refused, delimiter = read_rows(path, all_of(columns, label, split))
    total = len(rows) + len(refused)
    folder, decimal = Path(path).parent, "," if delimiter == ";" else "."  # the two go together in half of Europe
    kinds = {
        "image": lambda column: Pictures(column, folder, image_size),
        "text": lambda column: Texts(column, text_length),
        "audio": lambda column: Sounds(column, folder, sound_seconds),
        "numbers": lambda column: Numbers(column, decimal),
    }
    readers = {name: kinds[name](column) for name, column in columns.items()}
    cells = {name: [cells_of(row, column) for row in rows] for name, column in columns.items()}

    values, wrong = values_of(readers, cells)
    wrong |= {place: (label, "the class is missing") for place, row in enumerate(rows) if not row.cells[label]}
    labels = {place: row.cells[label] for place, row in enumerate(rows) if place not in wrong}
    rng = np.random.default_rng(seed)
    if split:
        said = {place: rows[place].cells[split].lower() for place in labels}
        parts = as_told(labels, said, rng)
        left_out = {place: why_not_as_told(labels[place], said[place], label, split) for place in labels.keys() - parts}
    else:
        parts = deal(labels, rng)
        left_out = {place: (label, f"{labels[place]!r} has fewer than {LEAST} rows") for place in labels.keys() - parts}
    refused += [Refused(rows[place].line, *why) for place, why in (wrong | left_out).items()]
    refused.sort()

    places, classes = sorted(parts), in_order({labels[place] for place in parts})
    part = np.array([parts[place] for place in places])
    demand_enough(path, total, classes, part, refused)
    notes = [f"{Path(path).name}: {counted(total, 'row')}, {len(places):,} of which can be used"]
    inputs, present, preprocessors = {}, {}, {}
    for name, reader in readers.items():
        chosen = [values[name][place] for place in places]
        present[name] = np.array([value is not None for value in chosen])
        if not present[name][part == "train"].any():
            raise DataError(
                f"{path}: in no row for training there is anything in {told(columns[name])}{because(refused)}"
            )
        preprocessors[name], found, sentence = reader.fit(chosen, part == "train")
        inputs[name] = spread(found, present[name])
        notes.append(f"{name}, from {told(columns[name])}: {sentence}")
    about = {name: np.array([as_one(each[place]) for place in places], object) for name, each in cells.items()}
    about["line"] = np.array([str(rows[place].line) for place in places])
    examples = Examples(inputs, np.array([classes.index(labels[place]) for place in places]), present, about)
    splits = [examples.select(part == each) for each in SPLITS]
    return Dataset(
        Path(path).name,
        classes,
        *splits,
        preprocessors,
        augment={"word_dropout": WORD_DROPOUT} if text else {},
        notes=(*notes, *of_classes(classes, *splits), *of_refused(refused)),
        recipe=recipe_for(len(splits[0]), len(columns)),
    )


def all_of(columns, label, split):
    """The names of all columns that are asked for, each of them once."""
    if not columns:
        raise DataError("which columns are to be learned from? Name one of image, text, audio and numbers at least")
    names = [name for column in columns.values() for name in ([column] if isinstance(column, str) else column)]
    names += [label, split] if split else [label]
    for name, times in Counter(names).items():
        if times > 1:
            raise DataError(f"the column {name!r} is asked for {times} times, but it can be one thing only")
    return names


def cells_of(row, column):
    """The cell of one column, or the tuple of those of several."""
    return row.cells[column] if isinstance(column, str) else tuple(row.cells[each] for each in column)


def as_one(cells):
    """A cell, or several with commas between them, each a number or nothing."""
    return cells if isinstance(cells, str) else ",".join(cell.replace(",", ".") for cell in cells)


def told(column):
    """The name of one column, or the names of several."""
    return column if isinstance(column, str) else listed(column)


def values_of(readers, cells):
    """What is in the cells, {modality: values}, and what is wrong with rows, {place: (column, reason)}."""
    values, wrong = {}, {}
    for name, reader in readers.items():
        values[name], mistakes = reader.read(cells[name])
        wrong = mistakes | wrong
    columns = ", ".join(told(reader.column) for reader in readers.values())
    for place, found in enumerate(zip(*values.values(), strict=True)):
        if all(value is None for value in found):
            wrong.setdefault(place, (columns, "there is nothing"))
    return values, wrong


def why_not_as_told(kind, said, label, split):
    """Why a row is in no split: its cell names none, or nothing of its class is learned from."""
    if said in SPLITS:
        return label, f"no row of {kind!r} is for training"
    return split, f"{said!r} is none of {', '.join(SPLITS)}"


def in_order(classes):
    """Classes as a reader expects them: numbers by size, words by the alphabet."""
    try:
        return tuple(sorted(classes, key=int))
    except ValueError:
        return tuple(sorted(classes))


def recipe_for(examples, modalities):
    """Small batches and many epochs for few examples, so that there are some hundreds of steps

    And the more modalities there are, the more of them are hidden in training, or hardly one would ever be seen alone.
    """
    size = 16 if examples < 500 else 32
    epochs = min(max(math.ceil(STEPS * size / examples), EPOCHS[0]), EPOCHS[1])
    return {"batch_size": size, "epochs": epochs, "modality_dropout": HIDDEN * (modalities - 1)}
