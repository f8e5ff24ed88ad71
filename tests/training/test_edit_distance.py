"""Edit distance against its recursive definition."""

from functools import cache

import numpy as np
import pytest

from mmdl.training.edit_distance import edit_distance, error_rate, exact_match


def by_definition(a, b):
    @cache
    def distance(i, j):
        if not i or not j:
            return i + j
        same = a[i - 1] == b[j - 1]
        return min(distance(i - 1, j) + 1, distance(i, j - 1) + 1, distance(i - 1, j - 1) + (not same))

    return distance(len(a), len(b))


@pytest.mark.parametrize("seed", range(30))
def test_equals_its_recursion(seed):
    rng = np.random.default_rng(seed)
    a, b = (tuple(rng.integers(3, size=rng.integers(7)).tolist()) for _ in range(2))
    assert edit_distance(a, b) == by_definition(a, b) == edit_distance(b, a)


def test_known_distances():
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance("", "abc") == edit_distance("abc", "") == 3
    assert edit_distance("same", "same") == 0


def test_rates():
    assert error_rate(["abc", "x"], ["abd", ""]) == pytest.approx(2 / 3)
    assert error_rate([""], [""]) == 0 and error_rate(["xy"], ["a"]) == 2
    assert exact_match(["a", "b", "c"], ["a", "x", "c"]) == pytest.approx(2 / 3)
