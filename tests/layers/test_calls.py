"""A model that is called says what its forward pass says, bit for bit, without the trace."""

import numpy as np
import pytest

from mmdl.data import Batch
from mmdl.errors import ShapeError
from mmdl.fusion import Concatenate
from mmdl.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from mmdl.models import Modality, MultimodalClassifier


def encoder(rng):
    return Sequential((Conv2D.init(rng, 1, 4), MaxPool2D(2), ReLU(), Flatten(), Dense.init(rng, 36, 5)))


@pytest.mark.parametrize("settings", [{}, {"window": 3, "stride": 2}, {"window": (2, 3), "padding": "same"}])
@pytest.mark.parametrize("dtype", [np.float32, complex, int])
def test_max_pooling(settings, dtype):
    x = np.random.default_rng(0).integers(-9, 9, (2, 7, 8, 3)).astype(dtype)
    layer = MaxPool2D(**settings)
    assert np.array_equal(layer(x), layer.forward(x)[0]) and layer(x).dtype == layer.forward(x)[0].dtype


def test_what_max_pooling_refuses():
    for shape in ((7, 8, 3), (2, 0, 8, 3)):
        with pytest.raises(ShapeError, match="max_pool2d"):
            MaxPool2D()(np.zeros(shape))
    with pytest.raises(ShapeError, match="padding 2 must be smaller than the window 2"):
        MaxPool2D(2, padding=2)(np.zeros((1, 4, 4, 1)))


@pytest.mark.parametrize("present", [[True] * 3, [True, False, True], [False] * 3])
def test_a_classifier_whoever_is_absent(present):
    rng = np.random.default_rng(0)
    modality = Modality(encoder(rng), np.ones(5, np.float32))
    model = MultimodalClassifier(
        {"left": modality, "right": modality}, Concatenate(), Dense.init(rng, 10, 2), ("a", "b"), {}
    )
    images = rng.random((3, 8, 8, 1), np.float32)
    batch = Batch(
        {"left": images, "right": images[::-1]},
        {"left": np.array(present), "right": np.ones(3, bool)},
        np.zeros(3, int),
    )
    assert np.array_equal(model(batch), model.forward(batch)[0])
    assert np.array_equal(modality(images), modality.forward(images)[0])
