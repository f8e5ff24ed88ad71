"""What is said about a table: a few things one by one, of many how many; and hints only where they may be right."""

from collections import Counter

import numpy as np
import pytest

from mmdl.data.table.report import (
    Refused,
    because,
    counted,
    demand_enough,
    listed,
    number_like,
    of_absent,
    of_alike,
    of_classes,
    of_numbers,
    of_refused,
)
from mmdl.errors import DataError


def test_names_in_a_sentence():
    assert listed([]) == "" and listed(["a", "b"]) == "a, b"
    letters = [*"abcdefghijkl"]
    assert listed(letters) == ", ".join(letters)
    assert listed([*letters, "m"]) == f"{', '.join(letters)} and 1 more"
    assert listed(["a" * 40, "b" * 41]) == f"{'a' * 40}, {'b' * 39}…"
    assert listed(["one\ntwo\t", "é"]) == r"one\ntwo\t, é"


def test_how_many():
    assert [counted(n, "row") for n in (0, 1, 2, 1234)] == ["0 rows", "1 row", "2 rows", "1,234 rows"]


def test_a_reason_that_quotes_a_long_cell_is_cut():
    assert str(Refused(7, "title", "x" * 400)) == f"line 7, title: {'x' * 400}"
    assert str(Refused(7, "title", "x" * 401)) == f"line 7, title: {'x' * 400}…"
    assert because([]) == "" and because([Refused(2, "a", "why"), Refused(3, "b", "else")]) == "; line 2, a: why"


@pytest.mark.parametrize("count", [10, 11, 13])
def test_ten_classes_are_told_one_by_one(count):
    """Class number n has n + 1 examples for training, two for validation and one for the test."""
    n = np.arange(count)
    said = [*of_classes(tuple(f"c{each}" for each in n), np.repeat(n, n + 1), np.repeat(n, 2), n)]
    assert said[:2] == [
        "c0: 4 examples, 1 for training, 2 for validation, 1 for the test",
        "c1: 5 examples, 2 for training, 2 for validation, 1 for the test",
    ]
    assert len(said) == 10 + (count > 10)
    if count > 10:
        assert said[10] == f"and {count - 10} more classes, of 14 to {count + 3} examples"
    assert [*of_classes(("a", "b"), n[:1], n[:0], n[:0])][1].startswith("b: 0 examples, 0 for training")


def test_classes_that_are_numbers_get_a_hint():
    """More than 20, more than nine tenths of them numbers, and more than half of the cells different."""
    hint = "hint: price holds 21 different numbers; --task regression predicts numbers, not classes"
    numbers = [f"{n}.5" for n in range(21)]
    assert [*of_numbers("price", numbers)] == [*of_numbers("price", numbers + numbers[:20])] == [hint]
    assert not [*of_numbers("price", numbers[:20])]  # too few
    assert not [*of_numbers("price", 2 * numbers)]  # each twice
    mostly = [f"{n}" for n in range(28)]
    assert [*of_numbers("price", [*mostly, "many", "few"])]
    assert not [*of_numbers("price", [*mostly[:27], "many", "few", "none at all"])]  # nine tenths and no more
    assert all(map(number_like, ("1.200", "1,5", "$7", "12 %", "−3"))) and not any(map(number_like, ("a1", "", "1 2")))


def test_classes_that_may_be_one_get_a_hint():
    assert [*of_alike(["Apple", "apple ", "pear", "1", "1.0", "01", "2"])] == [
        "hint: classes that may be meant to be one: 'Apple' and 'apple ', '1' and '1.0' and '01'"
    ]
    assert not [*of_alike(["apple", "apples", "1", "10"])]


def test_what_says_that_it_is_missing_is_counted():
    assert [*of_absent(Counter())] == []
    assert [*of_absent(Counter({"nan": 1, "NA": 1200}))] == [
        "taken as missing, unless --keep-na is given: NA (1,200), nan (1)"
    ]


def test_ten_rows_that_cannot_be_used_are_told_one_by_one():
    refused = [Refused(line, "price" if line < 14 else "title", "why") for line in range(2, 17)]
    assert [*of_refused(refused[:10])] == [f"not used: line {line}, price: why" for line in range(2, 12)]
    assert [*of_refused(refused[:11])][10] == "not used: 1 more row up to line 12: 1 for price"
    told = [*of_refused(refused, "cell not used")]
    assert len(told) == 11 and told[0] == "cell not used: line 2, price: why"
    assert told[10] == "cell not used: 5 more rows up to line 16: 3 for title, 2 for price"


@pytest.mark.parametrize(
    ("rows", "classes", "part", "sentence"),
    [
        (0, ("a", "b"), "train", "t.csv has names of columns, but no rows"),
        (1, (), "", "none of the 1 row of t.csv can be used; line 2, x: why; hint: h"),
        (3, ("a",), "train", "t.csv: every row that can be used is of the class 'a', and a choice needs two; line 2"),
        (3, ("a", "b"), "train test", "t.csv: no row that can be used is for validation; line 2, x: why"),
        (3, ("a", "b"), "train validation", "t.csv: no row that can be used is for test; line 2, x: why"),
    ],
)
def test_too_little_is_one_sentence(rows, classes, part, sentence):
    with pytest.raises(DataError) as error:
        demand_enough("t.csv", rows, classes, part.split(), [Refused(2, "x", "why")], ["hint: h"])
    assert str(error.value).startswith(sentence)


def test_enough_is_enough():
    demand_enough("t.csv", 1, ("a", "b"), ["train", "validation", "test"], [])
