"""Datasets as arrays: every one has named modalities, three splits and what prepares new inputs."""

from mmdl.data import glyphs
from mmdl.data.batches import Batch, batches
from mmdl.data.dataset import Dataset, Examples
from mmdl.data.image import ImagePreprocessor
from mmdl.data.text import Tokenizer
from mmdl.errors import DataError

__all__ = ["DATASETS", "Batch", "Dataset", "Examples", "ImagePreprocessor", "Tokenizer", "batches", "load"]

DATASETS = {"glyphs": glyphs.SOURCE}  # of Source, by name


def load(name, **options):
    """The dataset of that name, the same at every call.

    Parameters
    ----------
    name : str
        One of `DATASETS`.
    **options
        Passed to the dataset's own loader.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If there is no such dataset, or it cannot be made on this machine.
    """
    if name not in DATASETS:
        raise DataError(f"there is no dataset {name!r}; there is {', '.join(sorted(DATASETS))}")
    return DATASETS[name].load(**options)
