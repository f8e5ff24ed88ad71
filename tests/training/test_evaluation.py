"""Probabilities, loss and accuracy do not depend on how the examples are grouped."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl.data import Dataset, Examples, Tokenizer, batches
from mmdl.errors import DataError
from mmdl.models import multimodal_classifier
from mmdl.training import evaluate, evaluate_subsets, predictions
from tests.close import close


def test_predictions_are_the_models_probabilities_in_order(model, validation):
    p = predictions(model, validation)
    assert p.shape == (40, 3) and p.dtype == np.float32
    (whole,) = batches(validation, 40)
    np.testing.assert_allclose(p, model.predict_proba(whole), rtol=1e-6)
    for size in (1, 7, 40, 1000):
        np.testing.assert_allclose(predictions(model, validation, batch_size=size), p, rtol=1e-5)


def test_loss_and_accuracy_are_means_over_the_examples(model, validation):
    p = predictions(model, validation)
    of_truth = p[np.arange(40), validation.labels]
    for size in (7, 256):
        found = evaluate(model, validation, batch_size=size)
        assert found["loss"] == pytest.approx(-np.log(of_truth).mean(), rel=1e-5)
        assert found["accuracy"] == (p.argmax(axis=1) == validation.labels).mean()
        assert all(type(value) is float for value in found.values())


def test_only_leaves_the_other_modalities_out(model, validation):
    both, image, text = (predictions(model, validation, only=only) for only in (None, "image", ["text"]))
    assert not close(both, image) and not close(both, text)
    np.testing.assert_array_equal(image, predictions(model, validation.only("image")))
    np.testing.assert_array_equal(predictions(model, validation, only=("image", "text")), both)
    assert evaluate(model, validation, only="image") == evaluate(model, validation.only("image"))


def test_every_set_of_modalities(model, validation):
    found = evaluate_subsets(model, validation, batch_size=7)
    assert list(found) == [("image",), ("text",), ("image", "text")]
    for subset, metrics in found.items():
        assert metrics == evaluate(model, validation, batch_size=7, only=subset)
    assert found["image", "text"] == evaluate(model, validation, batch_size=7)


def test_unknown_modality_is_named(model, validation):
    with pytest.raises(DataError, match="sound"):
        evaluate(model, validation, only=("sound",))


def test_no_examples_is_said(model, validation):
    with pytest.raises(DataError, match="no examples"):
        evaluate(model, validation.select(slice(0, 0)))


class TestExamplesOfAnother:
    """Examples that were prepared for another model are refused: their numbers would be read as other words."""

    @pytest.fixture
    def model(self):
        return multimodal_classifier(np.random.default_rng(0), tiny(["red ball", "blue box"]), "concatenate", width=8)

    def test_another_vocabulary(self, model):
        other = tiny(["blue box", "red ball", "green cone"])
        with pytest.raises(DataError, match="text: these examples were not prepared as the model's were"):
            evaluate(model, other.train)

    def test_other_classes(self, model):
        other = replace(tiny(["red ball", "blue box"]), classes=("box", "ball"))
        with pytest.raises(DataError, match="classes"):
            predictions(model, other.train)

    def test_equal_ones_are_taken(self, model):
        assert evaluate(model, tiny(["red ball", "blue box"]).train)["loss"] > 0


def tiny(texts):
    """Two texts, one of each class."""
    tokenizer = Tokenizer.fit(texts)
    examples = Examples({"text": tokenizer.encode(texts[:2])}, np.array([0, 1]))
    return Dataset("tiny", ("ball", "box"), examples, None, examples, {"text": tokenizer})
