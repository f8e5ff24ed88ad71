"""Symbols, which stand for arrays that are still to come, and layers, which are called on them."""

import inspect
import warnings

import numpy as np

from mmdl import tree
from mmdl.errors import DataError, ShapeError
from mmdl.keras.network import OnSequence, OnValues, Product, Sum, values_of
from mmdl.tokens import Tokens

PROBED = (64, 128)  # stand for a length that is not known: what depends on it comes out different


class Symbol:
    """An array to come: its shape (None, ...), whether it has a mask, and which layer makes it of which symbols."""

    def __init__(self, shape, rng, layer=None, core=None, sources=(), masked=False):
        self.shape, self.rng, self.masked = (None, *shape), rng, masked
        self.layer, self.core, self.sources = layer, core, sources

    def __add__(self, other):
        if isinstance(other, Symbol) and (self.masked or other.masked):
            raise TypeError("a + b would lose the mask; Add()([a, b]) keeps it")
        return Add()([self, other]) if isinstance(other, Symbol) else NotImplemented

    def __mul__(self, other):
        return Multiply()([self, other]) if isinstance(other, Symbol) else NotImplemented

    def zeros(self, length):
        """One example, to see what a layer makes of it."""
        x = np.zeros((1, *(length if axis is None else axis for axis in self.shape[1:])), np.float32)
        return Tokens(x, np.ones(x.shape[:2], bool)) if self.masked else x


def Input(shape, rng=None):
    """The symbol of an input; `shape` is that of one example, None where lengths vary

    All that is drawn for a model, first weights, dropout, the order of examples, is drawn from the `rng` of its input,
    in the place of Keras's global seed.
    """
    return Symbol(tuple(shape), np.random.default_rng() if rng is None else rng)


class Layer:
    """Keras's settings, and the layer of the core that they mean, once the shape of the input is known."""

    masks = "lost"  # or "kept", "refused", "merged"; "read", "needed" by a layer for Tokens; "made" of ids
    merges = False

    def __init__(self, *arguments, name=None, input_shape=None, **settings):
        try:
            bound = inspect.signature(self.build).bind(None, None, *arguments, **settings)
        except TypeError as mistake:
            raise TypeError(f"{self}: {mistake}") from None
        bound.apply_defaults()
        _, _, *named = bound.arguments.items()
        self.settings, self.name, self.core = dict(named), name, None
        length = self.settings.get("input_length")
        self.input_shape = input_shape or (length and (length,))

    def __call__(self, x):
        """A symbol, or a list of symbols -> Symbol"""
        sources = tuple(as_list(x))
        if not all(isinstance(source, Symbol) for source in sources):
            raise TypeError(f"{self} is called on symbols, as Input and other layers give them")
        if (len(sources) > 1) != self.merges:
            raise TypeError(f"{self} takes {'a list of two or more symbols' if self.merges else 'one symbol'}")
        _, *shape = sources[0].shape
        if self.input_shape and list(self.input_shape) != shape:
            raise ShapeError(f"{self} says that its input has shape {(None, *self.input_shape)}, not {(None, *shape)}")
        features = shape[-1] if shape else 1
        if features is None and self.masks != "made":
            raise ShapeError(f"{self}: the last axis of {(None, *shape)} must have a known length")
        core = self.core or self.build(sources[0].rng, features, **self.settings)
        fitted = self._fitted(core, any(source.masked for source in sources))
        zeros = [tuple(source.zeros(length) for source in sources) for length in PROBED]
        first, second = (fitted(x if len(x) > 1 else x[0]) for x in zeros)
        lengths = zip(values_of(first).shape[1:], values_of(second).shape[1:], strict=True)
        self.core = core
        shape = [a if a == b else None for a, b in lengths]
        self.output = Symbol(shape, sources[0].rng, self, fitted, sources, isinstance(first, Tokens))
        return self.output

    def _fitted(self, core, masked):
        """The core layer, made to take Tokens if there is a mask, and arrays if there is none."""
        if masked and self.masks == "refused":
            raise TypeError(f"{self} does not honour masks")
        if masked and self.masks == "lost":
            warnings.warn(f"{self} does not look at the mask, which ends here", stacklevel=3)
        if self.masks in ("read", "needed"):
            return core if masked else OnSequence(core, self.masks == "needed")
        return OnValues(core, self.masks == "kept") if masked and self.masks != "merged" else core

    def __str__(self):
        return type(self).__name__

    @property
    def weights(self):
        """The arrays of the core layer themselves, in Keras's order and layout."""
        return [array for _, array in tree.distinct(self.core)]


def layer(masks="lost", base=Layer):
    """Make a kind of layer of the function that builds it: (rng, features of the input, Keras's arguments) -> core

    Arguments that are not honoured are none of the function's, so Python's own TypeError names them.
    """

    def kind(build):
        return type(build.__name__, (base,), {"__doc__": build.__doc__, "masks": masks, "build": staticmethod(build)})

    return kind


class Merging(Layer):
    """Takes a list."""

    merges = True


@layer("merged", Merging)
def Add(rng, features):
    """y = Σ x_m; `a + b` says the same"""
    return Sum()


@layer("refused", Merging)
def Multiply(rng, features):
    """y = Π x_m, entry by entry; `a * b` says the same"""
    return Product()


def ordered(inputs, output):
    """The symbols between inputs and output, each after its sources; and their layers, in Keras's order

    That is by distance from the output, the farthest first, and those that are equally far as a walk from the output
    back to the inputs meets them.
    """
    calls, met, distance = [], {}, {}

    def walk(symbol):
        if symbol in calls or symbol in inputs:
            return
        if symbol.layer is None:
            raise DataError("the output depends on an Input that is none of the model's inputs")
        met.setdefault(symbol.layer, len(met))
        for source in symbol.sources:
            walk(source)
        calls.append(symbol)

    walk(output)
    for symbol in reversed(calls):
        far = max(distance.get(symbol, 0), distance.get(symbol.layer, 0))
        distance[symbol] = distance[symbol.layer] = far
        distance |= {source: max(far + 1, distance.get(source, 0)) for source in symbol.sources}
    return calls, sorted(met, key=lambda layer: (-distance[layer], met[layer]))


def as_list(x):
    """Several, or one alone."""
    return list(x) if isinstance(x, (list, tuple)) else [x]
