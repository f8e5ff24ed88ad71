"""A table with something to be written: units, splits, and what cannot be written."""

import numpy as np
import pytest

from mmdl.data import load
from mmdl.data.table.written import unit_of
from mmdl.errors import DataError


def table(folder, rows, header="source,translation"):
    path = folder / "pairs.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


PAIRS = [
    f"{a} {b},{b.upper()}-{a.upper()}" for a in ("eins", "zwei", "drei", "vier") for b in ("ab", "cd", "é", "f", "g")
]


def test_targets_come_back_as_they_were(tmp_path):
    dataset = load(table(tmp_path, PAIRS), text="source", target="translation")
    assert [len(each) for each in (dataset.train, dataset.validation, dataset.test)] == [14, 2, 4]
    for split in (dataset.train, dataset.validation, dataset.test):
        assert dataset.target.texts(split.targets) == split.about["target"].tolist()
    assert dataset.target.unit == "letter" and dataset.notes[0] == "pairs.csv: 20 rows, 20 of which can be used"
    lines = np.concatenate([split.about["line"] for split in (dataset.train, dataset.validation, dataset.test)])
    assert sorted(lines, key=int) == [str(line) for line in range(2, 22)]


def test_words_that_recur_are_units():
    assert unit_of(["a red ball", "a blue ball"] * 5) == "word"
    assert unit_of(["eins", "zwei", "drei"]) == "letter"
    assert unit_of([]) == "word"


def test_what_training_never_showed_cannot_be_written(tmp_path):
    rows = [f"{row},train" for row in PAIRS[:10]] + ["x,ZWEI,validation", "y,EINS,test", "z,Ω,test"]
    path = table(tmp_path, rows, header="source,translation,part")
    dataset = load(path, text="source", target="translation", split="part")
    assert len(dataset.test) == 1
    assert any("line 14, translation: 'Ω' cannot be written" in note for note in dataset.notes)


def test_a_split_without_rows_is_refused(tmp_path):
    rows = [f"{row},train" for row in PAIRS]
    with pytest.raises(DataError, match="no row that can be used is for test"):
        load(table(tmp_path, rows, "source,translation,part"), text="source", target="translation", split="part")


@pytest.mark.parametrize("count", [20, 239, 241, 499, 500, 6001, 7000])
def test_few_texts_are_learned_for_many_epochs(tmp_path, count):
    """The fewest epochs that make 1500 steps, from 8 to 100; and small batches of fewer than 500."""
    rows = [f"{n},a b,{('train', 'validation', 'test')[max(n - count + 1, 0)]}" for n in range(count + 2)]
    path = table(tmp_path, rows, "source,translation,part")
    recipe = load(path, text="source", target="translation", split="part", text_length=1).recipe
    size, epochs = recipe["batch_size"], recipe["epochs"]
    assert size == (16 if count < 500 else 32) and 8 <= epochs <= 100
    assert epochs == 100 or epochs * count >= 1500 * size
    assert epochs == 8 or (epochs - 1) * count < 1500 * size


def test_words_are_units_if_each_stands_five_times():
    assert unit_of(["a"] * 5) == unit_of(["a b"] * 5) == "word" and unit_of(["a"] * 4) == "letter"
