"""A classifier so small that it trains in no time, and examples that it can learn."""

import numpy as np
import pytest

from mmdl.data import Examples, ImagePreprocessor, Tokenizer
from mmdl.fusion import Concatenate
from mmdl.layers import GRU, Conv2D, Dense, Embedding, Flatten, MaxPool2D, ReLU, SequencePool, Sequential
from mmdl.models import Modality, MultimodalClassifier
from mmdl.tokens import Tokens

WORDS = ("LEFT", "MIDDLE", "RIGHT", "SMALL", "LARGE")


def some_examples(count, seed):
    """A bright column of pixels and the name of its place, among other words: three classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=count)
    images = rng.integers(0, 128, (count, 6, 6, 1)).astype(np.uint8)
    images[np.arange(count), :, 2 * labels] = 255
    mask = np.arange(4) < rng.integers(1, 5, (count, 1))
    values = np.where(mask, rng.integers(5, 7, (count, 4)), 0)
    values[:, 0] = 2 + labels
    return Examples({"image": images, "text": Tokens(values.astype(np.int32), mask)}, labels)


@pytest.fixture
def train():
    return some_examples(90, 1)


@pytest.fixture
def validation():
    return some_examples(40, 2)


@pytest.fixture
def model():
    return tiny_model()


def tiny_model():
    """A picture's and a text's encoder, side by side."""
    rng = np.random.default_rng(0)
    image = Sequential((Conv2D.init(rng, 1, 4), MaxPool2D(2), ReLU(), Flatten(), Dense.init(rng, 16, 8), ReLU()))
    text = Sequential((Embedding.init(rng, 2 + len(WORDS), 6), GRU.init(rng, 6, 8), SequencePool("last")))
    return MultimodalClassifier(
        {"image": Modality(image, np.zeros(8, np.float32)), "text": Modality(text, np.zeros(8, np.float32))},
        Concatenate(),
        Dense.init(rng, 16, 3),
        ("left", "middle", "right"),
        {"image": ImagePreprocessor(6, 6, 4), "text": Tokenizer(WORDS, 4)},
    )
