"""A CSV file of one's own without classes: what stands in a row belongs together, as a picture and its caption do."""

from os import PathLike
from typing import Any

import numpy as np

from mmdl.data.dataset import Dataset
from mmdl.data.table.load import suited
from mmdl.data.table.opened import Reading, opened
from mmdl.data.table.report import demand_splits
from mmdl.data.table.steps import dealt


def load_paired(
    path: str | PathLike[str],
    image: str | None = None,
    text: str | None = None,
    audio: str | None = None,
    numbers: Any = (),
    split: str | None = None,
    group: str | None = None,
    *,
    seed: int = 0,
    **how: Any,
) -> Dataset:
    """The examples of a CSV file in which nothing but the rows says what belongs together

    Parameters
    ----------
    path, image, text, audio, numbers, split, group, seed, how
        As in `load_table`; without `split` a fifth of all rows is for the test, a tenth for validation.

    Returns
    -------
    Dataset
        Without classes; labels are equal where rows share a file or a group.

    Raises
    ------
    DataError
        If the file or its columns are not what they should be, or no row is left for one of the splits.
    """
    columns = {"image": image, "text": text, "audio": audio, "numbers": tuple(numbers)}
    file, table = opened(path, columns, None, split, group, Reading(**how))
    table, part, together = dealt(table, split or "", split, np.random.default_rng(seed))
    demand_splits(path, part, table.refused)
    labels = np.unique(table.groups, return_inverse=True)[1]
    return file.dataset(table, part, labels, remarks=together, **suited(file.readers, part))
