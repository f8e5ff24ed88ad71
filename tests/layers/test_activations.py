"""Activation layers are their ops."""

import math

import numpy as np
import pytest

from mmdl.layers import GELU, LeakyReLU, ReLU, Sigmoid, Softmax, Softplus, Tanh
from tests.close import close

X = np.array([[-2.0, 0.0, 3.0]])


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (ReLU(), [0, 0, 3]),
        (LeakyReLU(), [-0.02, 0, 3]),
        (LeakyReLU(0.5), [-1, 0, 3]),
        (Sigmoid(), 1 / (1 + np.exp([2, 0, -3]))),
        (Tanh(), [-0.9640275800758169, 0, 0.9950547536867305]),
        (GELU(), [x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in (-2, 0, 3)]),
        (Softplus(), np.log(1 + np.exp([-2, 0, 3]))),
        (Softmax(), np.exp([-2, 0, 3]) / np.exp([-2, 0, 3]).sum()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values(layer, expected):
    assert close(layer(X), [expected], rtol=0, atol=1e-14)


def test_nothing_to_learn():
    layer = LeakyReLU(0.5)
    y, trace = layer.forward(X)
    assert layer.gradient(y, trace) is layer
    assert layer.backward(np.ones_like(X), trace)[0].tolist() == [[0.5, 0.5, 1]]
