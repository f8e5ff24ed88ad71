"""A dataset with fewer modalities keeps its examples."""

import numpy as np
import pytest

from mmdl.data import Dataset, Examples, Standardizer
from mmdl.errors import DataError

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
