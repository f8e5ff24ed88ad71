"""Datasets as arrays: every one has named modalities, three splits and what prepares new inputs."""

from mmdl.data import glyphs, interactions, mnist, spoken_digits, spoken_mnist
from mmdl.data.audio import AudioPreprocessor
from mmdl.data.batches import Batch, batches
from mmdl.data.components import RemainderPreprocessor
from mmdl.data.dataset import Dataset, Examples
from mmdl.data.image import ImagePreprocessor
from mmdl.data.numbers import Standardizer
from mmdl.data.picture import PicturePreprocessor
from mmdl.data.table import is_table, load_table
from mmdl.data.text import Tokenizer
from mmdl.errors import DataError

__all__ = [
    "DATASETS",
    "AudioPreprocessor",
    "Batch",
    "Dataset",
    "Examples",
    "ImagePreprocessor",
    "PicturePreprocessor",
    "RemainderPreprocessor",
    "Standardizer",
    "Tokenizer",
    "batches",
    "is_table",
    "load",
    "load_table",
]

DATASETS = {  # of Source, by name
    "glyphs": glyphs.SOURCE,
    "mnist": mnist.SOURCE,
    "fashion-mnist": mnist.FASHION,
    "spoken-digits": spoken_digits.SOURCE,
    "spoken-mnist": spoken_mnist.SOURCE,
    "interactions": interactions.SOURCE,
}


def source(name):
    """Where the dataset of that name comes from, without loading it.  -> Source, or a DataError"""
    if name not in DATASETS:
        raise DataError(f"there is no dataset {name!r}; there is {', '.join(sorted(DATASETS))}, or a CSV file")
    return DATASETS[name]


def load(name, **options):
    """The dataset of that name, the same at every call.

    Parameters
    ----------
    name : str
        One of `DATASETS`, or the path of a CSV file.
    **options
        Passed to the dataset's own loader, `load_table` for a CSV file.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If there is no such dataset, or it cannot be made on this machine.
    """
    return load_table(name, **options) if is_table(name) else source(name).load(**options)
