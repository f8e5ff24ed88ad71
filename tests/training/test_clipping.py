"""Clipping shortens and never turns."""

import numpy as np
import pytest

from mmdl import tree
from mmdl.layers import BatchNorm, Dense, Sequential
from mmdl.training import clip_by_global_norm, global_norm


def gradient():
    return (np.array([3.0, 0.0]), np.array([[4.0]], np.float32), "a setting")


def test_norm_is_over_all_arrays():
    assert global_norm(gradient()) == 5


def test_norm_of_what_has_none():
    assert global_norm((np.array([np.inf, 1]),)) == np.inf and np.isnan(global_norm((np.array([np.nan, 1]),)))
    assert global_norm((np.zeros(2),)) == 0 and global_norm((np.array([3e-200, 4e-200]),)) == pytest.approx(
        5e-200, abs=0
    )


@pytest.mark.parametrize("size, dtype", [(1e20, np.float32), (1e-30, np.float32), (1e200, np.float64)])
def test_norms_whose_squares_leave_the_range(size, dtype):
    assert global_norm((np.array([3 * size], dtype), np.array([4 * size], dtype))) == pytest.approx(
        5 * size, rel=1e-6, abs=0
    )


def test_norm_of_no_arrays():
    assert global_norm(("a setting",)) == 0


def test_long_gradient_is_shortened_to_the_limit():
    before = gradient()
    clipped, norm = clip_by_global_norm(before, 2.0)
    assert norm == 5
    assert global_norm(clipped) == pytest.approx(2.0)
    np.testing.assert_allclose(clipped[0], [1.2, 0])
    np.testing.assert_allclose(clipped[1], [[1.6]])
    assert [part.dtype for part in clipped[:2]] == [np.float64, np.float32]
    assert tree.equal(before, gradient())


@pytest.mark.parametrize("limit", [5.0, 7.0, np.inf])
def test_short_gradient_comes_back_as_it_is(limit):
    before = gradient()
    clipped, norm = clip_by_global_norm(before, limit)
    assert clipped is before and norm == 5


def test_running_statistics_are_neither_counted_nor_shortened():
    model = Sequential((BatchNorm.init(2), Dense.init(np.random.default_rng(0), 2, 2)))
    many = tree.map(lambda p: np.full_like(p, 10), model)
    clipped, norm = clip_by_global_norm(many, 1.0)
    assert norm == pytest.approx(10 * np.sqrt(2 + 2 + 4 + 2))
    assert clipped.layers[0].mean is many.layers[0].mean
    assert clipped.layers[0].variance is many.layers[0].variance
    assert global_norm(clipped) == pytest.approx(1)
