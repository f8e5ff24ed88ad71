"""Scores of single classes and calibration, against counting by hand and against scikit-learn's definitions."""

import numpy as np
import pytest

from mmdl.training.metrics import calibration_error, class_scores


def test_a_case_counted_by_hand():
    scores = class_scores(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 1]), 4)
    np.testing.assert_allclose(scores.precision, [2 / 3, 1 / 3, np.nan, np.nan])
    np.testing.assert_allclose(scores.recall, [2 / 3, 1 / 2, 0, np.nan])
    np.testing.assert_allclose(scores.f1, [2 / 3, 2 / 5, 0, np.nan])
    assert scores.support.tolist() == [3, 2, 1, 0]


def test_f1_is_the_harmonic_mean():
    rng = np.random.default_rng(0)
    scores = class_scores(rng.integers(3, size=50), rng.integers(3, size=50), 3)
    np.testing.assert_allclose(scores.f1, 2 / (1 / scores.precision + 1 / scores.recall))


def test_calibration_of_a_model_that_is_right_as_often_as_it_says():
    p = np.tile([0.75, 0.25], (8, 1))
    assert calibration_error(p, np.array([0, 0, 0, 1] * 2)) == pytest.approx(0)
    assert calibration_error(p, np.zeros(8, int)) == pytest.approx(0.25)  # it was right more often
    assert calibration_error(p, np.ones(8, int)) == pytest.approx(0.75)


def test_calibration_equals_its_formula_bin_by_bin():
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(3), 200)
    labels = rng.integers(3, size=200)
    confidence, right, total = p.max(axis=1), p.argmax(axis=1) == labels, 0.0
    for b in range(10):
        inside = (confidence >= b / 10) & ((confidence < (b + 1) / 10) | (b == 9))
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert calibration_error(p, labels) == pytest.approx(total)


def test_certainty_belongs_to_the_last_bin():
    """One that was sure, and wrong, and one that was nearly sure, and right, are compared as one; not with a third."""
    assert calibration_error(np.eye(2), np.array([0, 1])) == 0
    p = np.array([[1.0, 0], [0.95, 0.05], [0.85, 0.15]])
    assert calibration_error(p, np.array([1, 0, 0])) == pytest.approx((1 - 0.05 + 0.15) / 3)
