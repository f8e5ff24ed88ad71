"""MNIST: 70,000 small grey pictures of handwritten digits; and how such files are read and split."""

from collections.abc import Sequence
from typing import cast

import numpy as np

from mmdl.data.dataset import Dataset, Examples
from mmdl.data.files.fetch import Download, located, place
from mmdl.data.files.idx import read_idx
from mmdl.data.preprocessors.image import ImagePreprocessor
from mmdl.data.registry import Source
from mmdl.data.split import stratified
from mmdl.errors import FormatError
from mmdl.shapes import Array

FILES = (  # the last two are the published test
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
CLASSES = tuple("0123456789")
PREPROCESSOR = ImagePreprocessor(normalised=True)
SPLIT_SEED = 0  # which pictures are for validation is part of the data, not of an experiment


def load() -> Dataset:
    """The handwritten digits, as `published` reads them.  -> Dataset

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, 1998.
    """
    return published("mnist", CLASSES, PREPROCESSOR, DOWNLOADS)


def published(
    name: str, classes: tuple[str, ...], preprocessor: ImagePreprocessor, downloads: tuple[Download, ...]
) -> Dataset:
    """The published train and test pictures; a tenth of those to train on is kept for validation.

    If only the files of the published test are on this machine, their pictures are split by themselves: 70 % to train
    on, 10 % for validation, 20 % for the test; `notes` says so.

    Parameters
    ----------
    name : str
        Of the data set.
    classes : tuple of str
    preprocessor : what makes such pictures of others
    downloads : four of Download
        Pictures and labels to learn from, pictures and labels of the test.

    Returns
    -------
    Dataset
        Modality "image", (N, 28, 28, 1) uint8: strokes, or cloth, are light on black. Splits hold every class in the
        proportion of the whole.

    Raises
    ------
    DataError
        If files are missing; FormatError if they are not what they should be.
    """
    to_learn, to_test = downloads[:2], downloads[2:]
    rng = np.random.default_rng(SPLIT_SEED)
    test, notes = read(name, to_test, len(classes)), tuple[str, ...]()
    if any(place(download).exists() for download in to_learn):
        learned = read(name, to_learn, len(classes))
        held = len(learned) // 10
        train, validation = split(learned, [len(learned) - held, held], rng)
    else:
        sizes = [len(test) * tenths // 10 for tenths in (7, 1, 2)]
        notes = (alone(name, *sizes),)
        train, validation, test = split(test, sizes, rng)
    return Dataset(name, classes, train, validation, test, {"image": preprocessor}, notes=notes)


def test_digits() -> tuple[Array, Array]:
    """The pictures of MNIST's published test.  -> images (10000, 28, 28, 1) uint8, labels (10000,)"""
    examples = read("mnist", DOWNLOADS[2:], len(CLASSES))
    return cast(Array, examples.inputs["image"]), examples.labels


def read(name: str, downloads: tuple[Download, ...], classes: int) -> Examples:
    """The examples of two files, one of pictures and one of labels."""
    image_file, label_file = located(name, downloads)
    images, labels = read_idx(image_file, (None, 28, 28)), read_idx(label_file, (None,))
    if len(images) != len(labels):
        raise FormatError(f"{image_file} has {len(images):,} pictures, but {label_file} has {len(labels):,} labels")
    if not len(labels):
        raise FormatError(f"{label_file} has no labels")
    if labels.max() >= classes:
        raise FormatError(f"{label_file} has the label {labels.max()}, but there are {classes} classes, from 0 on")
    return Examples({"image": images[..., None]}, labels.astype(int))


def split(examples: Examples, sizes: Sequence[int], rng: np.random.Generator) -> list[Examples]:
    """Deal out examples into splits of these sizes."""
    return [examples.select(rows) for rows in stratified(examples.labels, sizes, rng)]


def alone(name: str, train: int, validation: int, test: int) -> str:
    """The sentence about a test that had to be split by itself."""
    return (
        f"only the {train + validation + test:,} pictures of the published test are on this machine and were split by "
        f"themselves: {train:,} to train on, {validation:,} for validation, {test:,} for the test; "
        f"mmdl data fetch {name} brings the others"
    )


def downloads_of(folder: str, mirrors: Sequence[str], *published: tuple[int, str, str]) -> tuple[Download, ...]:
    """The four files of a data set; `published` are the bytes of each, and the MD5 of the .gz and of what is in it."""
    return tuple(
        Download(
            f"{folder}/{file}", tuple(mirror + file for mirror in mirrors), f"md5:{packed}", size, f"md5:{content}"
        )
        for file, (size, packed, content) in zip(FILES, published, strict=True)
    )


DOWNLOADS = downloads_of(
    "mnist",
    ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    (9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873", "6bbc9ace898e44ae57da46a324031adb"),
    (28_881, "d53e105ee54ea40749a09fcbcd1e9432", "a25bea736e30d166cdddb491f175f624"),
    (1_648_877, "9fb629c4189551a2d022fa330f9573f3", "2646ac647ad5339dbf082846283269ea"),
    (4_542, "ec29112dd5afa0611ce80d1b7f02629c", "27ae3e4e09519cfbb04c329615203637"),
)
SOURCE = Source(
    load, ("image",), "handwritten digits, 28 x 28 pixels", "CC BY-SA 3.0, Yann LeCun and Corinna Cortes", DOWNLOADS
)
