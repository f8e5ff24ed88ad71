"""A table with numbers to be predicted: the numbers of its rows, their scale in training, and rows without one."""

import numpy as np
import pytest

from mmdl import data
from mmdl.errors import DataError


def table(folder, rows, header="title;size;price;part", name="homes.csv"):
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def load(path, **how):
    return data.load(path, task="regression", label="price", **{"text": "title", "numbers": ("size",)} | how)


ROWS = [f"flat number {n};{n};1.{n:03d},5;" for n in range(100)]  # 1000.5 to 1099.5, as Germans write it


def test_labels_are_the_numbers_of_their_rows(tmp_path):
    dataset = load(table(tmp_path, ROWS))
    assert dataset.classes == () and dataset.in_order and dataset.augment == {"word_dropout": 0.1}
    splits = dataset.train, dataset.validation, dataset.test
    assert [len(each) for each in splits] == [70, 10, 20]
    for each in splits:
        assert each.labels.tolist() == [1000.5 + int(line) - 2 for line in each.about["line"]]
    learned = dataset.train.labels
    assert dataset.scale.names == ("price",)
    assert dataset.scale.mean == pytest.approx((learned.mean(),))
    assert dataset.scale.deviation == pytest.approx((learned.std(),))
    said = f"price: numbers from 1000.5 to 1099.5, on average {learned.mean():g} ± {learned.std():g}"
    assert dataset.notes[0] == "homes.csv: 100 rows, 100 of which can be used" and said in dataset.notes
    assert dataset.label_in_words(1234.5678) == "1235" and str(dataset).startswith("homes.csv: price")


def test_the_seed_deals_the_rows_out(tmp_path):
    path = table(tmp_path, ROWS)
    tested = [load(path, seed=seed).test.about["line"].tolist() for seed in (0, 0, 1)]
    assert tested[0] == tested[1] != tested[2]


def test_rows_without_a_number_are_named(tmp_path):
    dataset = load(table(tmp_path, ["a;1;;", "b;2;cheap;", "c;3;NA;", "d;4; - ;", *ROWS]))
    assert dataset.notes[0] == "homes.csv: 104 rows, 100 of which can be used"
    assert dataset.notes[-4:] == (
        "not used: line 2, price: the number is missing",
        "not used: line 3, price: 'cheap' is no number",
        "not used: line 4, price: the number is missing",
        "not used: line 5, price: the number is missing",
    )
    assert np.concatenate([dataset.train.labels, dataset.test.labels]).min() > 999


def test_a_column_says_who_is_tested(tmp_path):
    rows = [f"{row}{('train', 'val', 'test')[n % 3]}" for n, row in enumerate(ROWS)]
    dataset = load(table(tmp_path, rows), split="part")
    assert dataset.test.labels.tolist() == [1000.5 + n for n in range(2, 100, 3)]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (["a;1;7;"] * 20, r"homes\.csv: price is 7 in every row for training, so there is nothing to learn"),
        (["a;1;7;", "b;1;8;"], "no row that can be used is for train; line 2, rows: there are fewer than 3 rows"),
        (["a;1;1.200;", "b;1;3.400;"] * 3, "column 'price' can be read in two ways"),
        ([], "has names of columns, but no rows"),
    ],
)
def test_what_cannot_be_learned_is_one_sentence(tmp_path, rows, sentence):
    with pytest.raises(DataError, match=sentence):
        load(table(tmp_path, rows))
