"""Recipes: what is kept of a training, and what is not chosen where there is nothing to choose by."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl import data, tree
from mmdl.data import Dataset, Examples, ImagePreprocessor, Tokenizer
from mmdl.errors import DataError
from mmdl.models import multimodal_classifier
from mmdl.training.recipes import AUGMENTATIONS, Recipe, adapted, augmentation, class_weights


@pytest.fixture(scope="module")
def interactions():
    dataset = data.load("interactions")
    return replace(dataset, train=dataset.train.select(slice(0, 500)), validation=dataset.validation.select(slice(99)))


WORSE = Recipe(learning_rate=0.1, epochs=4, batch_size=16)  # the last epoch is not the best


def fitted(dataset, recipe):
    rng = np.random.default_rng(0)
    return recipe.fit(multimodal_classifier(rng, dataset, "sum"), dataset, rng)


def test_the_best_epoch_is_kept_by_default(interactions):
    best, last = fitted(interactions, WORSE), fitted(interactions, replace(WORSE, early_stopping=False))
    losses = best.history["validation_loss"]
    assert losses == last.history["validation_loss"] and np.argmin(losses) < 3
    assert (best.kept, last.kept) == (1 + np.argmin(losses), None)
    assert not tree.equal(best.model, last.model)


def test_a_text_cnn_is_taught_more_gently_and_for_a_shorter_time():
    tokenizer = Tokenizer.fit(["a b"])
    examples = Examples({"text": tokenizer.encode(["a", "b"])}, np.arange(2))
    few = Dataset("texts", ("a", "b"), examples, None, examples, {"text": tokenizer}, recipe={"epochs": 60})
    for epochs, learned in ((60, 58), (6, 4), (4, 4)):
        found = adapted(Recipe(), replace(few, recipe={"epochs": epochs}), "convolution")
        assert (found.epochs, found.learning_rate) == (learned, 1e-3)
    assert adapted(Recipe(), few, None) == adapted(Recipe(), few, "lstm") == Recipe(epochs=60)


def test_patience_ends_training(interactions):
    found = fitted(interactions, replace(WORSE, epochs=30, patience=2))
    assert len(found.history["loss"]) == found.kept + 2 < 30


def test_without_validation_examples_the_last_epoch_is_kept(interactions):
    found = fitted(replace(interactions, validation=None), WORSE)
    assert found.kept is None and "validation_loss" not in found.history
    assert tree.equal(found.model, fitted(interactions, replace(WORSE, early_stopping=False)).model)


def test_rare_classes_count_alike_with_class_weights(interactions):
    """Of ten examples nine are of one class, and nothing tells them apart: the plain loss says 0.9, the other 1 / 2."""
    train = interactions.train
    blank = replace(
        interactions,
        train=replace(
            train, inputs={name: 0 * x for name, x in train.inputs.items()}, labels=np.arange(len(train)) % 10 // 9
        ),
        validation=None,
    )
    rates = {}
    for how in (None, "balanced"):
        model = fitted(blank, Recipe(12, 16, learning_rate=0.01, smoothing=0, class_weight=how)).model
        rates[how] = model.predict_proba(next(data.batches(blank.train, 1)))[0, 1]
    assert rates[None] == pytest.approx(0.1, abs=0.04) and rates["balanced"] == pytest.approx(0.5, abs=0.06)


def test_class_weights_are_ones_or_those_that_are_given(interactions):
    classes = len(interactions.classes)
    assert class_weights(None, interactions).tolist() == [1] * classes
    assert class_weights([*range(classes)], interactions).tolist() == [*range(classes)]


@pytest.mark.parametrize("sides", [(12, 60), (60, 12)])
def test_wide_and_tall_pictures_move_by_a_tenth_of_their_short_side(sides):
    pictures = np.random.default_rng(0).integers(0, 256, (20, *sides, 3)).astype(np.uint8)
    dataset = data.from_columns({"photo": list(pictures)}, ["a", "b"] * 10)
    side = min(dataset.train.inputs["photo"].shape[1:3])
    assert augmentation(dataset, ["shift"]) == {"picture_shift": max(1, round(side / 10))}


@pytest.mark.parametrize("sides, shift", [((4, 30), 1), ((14, 30), 1), ((40, 30), 3), ((30, 45), 3)])
def test_how_many_the_pictures_are_does_not_matter_to_how_far_they_move(sides, shift):
    """By a pixel at least, also the smallest."""
    pictures = Examples({"image": np.zeros((2, *sides, 1), np.uint8)}, np.arange(2))
    dataset = Dataset("two", ("a", "b"), pictures, None, pictures, {"image": ImagePreprocessor(*sides, 4)})
    assert augmentation(dataset, ["shift"]) == {"picture_shift": shift}


def test_mixtures_are_for_what_has_no_words():
    pictures = Examples({"image": np.zeros((2, 8, 8, 1), np.uint8)}, np.arange(2))
    seen = Dataset("seen", ("a", "b"), pictures, None, pictures, {"image": ImagePreprocessor(8, 8, 4)})
    assert augmentation(seen, ["mixup", "flip"]) == {"mixup": 0.2, "flip": True}
    tokenizer = Tokenizer.fit(["a b"])
    texts = Examples({"text": tokenizer.encode(["a", "b"])}, np.arange(2))
    read = Dataset("read", ("a", "b"), texts, None, texts, {"text": tokenizer})
    assert augmentation(read, []) == {}
    with pytest.raises(DataError, match="read has words"):
        augmentation(read, ["mixup"])


def test_augmentation_is_settings_of_batches():
    glyphs = data.load("glyphs", fonts=("DejaVuSans",))
    side = glyphs.train.inputs["image"].shape[1]
    assert augmentation(glyphs, AUGMENTATIONS[:2]) == {"flip": True, "picture_shift": round(side / 10)}
    assert augmentation(glyphs, ()) == {}
    with pytest.raises(DataError, match="sounds and numbers, and glyphs has words"):
        augmentation(glyphs, ["mixup"])


def test_what_does_not_suit_the_data_is_refused(interactions):
    assert augmentation(interactions, ["mixup"]) == {"mixup": 0.2}
    with pytest.raises(DataError, match="shift is for pictures, and interactions has none"):
        augmentation(interactions, ["mixup", "shift"])
    with pytest.raises(DataError, match='no augmentation "turn"; there are flip, shift, mixup'):
        augmentation(interactions, ["turn"])
    with pytest.raises(DataError, match='class weights are "balanced" or numbers, not "some"'):
        fitted(interactions, Recipe(class_weight="some"))
