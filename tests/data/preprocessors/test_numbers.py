"""Numbers are standardised by what training showed, and what is not known becomes the mean."""

import math

import numpy as np
import pytest

from mmdl.data import Standardizer
from mmdl.errors import DataError

X = np.random.default_rng(0).normal([5, -200, 0.1], [2, 50, 0.01], (40, 3))


def test_training_numbers_get_mean_zero_and_deviation_one():
    z = Standardizer.fit(X).encode(X)
    assert z.shape == (40, 3) and z.dtype == np.float32
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(z.std(axis=0), 1, atol=1e-5)


def test_other_numbers_are_measured_by_those_of_training():
    standardizer = Standardizer.fit([[0, 10], [4, 30]])
    assert standardizer == Standardizer((2.0, 20.0), (2.0, 10.0))
    assert standardizer.encode([[8, 20], (2, 0)]).tolist() == [[3, 0], [0, -2]]


def test_a_column_without_spread_is_left_as_wide_as_it_is():
    assert Standardizer.fit([[0.1, 1], [0.1, 3], [0.1, 5]]).deviation[0] == 1
    assert Standardizer.fit([[7]]).encode([[9]]).tolist() == [[2]]


def test_what_is_not_known_is_left_out_of_the_statistics_and_becomes_the_mean():
    standardizer = Standardizer.fit([[1, math.nan], [3, math.nan], [math.nan, math.nan]])
    assert standardizer == Standardizer((2.0, 0.0), (1.0, 1.0))
    assert standardizer.encode([[math.nan, 5], [4, None]]).tolist() == [[0, 5], [2, 0]]


def test_nothing_gives_nothing():
    assert Standardizer((0.0, 1.0), (1.0, 1.0)).encode([]).shape == (0, 2)


@pytest.mark.parametrize(
    ("examples", "sentence"),
    [
        ([[1.0]], "an example has 2 numbers (age, height), not 1"),
        ([[1.0, math.inf]], "an example's numbers (age, height) must be finite"),
        ([1.0, 2.0], "numbers must be a list of examples, each of them a sequence of numbers"),
        ([["a", "b"]], "numbers must be a list of examples, each of them a sequence of numbers"),
    ],
)
def test_what_are_no_numbers_is_refused(examples, sentence):
    with pytest.raises(DataError) as error:
        Standardizer((0.0, 0.0), (1.0, 1.0), ("age", "height")).encode(examples)
    assert str(error.value) == sentence


@pytest.mark.parametrize("settings", [((0.0,), (1.0, 1.0)), ((0.0,), (0.0,)), ((0.0,), (1.0,), ("a", "b"))])
def test_settings_that_do_not_fit_are_refused(settings):
    with pytest.raises(DataError):
        Standardizer(*settings)


def test_the_first_example_says_how_many_numbers_there_are():
    with pytest.raises(DataError, match="an example has 2 numbers, not 1"):
        Standardizer.fit([[1, 2], [3]])
    with pytest.raises(DataError, match=r"an example has 1 numbers \(size\), not 2"):
        Standardizer.fit([[1, 2]], ("size",))
