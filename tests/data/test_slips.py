"""Slips of the fingers: of four kinds, as many as asked for, and only onto keys that touch."""

from collections import Counter

import numpy as np
import pytest

from mmdl.data.slips import NEIGHBOURS, typed


def test_neighbours_are_the_keys_that_touch():
    assert {key: set(NEIGHBOURS[key]) for key in "sgpqm"} == {
        "s": set("weadzx"),
        "g": set("tyfhvb"),
        "p": set("ol"),
        "q": set("wa"),
        "m": set("njk"),
    }
    assert set(NEIGHBOURS) == set("abcdefghijklmnopqrstuvwxyz")
    assert all(key in NEIGHBOURS[other] for key, near in NEIGHBOURS.items() for other in near)


def test_one_slip_is_of_one_of_four_kinds_with_equal_chances():
    rng = np.random.default_rng(0)
    doubled = {"seven"[:n] + "seven"[n] + "seven"[n:] for n in range(5)}
    dropped = {"seven"[:n] + "seven"[n + 1 :] for n in range(5)}
    swapped = {"seven"[:n] + "seven"[n + 1] + "seven"[n] + "seven"[n + 2 :] for n in range(4)} | {"seven"}
    replaced = {"seven"[:n] + key + "seven"[n + 1 :] for n in range(5) for key in NEIGHBOURS["seven"[n]]}
    kinds, unchanged = Counter(), 0
    for _ in range(8000):
        word = typed("seven", 1, rng)
        unchanged += word == "seven"
        kinds[[word in kind for kind in (doubled, dropped, swapped, replaced)].index(True)] += 1
    assert sorted(kinds) == [0, 1, 2, 3]
    assert abs(unchanged / 8000 - 0.05) < 0.01  # the last letter has none after it
    assert np.abs(np.array([kinds[k] for k in range(4)]) / 8000 - 0.25).max() < 0.03


def test_no_slip_leaves_the_word_and_many_never_take_it_all():
    rng = np.random.default_rng(0)
    assert typed("seven", 0, rng) == "seven"
    assert all(typed("ab", 30, rng) for _ in range(300))
    assert {len(typed("ab", 1, rng)) for _ in range(100)} == {1, 2, 3}


@pytest.mark.parametrize("slips", [1, 8])
def test_the_generator_decides(slips):
    one, two = ([typed("eight", slips, np.random.default_rng(seed)) for seed in range(20)] for _ in range(2))
    assert one == two and len(set(one)) > 5
