"""Regression: a number is learned by its squared error, and judged by how much of its variation is explained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from mmdl.data import Dataset
from mmdl.data.batches import batches
from mmdl.data.dataset import Examples
from mmdl.errors import DataError
from mmdl.fusion import fusion_named
from mmdl.ops.losses import mean_squared_error
from mmdl.shapes import Array
from mmdl.training.callbacks import Validation
from mmdl.training.evaluation import Only, demand_same_language
from mmdl.training.losses import BatchLoss, Loss
from mmdl.training.recipes import RECIPES, Recipe


def regression(scale: Any) -> Loss:
    """loss = mean of (z − (label − mean) / deviation)²  of a regressor's output z (N, 1)

    scale : Standardizer of the labels
    """

    def of_batch(z: Array, batch: Any) -> BatchLoss:
        value, dz = mean_squared_error(z, scale.encode(batch.labels[:, None]).astype(z.dtype))
        return BatchLoss(float(value), dz, len(batch), {})

    return of_batch


def predicted_numbers(model: Any, examples: Examples, batch_size: int = 256, only: Only = None) -> Array:
    """What a regressor says of every example in its order, in the unit of its labels.  -> (N,)"""
    if not len(examples):
        raise DataError("there are no examples to look at")
    demand_same_language(model, examples)
    if only is not None:
        examples = examples.only(*([only] if isinstance(only, str) else only))
    return np.concatenate([model.predict(batch) for batch in batches(examples, batch_size)])


def regression_scores(labels: Array, predicted: Array) -> dict[str, float]:
    """mean_squared_error = mean of (label − predicted)²,   r2 = 1 − mean_squared_error / variance of the labels

    And mean_absolute_error, the mean of |label − predicted|. R² is 1 if every answer is right, 0 for who always says
    the mean; it is not in the result where all labels are equal.
    """
    error, variance = labels - predicted, labels.var()
    found = {"mean_squared_error": float((error**2).mean()), "mean_absolute_error": float(np.abs(error).mean())}
    return found | ({"r2": float(1 - (error**2).mean() / variance)} if variance > 0 else {})


def evaluate_regression(model: Any, examples: Examples, only: Only = None) -> dict[str, float]:
    """The scores of a regressor on examples, see `regression_scores`; `only`: all other modalities count as absent"""
    return regression_scores(examples.labels, predicted_numbers(model, examples, only=only))


def evaluate_regression_subsets(model: Any, examples: Examples) -> dict[tuple[str, ...], dict[str, float]]:
    """The scores with every set of modalities alone, the others counting as absent: small sets first."""
    names: Sequence[str] = list(examples.inputs)
    subsets = [subset for size in range(1, len(names) + 1) for subset in combinations(names, size)]
    return {subset: evaluate_regression(model, examples, subset) for subset in subsets}


@dataclass(frozen=True)
class RegressionRecipe(Recipe):
    """A fusion's recipe, with the squared error in the place of the cross-entropy."""

    def losses(self, model: Any, dataset: Dataset) -> tuple[Loss, Callable[[Examples], Validation]]:
        def measure(model: Any, examples: Examples, **_: Any) -> dict[str, float]:
            errors = evaluate_regression(model, examples)["mean_squared_error"]
            return {"loss": errors / model.scale.deviation[0] ** 2}

        if "mixup" in self.augment:
            raise DataError("mixup is for classes, not for numbers")
        return regression(model.scale), partial(Validation, measure=measure)


def regression_recipe(fusion: str) -> RegressionRecipe:
    """The recipe of a fusion, for numbers; DataError if there is no such fusion."""
    fusion_named(fusion)
    return RegressionRecipe(**vars(RECIPES[fusion]))
