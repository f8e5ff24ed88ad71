"""Regression: the squared error of a standardised number, and answers in its own unit."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl import tree
from mmdl.data import batches, from_columns
from mmdl.errors import DataError
from mmdl.models import MultimodalRegressor, multimodal_regressor
from mmdl.training import load, loss_and_gradient, save
from mmdl.training.regression import (
    evaluate_regression,
    evaluate_regression_subsets,
    predicted_numbers,
    regression,
    regression_recipe,
    regression_scores,
)


def homes(count=200, seed=0):
    """A price of the size and of one word: 1000 · size, doubled if the flat is new."""
    rng = np.random.default_rng(seed)
    size, new = rng.uniform(20, 200, count), rng.integers(2, size=count)
    columns = {"size": size.tolist(), "title": [("an old flat", "a new flat")[n] for n in new]}
    return from_columns(columns, 1000 * size * (1 + new), task="regression")


@pytest.fixture(scope="module")
def learned():
    dataset = homes()
    rng = np.random.default_rng(0)
    model = multimodal_regressor(rng, dataset, "concatenate", 16)
    recipe = replace(regression_recipe("concatenate"), **dataset.recipe | {"epochs": 30, "modality_dropout": 0.1})
    return recipe.fit(model, dataset, rng).model


def test_prices_are_learned_and_told_in_their_unit(learned):
    found = evaluate_regression(learned, replace(homes(100, seed=1).train, preprocessors={}))
    assert found["r2"] > 0.95 and found["mean_absolute_error"] < 20_000
    [small, large] = learned.predict(numbers=[[50.0], [150.0]], title=["an old flat"] * 2)
    assert small == pytest.approx(50_000, abs=20_000) and large == pytest.approx(150_000, abs=20_000)


def test_the_validation_loss_is_in_standard_deviations(learned):
    """As the training loss is, so that the two curves can be compared."""
    examples = homes().train
    _, validation = regression_recipe("concatenate").losses(learned, homes())
    numbers = learned.scale.deviation[0]
    expected = np.square((predicted_numbers(learned, examples) - examples.labels) / numbers).mean()
    assert validation.keywords["measure"](learned, examples)["loss"] == pytest.approx(expected)


def test_the_scale_travels_in_the_model_file(learned, tmp_path):
    save(tmp_path / "model.npz", learned)
    again, _ = load(tmp_path / "model.npz")
    assert isinstance(again, MultimodalRegressor) and again.scale == learned.scale
    examples = homes().train
    assert predicted_numbers(again, examples).tolist() == predicted_numbers(learned, examples).tolist()


def test_every_set_of_modalities(learned):
    found = evaluate_regression_subsets(learned, homes().train)
    assert list(found) == [("title",), ("numbers",), ("title", "numbers")]
    assert found["title", "numbers"]["r2"] > found["numbers",]["r2"] > 0.3


def test_scores_by_hand():
    found = regression_scores(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 5.0]))
    assert found == {"mean_squared_error": 4 / 3, "mean_absolute_error": 2 / 3, "r2": pytest.approx(1 - 4 / 2)}
    assert "r2" not in regression_scores(np.ones(2), np.ones(2))


def test_the_loss_is_that_of_the_standardised_number_and_its_gradient_is_right():
    dataset = homes(6)
    rng = np.random.default_rng(0)
    model = tree.map(lambda p: p.astype(np.float64), multimodal_regressor(rng, dataset, "concatenate", 4))
    [batch] = batches(dataset.train, 6)
    measured, gradient = loss_and_gradient(model, batch, regression(dataset.scale))
    z = (dataset.train.labels - dataset.scale.mean[0]) / dataset.scale.deviation[0]
    assert measured.value == pytest.approx(((model(batch)[:, 0] - z) ** 2).mean())
    direction = tree.map(lambda p: rng.standard_normal(p.shape), model)
    step = 1e-6

    def moved(t):
        return regression(dataset.scale)(tree.map(lambda p, d: p + t * d, model, direction)(batch), batch).value

    slope = (moved(step) - moved(-step)) / (2 * step)
    along = sum(
        float((g * d).sum()) for (_, g), (_, d) in zip(tree.leaves(gradient), tree.leaves(direction), strict=True)
    )
    assert slope == pytest.approx(along, rel=1e-5)


def test_what_is_not_for_numbers_is_refused():
    with pytest.raises(DataError, match="fuses the probabilities of classes"):
        multimodal_regressor(np.random.default_rng(0), homes(), "product-of-experts")
    with pytest.raises(DataError, match="are classes; a regressor learns numbers"):
        multimodal_regressor(np.random.default_rng(0), from_columns({"a": [1.0, 2.0]}, ["x", "y"]))
    with pytest.raises(DataError, match="one finite number for each row"):
        from_columns({"a": [1.0, 2.0]}, [1.0, np.nan], task="regression")


def test_of_no_examples_nothing_is_said(learned):
    with pytest.raises(DataError, match="no examples to look at"):
        predicted_numbers(learned, homes().test.select([]))
