"""A dataset with fewer modalities keeps its examples."""

import numpy as np
import pytest

from mmdl.data import Dataset, Examples, Standardizer
from mmdl.errors import DataError
from mmdl.tokens import Tokens

X = np.arange(8.0).reshape(4, 2)
EXAMPLES = Examples(
    {"first": X, "second": -X, "third": X + 1},
    np.array([0, 1, 0, 1]),
    {"first": np.array([True, False, True, True])},
    {"name": np.array(["a", "b", "c", "d"])},
)
DATASET = Dataset(
    "four",
    ("no", "yes"),
    EXAMPLES,
    EXAMPLES.select([0, 1]),
    EXAMPLES.select([2]),
    {name: Standardizer.fit(x) for name, x in EXAMPLES.inputs.items()},
    best={("first",): {"loss": 1.0}, ("second",): {"loss": 2.0}, ("first", "third"): {"loss": 0.0}},
)


def test_other_modalities_are_as_if_they_had_never_been():
    some = DATASET.with_modalities("third", "first")
    assert some.modalities == tuple(some.preprocessors) == ("first", "third")
    assert some.best.keys() == {("first",), ("first", "third")}
    for split in ("train", "validation", "test"):
        mine, theirs = getattr(some, split), getattr(DATASET, split)
        assert mine.inputs.keys() == mine.present.keys() == {"first", "third"}
        assert np.array_equal(mine.inputs["first"], theirs.inputs["first"])
        assert np.array_equal(mine.present["first"], theirs.present["first"])
        assert np.array_equal(mine.labels, theirs.labels) and mine.about is theirs.about


def test_unknown_modalities_are_told_the_known_ones():
    with pytest.raises(DataError, match="'sound' is no modality of four, whose modalities are first, second, third"):
        DATASET.with_modalities("first", "sound")


def test_what_is_printed_says_what_there_is():
    """A line for each split and modality: the shape of one example, its type, and how many have it if not all do."""
    words = Tokens(np.ones((4, 7), np.int32), np.ones((4, 7), bool))
    given = Examples({"first": X, "text": words}, np.zeros(4, int), {"first": np.array([True, False, True, True])})
    assert str(given).splitlines() == [
        "Examples                   4 examples",
        "├─ first: (2,) float64      3 present",
        "└─ text: up to (7,) int32",
    ]
    assert [line.split() for line in str(DATASET).splitlines()[:2]] == [
        ["four:", "no,", "yes", "2", "classes"],
        ["├─", "train", "4", "examples"],
    ]
    assert "<details" in DATASET._repr_html_() and "first: (2,) float64" in EXAMPLES._repr_html_()


@pytest.mark.parametrize(("count", "shown"), [(4, "a, b, c, d"), (5, "a, b, c, d, ...")])
def test_four_classes_are_named(count, shown):
    dataset = Dataset("some", tuple("abcdefg"[:count]), EXAMPLES, EXAMPLES, EXAMPLES, {})
    assert str(dataset).splitlines()[0].split("  ")[0] == f"some: {shown}"
    assert dataset.label_in_words(2) == "c"


def test_numbers_have_a_name_and_no_classes():
    dataset = Dataset("some", (), EXAMPLES, EXAMPLES, EXAMPLES, {}, scale=Standardizer((0.0,), (1.0,), ("price",)))
    assert str(dataset).splitlines()[0].split() == ["some:", "price", "a", "number"]
    assert dataset.label_in_words(0.123456) == "0.1235"


def test_columns_that_do_not_fit_together_are_refused():
    labels = np.zeros(4, int)
    for mask in (3, 4):
        values = np.zeros((7 - mask, 2), int)
        with pytest.raises(DataError, match="text has 3 examples, but there are 4 labels"):
            Examples({"text": Tokens(values, np.ones((mask, 2), bool))}, labels)
    with pytest.raises(DataError, match="name has 3 examples, but there are 4 labels"):
        Examples({"first": X}, labels, about={"name": np.zeros(3)})
    with pytest.raises(DataError, match="first has 5 examples, but there are 4 labels"):
        Examples({"first": X}, labels, {"first": np.ones(5, bool)})
    nothing = Tokens(np.ones((1, 2), int), np.zeros((1, 2), bool))
    assert not Examples({"text": nothing}, labels[:1]).present["text"].any()
