"""Schedules at their ends and at their peak."""

import math
from functools import partial
from itertools import pairwise

import pytest

from mmdl.training import constant, cosine, step_decay


def rates(schedule, steps=1000, **parameters):
    return [schedule(step, steps, **parameters) for step in range(steps)]


def test_constant_is_one():
    assert set(rates(constant)) == {1.0}


def test_step_decay_drops_at_its_points():
    found = rates(step_decay, 8)
    assert found == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01])
    assert rates(step_decay, 3, factor=0.5, at=()) == [1, 1, 1]


def test_cosine_falls_from_one_to_zero():
    found = rates(cosine)
    assert found[0] == pytest.approx(1, abs=1e-5) and found[-1] == pytest.approx(0, abs=1e-5)
    assert found == sorted(found, reverse=True)
    assert found[250] == pytest.approx((1 + math.sqrt(0.5)) / 2, abs=1e-2)
    assert sum(found) / 1000 == pytest.approx(0.5)


@pytest.mark.parametrize("warm_up", [0.1, 0.3, 0.75])
def test_warm_up_is_a_straight_line_from_zero_to_the_peak(warm_up):
    found, peak = rates(cosine, warm_up=warm_up), round(1000 * warm_up)
    assert found[0] == pytest.approx(0, abs=0.01) and found[-1] == pytest.approx(0, abs=0.01)
    assert max(found) == pytest.approx(1, abs=0.01)
    assert abs(found.index(max(found)) - peak) <= 1
    rises = [after - before for before, after in pairwise(found[:peak])]
    assert rises == pytest.approx([1 / peak] * (peak - 1))
    assert found[peak:] == sorted(found[peak:], reverse=True)


@pytest.mark.parametrize("schedule", [constant, step_decay, cosine, *(partial(cosine, warm_up=w) for w in (0.5, 1))])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_few_steps_are_enough(schedule, steps):
    assert all(0 < schedule(step, steps) <= 1 for step in range(steps))
