"""Trainings that are killed at random moments."""

import pytest

from tests.kills import survey


@pytest.mark.slow
def test_killed_trainings_end_with_the_same_bits():
    found = survey(50)
    assert found["kills"] >= 50
    assert (found["failed"], found["different"], found["left over"]) == (0, 0, 0)
