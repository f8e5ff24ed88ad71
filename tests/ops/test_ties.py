"""At a tie complex steps find the gradient that backward declares: ops branch on the real part alone."""

import numpy as np
import pytest

from mmdl.ops.activations import leaky_relu, leaky_relu_backward, relu, relu_backward, softplus, softplus_backward
from mmdl.ops.pooling import max_pool2d, max_pool2d_backward
from mmdl.verify.oracle import complex_step_gradient
from tests.close import close

DY = np.array([1.0, -2.0, 3.0])


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (relu, lambda dy, x: relu_backward(dy, relu(x))),
        (leaky_relu, leaky_relu_backward),
        (softplus, softplus_backward),
    ],
)
def test_activations_at_zero(forward, backward):
    x = np.zeros(3)
    assert close(complex_step_gradient(forward, (x,), 0, DY), backward(DY, x), rtol=0, atol=1e-15)


@pytest.mark.parametrize("stride", [1, 2])
def test_max_pool_of_equal_pixels(stride):
    x = np.ones((2, 4, 4, 3))
    y, winner = max_pool2d(x, stride=stride)
    dy = np.random.default_rng(0).normal(size=y.shape)
    dx = max_pool2d_backward(dy, x, winner, stride=stride)
    found = complex_step_gradient(lambda x: max_pool2d(x, stride=stride).y, (x,), 0, dy)
    assert close(found, dx, rtol=0, atol=1e-15)
