"""A CSV file of one's own with a number to be predicted: a price, a rating, a temperature."""

import math
from os import PathLike
from typing import Any

import numpy as np

from mmdl.data.dataset import Dataset
from mmdl.data.preprocessors.numbers import Standardizer
from mmdl.data.table.load import suited
from mmdl.data.table.numerals import Form, form_of, number_in
from mmdl.data.table.opened import Reading, opened
from mmdl.data.table.report import demand_splits
from mmdl.data.table.steps import alike, dealt
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
    columns = {"image": image, "text": text, "audio": audio, "numbers": tuple(numbers)}
    reading = Reading(**how)
    file, table = opened(path, columns, label, split, group, reading, "number")
    form = form_of(label, table.labels, file.delimiter, reading.decimal, reading.thousands)
    found, wrong = numbers_of(table.labels, label, form)
    by_line = dict(zip(table.lines, found, strict=True))
    table, part, together = dealt(alike(table.without(wrong)), label, split, np.random.default_rng(seed))
    demand_splits(path, part, table.refused)
    labels = np.array([by_line[line] for line in table.lines])
    learned = labels[part == "train"]
    if np.ptp(learned) == 0:
        raise DataError(f"{path}: {label} is {learned[0]:g} in every row for training, so there is nothing to learn")
    scale = Standardizer.fit(learned[:, None], (label,))
    span = f"from {labels.min():g} to {labels.max():g}, on average {scale.mean[0]:g} ± {scale.deviation[0]:g}"
    said = [f"{label}: numbers {span}"]
    return file.dataset(table, part, labels, said, together, scale=scale, **suited(file.readers, part))


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
