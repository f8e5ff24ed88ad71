"""Pointing: by hand, for weights that are known; and a model that learns to look."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mmdl import data, tree
from mmdl.errors import DataError
from mmdl.models import MultimodalClassifier, multimodal_classifier
from mmdl.training import evaluate
from mmdl.training.pointing import _untrained, boxes_of, can_point, on_boxes, pointing
from mmdl.training.recipes import RECIPES


@dataclass(frozen=True, eq=False)
class Looking(MultimodalClassifier):
    """A model whose words look where they are told to: at one patch each, all heads alike."""

    at: np.ndarray  # (N, words)

    def attention_weights(self, trace):
        weights = np.zeros((*self.at.shape, 64), np.float32)
        np.put_along_axis(weights, self.at[..., None], 0.5, axis=2)
        return {("text", "image"): np.stack([weights, weights], axis=1)}


@pytest.fixture(scope="module")
def scenes():
    return data.load("scenes", pictures=30)


@pytest.fixture(scope="module")
def model(scenes):
    return multimodal_classifier(np.random.default_rng(0), scenes, "attention", 8)


def test_boxes_by_hand():
    assert boxes_of("") == []
    [(first, two), (second, one)] = boxes_of("3:10,4,25,19;0,0,9,9 8:1,2,3,4")
    assert (
        (first, second) == (3, 8) and two.tolist() == [[10, 4, 25, 19], [0, 0, 9, 9]] and one.tolist() == [[1, 2, 3, 4]]
    )
    there = on_boxes(np.array([[0, 0, 2, 4], [6, 6, 8, 8]]), (4, 2), (8, 8))  # middles at rows 1, 3, 5, 7, columns 2, 6
    assert there.tolist() == [[True, False], [False, False], [False, False], [False, True]]
    edges = on_boxes(
        np.array([[1, 2, 3, 6]]), (4, 2), (8, 8)
    )  # the first pixel belongs to a box, that after it does not
    assert edges.tolist() == [[True, False], [False, False], [False, False], [False, False]]


def test_where_nothing_is_named_nothing_points(scenes, model):
    nothing = replace(scenes.test, about=scenes.test.about | {"named": np.full(len(scenes.test), "")})
    with pytest.raises(DataError, match="no example names anything"):
        pointing(model, nothing)


def test_three_of_four(scenes, model):
    """Of four names of which one looks elsewhere; that others look there, too, does not count."""
    few = scenes.test.select(np.arange(3))
    few = replace(
        few, about=few.about | {"named": np.array(["1:0,0,8,8 2:56,56,64,64", "", "0:0,0,8,8;8,8,16,16 3:0,0,64,64"])}
    )
    words = few.inputs["text"].mask.sum(axis=1).max()
    at = np.zeros((3, words), int)
    at[0, 2], at[2, 0], at[2, 3] = 62, 9, 40
    looking = Looking(model.modalities, model.fusion, model.head, model.classes, model.preprocessors, at)
    found = pointing(looking, few)
    assert (found.trained, found.names) == (3 / 4, 4)
    assert found.chance == pytest.approx((1 / 64 + 1 / 64 + 2 / 64 + 1) / 4)
    assert found.untrained in (0, 1 / 4, 2 / 4, 3 / 4, 1)


def test_an_untrained_model_points_no_better_than_chance(scenes, model):
    found = pointing(model, scenes.test.select(np.arange(400)))
    assert found.names > 200 and 0.05 < found.chance < 0.15
    assert found.trained < 2.5 * found.chance and found.untrained < 2.5 * found.chance


def test_who_has_learned_nothing_is_of_the_same_kind(scenes, model):
    """Array by array as large."""
    ours, theirs = (dict(tree.leaves(each)) for each in (model, _untrained(model, scenes.test)))
    assert {path: each.shape for path, each in ours.items()} == {path: each.shape for path, each in theirs.items()}


def test_who_can_point(scenes, model):
    assert can_point(model, scenes.test)
    product = multimodal_classifier(np.random.default_rng(0), scenes, "product", 8)
    assert not can_point(product, scenes.test)
    silent = replace(scenes.test, about={})
    for each, examples in ((product, scenes.test), (model, silent)):
        with pytest.raises(
            DataError, match="pointing takes words that attend to patches, and data that says what stands"
        ):
            pointing(each, examples)


@pytest.mark.slow
def test_words_learn_to_look_at_what_they_name():
    """A fifth of the pictures, a quarter of the epochs: names point long before all is known."""
    few = data.load("scenes", pictures=2400)
    rng = np.random.default_rng(0)
    recipe = replace(RECIPES["attention"], **few.recipe | {"epochs": 3})
    model = recipe.fit(multimodal_classifier(rng, few, "attention"), few, rng).model
    assert evaluate(model, few.test)["accuracy"] > 0.55
    assert max(evaluate(model, few.test, only=name)["accuracy"] for name in ("image", "text")) < 0.45
    found = pointing(model, few.test)
    assert found.trained > 1.5 * max(found.untrained, found.chance)
