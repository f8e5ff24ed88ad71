"""Learning from plain arrays: their batches, and a network measured by several functions of truth and prediction."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.random import Generator

from mmdl import tree
from mmdl.errors import DataError
from mmdl.layers import BatchNorm, Layer
from mmdl.shapes import Array, Arrays
from mmdl.training.callbacks import Callback
from mmdl.training.loop import Training
from mmdl.training.losses import BatchLoss, Loss

Measures: TypeAlias = dict[str, Callable[..., Any]]  # functions of truth and values


@dataclass(frozen=True, eq=False)
class Batch:
    """Some examples: an array, or a tuple of several where there are several inputs; and the truth."""

    x: Array | Arrays
    y: Any  # Array, or Ids


@dataclass(frozen=True, eq=False)
class ArrayBatches:
    """The batches of one epoch after another: a list of inputs x and the truth y of N examples, shuffled or not."""

    x: list[Any]
    y: Any
    size: int
    shuffle: bool = False

    def __len__(self) -> int:
        return math.ceil(len(self.y) / self.size)

    def __call__(self, rng: Any = None) -> Iterator[Batch]:
        order = rng.permutation(len(self.y)) if self.shuffle else np.arange(len(self.y))
        for rows in np.split(order, range(self.size, len(order), self.size)):
            yield Batch(inputs_of(self.x, rows), self.y[rows])


@dataclass(frozen=True, eq=False)
class OnArrays(Layer):
    """A network that gives Tokens, as training sees it: it takes a batch, and its output is an array.

    Arrays whose id is among the `frozen` have no gradient, and what they normalise by is not the batch's.
    """

    network: Layer
    frozen: frozenset[int] = frozenset()

    def in_training(self, rng: Generator | None) -> Self:
        def rest(layer: Any) -> Any:
            still = isinstance(layer, BatchNorm) and id(layer.gamma) in self.frozen
            return layer.in_training(None) if still else layer

        return replace(self, network=tree.map_nodes(rest, self.network))

    def forward(self, batch: Batch) -> tuple[Array, Any]:
        y, trace = self.network.forward(batch.x)
        return y.values, trace

    def backward(self, dy: Array, trace: Any, input_gradient: bool = True) -> tuple[Any, Self]:
        dx, gradient = self.network.backward(dy, trace, input_gradient)
        return dx, replace(self, network=tree.map(lambda p, g: g * (id(p) not in self.frozen), self.network, gradient))


@dataclass(eq=False)
class AfterEpoch(Callback):
    """Measures what is kept for validation, and reports "Epoch 1/10" and the means of all measures."""

    validation: ArrayBatches
    measures: Measures
    report: Callable[[str, dict[str, float]], None]

    def epoch(self, training: Training) -> None:
        if len(self.validation.y):
            found = means_over(training.model.network, self.validation, self.measures)
            training.record({f"val_{name}": value for name, value in found.items()})
        means = {name: values[-1] for name, values in measured(training, self.measures).items()}
        self.report(f"Epoch {training.epoch}/{training.epochs}", means)


def fit_arrays(
    model: OnArrays,
    train: ArrayBatches,
    validation: ArrayBatches,
    measures: Measures,
    report: Callable[[str, dict[str, float]], None],
    loss: Callable[..., Any],
    callbacks: Sequence[Callback] = (),
    **settings: Any,
) -> dict[str, list[float]]:
    """Train the model IN PLACE on batches of arrays by a loss; the first of the measures is the loss that is reported.

    `settings` are those of `mmdl.training.Training`.

    Returns
    -------
    dict of list
        By the names of the measures their means over the examples of each epoch; and by `val_` and the names, those of
        the validation examples after it.
    """
    after = [AfterEpoch(validation, measures, report), *callbacks]
    training = Training(model, train, loss=loss_of(measures | {"loss": loss}), callbacks=after, **settings).run()
    if training.interrupted:
        raise KeyboardInterrupt
    return measured(training, measures)


def loss_of(measures: Measures) -> Loss:
    """The loss of a batch, and what the other measures say of it, as training asks for them."""

    def of_batch(values: Array, batch: Batch) -> BatchLoss:
        (loss, gradient), *metrics = (measure(batch.y, values) for measure in measures.values())
        count = len(batch.y)
        sums = {name: float(mean) * count for name, mean in zip([*measures][1:], metrics, strict=True)}
        return BatchLoss(float(loss), gradient, count, sums)

    return of_batch


def measured(training: Training, measures: Measures) -> dict[str, list[float]]:
    """The history of the measures, those of validation last."""
    names = [*measures, *(f"val_{name}" for name in measures)]
    return {name: training.history[name] for name in names if name in training.history}


def means_over(network: Layer, arrays: ArrayBatches, measures: Measures) -> dict[str, float]:
    """The mean of each measure over all examples; a smaller last batch counts less.  -> dict of float"""
    found = [loss_of(measures)(network(batch.x).values, batch) for batch in arrays()]
    total = sum(each.count for each in found)
    means = {"loss": sum(each.value * each.count for each in found) / total}
    return means | {name: sum(each.sums[name] for each in found) / total for name in found[0].sums}


def outputs_for(network: Layer, x: list[Any], size: int) -> Array:
    """The network's values for all examples, as one array"""
    starts = range(0, max(1, len(x[0])), size)
    return np.concatenate([network(inputs_of(x, slice(start, start + size))).values for start in starts])


def split(x: list[Any], y: Any, share: float) -> tuple[list[Any], Any, list[Any], Any]:
    """All but the last `share` of the examples, and these.  -> x, y, x, y"""
    rest = int(len(y) * (1 - share))
    if not 0 < rest <= len(y):
        raise DataError(f"validation takes a share of the {len(y)} examples, and {share} is none")
    return [each[:rest] for each in x], y[:rest], [each[rest:] for each in x], y[rest:]


def inputs_of(x: list[Any], rows: Any) -> Any:
    """The inputs of some examples; bytes and float64 become what models are made of."""
    chosen = tuple(np.asarray(each[rows], np.float32) for each in x)
    return chosen if len(chosen) > 1 else chosen[0]
