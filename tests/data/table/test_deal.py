"""Rows are dealt out class by class, or as a column says."""

from collections import Counter

import numpy as np
import pytest

from mmdl.data.table.deal import as_told, deal, deal_groups, groups_of


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("rows", "test", "validation"), [(3, 1, 1), (4, 1, 1), (10, 2, 1), (20, 4, 2), (100, 20, 10), (1000, 200, 100)]
)
def test_shares_of_a_class(rows, test, validation):
    labels = dict.fromkeys(range(rows), "a") | {rows + n: "b" for n in range(50)}
    parts = deal(labels, rng())
    assert parts.keys() == labels.keys()
    found = Counter(parts[place] for place in range(rows))
    assert (found["test"], found["validation"], found["train"]) == (test, validation, rows - test - validation)
    assert Counter(parts[place] for place in range(rows, rows + 50)) == {"train": 35, "test": 10, "validation": 5}


@pytest.mark.parametrize("rows", [1, 2])
def test_too_small_a_class_is_left_out(rows):
    assert deal(dict.fromkeys(range(rows), "a") | {7: "b", 8: "b", 9: "b"}, rng()).keys() == {7, 8, 9}


def test_chance_decides_who_is_tested():
    labels = dict.fromkeys(range(30), "a")
    tested = Counter(place for seed in range(300) for place, part in deal(labels, rng(seed)).items() if part == "test")
    assert min(tested[place] for place in labels) > 30 and max(tested.values()) < 90  # 60 each, give or take


def test_what_is_told_is_done():
    labels = {0: "a", 1: "b", 2: "a", 3: "b", 4: "c", 5: "a", 6: "a"}
    said = {0: "train", 1: "train", 2: "validation", 3: "test", 4: "test", 5: "later", 6: ""}
    assert as_told(labels, said, rng()) == {0: "train", 1: "train", 2: "validation", 3: "test"}


def test_validation_comes_from_training_if_nobody_is_told_so():
    labels = dict.fromkeys(range(20), "a") | {20: "b", 21: "b", 22: "a"}
    said = dict.fromkeys(range(22), "train") | {22: "test"}
    parts = as_told(labels, said, rng())
    assert Counter(parts.values()) == {"train": 20, "validation": 2, "test": 1}
    assert parts[20] == parts[21] == "train"  # a class of two has none to spare


def test_groups_are_what_shares_a_key_directly_or_not():
    keys = [("a", ""), ("b", "x"), ("c", "x"), ("", ""), ("a", "y"), ("", "y"), ("", "")]
    groups = groups_of(keys)
    assert groups[0] == groups[4] == groups[5] and groups[1] == groups[2]
    assert len({*groups}) == 4


def test_groups_are_dealt_whole_and_in_the_shares_of_groups():
    labels = {place: "ab"[place % 2] for place in range(400)}
    groups = {place: place // 4 for place in range(400)}
    parts = deal_groups(labels, groups, rng())
    assert parts.keys() == labels.keys()
    assert all(len({parts[4 * group + n] for n in range(4)}) == 1 for group in range(100))
    assert Counter(parts.values()) == {"train": 280, "test": 80, "validation": 40}


def test_classes_that_are_never_learned_are_left_out_of_groups():
    labels = dict.fromkeys(range(30), "a") | dict.fromkeys(range(30, 33), "rare")
    groups = {place: place // 3 for place in range(33)}
    for seed in range(10):
        parts = deal_groups(labels, groups, rng(seed))
        learned = {labels[place] for place, part in parts.items() if part == "train"}
        assert {labels[place] for place in parts} == learned == {"a", "rare"}


def test_of_three_rare_classes_of_one_group_one_is_learned():
    """One of the groups is for training, and what is only tested is left out."""
    labels = {place: "aaaaaaaaaabcd"[place // 3] for place in range(39)}
    for seed in range(5):
        parts = deal_groups(labels, {place: place // 3 for place in range(39)}, rng(seed))
        rare = {labels[place]: part for place, part in parts.items() if labels[place] != "a"}
        assert len(rare) == 1 and {*rare.values()} == {"train"} and len(parts) == 33


def test_a_class_of_three_groups_is_in_every_split():
    labels = {place: "aaaaaaaaaabbbccc"[place // 2] for place in range(32)}
    groups = {place: place // 2 for place in range(32)}
    for seed in range(5):
        parts = deal_groups(labels, groups, rng(seed))
        for rows in (range(20, 26), range(26, 32)):
            assert Counter(parts[place] for place in rows) == {"train": 2, "test": 2, "validation": 2}


def test_of_three_rows_none_is_left_out_of_groups():
    labels = dict.fromkeys(range(20), "a") | dict.fromkeys(range(20, 23), "b") | {23: "c", 24: "c"}
    groups = {place: max(place // 2, place - 10) for place in range(25)}
    for seed in range(5):
        parts = deal_groups(labels, groups, rng(seed))
        assert Counter(parts[place] for place in range(20, 23)) == {"train": 1, "test": 1, "validation": 1}
        assert not {23, 24} & {*parts}
