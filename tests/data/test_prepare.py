"""What a person has becomes one batch, and what is not given is absent."""

import numpy as np
import pytest
from PIL import Image

from mmdl.data import PicturePreprocessor, Standardizer, Tokenizer
from mmdl.data.prepare import at_rows, prepare
from mmdl.data.repeated import Repeated
from mmdl.errors import DataError
from mmdl.tokens import Tokens

PREPROCESSORS = {
    "photo": PicturePreprocessor(8, 8),
    "title": Tokenizer.fit(["red ball", "blue box"]),
    "size": Standardizer((10.0,), (2.0,)),
}


def test_a_list_for_each_modality():
    red = Image.new("RGB", (8, 8), "red")
    batch = prepare(PREPROCESSORS, photo=[None, red], title=["a red", "?!"], size=None)
    assert len(batch) == 2 and batch.labels.tolist() == [-1, -1]
    assert batch.kinds == {"photo": "image", "title": "text", "size": "numbers"}
    assert {name: seen.tolist() for name, seen in batch.present.items()} == {
        "photo": [False, True],
        "title": [True, False],  # there are no words in it
        "size": [False, False],
    }
    assert not batch["photo"][0].any() and batch["photo"][1, 0, 0].tolist() == [1, 0, 0]
    assert PREPROCESSORS["title"].words_of(batch["title"].values[0]) == ["?", "RED"]
    assert batch["size"].tolist() == [[0], [0]]


def test_a_single_example():
    batch = prepare(PREPROCESSORS, title="a red ball")
    assert len(batch) == 1 and batch.present["title"].all() and not batch.present["photo"].any()
    assert prepare(PREPROCESSORS, size=[[12.0], [6.0], [10.0]])["size"].tolist() == [[1], [-2], [0]]
    assert prepare(PREPROCESSORS, title=("red", "blue", None)).present["title"].tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"smell": ["sweet"]}, "'smell' is no modality of this model; it takes photo, title, size"),
        ({"title": ["a", "b"], "size": [[1.0]]}, "but there are 2 of title, 1 of size"),
        ({}, "but there are none"),
        ({"title": None}, "but there are none"),
    ],
)
def test_what_does_not_fit_together(raw, sentence):
    with pytest.raises(DataError, match=sentence):
        prepare(PREPROCESSORS, **raw)


def test_what_was_found_goes_to_its_rows_and_elsewhere_are_zeros():
    present = np.array([False, True, True, False])
    x = np.arange(1, 7, dtype=np.int16).reshape(2, 3)
    whole = at_rows(x, present)
    assert whole.tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 6], [0, 0, 0]] and whole.dtype == np.int16
    assert at_rows(x, np.array([True, True])) is x
    values, mask = at_rows(Tokens(x, x > 1), present)
    assert values.tolist() == whole.tolist() and mask.tolist() == (whole > 1).tolist()
    shared = at_rows(Repeated(x[:1], np.array([0, 0])), present)
    assert np.asarray(shared).tolist() == [[0, 0, 0], [1, 2, 3], [1, 2, 3], [0, 0, 0]]
    assert shared.values.tolist() == [[1, 2, 3], [0, 0, 0]]  # what is absent is kept once, too
