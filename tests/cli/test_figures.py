"""Which figures are drawn after training: those that the data and the model allow."""

import numpy as np
import pytest

from mmdl.cli.figures import display, drawable
from mmdl.data import AudioPreprocessor, Dataset, Examples
from mmdl.models.build import multimodal_classifier
from mmdl.tokens import Tokens

RNG = np.random.default_rng(0)
MASK = np.arange(9) < RNG.integers(1, 10, (6, 1))
SOUND = Tokens(RNG.standard_normal((6, 9, 5)).astype(np.float32), MASK)
PICTURE = RNG.random((6, 8, 8, 1), np.float32)
NUMBERS = RNG.standard_normal((6, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    examples = Examples({"audio": SOUND}, np.arange(6) % 2)
    heard = {"audio": AudioPreprocessor(bands=5, length=9)}
    dataset = Dataset("sounds", ("a", "i"), examples, examples, examples, heard)
    return multimodal_classifier(np.random.default_rng(0), dataset, "concatenate", width=8)


@pytest.mark.parametrize(
    ("inputs", "pictures"),
    [
        ({"audio": SOUND}, ["images"]),
        ({"image": PICTURE}, ["kernels", "images"]),
        ({"image": PICTURE, "audio": SOUND}, ["kernels", "images"]),
        ({"audio": Tokens(SOUND.values, np.zeros_like(MASK))}, []),
        ({"numbers": NUMBERS}, []),
    ],
)
def test_what_can_be_seen_is_drawn(model, inputs, pictures):
    examples = Examples(inputs, np.zeros(6, int))
    assert drawable(model, examples) == ["history", "confusion", *pictures]


def test_sounds_are_drawn_as_spectrograms(model):
    shown = display("images", model, examples=Examples({"audio": SOUND}, np.arange(6) % 2))
    assert [image.shape for image in shown.images] == [(5, length) for length in MASK.sum(axis=1)]
    assert len(shown.plot().axes_) == 6
