"""Data sets are found by their names, and are no more than there are."""

import pytest

from mmdl import data
from mmdl.data import DATASETS
from mmdl.errors import DataError


def test_all_that_are_listed_are_there():
    assert len(DATASETS) == len([*DATASETS]) == len({*DATASETS}) and "spoken-digits" in DATASETS
    for name in DATASETS:
        found = data.source(name)
        assert found is DATASETS[name] and found.modalities and callable(found.load)
        assert found.to_write in ("", *DATASETS)


def test_what_is_not_there_is_refused():
    for name in ("smell", "spoken_digits", ""):
        with pytest.raises(KeyError):
            DATASETS[name]
        with pytest.raises(DataError, match="there is no dataset"):
            data.source(name)
