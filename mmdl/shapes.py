"""Shape contracts in the letters of the formulas: `@shapes(x="N D", W="D K", b="K")`.

One letter means one length, over all arguments of a call:

    N  examples of a batch        I J  rows and columns of a kernel    H  hidden units
    T  tokens, or steps of time   P Q  image rows and columns out      V  width of the values in attention
    S  tokens of a second one     D    features or channels in         A  entries of an embedding table
    R C  image rows and columns   K    features, channels, classes out M  modalities
    F  terms of a tensor, its rank

An axis may also be a multiple (`4H`), one longer (`T+1`), a number (`2`), any length (`_`), or one that must not
be empty (`S>0`). A leading `...` stands for axes that broadcast; a leading `M *` for a sequence of M such arrays.
"""

import functools
import inspect
import re
from typing import NamedTuple

import numpy as np

from mmdl.errors import ShapeError


def shapes(**contracts):
    """Check the named arguments against their letters; an argument that is None is left out.

    Letters are bound once for every new combination of shapes, so that a repeated call costs about a microsecond.
    The decorated function keeps the contracts, as written, in `.contracts`.
    """

    def decorate(function):
        places = {name: place for place, name in enumerate(inspect.signature(function).parameters)}
        named = [(places[name], name) for name in contracts]
        parsed = [_parse(name, contract) for name, contract in contracts.items()]

        @functools.lru_cache(maxsize=1024)
        def bind(found):
            bound = {}
            for argument, shape in zip(parsed, found, strict=True):
                if shape is not None:
                    _bind(function.__name__, argument, shape, bound)

        @functools.wraps(function)
        def checked(*args, **kwargs):
            given = len(args)
            found = [args[place] if place < given else kwargs.get(name) for place, name in named]
            try:
                bind(tuple([None if value is None else value.shape for value in found]))
            except (AttributeError, TypeError):  # an argument is a sequence of arrays, or no array at all
                bind(tuple(_shape(function.__name__, *pair) for pair in zip(parsed, found, strict=True)))
            return function(*args, **kwargs)

        checked.contracts = contracts
        return checked

    return decorate


class _Argument(NamedTuple):
    name: str
    count: str | None  # the letter before `*`, if the argument is a sequence of arrays
    broadcasts: bool
    axes: tuple[str, ...]

    def __str__(self):
        axes = ", ".join(("...",) * self.broadcasts + tuple(axis.removesuffix(">0") for axis in self.axes))
        return f"{self.name} ({axes})"


def _parse(name, contract):
    count, _, each = contract.rpartition(" * ")
    axes = tuple(each.split())
    return _Argument(name, count or None, axes[:1] == ("...",), axes[axes[:1] == ("...",) :])


def _shape(function, argument, value):
    """The shape of one argument; a sequence of arrays gives a tuple of shapes."""
    if value is None:
        return None
    if not argument.count:
        return _array_shape(function, argument.name, value)
    if not isinstance(value, (tuple, list)):
        raise ShapeError(f"{function}: {argument.name} must be a tuple of arrays, not {type(value).__name__}")
    return tuple(_array_shape(function, f"{argument.name}[{place}]", each) for place, each in enumerate(value))


def _array_shape(function, name, value):
    if not isinstance(value, np.ndarray):
        raise ShapeError(f"{function}: {name} must be an array, not {type(value).__name__}")
    return value.shape


def _bind(function, argument, shape, bound):
    """Bind the letters of one argument, last axis first, or explain why they do not fit."""
    if argument.count:
        _bind_axis(function, argument.count, len(shape), (argument.name, f"{len(shape)} arrays"), bound)
        for place, each in enumerate(shape):
            _bind(function, argument._replace(name=f"{argument.name}[{place}]", count=None), each, bound)
        return
    where = (str(argument), shape)
    if len(shape) < len(argument.axes) or (not argument.broadcasts and len(shape) > len(argument.axes)):
        axes = f"at least {len(argument.axes)}" if argument.broadcasts else str(len(argument.axes))
        raise ShapeError(f"{function}: {argument} needs {axes} axes but has shape {shape}")
    for axis, length in zip(reversed(argument.axes), reversed(shape), strict=False):
        _bind_axis(function, axis, length, where, bound)
    if argument.broadcasts:
        _bind_leading(function, shape[: len(shape) - len(argument.axes)], where, bound)


def _bind_axis(function, axis, length, where, bound):
    factor, letter, more, filled = re.fullmatch(r"(\d*)([A-Z_]?)(?:\+(\d+))?(>0)?", axis).groups()
    if filled and length == 0:
        raise ShapeError(f"{function}: {letter} must be at least 1 in {where[0]} = {where[1]}")
    if letter == "_":
        return
    count, rest = divmod(length - int(more or 0), int(factor or 1))
    if rest or count < 0 or (not letter and count != 1):
        raise ShapeError(f"{function}: {length} cannot be {axis} in {where[0]} = {where[1]}")
    if letter:
        _agree(function, letter, count, where, bound)


def _agree(function, letter, length, where, bound):
    known, *there = bound.setdefault(letter, (length, *where))
    if known != length:
        raise ShapeError(
            f"{function}: {letter} is {known} in {there[0]} = {there[1]} but {length} in {where[0]} = {where[1]}"
        )


def _bind_leading(function, leading, where, bound):
    known, *there = bound.get("...", (leading, *where))
    try:
        bound["..."] = (np.broadcast_shapes(known, leading), *where)
    except ValueError:
        raise ShapeError(
            f"{function}: leading axes {known} of {there[0]} = {there[1]} "
            f"do not broadcast with {leading} of {where[0]} = {where[1]}"
        ) from None
