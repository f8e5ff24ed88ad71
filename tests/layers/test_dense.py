"""The dense layer and Flatten."""

import numpy as np
import pytest

from mmdl.errors import ShapeError
from mmdl.layers import Dense, Flatten


def test_numbers():
    layer = Dense(np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([10.0, 20]))
    x = np.array([[1.0, 0, 2]])
    y, trace = layer.forward(x)
    assert y.tolist() == [[21, 34]]
    dx, gradient = layer.backward(np.array([[1.0, -1]]), trace)
    assert dx.tolist() == [[-1, -1, -1]]
    assert gradient.W.tolist() == [[1, -1], [0, 0], [2, -2]]
    assert gradient.b.tolist() == [1, -1]


def test_one_bias_for_all_positions():
    layer = Dense.init(np.random.default_rng(0), 2, 3)
    _, trace = layer.forward(np.ones((4, 5, 2), np.float32))
    assert (layer.gradient(np.ones((4, 5, 3), np.float32), trace).b == 20).all()


def test_wrong_features():
    layer = Dense.init(np.random.default_rng(0), 2, 3)
    with pytest.raises(ShapeError) as error:
        layer(np.zeros((4, 5)))
    assert str(error.value) == "affine: D is 5 in x (..., D) = (4, 5) but 2 in W (D, K) = (2, 3)"


def test_flatten_keeps_the_order():
    x = np.arange(24.0).reshape(2, 3, 2, 2)
    y, trace = Flatten().forward(x)
    assert y.tolist() == [list(range(12)), list(range(12, 24))]
    assert np.array_equal(Flatten().backward(y, trace)[0], x)
