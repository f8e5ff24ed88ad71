"""Windows that stand side by side, which takes a short way, and those that only nearly do."""

import numpy as np
import pytest

from mmdl import formulas
from mmdl.ops.pooling import avg_pool2d, max_pool2d, max_pool2d_backward
from tests.close import close


@pytest.mark.parametrize("padding", [0, 1, ((0, 1), (1, 0)), ((1, 0), (0, 0)), "same"])
@pytest.mark.parametrize("sides", [(4, 4), (5, 6), (7, 3)])
@pytest.mark.parametrize("window", [2, 3])
def test_side_by_side(padding, sides, window):
    x = np.random.default_rng(0).normal(size=(2, *sides, 3))
    y, winner = max_pool2d(x, window, window, padding)
    assert close(y[1], formulas.max_pool2d(x[1], window, window, padding))
    dy = np.random.default_rng(1).normal(size=y.shape)
    dx = sum(dy[:, [p]][:, :, [q]] * (x == y[:, [p]][:, :, [q]]) for p, q in np.ndindex(*y.shape[1:3]))
    assert close(max_pool2d_backward(dy, x, winner, window, window, padding), dx)
    assert close(avg_pool2d(x, window, window, padding)[1], formulas.avg_pool2d(x[1], window, window, padding))


@pytest.mark.parametrize("window", [(16, 16), (10, 13)])
def test_the_last_cell_of_a_large_window_wins(window):
    """Which cell has won is kept in bytes where there are few: here there are 256, and half as many and two."""
    x = np.arange(float(np.prod(window))).reshape(1, *window, 1)
    y, winner = max_pool2d(x, window)
    assert y == x.max() and close(max_pool2d_backward(np.ones((1, 1, 1, 1)), x, winner, window), x == y)
