"""Rounding decides nothing: what right solutions differ by where numbers are huge is allowed, and no more."""

import numpy as np
import pytest

from mmdl.check.draws import EXTREMES, PLAIN, TIES, roomy
from mmdl.check.exercise import Case
from mmdl.check.grade import FAILS, PASSES
from mmdl.check.grading import grade
from mmdl.check.library import EXERCISES
from mmdl.check.rounding import within_rounding
from mmdl.check.student import Student

Q, K = np.array([[[1e4, -1e4]]]), np.array([[[1e4, 1e4], [-1e4, -1e4]]])  # scores that are zero, but for rounding
V = np.array([[[1.0], [0.0]]])


def divided_late(q, k, v):
    scores = q @ k.mT / np.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = e / e.sum(axis=-1, keepdims=True)
    return weights @ v, weights


def divided_early(q, k, v):
    return divided_late(q / np.sqrt(q.shape[-1]) * np.sqrt(q.shape[-1]), k, v)


@pytest.mark.parametrize("weight", [0.5, 0.500000004])
def test_half_and_nearly_half_are_right_where_scores_of_1e8_cancel(weight):
    exercise = EXERCISES["attention"]
    case = Case({"q": Q, "k": K, "v": V, "causal": False}, {})
    found, truth = Student(lambda q, k, v: (np.array([[[weight]]]), np.array([[[weight, 1 - weight]]])), exercise)(case)
    assert np.array_equal(found["weights"], truth["weights"]) and np.array_equal(found["y"], truth["y"])


@pytest.mark.parametrize("weight", [0.49, 0.5001, 1.0, np.nan])
def test_what_rounding_does_not_explain_is_left(weight):
    case = Case({"q": Q, "k": K, "v": V, "causal": False}, {})
    given = (np.array([[[weight]]]), np.array([[[weight, 1 - weight]]]))
    found, _ = Student(lambda q, k, v: given, EXERCISES["attention"])(case)
    assert np.array_equal(found["weights"], given[1], equal_nan=True)


@pytest.mark.parametrize("function", [divided_late, divided_early])
def test_attention_in_another_order_of_operations_passes(function):
    assert grade(EXERCISES["attention"], function, examples=100).state == PASSES


def test_overflow_is_still_found():
    def attention(q, k, v):
        e = np.exp(q @ k.mT / np.sqrt(q.shape[-1]))
        return e / e.sum(axis=-1, keepdims=True) @ v, e / e.sum(axis=-1, keepdims=True)

    found = grade(EXERCISES["attention"], attention, examples=6)
    assert found.state == FAILS and found.sentence.endswith("for numbers as large as ±10,000")


def test_a_penalty_that_large_scores_beat_is_still_found():
    def masked_attention(q, k, v, mask):
        scores = q @ k.mT / np.sqrt(q.shape[-1]) + np.where(mask, 0, -1e4)[:, None]
        e = np.exp(scores - scores.max(axis=-1, keepdims=True)) * mask.any(axis=-1)[:, None, None]
        weights = e / np.maximum(e.sum(axis=-1, keepdims=True), 1e-300)
        return weights @ v, weights

    found = grade(EXERCISES["masked_attention"], masked_attention, examples=20)
    assert found.state == FAILS and found.sentence.endswith("for numbers as large as ±10,000")


@pytest.mark.parametrize("name", EXERCISES)
def test_well_conditioned_numbers_are_compared_as_strictly_as_ever(name):
    """An error of 1e-6 of the largest number is no rounding: in unit-scale cases it is never allowed."""
    exercise = EXERCISES[name]
    student = Student(exercise.reference, exercise)
    for seed in range(3):
        case = student.case(roomy(seed), PLAIN)
        truth = student(case)[1]
        off = {n: x + 1e-6 * max(1, np.abs(x).max(initial=0)) if x.dtype.kind == "f" else x for n, x in truth.items()}
        settled = within_rounding(exercise, case, off, truth)
        assert all(np.array_equal(settled[n], off[n], equal_nan=True) for n in off)


def test_where_numbers_are_equal_on_purpose_rounding_decides_nothing():
    case = EXERCISES["max_pool2d_backward"].case(roomy(0), variant=TIES)
    assert case.exact
    assert not EXERCISES["attention"].case(roomy(0), variant=EXTREMES).exact
    assert not EXERCISES["attention"].case(roomy(0), variant=PLAIN).exact
