"""Positions at the smallest sizes that there are."""

import numpy as np
import pytest

from mmdl.ops.positions import sinusoidal_positions


@pytest.mark.parametrize(("T", "D"), [(0, 4), (3, 0), (0, 0)])
def test_of_nothing(T, D):
    assert sinusoidal_positions(T, D).shape == (T, D)


def test_one_column_is_the_fastest_sine():
    assert np.all(sinusoidal_positions(5, 1) == np.sin(np.arange(5))[:, None])
