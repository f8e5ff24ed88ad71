"""JSON as its standard has it: no NaN and no infinity, neither written nor read, and no name twice."""

import json
import math
import re
from collections.abc import Callable
from os import PathLike
from typing import Any, NoReturn

from mmdl.errors import FormatError
from mmdl.files import opened

MOST = 1 << 20  # bytes of a file; what is made of them takes up to a hundred times as many
MOST_DEEP = 64  # brackets within brackets


def written(value: Any, **how: Any) -> str:
    """A value as JSON, null in the place of numbers that are not finite.  how: as `json.dumps` takes it"""
    return json.dumps(_finite(value), allow_nan=False, **how)


def plain(value: Any) -> Any:
    """A value as it would come back from a file: tuples are lists, and names of fields are texts"""
    return json.loads(written(value))


def read(path: str | PathLike[str]) -> Any:
    """What stands in a file

    Raises
    ------
    DataError
        If there is no such file; FormatError if it holds no JSON, or more of it than is read.
    """
    with opened(path) as file:
        content = file.read(MOST + 1)
    if len(content) > MOST:
        raise FormatError(f"{path} is larger than the {MOST >> 20} MiB of JSON that are read")
    try:
        finite = {"parse_constant": _refuse, "parse_float": _number(float), "parse_int": _number(int)}
        return parsed(content.decode("utf-8-sig"), **finite)
    except ValueError:
        raise FormatError(f"{path} holds no JSON") from None


def parsed(text: str, **how: Any) -> Any:
    """The value that a text from anywhere says.  how: as `json.loads` takes it

    Raises
    ------
    FormatError
        If it is nested too deep, or an object has a name twice; another ValueError if it is no JSON.
    """
    deep = most = 0
    # A string without an end is one to the end of the text: looked for again and again, it would take hours
    for part in re.finditer(r'"(?:[^"\\]++|\\.)*+"?|([\[{])|[\]}]', text, re.DOTALL):
        deep += 1 if part[1] else -1 if part[0] in "]}" else 0
        most = max(most, deep)
    if most > MOST_DEEP:
        raise FormatError(f"it is nested {most} deep")
    return json.loads(text, object_pairs_hook=_object, **how)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, (list, tuple)) else value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise FormatError("an object has a name twice")
    return found


def _number(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """Digits as a number of this kind, if a float can be as large."""
    return lambda digits: kind(digits) if math.isfinite(float(digits)) else _refuse(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
