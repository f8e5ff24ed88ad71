"""Symbols, which stand for arrays that are still to come, and what every layer does with them."""

import math
import warnings
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np

from mmdl import tree
from mmdl.errors import ShapeError
from mmdl.keras.network import Merge, OnSequence, OnValues
from mmdl.tokens import Tokens

PROBED = (64, 128)  # stand for a length that is not known; what depends on it comes out different


class Symbol:
    """An array to come: its shape (None, ...), whether it has a mask, and which layer makes it of which symbols."""

    def __init__(self, shape, rng, dtype="float32", layer=None, core=None, sources=(), masked=False):
        self.shape, self.rng, self.dtype, self.masked = (None, *shape), rng, dtype, masked
        self.layer, self.core, self.sources = layer, core, sources

    def __add__(self, other):
        return self._with(other, Add()) if isinstance(other, Symbol) else NotImplemented

    def __mul__(self, other):
        return self._with(other, Multiply()) if isinstance(other, Symbol) else NotImplemented

    def _with(self, other, layer):
        if self.masked or other.masked:
            raise TypeError(f"an operator would lose the mask; use {type(layer).__name__}()([a, b])")
        return layer([self, other])

    def examples(self, length):
        """One example of zeros, to see what a layer makes of it."""
        x = np.zeros((1, *(length if axis is None else axis for axis in self.shape[1:])), np.float32)
        return Tokens(x, np.ones(x.shape[:2], bool)) if self.masked else x


def Input(shape, dtype="float32", rng=None):
    """The symbol of an input; `shape` is that of one example, None where lengths vary

    What is drawn for a model, its first weights, its dropout and the order of its examples, is drawn from the `rng`
    of its input, in the place of Keras's global seed.
    """
    return Symbol(tuple(shape), np.random.default_rng() if rng is None else rng, dtype)


@dataclass(eq=False)
class Layer:
    """Keras's arguments as fields; called on a symbol it builds a layer of the core.

    Arguments that are not honoured are no fields, so that Python's TypeError names them.
    """

    _: KW_ONLY
    name: str | None = None
    input_shape: tuple | None = None

    core = None  # the layer of `mmdl.layers`, once the shape of the input is known
    masking: ClassVar[str] = "lost"  # or "kept": it goes around the layer; or "read": the core layer takes Tokens
    needs_mask: ClassVar[bool] = False

    def build(self, rng, *shapes):
        """The core layer for inputs of these shapes, without the axis of examples."""
        raise NotImplementedError

    def __call__(self, x):
        """Symbol, or a list of symbols -> Symbol"""
        sources = tuple(x) if isinstance(x, (list, tuple)) else (x,)
        if not all(isinstance(each, Symbol) for each in sources):
            raise TypeError(f"{type(self).__name__} is called on what Input and other layers give, not on arrays")
        core = self.core or self.build(sources[0].rng, *(each.shape[1:] for each in sources))
        wrapped = self._wrapped(core, any(each.masked for each in sources))
        y = [wrapped(_one_or_all([each.examples(length) for each in sources])) for length in PROBED]
        self.core = core
        masked = isinstance(y[0], Tokens)
        first, second = ((each.values if masked else each).shape[1:] for each in y)
        shape = (a if a == b else None for a, b in zip(first, second, strict=True))
        return Symbol(shape, sources[0].rng, "float32", self, wrapped, sources, masked)

    def _wrapped(self, core, masked):
        if masked and self.masking == "lost":
            warnings.warn(f"{type(self).__name__} does not look at the mask, which ends here", stacklevel=3)
        if masked and self.masking != "read":
            return OnValues(core, self.masking == "kept")
        return OnSequence(core, self.needs_mask) if self.masking == "read" and not masked else core

    @property
    def weights(self):
        """The arrays of the core layer themselves, in Keras's order and layout."""
        return [array for _, array in tree.distinct(self.core)]

    def count_params(self):
        """How many numbers the layer keeps, learned or counted along."""
        return sum(array.size for array in self.weights)

    def features(self, shape):
        """The length of the last axis, which has to be known."""
        if shape[-1] is None:
            raise ShapeError(f"{type(self).__name__}: the last axis of its input {(None, *shape)} has no known length")
        return shape[-1]


class Merging(Layer):
    """Takes a list of symbols of one shape."""

    def build(self, rng, *shapes):
        if len(shapes) < 2 or len(set(shapes)) > 1:
            raise ShapeError(f"{type(self).__name__} takes two or more inputs of one shape, not of {shapes}")
        return self.merge(len(shapes))

    def _wrapped(self, core, masked):
        if masked and self.masking == "lost":
            raise TypeError(f"{type(self).__name__} does not honour masks")
        return core


class Add(Merging):
    """y = Σ_m x_m; a place is masked if it is so in all inputs"""

    masking = "read"

    def merge(self, count):
        return Merge("sum")


class Average(Merging):
    """y = Σ_m x_m / M"""

    def merge(self, count):
        return Merge("sum", 1 / count)


class Multiply(Merging):
    """y = Π_m x_m"""

    def merge(self, count):
        return Merge("product")


def _one_or_all(x):
    return tuple(x) if len(x) > 1 else x[0]
