"""A million numbers in float32 are summed as exactly as a few."""

import numpy as np

from mmdl.ops._reduce import BLOCK, column_inner, column_sum
from mmdl.ops.normalization import batch_norm
from mmdl.ops.pooling import global_average_pool
from tests.close import close

X = np.random.default_rng(0).normal(3, 1, (1_000_000, 2)).astype(np.float32)
EXACT = X.astype(float)


def test_statistics_of_a_million_rows():
    found = batch_norm(X, np.ones(2, np.float32), np.zeros(2, np.float32))
    assert close(found.mean, EXACT.mean(axis=0), rtol=1e-6, atol=0)
    assert close(found.variance, EXACT.var(axis=0), rtol=1e-6, atol=0)
    assert found.mean.dtype == found.variance.dtype == np.float32


def test_gradients_of_a_million_rows():
    assert close(column_sum(X), EXACT.sum(axis=0), rtol=1e-6, atol=0)
    assert close(column_inner(X, X), (EXACT * EXACT).sum(axis=0), rtol=1e-6, atol=0)


def test_the_mean_of_a_large_picture():
    assert close(global_average_pool(X.reshape(1, 1000, 1000, 2))[0], EXACT.mean(axis=0), rtol=1e-6, atol=0)


def test_no_row_is_left_out_at_the_edges_of_blocks():
    for count in (0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK):
        x = np.arange(2.0 * count).reshape(count, 2)
        assert np.array_equal(column_sum(x), x.sum(axis=0))
        assert close(column_inner(x, x), (x * x).sum(axis=0), rtol=1e-14)
        assert np.array_equal(column_sum(1j * x), 1j * x.sum(axis=0))
