"""A CSV file of one's own with a number to be predicted: a price, a rating, a temperature."""

import math
from collections import Counter
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from mmdl.data.dataset import SPLITS, Dataset, Examples
from mmdl.data.preprocessors.numbers import Standardizer
from mmdl.data.table.load import WORD_DROPOUT, Reading, readers_of, recipe_for
from mmdl.data.table.numerals import Form, form_of, number_in
from mmdl.data.table.report import because, counted, of_absent, of_refused
from mmdl.data.table.rows import read_rows
from mmdl.data.table.steps import Columns, all_of, as_one, dealt, emptied, fitted, read
from mmdl.errors import DataError


def load_measured(
    path: str | PathLike[str],
    image: str | None = None,
    text: str | None = None,
    audio: str | None = None,
    numbers: Any = (),
    label: str = "label",
    split: str | None = None,
    group: str | None = None,
    *,
    seed: int = 0,
    **how: Any,
) -> Dataset:
    """The examples of a CSV file whose column `label` holds numbers that are to be predicted

    Parameters
    ----------
    path, image, text, audio, numbers, split, group, seed, how
        As in `load_table`; without `split` a fifth of all rows is for the test, a tenth for validation.
    label : str
        The column with the number.

    Returns
    -------
    Dataset
        Without classes; its labels are the numbers, and its `scale` their mean and deviation in training.

    Raises
    ------
    DataError
        If the file or its columns are not what they should be, no row is left for one of the splits, or all numbers
        for training are the same.
    """
    columns: Columns = {"image": image or "", "text": text or "", "audio": audio or "", "numbers": tuple(numbers)}
    columns = {name: column for name, column in columns.items() if column}
    rows, refused, delimiter = read_rows(path, all_of(columns, label, split, group))
    reading = Reading(**how)
    absent = Counter[str]() if reading.keep_na else emptied(rows)
    form = form_of(label, [row.cells[label] for row in rows], delimiter, reading.decimal, reading.thousands)
    readers = readers_of(columns, Path(path).parent, delimiter, reading)
    table = read(rows, refused, readers, label, split, group)
    labels, wrong = numbers_of(table.labels, label, form)
    by_line = dict(zip(table.lines, labels, strict=True))
    table = table.without(wrong)
    table = replace(table, labels=["all"] * len(table.labels))  # no classes: all rows are dealt out alike
    table, part, notes = dealt(table, label, split, np.random.default_rng(seed))
    for name in SPLITS:
        if name not in part:
            raise DataError(f"{path}: no row that can be used is for {name}{because(table.refused)}")
    inputs, present, preprocessors, sentences = fitted(path, table, readers, part == "train")
    about = {name: np.array([as_one(each) for each in cells], object) for name, cells in table.cells.items()}
    about["line"] = np.array([str(line) for line in table.lines])
    examples = Examples(inputs, np.array([by_line[line] for line in table.lines]), present, about)
    train, validation, test = (examples.select(part == each) for each in SPLITS)
    if np.ptp(train.labels) == 0:
        raise DataError(
            f"{path}: {label} is {train.labels[0]:g} in every row for training, so there is nothing to learn"
        )
    scale = Standardizer.fit(train.labels[:, None], (label,))
    first = f"{Path(path).name}: {counted(len(rows) + len(refused), 'row')}, {len(part):,} of which can be used"
    numbers_told = f"{label}: numbers from {examples.labels.min():g} to {examples.labels.max():g}, on average "
    return Dataset(
        Path(path).name,
        (),
        train,
        validation,
        test,
        preprocessors,
        augment={"word_dropout": WORD_DROPOUT} if text else {},
        notes=(
            *(first, *sentences, f"{numbers_told}{scale.mean[0]:g} ± {scale.deviation[0]:g}"),
            *(*of_absent(absent), *notes),
            *of_refused(table.lost, "cell not used"),
            *of_refused(table.refused),
        ),
        recipe=recipe_for(len(train), len(columns)),
        in_order=bool(text),
        scale=scale,
    )


def numbers_of(cells: list[str], label: str, form: Form) -> tuple[list[float], dict[int, tuple[str, str]]]:
    """The number in each cell, NaN where there is none, and why, by its place."""
    found, wrong = [], {}
    for place, cell in enumerate(cells):
        try:
            found.append(number_in(cell, form))
        except DataError as mistake:
            found.append(math.nan)
            wrong[place] = label, str(mistake)
            continue
        if math.isnan(found[-1]):
            wrong[place] = label, "the number is missing"
    return found, wrong
