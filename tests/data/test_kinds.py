"""What a modality is says its preprocessor; arrays alone are taken for what they look like."""

import numpy as np
import pytest

from mmdl import data
from mmdl.data import Batch, Dataset, Examples, Preprocessor, Standardizer, Tokenizer, batches
from mmdl.data.kinds import as_input, kind_of, of_kind
from mmdl.tokens import Tokens

TEXTS = Tokenizer.fit(["A B C"]).encode(["A B C", "B", "C A"])
SOUNDS = Tokens(np.zeros((3, 4, 2), np.float32), np.ones((3, 4), bool))
PICTURES, NUMBERS = np.full((3, 8, 8, 1), 51, np.uint8), np.arange(6, dtype=np.uint8).reshape(3, 2)
COLUMNS = {"seen": PICTURES, "read": TEXTS, "heard": SOUNDS, "known": NUMBERS}


def test_arrays_made_by_hand():
    assert [kind_of(column) for column in COLUMNS.values()] == ["image", "text", "audio", "numbers"]
    examples = Examples(COLUMNS, np.arange(3))
    [batch] = batches(examples, 3)
    for told in (examples, examples.select([1]), examples.only("seen"), batch, batch.select([0, 2])):
        assert told.kinds == {"seen": "image", "read": "text", "heard": "audio", "known": "numbers"}
    assert of_kind(examples.kinds, "audio") == ["heard"] and of_kind({}, "audio") == []
    assert Batch(COLUMNS, {}, np.arange(3)).kinds == examples.kinds


def test_only_pictures_are_scaled():
    """Numbers of one byte each are no pictures, whatever their dtype."""
    assert np.array_equal(as_input(NUMBERS, "numbers"), NUMBERS)
    assert as_input(PICTURES, "image").max() == pytest.approx(0.2) and as_input(PICTURES / 255, "image").max() < 0.21
    [batch] = batches(Examples(COLUMNS, np.arange(3)), 3)
    assert batch["seen"].dtype == np.float32 and batch["known"].dtype == np.uint8


def test_the_preprocessor_knows_better_than_the_arrays():
    """Vectors with four axes are numbers, if what made them says so."""
    examples = Examples({"odd": np.zeros((3, 2, 2, 1), np.uint8)}, np.arange(3))
    assert examples.kinds == {"odd": "image"}
    dataset = Dataset("odd", ("a",), examples, examples, examples, {"odd": Standardizer((0.0,), (1.0,))})
    assert dataset.train.kinds == dataset.test.select([0]).kinds == {"odd": "numbers"}
    [batch] = batches(dataset.train, 3)
    assert batch.kinds == {"odd": "numbers"} and batch["odd"].dtype == np.uint8


def test_every_preprocessor_that_is_exported_says_what_it_is():
    exported = [getattr(data, name) for name in data.__all__]
    kinds = {
        each.kind
        for each in exported
        if isinstance(each, type) and issubclass(each, Preprocessor) and each != Preprocessor
    }
    assert kinds == {"image", "text", "audio", "numbers"}
    for preprocessor in (
        Tokenizer(("A", "B"), 3),
        Standardizer((0.0, 1.0), (1.0, 1.0)),
        data.PicturePreprocessor(16, 24, 1),
    ):
        assert preprocessor.describe() and all(length > 0 for length in preprocessor.shape)
