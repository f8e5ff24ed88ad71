"""Keras's models: a graph of core layers, and how it learns and is asked."""

import re
import sys
from collections import Counter
from functools import partial
from types import SimpleNamespace

import numpy as np

from mmdl import training, tree
from mmdl.errors import DataError, FormatError, ShapeError
from mmdl.keras.graph import KINDS, Input, Layer, Symbol, Weights, as_list, in_keras_order, named
from mmdl.keras.losses import LOSSES, METRICS, Loss, weighed
from mmdl.keras.optimizers import OPTIMIZERS
from mmdl.layers.graph import graph_between
from mmdl.training.arrays import ArrayBatches, OnArrays, fit_arrays, means_over, outputs_for, split


class Model(Weights):
    """All layers on the way from the symbols `inputs` to the symbol `outputs`

    A layer that stands in two models has the same arrays in both: what trains one trains the other.
    """

    def __init__(self, inputs, outputs, name="functional"):
        self.name, self.measures = name, {}
        self.join(as_list(inputs), *as_list(outputs))

    def join(self, inputs, output, *more):
        """Find the layers between inputs and output, and make them one graph."""
        if more or not isinstance(output, Symbol):
            raise TypeError("a model has one output, and that is a symbol, as layers give it")
        self.network, self.calls = graph_between(inputs, output)
        self.layers, self.state = in_keras_order(self.calls), None
        self.inputs, self.outputs = inputs, [output]
        self.input, self.output = inputs if len(inputs) > 1 else inputs[0], output

    @property
    def weights(self):
        """The arrays of all layers themselves, in Keras's order and layout"""
        return [array for layer in self.layers for array in layer.weights]

    @property
    def trainable(self):
        """Whether all layers are; to set it sets them all"""
        return all(layer.trainable for layer in self.layers)

    @trainable.setter
    def trainable(self, value):
        for layer in self.layers:
            layer.trainable = value

    @property
    def frozen(self):
        """The arrays that stay as they are, by their ids"""
        still = [tree.distinct(layer.core) for layer in self.layers if not layer.trainable]
        return frozenset(id(array) for arrays in still for _, array in arrays)

    def compile(self, optimizer="rmsprop", loss=None, metrics=()):
        """Choose an optimizer, a loss and metrics, by name or as they are; the optimizer begins anew."""
        optimizer = named("optimizer", optimizer, OPTIMIZERS)
        self.optimizer, self.state = optimizer() if callable(optimizer) else optimizer, None
        self.measures = {} if loss is None else {"loss": named("loss", loss, LOSSES)}
        self.measures |= {getattr(each, "__name__", each): named("metric", each, METRICS) for each in metrics or ()}

    def fit(
        self,
        x,
        y,
        batch_size=32,
        epochs=1,
        verbose=1,
        callbacks=(),
        *,
        validation_split=0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
    ):
        """Learn from x, a list where there are several inputs, and y

        The last `validation_split` of all examples are kept for validation. `class_weight` says, by the number of a
        class, how much its examples count in the loss that is learned by. The result has a `history`: by the names of
        loss and metrics, lists of their means over each epoch's examples.
        """
        x, y = self.checked(x, y)
        x, y, *kept = split(x, y, 0 if validation_data else validation_split)
        kept = self.checked(*validation_data) if validation_data else kept
        model = OnArrays(self.network, self.frozen)
        self.state = self.state or self.optimizer.start(model)
        for callback in callbacks or ():
            callback.model = self
        history = fit_arrays(
            model,
            ArrayBatches(x, y, batch_size, shuffle),
            ArrayBatches(*kept, batch_size),
            self.measures,
            partial(tell, verbose),
            weighed(self.measures["loss"], class_weight) if class_weight else self.measures["loss"],
            callbacks or (),
            optimizer=self.optimizer,
            state=self.state,
            epochs=epochs,
            rng=self.inputs[0].rng,
        )
        return SimpleNamespace(history=history)

    def evaluate(self, x, y, batch_size=32, verbose=1, *, return_dict=False):
        """The loss, or a list of the loss and the metrics, or all by their names"""
        means = means_over(self.network, ArrayBatches(*self.checked(x, y), batch_size), self.measures)
        tell(verbose, f"{len(y)} examples", means)
        return means if return_dict else list(means.values()) if len(means) > 1 else means["loss"]

    def predict(self, x, batch_size=32, verbose=1):
        """The output for all examples, as one array"""
        x, _ = self.checked(x)
        tell(verbose, f"{len(x[0])} examples", {})
        return outputs_for(self.network, x, batch_size)

    def checked(self, x, y=None):
        """A list of the inputs' arrays, and the truth, if they fit the model and one another"""
        x, wanted = [np.asarray(each) for each in as_list(x)], [symbol.shape for symbol in self.inputs]
        if len(x) != len(wanted) or not all(map(Symbol.fits, self.inputs, x)):
            raise ShapeError(f"{self.name} takes inputs of the shapes {wanted}, not {[each.shape for each in x]}")
        if y is None:
            return x, None
        if "loss" not in self.measures:
            raise DataError(f"{self.name} has no loss to learn by: call compile with a loss before fit and evaluate")
        if self.output.masked:
            raise TypeError(f"{self.name} ends with a mask, and no loss honours masks")
        if {len(each) for each in x} != {len(y)} or not len(y):
            raise ShapeError(f"x has {', '.join(str(len(each)) for each in x)} examples and y has {len(y)}")
        return x, np.asarray(y)

    def summary(self):
        """Print the layers, the shapes of their outputs, and how many numbers they keep."""
        seen = Counter()
        print(f'Model: "{self.name}"', file=sys.stdout)
        for layer in self.layers:
            kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(layer)).lower()
            name = layer.name or f"{kind}_{seen[kind]}".removesuffix("_0")  # conv2d, conv2d_1, ...
            seen[kind] += 1
            count = sum(map(np.size, layer.weights))
            print(f"{f'{name} ({layer})':<42} {layer.output.shape!s:<26} {count:>12,}", file=sys.stdout)
        still, running = self.frozen, tree.running_momentum(self.network)
        arrays = [array for path, array in tree.distinct(self.network) if path not in running]
        total, learned = sum(map(np.size, self.weights)), sum(each.size for each in arrays if id(each) not in still)
        for kind, count in (("Total", total), ("Trainable", learned), ("Non-trainable", total - learned)):
            print(f"{kind} params: {count:,}", file=sys.stdout)

    def save(self, path):
        """Write the layers, all their weights and what was compiled by name to a file, which `load_model` reads."""
        about = {"inputs": [symbol.shape[1:] for symbol in self.inputs]}
        about["layers"] = [[str(layer), layer.name, layer.trainable] for layer in self.layers]
        about["calls"] = [self.layers.index(symbol.maker) for symbol in self.calls]
        if isinstance(loss := self.measures.get("loss"), Loss):
            kind = type(self.optimizer).__name__.lower()
            about["compiled"] = [kind, vars(self.optimizer), [loss.name, loss.from_logits]]
            about["metrics"] = [name for name in self.measures if name in METRICS]
        training.save(path, self.network, **about)


class Sequential(Model):
    """One layer after the other

    The first says its `input_shape`, or is an Input; if not, the first examples tell the shape. First weights, dropout
    and the order of examples are drawn from `rng`.
    """

    def __init__(self, layers=(), name="sequential", rng=None):
        self.name, self.measures, self.rng = name, {}, rng
        self.inputs, self.output, self.waiting = [], None, []
        for layer in layers:
            self.add(layer)

    def add(self, layer):
        """Put a layer at the end."""
        if isinstance(layer, Symbol):
            self.inputs = [Input(layer.shape[1:], self.rng or layer.rng)]
        elif not isinstance(layer, Layer):
            raise TypeError(f"a {type(layer).__name__} is no layer")
        elif not self.inputs and not layer.input_shape:
            self.waiting.append(layer)
        else:
            self.inputs = self.inputs or [Input(layer.input_shape, self.rng)]
            self.join(self.inputs, layer(self.output or self.inputs[0]))

    def checked(self, x, y=None):
        """The same, once the first examples have told the shape"""
        if not self.output:
            self.inputs = self.inputs or [Input(np.shape(x)[1:], self.rng)]
            for layer in self.waiting:
                self.add(layer)
        return super().checked(x, y)


def load_model(path):
    """The model that `save` wrote to a file; what was compiled by name is so again, but the optimizer begins anew"""
    network, about = training.load(path)
    try:
        layers = [object.__new__(KINDS[kind]) for kind, *_ in about["layers"]]
        for layer, (_, layer.name, *trainable) in zip(layers, about["layers"], strict=True):
            layer.core, layer.trainable = None, trainable != [False]
        inputs = symbols = [Input(shape) for shape in about["inputs"]]
        for number, made, places in zip(about["calls"], network.layers, network.sources, strict=True):
            symbols = [*symbols, layers[number].connect([symbols[place] for place in places], made)]
        model = Model(inputs, symbols[-1])
        if "compiled" in about:
            kind, settings, loss = about["compiled"]
            model.compile(type(OPTIMIZERS[kind]())(**settings), Loss(*loss), about["metrics"])
        return model
    except (AttributeError, LookupError, TypeError, ValueError) as mistake:
        raise FormatError(f"{path} is no file of such a model, or a broken one ({type(mistake).__name__})") from None


def tell(verbose, what, means):
    if verbose:
        print(" - ".join([what, *(f"{name}: {value:.4f}" for name, value in means.items())]), file=sys.stdout)
