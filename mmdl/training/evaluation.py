"""How good a model is: its probabilities, loss and accuracy on examples that it does not learn from."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np

from mmdl.data.batches import batches
from mmdl.data.dataset import Examples
from mmdl.errors import DataError
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.softmax import softmax
from mmdl.shapes import Array

Only: TypeAlias = str | Sequence[str] | None


def predictions(model: Any, examples: Examples, batch_size: int = 256, only: Only = None) -> Array:
    """p = softmax(logits), for every example in its order.  -> (N, K)

    Parameters
    ----------
    model : anything with forward(batch) -> logits (N, K), trace
    examples : Examples
    batch_size : int
    only : sequence of str, optional
        Names of modalities; all others count as absent.
    """
    return softmax(_logits(model, examples, batch_size, only))


def evaluate(
    model: Any,
    examples: Examples,
    batch_size: int = 256,
    only: Only = None,
    loss: Callable[..., Any] = softmax_cross_entropy,
) -> dict[str, float]:
    """loss = mean of −log p(label),   accuracy = share of the examples whose label has the largest logit

    Parameters as in `predictions`; another `loss(logits, labels)` returns value and gradient.

    Returns
    -------
    dict : "loss" and "accuracy"
    """
    logits = _logits(model, examples, batch_size, only)
    return {
        "loss": float(loss(logits, examples.labels).value),
        "accuracy": float((logits.argmax(axis=1) == examples.labels).mean()),
    }


def evaluate_subsets(model: Any, examples: Examples, batch_size: int = 256) -> dict[tuple[str, ...], dict[str, float]]:
    """What `evaluate` says with every set of modalities alone, the others counting as absent

    Always about all examples: one that has none of these modalities is guessed.

    Returns
    -------
    dict of tuple of str to dict
        {("image",): {"loss": ..., "accuracy": ...}, ("text",): ..., ("image", "text"): ...}, small sets first
    """
    names = list(examples.inputs)
    subsets = [subset for size in range(1, len(names) + 1) for subset in combinations(names, size)]
    return {subset: evaluate(model, examples, batch_size, only=subset) for subset in subsets}


def _logits(model: Any, examples: Examples, batch_size: int, only: Only) -> Array:
    if not len(examples):
        raise DataError("there are no examples to look at")
    demand_same_language(model, examples)
    if only is not None:
        examples = examples.only(*([only] if isinstance(only, str) else only))
    return np.concatenate([model(batch) for batch in batches(examples, batch_size)])


def demand_same_language(model: Any, examples: Examples) -> None:
    """DataError if what is known of the examples is not the model's: another vocabulary would be read as its own."""
    prepared = getattr(model, "preprocessors", {})
    for name, preprocessor in examples.preprocessors.items():
        if name in prepared and prepared[name] != preprocessor:
            raise DataError(
                f"{name}: these examples were not prepared as the model's were ({preprocessor.describe()}, not "
                f'{prepared[name].describe()}); `mmdl.data.load("new.csv", like=model)` does that'
            )
    if examples.classes and getattr(model, "classes", examples.classes) != examples.classes:
        raise DataError("the classes of these examples are not the model's: the same number would be another class")
