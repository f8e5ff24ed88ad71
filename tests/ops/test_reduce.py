"""Sums and maxima of rows and columns, against NumPy's own."""

import numpy as np
import pytest

from mmdl.ops._reduce import add_row, column_inner, column_sum, row_inner, row_max, row_sum
from tests.close import close


@pytest.mark.parametrize("width", [1, 2, 3, 7, 8, 9, 31, 32, 33, 65, 100])
def test_the_largest_is_found_wherever_it_stands(width):
    assert np.array_equal(row_max(np.eye(width)), np.ones((width, 1)))
    assert np.array_equal(row_max(1j * np.eye(width) - 1), -np.ones((width, 1)))


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (33, 5), (64, 10), (2, 3, 4)])
def test_sums(shape):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=shape), rng.normal(size=shape)
    rows = tuple(range(len(shape) - 1))
    assert close(row_sum(a), a.sum(axis=-1, keepdims=True)) and close(row_inner(a, b), (a * b).sum(-1, keepdims=True))
    assert close(column_sum(a), a.sum(axis=rows)) and close(column_inner(a, b), (a * b).sum(axis=rows))
    if len(shape) == 2:
        y = a.copy()
        add_row(y, b[0])
        assert close(y, a + b[0])
