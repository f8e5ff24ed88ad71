"""JSON as its standard has it: no NaN and no infinity, neither written nor read."""

import json
import math
from os import PathLike
from typing import Any, NoReturn

from mmdl.errors import FormatError
from mmdl.files import opened

MOST = 16 << 20  # bytes of a file


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
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise FormatError(f"{path} holds no JSON") from None


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, (list, tuple)) else value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
