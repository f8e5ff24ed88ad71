"""Differences are relative to the larger of 1 and the largest entry, and are told in one sentence."""

import numpy as np
import pytest

from mmdl.verify.compare import PropertyError, agree, difference


def test_difference_is_relative_to_large_entries_and_absolute_among_small_ones():
    assert difference(np.array([1e6 + 1.0]), np.array([1e6])) == 1e-6
    assert difference(np.array([0.25]), np.array([0.0])) == 0.25


def test_nothing_differs_from_nothing():
    assert difference(np.zeros((0, 3)), np.zeros((0, 3))) == 0
    assert difference((), ()) == agree("features", (), (), 0, "the formula") == 0


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (np.zeros(2), np.zeros(3)),
        (np.zeros((2, 1)), np.zeros(2)),
        (np.array([np.nan]), np.zeros(1)),
        (np.zeros(1), np.array([np.nan])),
        ((np.zeros(1),), (np.zeros(1), np.zeros(1))),
        (np.zeros(1), (np.zeros(1),)),
    ],
)
def test_other_shapes_and_what_is_no_number_differ_infinitely(actual, expected):
    assert difference(actual, expected) == np.inf
    with pytest.raises(PropertyError):
        agree("y", actual, expected, 1e-12, "the formula")


def test_unsigned_numbers_do_not_wrap():
    assert difference(np.array([1], np.uint8), np.array([2], np.uint8)) == 0.5


def test_the_sentence_names_the_worst_entry():
    found, right = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.1], [3.0, 5.0]])
    with pytest.raises(PropertyError, match=r"^dW\[1, 1\] is 4, but the formula says 5$") as caught:
        agree("dW", found, right, 1e-12, "the formula")
    assert caught.value.error == 0.2
    with pytest.raises(PropertyError, match=r"^features\[1\]\[0\] is nan, but the formula says 0$"):
        agree("features", (np.zeros(1), np.array([np.nan])), (np.zeros(1), np.zeros(1)), 1e-12, "the formula")
    with pytest.raises(PropertyError, match=r"^loss is 1, but the formula says 2$"):
        agree("loss", np.float64(1), 2.0, 1e-12, "the formula")
    with pytest.raises(PropertyError, match=r"^db has shape \(2, 3\), but the formula says \(3,\)$"):
        agree("db", np.zeros((2, 3)), np.zeros(3), 1e-12, "the formula")


def test_agreement_gives_the_error():
    assert agree("y", np.ones(1), np.ones(1), 0, "the formula") == 0
    error = agree("y", np.array([1.0 + 1e-13]), np.ones(1), 1e-12, "the formula")
    assert error == pytest.approx(1e-13, rel=1e-2, abs=0)
    assert agree("y", (np.ones(1), np.array([1.5])), (np.ones(1), np.ones(1)), 1, "the formula") == 0.5
