"""Keras's models: a network of core layers, and how it learns and is asked."""

import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np

from mmdl import tree
from mmdl.errors import DataError, FormatError, ShapeError
from mmdl.keras import layers as known
from mmdl.keras.graph import Input, Layer, Symbol, as_list, ordered
from mmdl.keras.losses import LOSSES, METRICS
from mmdl.keras.network import Network, values_of
from mmdl.keras.optimizers import OPTIMIZERS
from mmdl.layers import training_mode
from mmdl.training.memory import keep_freed_memory

KINDS = {name: vars(known)[name] for name in known.__all__ if name != "Input"}


@dataclass
class History:
    """What `fit` tells: by the names of loss and metrics, lists with an entry for each epoch."""

    history: dict


class Model:
    """All layers on the way from the symbols `inputs` to the symbol `outputs`

    A layer that stands in two models has the same arrays in both: what trains one trains the other.
    """

    def __init__(self, inputs, outputs, name=None):
        self.name, self.compiled = name or "functional", None
        self.connect(as_list(inputs), *as_list(outputs))

    def connect(self, inputs, output, *more):
        """Find the layers between inputs and output, and make them one network."""
        if more or not isinstance(output, Symbol):
            raise TypeError("a model has one output, and that is a symbol, as layers give it")
        self.calls, self.layers = ordered(inputs, output)
        self.inputs, self.state = inputs, None
        place = {symbol: number for number, symbol in enumerate([*inputs, *self.calls])}
        self.sources = tuple(tuple(place[source] for source in symbol.sources) for symbol in self.calls)
        self.network = Network(tuple(symbol.core for symbol in self.calls), self.sources, len(inputs))

    @property
    def input(self):
        """The symbol of the input, or the list of several."""
        return self.inputs if len(self.inputs) > 1 else self.inputs[0]

    @property
    def output(self):
        """The symbol of the output."""
        return self.calls[-1]

    @property
    def outputs(self):
        """The same as a list, as `inputs` is one."""
        return [self.output]

    def compile(self, optimizer="rmsprop", loss=None, metrics=None):
        """Choose an optimizer, a loss and metrics, by name or as they are; the optimizer begins anew."""
        optimizer = _named("optimizer", optimizer, OPTIMIZERS)
        metrics = {getattr(each, "__name__", each): _named("metric", each, METRICS) for each in as_list(metrics or [])}
        measures = {"loss": _named("loss", loss, LOSSES), **metrics}
        self.compiled, self.state = (optimizer() if isinstance(optimizer, type) else optimizer, measures), None

    def fit(self, x, y, batch_size=32, epochs=1, verbose="auto", validation_data=None, shuffle=True):
        """Learn from x, a list where there are several inputs, and y; tell of each epoch unless `verbose` is 0

        Returns
        -------
        History
            Means over the examples, in training as they came by; of `validation_data` (x, y) as val_loss and so on.
        """
        (x, y), (optimizer, measures) = self._examples(x, y), self.compiled
        rng, history = self.inputs[0].rng, {}
        self.state = self.state or optimizer.start(self.network)
        keep_freed_memory()
        learner = training_mode(self.network, rng)
        for epoch in range(epochs):
            began, found = time.perf_counter(), []
            for rows in _batches(rng.permutation(len(y)) if shuffle else np.arange(len(y)), batch_size):
                p, trace = learner.forward(_rows(x, rows))
                dp, scores = _scored(measures, y[rows], p)
                optimizer.step(self.network, learner.gradient(dp, trace), self.state)
                found.append(scores)
            means = _means(measures, found)
            if validation_data:
                validation = self._judged(*validation_data, batch_size)
                means |= {f"val_{name}": value for name, value in validation.items()}
            for name, value in means.items():
                history.setdefault(name, []).append(value)
            _tell(verbose, f"Epoch {epoch + 1}/{epochs}", began, means)
        return History(history)

    def evaluate(self, x, y, batch_size=32, verbose="auto"):
        """The loss, or a list of the loss and the metrics"""
        began = time.perf_counter()
        means = self._judged(x, y, batch_size)
        _tell(verbose, f"{len(y)} examples", began, means)
        return list(means.values()) if len(means) > 1 else means["loss"]

    def predict(self, x, batch_size=32, verbose="auto"):
        """The output for all examples, as one array"""
        began, (x, _) = time.perf_counter(), self._examples(x)
        p = [values_of(self.network(_rows(x, rows))) for rows in _batches(np.arange(len(x[0])), batch_size)]
        _tell(verbose, f"{len(x[0])} examples", began, {})
        return np.concatenate(p)

    def summary(self):
        """Print the layers, the shapes of their outputs, and how many numbers they keep."""
        shapes, seen = {symbol.layer: symbol.shape for symbol in self.calls}, Counter()
        line = "{:<42} {:<26} {:>12}".format
        print(f'Model: "{self.name}"', line("Layer (type)", "Output Shape", "Param #"), sep="\n", file=sys.stdout)
        for layer in self.layers:
            kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(layer)).lower()
            name = layer.name or (f"{kind}_{seen[kind]}" if seen[kind] else kind)  # conv2d, conv2d_1, ...
            seen[kind] += 1
            count = sum(array.size for array in layer.weights)
            print(line(f"{name} ({layer})", str(shapes[layer]), f"{count:,}"), file=sys.stdout)
        total, learned = sum(array.size for array in self.weights), tree.count(self.network)
        for kind, count in (("Total", total), ("Trainable", learned), ("Non-trainable", total - learned)):
            print(f"{kind} params: {count:,}", file=sys.stdout)

    @property
    def weights(self):
        """The arrays of all layers themselves, in Keras's order and layout."""
        return [array for layer in self.layers for array in layer.weights]

    def get_weights(self):
        """Copies of all weights, in Keras's order and layout"""
        return [array.copy() for array in self.weights]

    def set_weights(self, weights):
        """Put these numbers, in Keras's order and layout, into the model's arrays."""
        mine, theirs = [array.shape for array in self.weights], [np.shape(array) for array in weights]
        if mine != theirs:
            raise ShapeError(f"{self.name} has weights of the shapes {mine}, not {theirs}")
        for array, new in zip(self.weights, weights, strict=True):
            array[...] = new

    def save(self, path):
        """Write the layers and all their weights to a file, which `load_model` reads."""
        calls = [[self.layers.index(each.layer), at] for each, at in zip(self.calls, self.sources, strict=True)]
        about = {"inputs": [symbol.shape[1:] for symbol in self.inputs], "layers": self.layers, "calls": calls}
        with open(path, "wb") as file:
            np.savez(file, *self.weights, about=json.dumps(about, default=_described))

    def _examples(self, x, y=None):
        """A list of the inputs' arrays, and the truth, if they fit the model and one another."""
        x = [np.asarray(each) for each in as_list(x)]
        if len(x) != len(self.inputs):
            raise ShapeError(f"{self.name} takes {len(self.inputs)} inputs, not {len(x)}")
        for given, (_, *wanted) in zip(x, (symbol.shape for symbol in self.inputs), strict=True):
            if [None if b is None else a for a, b in zip(given.shape[1:], wanted, strict=False)] != wanted:
                raise ShapeError(f"{self.name} takes an input of shape {(None, *wanted)}, not {given.shape}")
        if y is None:
            return x, None
        if self.compiled is None or self.compiled[1]["loss"] is None:
            raise DataError(f"{self.name} has no loss to learn by: call compile with a loss before fit and evaluate")
        if self.output.masked:
            raise TypeError(f"{self.name} ends with a mask, and no loss honours masks")
        if {len(each) for each in x} != {len(y)} or not len(y):
            raise ShapeError(f"x has {', '.join(str(len(each)) for each in x)} examples and y has {len(y)}")
        return x, np.asarray(y)

    def _judged(self, x, y, batch_size):
        """Means of the loss and the metrics over all examples."""
        (x, y), measures = self._examples(x, y), self.compiled[1]
        batches = _batches(np.arange(len(y)), batch_size)
        return _means(measures, [_scored(measures, y[rows], self.network(_rows(x, rows)))[1] for rows in batches])


class Sequential(Model):
    """One layer after the other

    The first says its `input_shape`, or is an Input; if not, the first examples tell the shape. First weights, dropout
    and the order of examples are drawn from `rng`.
    """

    def __init__(self, layers=None, name=None, rng=None):
        self.name, self.compiled, self.rng = name or "sequential", None, np.random.default_rng() if rng is None else rng
        self.inputs, self.calls, self.layers, self.waiting = [], [], [], []
        for layer in layers or []:
            self.add(layer)

    def add(self, layer):
        """Put a layer at the end."""
        if isinstance(layer, Symbol):
            self.inputs = [Input(layer.shape[1:], self.rng)]
        elif not isinstance(layer, Layer):
            raise TypeError(f"a {type(layer).__name__} is no layer")
        elif not self.inputs and not layer.input_shape:
            self.waiting.append(layer)
        else:
            self.inputs = self.inputs or [Input(layer.input_shape, self.rng)]
            self.connect(self.inputs, layer((self.calls or self.inputs)[-1]))

    @property
    def output(self):
        """The symbol of the output."""
        if not self.calls:
            raise DataError(f"{self.name} has no output yet: its first layer needs an input_shape")
        return super().output

    def _examples(self, x, y=None):
        if not self.calls:
            self.inputs = self.inputs or [Input(np.shape(x)[1:], self.rng)]
            for layer in self.waiting:
                self.add(layer)
        return super()._examples(x, y)


def load_model(path):
    """The model that `save` wrote to a file; to learn more it has to be compiled again"""
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]), object_hook=_built)
            weights = [file[f"arr_{number}"] for number in range(len(file.files) - 1)]
        inputs = symbols = [Input(shape) for shape in about["inputs"]]
        for number, places in about["calls"]:
            sources = [symbols[place] for place in places]
            symbols = [*symbols, about["layers"][number](sources if len(sources) > 1 else sources[0])]
        model = Model(inputs, symbols[-1])
        model.set_weights(weights)
    except FileNotFoundError:
        raise DataError(f"{path} cannot be read: there is no such file") from None
    except Exception as mistake:  # of NumPy, json or a layer, each has its own for a broken file
        raise FormatError(f"{path} is no file of a model, or a broken one ({type(mistake).__name__})") from None
    return model


def _described(layer):
    return {"kind": str(layer), "name": layer.name} | layer.settings


def _built(description):
    """A layer, by name from those that are known; nothing else is ever called by a name in a file."""
    if "kind" not in description:
        return description
    return KINDS[description.pop("kind")](**description)


def _named(what, name, table):
    if isinstance(name, str) and name not in table:
        raise DataError(f"{name!r} is no {what}; there is {', '.join(table)}")
    return table[name] if isinstance(name, str) else name


def _batches(order, size):
    return np.split(order, range(size, len(order), size))


def _rows(x, rows):
    """A batch of each input; bytes and float64 become what models are made of."""
    return [np.asarray(each[rows], np.float32) for each in x]


def _scored(measures, y, p):
    """The gradient of the loss; and how many examples, their loss, their metrics."""
    (value, dp), *scores = (measure(y, p) for measure in measures.values())
    return dp, (len(y), value, *scores)


def _means(names, found):
    """Means over examples, of values for batches of different sizes."""
    sizes, *columns = np.array(found, float).T
    return {name: float(column @ sizes / sizes.sum()) for name, column in zip(names, columns, strict=True)}


def _tell(verbose, what, began, means):
    if verbose:
        values = "".join(f" - {name}: {value:.4f}" for name, value in means.items())
        print(f"{what} - {time.perf_counter() - began:.1f} s{values}", file=sys.stdout)
