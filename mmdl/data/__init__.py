"""Data sets as arrays: every one has named modalities, three splits and what prepares new inputs."""

from typing import Any

from mmdl.data.batches import Batch, batches
from mmdl.data.dataset import Dataset, Examples
from mmdl.data.from_columns import from_columns
from mmdl.data.preprocessors import (
    AudioPreprocessor,
    ImagePreprocessor,
    PicturePreprocessor,
    Preprocessor,
    RemainderPreprocessor,
    Standardizer,
    TargetTokenizer,
    Tokenizer,
)
from mmdl.data.registry import Source, Sources
from mmdl.data.table import is_table, load_like, load_measured, load_paired, load_table, load_written
from mmdl.errors import DataError
from mmdl.files import remedy

__all__ = [
    "DATASETS",
    "AudioPreprocessor",
    "Batch",
    "Dataset",
    "Examples",
    "ImagePreprocessor",
    "PicturePreprocessor",
    "Preprocessor",
    "RemainderPreprocessor",
    "Source",
    "Standardizer",
    "TargetTokenizer",
    "Tokenizer",
    "batches",
    "from_columns",
    "is_table",
    "load",
    "load_measured",
    "load_paired",
    "load_table",
    "load_written",
    "source",
]

DATASETS = Sources("mmdl.data.sources")
LOADERS: dict[str, Any] = {"regression": load_measured, "pairs": load_paired}  # of tables, by the task


def source(name: str) -> Source:
    """Where the data set of that name comes from, without loading it.  -> Source, or a DataError"""
    if name not in DATASETS:
        there = f"there is {', '.join(sorted(DATASETS))}, or a CSV file"
        raise DataError(f"there is no dataset {name!r}{remedy(name) or f'; {there}'}")
    return DATASETS[name]


def load(name: str, like: Any = None, **options: Any) -> Dataset:
    """The data set of that name, the same at every call.

    Parameters
    ----------
    name : str
        One of `DATASETS`, or the path of a CSV file.
    like : model, optional
        Read a CSV file with the vocabulary, statistics and classes of this model.
    **options
        Passed to the data set's own loader, `load_table` for a CSV file, or `load_written` if there is a `target`, or
        `load_measured` if the `task` is "regression", or `load_paired` if it is "pairs".

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If there is no such data set, or it cannot be made on this machine.
    """
    if like is not None:
        if not is_table(name):
            raise DataError(f"like=model is for a CSV file, and {name} is none")
        return load_like(name, like, **options)
    if "target" in options and is_table(name):
        return load_written(name, **options)
    if options.get("task") in LOADERS and is_table(name):
        return LOADERS[options.pop("task")](name, **options)
    return load_table(name, **options) if is_table(name) else source(name).load(**options)
