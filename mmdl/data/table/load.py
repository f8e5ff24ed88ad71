"""Your own data: a CSV file with one row for each example, and columns for its picture, text, sound and numbers."""

import math
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from mmdl.data.dataset import SPLITS, Dataset
from mmdl.data.table.opened import Reading, opened
from mmdl.data.table.report import demand_enough, of_alike, of_classes, of_numbers
from mmdl.data.table.steps import dealt, in_order

WORD_DROPOUT = 0.1  # in training, so that a model does not hang on single words
HIDDEN = 0.15  # of each modality, for every other that there is
STEPS = 600  # of training, at least: few examples need many epochs
EPOCHS = (6, 60)  # at least and at most


def is_table(name: str) -> bool:
    """Whether the name of a dataset is that of a CSV file."""
    return Path(name).suffix.lower() in (".csv", ".tsv", ".txt")


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
        The settings of `mmdl.data.table.opened.Reading`: `image_size`, `text_unit`, `decimal` and others.

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
    columns = {"image": image, "text": text, "audio": audio, "numbers": tuple(numbers)}
    file, table = opened(path, columns, label, split, group, Reading(**how))
    hints = [*of_numbers(label, table.labels), *of_alike(in_order({*table.labels}))]
    table, part, together = dealt(table, label, split, np.random.default_rng(seed))
    classes = in_order({*table.labels})
    demand_enough(path, file.rows, classes, part, table.refused, hints)
    labels = np.array([classes.index(each) for each in table.labels])
    counts = of_classes(classes, *(labels[part == each] for each in SPLITS))
    remarks = (*together, *hints, *counts)
    return file.dataset(table, part, labels, remarks=remarks, classes=classes, **suited(file.readers, part))


def suited(modalities: Any, part: Any) -> dict[str, Any]:
    """The settings of a data set that suit these modalities, and as many rows for training as `part` (N,) has."""
    return {
        "augment": {"word_dropout": WORD_DROPOUT} if "text" in modalities else {},
        "recipe": recipe_for(int((part == "train").sum()), len(modalities)),
        "in_order": "text" in modalities,
    }


def recipe_for(examples: int, modalities: int) -> dict[str, float]:
    """Small batches and many epochs for few examples, so that there are some hundreds of steps

    And the more modalities there are, the more of them are hidden in training, or hardly one would ever be seen alone.
    """
    size = 16 if examples < 500 else 32
    epochs = min(max(math.ceil(STEPS * size / examples), EPOCHS[0]), EPOCHS[1])
    return {"batch_size": size, "epochs": epochs, "modality_dropout": HIDDEN * (modalities - 1)}
