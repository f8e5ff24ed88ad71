"""Dropout: off unless the model is in training mode."""

import numpy as np
import pytest

from mmdl.errors import DataError
from mmdl.layers import Dropout, training_mode
from tests.close import close

X = 1 + np.random.default_rng(0).random((200, 50))


def dropping(rate, seed=0):
    return training_mode(Dropout(rate), np.random.default_rng(seed))


def test_off():
    y, trace = Dropout(0.9).forward(X)
    dy = np.full_like(X, 2)
    assert np.array_equal(y, X)
    assert np.array_equal(Dropout(0.9).backward(dy, trace)[0], dy)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_on(rate):
    y = dropping(rate)(X)
    kept = y != 0
    assert np.mean(kept) == pytest.approx(1 - rate, abs=0.02)
    assert close(y[kept], X[kept] / (1 - rate))
    assert y.mean() == pytest.approx(X.mean(), rel=0.05)


def test_rate_zero_keeps_all():
    assert np.array_equal(dropping(0.0)(X), X)


def test_the_gradient_passes_where_the_number_passed():
    layer = dropping(0.5)
    y, trace = layer.forward(X)
    layer.forward(X)  # another draw in between: the trace remembers, not the layer
    dx, gradient = layer.backward(np.ones_like(X), trace)
    assert np.array_equal(dx, np.where(y != 0, 2, 0))
    assert gradient is layer


def test_every_pass_draws_anew_and_the_seed_decides():
    layer = dropping(0.5, seed=1)
    first, second = layer(X), layer(X)
    assert not np.array_equal(first, second)
    again = dropping(0.5, seed=1)
    assert np.array_equal(again(X), first) and np.array_equal(again(X), second)


@pytest.mark.parametrize("rate", [1.0, -0.1])
def test_impossible_rates(rate):
    with pytest.raises(DataError) as error:
        dropping(rate)(X)
    assert str(error.value) == f"dropout: rate must be at least 0 and less than 1, not {rate}"
