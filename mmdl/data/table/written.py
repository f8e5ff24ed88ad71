"""A CSV file of one's own with something to be written: captions, translations, transcripts."""

from collections import Counter
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np

from mmdl.data.dataset import Dataset
from mmdl.data.preprocessors.target import TargetTokenizer
from mmdl.data.table.opened import Reading, opened
from mmdl.data.table.report import demand_splits
from mmdl.data.table.steps import alike, dealt
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
    columns = {"image": image, "text": text, "audio": audio, "numbers": tuple(numbers)}
    file, table = opened(path, columns, target, split, group, Reading(**how), "text")
    by_line = dict(zip(table.lines, table.labels, strict=True))
    kept, part, together = dealt(alike(table), target, split, np.random.default_rng(seed))
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
    demand_splits(path, part, table.refused)

    size = 16 if len(learned) < 500 else 32
    epochs = min(max(-(-STEPS * size // len(learned)), EPOCHS[0]), EPOCHS[1])
    return file.dataset(
        table,
        part,
        np.zeros(len(part), int),
        said=[f"to be written, from {target}: {writer.describe()}"],
        remarks=together,
        about={"target": np.array(table.labels, object)},
        classes=("text",),
        recipe={"batch_size": size, "epochs": epochs},
        targets=writer.encode(table.labels),
        target=writer,
    )


def unit_of(texts: list[str]) -> str:
    """Whether texts are to be written word by word or letter by letter."""
    counts = Counter(word for text in texts for word in text.split(" "))
    return "word" if sum(counts.values()) >= OFTEN * len(counts) else "letter"
