"""Symbols, which stand for arrays that are still to come, and layers, which are called on them."""

import inspect
import warnings
from collections import Counter
from dataclasses import dataclass

import numpy as np

from mmdl import layers as core
from mmdl import tree
from mmdl.errors import DataError, ShapeError
from mmdl.layers.graph import Node, example_inputs

KINDS = {}  # all kinds of layers by their names


@dataclass(eq=False)
class Symbol(Node):
    """An array to come; `layer` is what its `maker`, as it is called here, means in the core."""

    rng: np.random.Generator | None = None
    maker: "Layer | None" = None

    def __add__(self, other):
        return KINDS["Plus"]()([self, other]) if isinstance(other, Symbol) else NotImplemented

    def __mul__(self, other):
        return KINDS["Times"]()([self, other]) if isinstance(other, Symbol) else NotImplemented


def Input(shape, rng=None, name=None):
    """The symbol of an input; `shape` is that of one example, None where lengths vary; nothing is done with the name

    All that is drawn for a model, first weights, dropout, the order of examples, is drawn from the `rng` of its input,
    in the place of Keras's global seed.
    """
    return Symbol(examples=example_inputs(shape), rng=np.random.default_rng() if rng is None else rng)


class Weights:
    """What has `weights`, and lets them be read and written."""

    def get_weights(self):
        """Copies of all weights"""
        return [array.copy() for array in self.weights]

    def set_weights(self, weights):
        """Put these numbers into the arrays."""
        mine, theirs = [array.shape for array in self.weights], [np.shape(array) for array in weights]
        if mine != theirs:
            raise ShapeError(f"{self.name or self} has weights of the shapes {mine}, not {theirs}")
        for array, new in zip(self.weights, weights, strict=True):
            array[...] = new


class Layer(Weights):
    """Keras's settings, and the layer of the core that they mean, once the shape of the input is known."""

    def __init__(self, *arguments, name=None, input_shape=None, trainable=True, **settings):
        try:
            self.settings = self.__signature__.bind(*arguments, **settings).arguments
        except TypeError as mistake:
            raise TypeError(f"{self}: {mistake}") from None
        self.name, self.core, self.trainable = name, None, trainable
        self.input_shape = (settings["input_length"],) if "input_length" in settings else input_shape

    def __call__(self, x):
        """A symbol, or a list of symbols -> Symbol"""
        sources = tuple(as_list(x))
        if not all(isinstance(source, Symbol) for source in sources):
            raise TypeError(f"{self} is called on symbols, as Input and other layers give them")
        if (len(sources) > 1) != self.several:
            raise TypeError(f"{self} takes {'a list of two or more symbols' if self.several else 'one symbol'}")
        shape = sources[0].shape
        if self.input_shape and (None, *self.input_shape) != shape:
            raise ShapeError(f"{self} says that its input has shape {(None, *self.input_shape)}, not {shape}")
        if shape[-1] is None and self.masks != "made":
            raise ShapeError(f"{self}: the last axis of {shape} must have a known length")
        if self.masks == "lost" and any(source.masked for source in sources):
            warnings.warn(f"{self} does not look at the mask, which ends here", stacklevel=2)
        return self.connect(sources, self.core or self.build(sources[0].rng, shape[-1], **self.settings))

    def connect(self, sources, layer):
        """The symbol of what the core layer makes of symbols"""
        self.output = Symbol(layer, sources, rng=sources[0].rng, maker=self)
        self.core = self.core or layer
        return self.output

    def __str__(self):
        return type(self).__name__

    @property
    def weights(self):
        """The arrays of the core layer themselves, in Keras's order and layout"""
        return [array for _, array in tree.distinct(self.core)]


def kind(name, masks, build, base=Layer, several=False):
    """A kind of layer: what becomes of masks, and how the core layer is built

    Masks are "kept", "lost", "read" by a core layer for Tokens, or "made" of ids. `build` takes a generator, the
    features of the input and Keras's arguments; what is not honoured is none of these: Python's own TypeError names it.
    """
    _, _, *honoured = inspect.signature(build).parameters.values()

    def built(rng, features, **settings):
        made = build(rng, features, **settings)
        return made if masks in ("read", "made") else core.OnValues(made, keeps=masks == "kept")

    about = {"masks": masks, "several": several, "__signature__": inspect.Signature(honoured)}
    about["__doc__"] = f"Keras's {name}{about['__signature__']}, as far as it is honoured; masks are {masks}."
    KINDS[name] = type(name, (base,), about | {"build": staticmethod(built)})
    return KINDS[name]


def in_keras_order(calls):
    """The layers that make these symbols, the farthest from the output first"""
    far = Counter()
    for symbol in reversed(calls):
        far[symbol] = far[symbol.maker] = max(far[symbol], far[symbol.maker])
        for source in symbol.sources:
            far[source] = max(far[source], far[symbol] + 1)
    return sorted(dict.fromkeys(symbol.maker for symbol in calls), key=lambda maker: -far[maker])


def as_list(x):
    """Several, or one alone"""
    return list(x) if isinstance(x, (list, tuple)) else [x]


def named(what, name, table):
    """What the table has under a name; what is no name stays as it is."""
    if isinstance(name, str) and name not in table:
        raise DataError(f"{name!r} is no {what}; there is {', '.join(table)}")
    return table[name] if isinstance(name, str) else name
