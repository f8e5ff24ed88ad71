"""Convolution layers: their settings reach the op."""

import numpy as np
import pytest

from mmdl.errors import ShapeError
from mmdl.layers import Conv1D, Conv2D
from mmdl.tokens import Tokens

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({}, (2, 5, 6, 4)),
        ({"padding": "same"}, (2, 7, 8, 4)),
        ({"stride": 2}, (2, 3, 3, 4)),
        ({"stride": (1, 3), "padding": 1}, (2, 7, 3, 4)),
        ({"dilation": 2}, (2, 3, 4, 4)),
        ({"padding": ((0, 1), (2, 0))}, (2, 6, 8, 4)),
    ],
)
def test_conv2d_settings(settings, shape):
    layer = Conv2D.init(RNG, 3, 4, **settings)
    y, trace = layer.forward(np.ones((2, 7, 8, 3), np.float32))
    gradient = layer.gradient(np.ones_like(y), trace)
    assert y.shape == shape
    assert all(getattr(gradient, name) == value for name, value in settings.items())


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({}, (2, 5, 4)),
        ({"padding": "same", "stride": 2}, (2, 4, 4)),
        ({"dilation": 3, "padding": (1, 2)}, (2, 4, 4)),
    ],
)
def test_conv1d_settings(settings, shape):
    layer = Conv1D.init(RNG, 3, 4, **settings)
    assert layer(np.ones((2, 7, 3), np.float32)).shape == shape


def test_kernel_of_any_shape():
    assert Conv2D.init(RNG, 1, 2, (5, 1)).w.shape == (5, 1, 1, 2)
    assert Conv1D.init(RNG, 1, 2, 4).w.shape == (4, 1, 2)


def test_it_correlates():
    """The kernel is laid on the image as it is, not turned."""
    image = np.arange(9.0).reshape(1, 3, 3, 1)
    kernel = np.array([[1.0, 10], [100, 1000]]).reshape(2, 2, 1, 1)
    y = Conv2D(kernel, np.array([0.5]))(image)
    assert y[0, 0, 0, 0] == 0 * 1 + 1 * 10 + 3 * 100 + 4 * 1000 + 0.5


@pytest.mark.parametrize("channels", [1, 3])
def test_wrong_channels(channels):
    layer = Conv2D.init(RNG, 2, 4)
    with pytest.raises(ShapeError) as error:
        layer(np.zeros((1, 5, 5, channels)))
    assert str(error.value) == (
        f"conv2d: D is {channels} in x (N, R, C, D) = (1, 5, 5, {channels}) but 2 in w (I, J, D, K) = (3, 3, 2, 4)"
    )


def test_a_stride_with_the_padding_same_needs_sequences_of_one_length():
    layer = Conv1D.init(np.random.default_rng(0), 3, 4, 3, padding="same", stride=2)
    with pytest.raises(ShapeError, match="depends on the longest sequence; give it in numbers"):
        layer(Tokens(np.zeros((2, 5, 3)), np.arange(5) < [[5], [3]]))
