"""Recipes: what is kept of a training, and what is not chosen where there is nothing to choose by."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl import data, tree
from mmdl.models import multimodal_classifier
from mmdl.training.recipes import Recipe


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


def test_patience_ends_training(interactions):
    found = fitted(interactions, replace(WORSE, epochs=30, patience=2))
    assert len(found.history["loss"]) == found.kept + 2 < 30


def test_without_validation_examples_the_last_epoch_is_kept(interactions):
    found = fitted(replace(interactions, validation=None), WORSE)
    assert found.kept is None and "validation_loss" not in found.history
    assert tree.equal(found.model, fitted(interactions, replace(WORSE, early_stopping=False)).model)
