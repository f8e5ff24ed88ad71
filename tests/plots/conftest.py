"""A tiny data set, and untrained models of it: what a figure shows does not matter here, only that it is right."""

import sys
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest

from mmdl.data import Dataset, Examples, ImagePreprocessor, Tokenizer, batches
from mmdl.models import multimodal_classifier

TEXTS = [
    "small a",
    "two headed arrow with hook",
    "capital b",
    "small letter b with stroke",
    "",
    "capital letter b with",
]


@pytest.fixture(scope="session")
def tiny():
    """`dataset`, `attention` and `concatenate` (models), `batch` (whole examples; number 4 has no text)"""
    rng = np.random.default_rng(0)
    tokenizer = Tokenizer.fit(TEXTS)
    images = np.zeros((6, 28, 28, 1), np.uint8)
    for image in images:  # an upright and a level stroke of some grey, somewhere
        r, c = rng.integers(4, 22, 2)
        image[4:24, c : c + 3] = image[r : r + 3, 4:24] = rng.integers(150, 256)
    examples = Examples({"image": images, "text": tokenizer.encode(TEXTS)}, np.array([0, 1, 2, 0, 1, 2]))
    preprocessors = {"image": ImagePreprocessor(), "text": tokenizer}
    dataset = Dataset("tiny", ("apples", "box drawing", "cats"), examples, examples, examples, preprocessors)
    models = {kind: multimodal_classifier(rng, dataset, kind, width=8) for kind in ("attention", "concatenate")}
    return SimpleNamespace(dataset=dataset, batch=next(batches(examples, 6)), **models)


@pytest.fixture(autouse=True)
def nothing_global_is_touched():
    """No figure of any plot is known to pyplot, and a reader's settings stay as they were."""
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()
