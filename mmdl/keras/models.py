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

    def save(self, path):
        """Write layers and weights, running statistics among them, to a file; `load_model` reads it."""
        place = {symbol: number for number, symbol in enumerate([*self.inputs, *self.calls])}
        description = {
            "inputs": [symbol.shape[1:] for symbol in self.inputs],
            "layers": [_described(layer) for layer in self.layers],
            "calls": [
                [self.layers.index(symbol.layer), [place[source] for source in symbol.sources]] for symbol in self.calls
            ],
        }
        with open(path, "wb") as file:
            arrays = {f"weight_{number}": array for number, array in enumerate(self.weights)}
            np.savez(file, description=json.dumps(description), **arrays)

    def _examples(self, x, y=None):
        """The inputs as a list of arrays, and the truth, if they fit the model and one another."""
        x = [np.asarray(each) for each in (x if len(self.inputs) > 1 else _as_list(x))]
        if len(x) != len(self.inputs):
            raise ShapeError(f"{self.name} takes {len(self.inputs)} inputs, not {len(x)}")
        for each, symbol in zip(x, self.inputs, strict=True):
            fits = [b is None or a == b for a, b in zip(each.shape, symbol.shape, strict=False)]
            if each.ndim != len(symbol.shape) or not all(fits):
                raise ShapeError(f"{self.name} takes an input of shape {symbol.shape}, not {each.shape}")
        if y is None:
            return x, None
        if self.compiled is None:
            raise DataError(f"{self.name} has no loss and no optimizer yet: compile comes before fit and evaluate")
        if {len(each) for each in x} != {len(y)} or not len(y):
            raise ShapeError(f"there are {[len(each) for each in x]} examples in x and {len(y)} in y")
        return x, np.asarray(y)

    def _output(self, x, rows):
        return values_of(self.network(_rows(x, rows)))

    def _judge(self, x, y, batch_size):
        """Means of loss and metrics over all examples, without dropout."""
        x, y = self._examples(x, y)
        measures, found = self.compiled[1], []
        for rows in _batches(np.arange(len(y)), batch_size):
            p = self._output(x, rows)
            value, *scores = (measure(y[rows], p) for measure in measures.values())
            found.append((len(rows), value.value, *scores))
        return _means(measures, found)

    def _names(self):
        """Given names, else conv2d, conv2d_1, ..."""
        seen = Counter()
        for layer in self.layers:
            kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(layer)).lower()
            yield layer.name or (f"{kind}_{seen[kind]}" if seen[kind] else kind)
            seen[kind] += 1


class Sequential(Model):
    """One layer after the other

    The first says its `input_shape`, or is an Input; else the first examples decide. First weights, dropout and the
    order of examples are drawn from `rng`.
    """

    def __init__(self, layers=(), name=None, rng=None):
        self.name, self.compiled, self.rng = name or "sequential", None, rng or np.random.default_rng()
        self.layers, self.output = [], None
        for each in layers:
            self.add(each)

    def add(self, layer):
        """Append a layer."""
        if isinstance(layer, Symbol):
            self.inputs = [Input(layer.shape[1:], self.rng)]
            self.output = self.inputs[0]
        elif not isinstance(layer, Layer):
            raise TypeError(f"a {type(layer).__name__} is no layer")
        elif self.output is not None:
            self._connect(self.inputs, layer(self.output))
        elif layer.input_shape:
            self.add(Input(layer.input_shape))
            self.add(layer)
        else:
            self.layers.append(layer)

    def _examples(self, x, y=None):
        if self.output is None:
            ...
        return super()._examples(x, y)


def load_model(path):
    """The model of a file that `save` wrote; compile it again to train it further"""
    try:
        with np.load(path, allow_pickle=False) as file:
            description = json.loads(str(file["description"]))
            weights = [file[f"weight_{number}"] for number in range(len(file.files) - 1)]
        layers = [_built(each) for each in description["layers"]]
        symbols = inputs = [Input(shape) for shape in description["inputs"]]
        for number, places in description["calls"]:
            sources = [symbols[place] for place in places]
            symbols = [*symbols, layers[number](sources if len(sources) > 1 else sources[0])]
    except FileNotFoundError:
        raise DataError(f"{path} cannot be read: there is no such file") from None
    except (OSError, KeyError, ...) as mistake:
        raise FormatError(f"{path} is no file of a model ({type(mistake).__name__})") from None
    model = Model(inputs, symbols[-1])
    model.set_weights(weights)
    return model
