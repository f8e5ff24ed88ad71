"""Keras's models: a network of core layers, and how it is trained, asked and kept."""

import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from mmdl import tree
from mmdl.errors import DataError, FormatError, ShapeError
from mmdl.keras import layers as known
from mmdl.keras.graph import Input, Layer, Symbol, ordered
from mmdl.keras.losses import LOSSES, METRICS
from mmdl.keras.network import Network, values_of
from mmdl.keras.optimizers import OPTIMIZERS
from mmdl.layers import training_mode
from mmdl.training.memory import keep_freed_memory


@dataclass
class History:
    """What `fit` tells: lists with an entry for each epoch, by the names of loss and metrics."""

    history: dict = field(default_factory=dict)


class Model:
    """All layers on the way from the symbols `inputs` to the symbol `outputs`

    A layer that stands in two models has the same arrays in both: what trains one trains the other.
    """

    def __init__(self, inputs, outputs, name=None):
        self.name, self.compiled = name or type(self).__name__.lower(), None
        self._connect(_as_list(inputs), *_as_list(outputs))

    def _connect(self, inputs, output, *more):
        if more or not isinstance(output, Symbol):
            raise TypeError("a model has one output, and that is a symbol, as layers give it")
        calls, self.layers = ordered(inputs, output)
        place = {symbol: number for number, symbol in enumerate([*inputs, *calls])}
        sources = tuple(tuple(place[source] for source in symbol.sources) for symbol in calls)
        self.inputs, self.output, self.calls, self.state = inputs, output, calls, None
        self.network = Network(tuple(symbol.core for symbol in calls), sources, len(inputs))

    @property
    def input(self):
        """The symbol of the input, or the list of several."""
        return self.inputs if len(self.inputs) > 1 else self.inputs[0]

    def compile(self, optimizer="rmsprop", loss=None, metrics=()):
        """Choose an optimizer, a loss and metrics, by names or as they are; the optimizer begins anew."""
        optimizer = _named("optimizer", optimizer, OPTIMIZERS)
        optimizer = optimizer() if isinstance(optimizer, type) else optimizer
        measures = {"loss": _named("loss", loss, LOSSES)} | {each: _named("metric", each, METRICS) for each in metrics}
        self.compiled, self.state = (optimizer, measures), None

    def fit(
        self, x, y, batch_size=32, epochs=1, verbose="auto", validation_split=0.0, validation_data=None, shuffle=True
    ):
        """Learn from x, a list where there are several inputs, and y; a line for each epoch unless `verbose` is 0

        The last part `validation_split` of the examples is not learned from.

        Returns
        -------
        History
        """
        x, y = self._examples(x, y)
        if validation_split and validation_data is None:
            first = int(len(y) * (1 - validation_split))
            validation_data = [each[first:] for each in x], y[first:]
            x, y = [each[:first] for each in x], y[:first]
        keep_freed_memory()
        optimizer, measures = self.compiled
        self.state = self.state or optimizer.start(self.network)
        learner, rng, history = training_mode(self.network, self.inputs[0].rng), self.inputs[0].rng, {}
        for epoch in range(epochs):
            began, found = time.perf_counter(), []
            order = rng.permutation(len(y)) if shuffle else np.arange(len(y))
            for rows in _batches(order, batch_size):
                p, trace = learner.forward(_rows(x, rows))
                value, *scores = (measure(y[rows], p) for measure in measures.values())
                optimizer.step(self.network, learner.gradient(value.gradient, trace), self.state)
                found.append((len(rows), value.value, *scores))
            epoch_means = _means(measures, found)
            if validation_data:
                judged = self._judge(*validation_data, batch_size)
                epoch_means |= {f"val_{name}": value for name, value in judged.items()}
            for name, value in epoch_means.items():
                history.setdefault(name, []).append(value)
            _report(verbose, f"Epoch {epoch + 1}/{epochs}", began, epoch_means)
        return History(history)

    def evaluate(self, x, y, batch_size=32, verbose="auto", return_dict=False):
        """The loss, or a list of the loss and the metrics, or a dictionary of them"""
        began = time.perf_counter()
        found = self._judge(x, y, batch_size)
        _report(verbose, f"{len(y)} examples", began, found)
        return found if return_dict else list(found.values()) if len(found) > 1 else found["loss"]

    def predict(self, x, batch_size=32, verbose="auto"):
        """The output for all examples, as one array"""
        began = time.perf_counter()
        x, _ = self._examples(x)
        p = np.concatenate([self._output(x, rows) for rows in _batches(np.arange(len(x[0])), batch_size)])
        _report(verbose, f"{len(p)} examples", began, {})
        return p

    def summary(self):
        """Print the layers with the shapes of their outputs and the numbers that they keep."""
        shapes = {symbol.layer: symbol.shape for symbol in self.calls}
        rows = [
            (f"{name} ({layer})", str(shapes[layer]), f"{sum(array.size for array in layer.weights):,}")
            for name, layer in zip(self._names(), self.layers, strict=True)
        ]
        total, trainable = sum(array.size for array in self.weights), tree.count(self.network)
        lines = [f"{name:<40} {shape:<28} {count:>12}" for name, shape, count in rows]
        lines = [f"{'Layer (type)':<40} {'Output Shape':<28} {'Param #':>12}", "─" * 82, *lines, "─" * 82]
        counts = {"Total": total, "Trainable": trainable, "Non-trainable": total - trainable}
        lines += [f"{kind} params: {count:,}" for kind, count in counts.items()]
        print(f'Model: "{self.name}"', *lines, sep="\n", file=sys.stdout)

    @property
    def weights(self):
        """The arrays of all layers, in Keras's order and layout."""
        return [array for layer in self.layers for array in layer.weights]

    def get_weights(self):
        """Copies of all weights, as Keras orders and shapes them"""
        return [array.copy() for array in self.weights]

    def set_weights(self, weights):
        """Put these numbers into the model's arrays."""
        mine, theirs = [array.shape for array in self.weights], [np.shape(array) for array in weights]
        if mine != theirs:
            raise ShapeError(f"set_weights: this model has weights of shapes {mine}, not {theirs}")
        for array, new in zip(self.weights, weights, strict=True):
            array[...] = new
