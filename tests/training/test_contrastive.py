"""Contrastive training: pairs are learned, the scale stays within its limit, and the same seed gives the same bits."""

from dataclasses import replace
from math import log
from types import SimpleNamespace

import numpy as np
import pytest

from mmdl import data, tree
from mmdl.data import Dataset, Examples, ImagePreprocessor, Tokenizer
from mmdl.data.distinct import pairs
from mmdl.layers import Dropout
from mmdl.models import contrastive_model
from mmdl.training import Callback, Checkpoint, load_checkpoint, loss_and_gradient
from mmdl.training.contrastive import LARGEST_SCALE, ContrastiveRecipe, RetrievalValidation, ScaleLimit, matching
from mmdl.training.ranks import Ranks
from mmdl.training.retrieval import evaluate_retrieval
from tests.ranks import on_threads, shared_gradient

SIDE = 6  # places in a row, and in a column
QUICK = ContrastiveRecipe(epochs=12, batch_size=28, learning_rate=1e-2, word_dropout=0.0)


def some_examples(places, copies, rng):
    """A bright square somewhere on a dark sheet, and the words that say where."""
    place = np.repeat(places, copies)
    images = rng.integers(0, 60, (len(place), 2 * SIDE, 2 * SIDE, 1)).astype(np.uint8)
    for image, (row, column) in zip(images, zip(*divmod(place, SIDE), strict=True), strict=True):
        image[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = 255
    names = np.array([f"ROW{each // SIDE} COLUMN{each % SIDE}" for each in place])
    return Examples(
        {"image": images, "text": TOKENIZER.encode(names.tolist())}, place, about={"character": names, "name": names}
    )


TOKENIZER = Tokenizer.fit([f"ROW{n} COLUMN{n}" for n in range(SIDE)])


@pytest.fixture(scope="module")
def squares():
    """A fifth of the places is not learned from."""
    rng = np.random.default_rng(0)
    places = rng.permutation(SIDE * SIDE)
    train, test = some_examples(places[:28], 10, rng), some_examples(places[28:], 2, rng)
    preprocessors = {"image": ImagePreprocessor(2 * SIDE, 2 * SIDE, SIDE), "text": TOKENIZER}
    return Dataset("squares", ("square",), train, test, test, preprocessors)


@pytest.fixture(scope="module")
def fitted(squares):
    rng = np.random.default_rng(0)
    return QUICK.fit(contrastive_model(rng, squares, 16), squares, rng)


def test_it_learns_what_words_mean(fitted, squares):
    """Places that it never saw are found by words that it knows from others."""
    history = fitted.history
    assert history["loss"][-1] < log(28) - 1 < history["loss"][0]
    assert history["accuracy"][-1] > 5 / 28
    assert {len(values) for values in history.values()} == {12}
    found = evaluate_retrieval(fitted.model, squares.test, at=(1,))
    for way in (("image", "text"), ("text", "image")):
        assert found[way][1] > 0.3 > 2 * found["chance"][1]


def test_a_loss_counts_the_rows_that_find_their_own_column():
    s = np.array([[9.0, 1, 2], [3, 1, 2], [1, 2, 3]])
    batch = Examples({}, np.arange(3))
    assert matching(s, batch).sums == {"accuracy": 2} and matching(s, batch).count == 3


def test_the_temperature_is_what_similarities_are_divided_by(squares):
    model = contrastive_model(np.random.default_rng(0), squares, 4)
    model.log_scale[:] = log(20)
    told = []
    RetrievalValidation(None).epoch(SimpleNamespace(model=model, record=told.append))
    assert told == [{"temperature": pytest.approx(1 / 20)}]


def test_validation_and_temperature_stand_in_the_history(fitted, squares):
    found = evaluate_retrieval(fitted.model, squares.validation, at=(1,))
    assert fitted.history["validation_accuracy"][-1] == found["image", "text"][1]
    assert fitted.history["temperature"][-1] == pytest.approx(np.exp(-fitted.model.log_scale[0]))


def test_the_same_seed_gives_the_same_bits(fitted, squares):
    rng = np.random.default_rng(0)
    again = QUICK.fit(contrastive_model(rng, squares, 16), squares, rng)
    assert tree.equal(again.model, fitted.model)


def test_the_scale_is_held_in_place(squares):
    model = contrastive_model(np.random.default_rng(0), squares, 4)
    array = model.log_scale
    for start, end in ((log(200), log(LARGEST_SCALE)), (2.0, 2.0), (-3.0, -3.0)):
        array[:] = start
        ScaleLimit().step(SimpleNamespace(model=model))
        assert model.log_scale is array and array[0] == pytest.approx(end)


def test_training_does_not_go_beyond_the_limit(squares):
    rng = np.random.default_rng(0)
    model = contrastive_model(rng, squares, 16)
    model.log_scale[:] = log(99.9)
    few = replace(squares, train=squares.train.select(slice(0, 64)))
    fitted = replace(QUICK, learning_rate=0.3).fit(model, few, rng)
    assert fitted.model.log_scale[0] <= np.float32(log(LARGEST_SCALE))


def test_a_batch_holds_no_more_than_there_is_to_tell_apart(squares):
    counted = Callback()
    counted.start = lambda training: setattr(counted, "steps", training.steps)
    recipe = replace(QUICK, epochs=1, batch_size=1000)
    rng = np.random.default_rng(0)
    recipe.fit(contrastive_model(rng, squares, 4), squares, rng, callbacks=[counted])
    assert counted.steps == 10  # 28 places with 10 pictures each


def test_without_validation_pairs_there_is_no_validation(squares):
    recipe, rng = replace(QUICK, epochs=1), np.random.default_rng(0)
    alone = replace(squares, validation=squares.validation.only("image"))
    history = recipe.fit(contrastive_model(rng, squares, 4), alone, rng).history
    assert "temperature" in history and "validation_accuracy" not in history


def test_questions_about_pictures_are_told_apart_too():
    """Scenes ask three questions of each picture, which stand together elsewhere, and never in a batch of pairs."""
    scenes = data.load("scenes", pictures=8)
    rng = np.random.default_rng(0)
    recipe = ContrastiveRecipe(epochs=1)
    model = contrastive_model(rng, scenes, 4)
    assert (
        len(recipe.training(tree.copy(model), replace(scenes, validation=scenes.train), rng).run().history["loss"]) == 1
    )


@pytest.mark.slow
def test_unseen_characters_are_found_ten_times_as_often_as_by_chance():
    glyphs = data.load("glyphs", whole_names=True, word_dropout=0.0)
    rng = np.random.default_rng(0)
    fitted = ContrastiveRecipe().fit(contrastive_model(rng, glyphs), glyphs, rng)
    found = evaluate_retrieval(fitted.model, glyphs.test)
    for way in (("image", "text"), ("text", "image")):
        assert found[way][10] > 0.7 > 10 * found["chance"][10]


@pytest.mark.parametrize("stop", [3, 10, 14])
def test_stopped_and_resumed_it_ends_with_the_same_bits(squares, tmp_path, stop):
    """Its batches are drawn anew for every step: the steps that are done are drawn again, and left out."""
    recipe, path = replace(QUICK, epochs=2, word_dropout=0.3), tmp_path / "checkpoint.npz"

    class Stop(Callback):
        def step(self, training):
            training.interrupted = training.epoch * training.steps + training.step == stop

    def training(model, *callbacks):
        return recipe.training(model, squares, np.random.default_rng(0), callbacks)

    def start():
        return contrastive_model(np.random.default_rng(0), squares, 4)

    whole = training(start(), Callback(), Callback()).run()
    first = training(start(), Checkpoint(path), Stop()).run()
    assert first.interrupted
    saved = load_checkpoint(path)
    again = saved.restore(training(saved.model, Callback(), Callback())).run()
    assert tree.equal(again.model, whole.model) and not tree.equal(first.model, whole.model)
    assert again.history["loss"] == whole.history["loss"]


def without_dropout(squares):
    """Ranks drop other numbers than one process does. In double precision."""
    model = contrastive_model(np.random.default_rng(0), squares, 16, np.float64)
    return tree.map_nodes(lambda layer: replace(layer, rate=0.0) if isinstance(layer, Dropout) else layer, model)


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("count", [2, 9])
def test_ranks_compare_the_whole_batch(squares, size, count):
    """Every example meets those of all ranks, one without an example among these."""
    exact = without_dropout(squares)
    batch = next(pairs(squares.train, 28, np.random.default_rng(0))).select(np.arange(count))
    measured, gradient = loss_and_gradient(exact, batch, matching)
    shared, together = shared_gradient(size, exact, batch, matching)
    assert shared.value == pytest.approx(measured.value, rel=1e-12)
    assert (shared.count, shared.sums) == (measured.count, measured.sums)
    for (path, mine), (_, other) in zip(tree.leaves(together), tree.leaves(gradient), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-12, err_msg=path)


def test_ranks_learn_the_same(squares):
    def program(communicator=None):
        training = replace(QUICK, epochs=1).training(without_dropout(squares), squares, np.random.default_rng(0))
        training.ranks = Ranks(communicator)
        return training.run().history

    alone, found = program(), on_threads(2, program)
    for name in ("loss", "accuracy", "validation_accuracy"):
        assert found[0][name] == found[1][name] == pytest.approx(alone[name], rel=1e-9)
