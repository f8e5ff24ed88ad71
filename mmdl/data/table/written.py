"""A CSV file of one's own with something to be written: captions, translations, transcripts."""

from collections import Counter
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from mmdl.data.dataset import SPLITS, Dataset, Examples
from mmdl.data.preprocessors.target import TargetTokenizer
from mmdl.data.table.load import Reading, readers_of
from mmdl.data.table.report import because, counted, of_absent, of_refused
from mmdl.data.table.rows import read_rows
from mmdl.data.table.steps import Columns, all_of, as_one, dealt, emptied, fitted, read
from mmdl.errors import DataError

OFTEN = 5  # times that a word stands in the targets on average, if they are written word by word
STEPS = 1500  # of training, at least
EPOCHS = (8, 100)  # at least and at most


def load_written(
    path: str | PathLike[str],
    target: str,
    image: str | None = None,
    text: str | None = None,
    audio: str | None = None,
    numbers: Any = (),
    split: str | None = None,
    group: str | None = None,
    *,
    unit: str | None = None,
    seed: int = 0,
    **how: Any,
) -> Dataset:
    """The examples of a CSV file whose column `target` is to be written

    Parameters
    ----------
    path, image, text, audio, numbers, split, group, seed, how
        As in `load_table`; without `split` a fifth of all rows is for the test, a tenth for validation.
    target : str
        The column with the texts that are to be written.
    unit : "word" or "letter", optional
        What is written at a time: words, if each stands in five targets for training on average, and else letters.

    Returns
    -------
    Dataset
        With a `target`. A row for validation or test that has a word or letter which is in no row for training cannot
        be written, and is refused.

    Raises
    ------
    DataError
        If the file or its columns are not what they should be, or no row is left for one of the splits.
    """
    columns: Columns = {"image": image or "", "text": text or "", "audio": audio or "", "numbers": tuple(numbers)}
    columns = {name: column for name, column in columns.items() if column}
    rows, refused, delimiter = read_rows(path, all_of(columns, target, split, group))
    reading = Reading(**how)
    absent = Counter[str]() if reading.keep_na else emptied(rows)
    readers = readers_of(columns, Path(path).parent, delimiter, reading)
    table = read(rows, refused, readers, target, split, group)
    texts = table.labels
    together = replace(table, labels=["all"] * len(texts))  # no classes: all rows are dealt out alike
    kept, part, notes = dealt(together, target, split, np.random.default_rng(seed))
    by_line = dict(zip(table.lines, texts, strict=True))
    table = replace(kept, labels=[by_line[line] for line in kept.lines])

    learned = [each for each, where in zip(table.labels, part, strict=True) if where == "train"]
    writer = TargetTokenizer.fit(learned, unit=unit or unit_of(learned))
    wrong = {}
    for place, each in enumerate(table.labels):
        try:
            writer.row(each)
        except DataError as mistake:
            wrong[place] = (target, str(mistake))
    part = np.array([where for place, where in enumerate(part) if place not in wrong])
    table = table.without(wrong)
    for name in SPLITS:
        if name not in part:
            raise DataError(f"{path}: no row that can be used is for {name}{because(table.refused)}")

    inputs, present, preprocessors, sentences = fitted(path, table, readers, part == "train")
    about = {name: np.array([as_one(each) for each in cells], object) for name, cells in table.cells.items()}
    about |= {"line": np.array([str(line) for line in table.lines]), "target": np.array(table.labels, object)}
    labels = np.zeros(len(part), int)
    examples = Examples(inputs, labels, present, about, targets=writer.encode(table.labels))
    train, validation, test = (examples.select(part == each) for each in SPLITS)
    first = f"{Path(path).name}: {counted(len(rows) + len(refused), 'row')}, {len(part):,} of which can be used"
    size = 16 if len(train) < 500 else 32
    epochs = min(max(-(-STEPS * size // len(train)), EPOCHS[0]), EPOCHS[1])
    return Dataset(
        Path(path).name,
        ("text",),
        train,
        validation,
        test,
        preprocessors,
        notes=(
            *(first, *sentences, f"to be written, from {target}: {writer.describe()}", *of_absent(absent), *notes),
            *of_refused(table.lost, "cell not used"),
            *of_refused(table.refused),
        ),
        recipe={"batch_size": size, "epochs": epochs},
        target=writer,
    )


def unit_of(texts: list[str]) -> str:
    """Whether texts are to be written word by word or letter by letter."""
    counts = Counter(word for text in texts for word in text.split(" "))
    return "word" if sum(counts.values()) >= OFTEN * len(counts) else "letter"
