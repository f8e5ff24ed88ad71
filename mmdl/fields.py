"""Whether values fit the annotations of a class's fields, and numbers their ranges: what loads is what it says."""

import math
import types
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from mmdl.errors import FormatError

LARGEST = 2**31 - 1
# By name and type of a field the smallest and the largest; small files must not make large arrays
RANGES: dict[tuple[str, type], tuple[float, float]] = {
    ("heads", int): (1, 1024),
    ("stride", int): (1, 4096),
    ("dilation", int): (1, 4096),
    ("window", int): (1, 8192),
    ("padding", int): (0, 64),
    ("hop", int): (1, 65536),
    ("bands", int): (1, 512),
    ("length", int): (1, 1 << 20),
    ("rows", int): (1, 1024),
    ("columns", int): (1, 1024),
    ("channels", int): (1, 65536),
    ("step", int): (1, 65536),
    ("inputs", int): (1, 4096),
    ("sources", int): (0, LARGEST),
    ("padding_id", int): (0, LARGEST),
    ("momentum", float): (0, 1),
    ("epsilon", float): (0, 1),
    ("mean", float): (-1e30, 1e30),  # of inputs, which become float32
    ("deviation", float): (1e-37, 1e30),
    ("rate", float): (0, 1 - 1e-9),  # of dropout
}
MAY_LACK = ("b",)  # the bias of a layer that has none


def check_fields(kind: type, values: dict[str, Any]) -> None:
    """FormatError, naming the field, if a value is not of the type, or not in the range, that the class declares."""
    hints, expected = _hints(kind), {each.name for each in fields(kind)}
    for name, value in values.items():
        if name not in expected:
            raise FormatError(f"{name!r:.60} is no field of {kind.__name__}")
        if not (value is None and name in MAY_LACK) and not fits(value, hints[name], name):
            raise FormatError(f"{_in_short(value)} cannot be the field {name} of {kind.__name__}")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def fits(value: Any, hint: Any, name: str = "") -> bool:
    """Whether a value out of a file, where tuples are lists, is of a type; a number of this name is in its range."""
    of, parts = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if of is Annotated:  # an array of so many axes
        return fits(value, parts[0], name) and value.ndim == len(parts[1].split())
    if of in (Union, types.UnionType):
        return any(fits(value, part, name) for part in parts)
    if of is tuple:
        several = isinstance(value, (tuple, list))
        if parts[-1] is Ellipsis:
            return several and all(fits(each, parts[0], name) for each in value)
        return several and len(value) == len(parts) and all(map(fits, value, parts, [name] * len(parts)))
    if of is dict:
        return isinstance(value, dict) and all(
            fits(key, parts[0], name) and fits(each, parts[1], name) for key, each in value.items()
        )
    if of is np.ndarray or hint is np.ndarray:
        return isinstance(value, np.ndarray) and value.dtype.kind == "f"
    if hint in (int, float):
        return _is_number(value, hint, name)
    if of is Callable:  # no file holds one
        return callable(value)
    if hint is None:
        return value is None
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


def _is_number(value: Any, hint: type, name: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, int if hint is int else (int, float)):
        return False
    low, high = RANGES.get((name, hint), (-LARGEST, LARGEST) if hint is int else (-math.inf, math.inf))
    return low <= value <= high and math.isfinite(value)


def _in_short(value: Any) -> str:
    """A value in a few characters that can be seen"""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    if value is None or isinstance(value, (bool, int, float, str)):
        return ascii(value)[:60]
    return f"a {type(value).__name__}"
