"""A case in words: lines that can be pasted into Python where there is room for them."""

import numpy as np

WIDTH = 66
DIGITS = 6


def in_lines(student, case):
    """One line for each argument that the student's function is given, under the name that it has there."""
    return tuple(
        f"{mine} = {literal(case.arguments[name], WIDTH - len(mine) - 3)}"
        for name, mine in student.takes.items()
        if case.arguments.get(name) is not None
    )


def literal(value, width=WIDTH):
    """A value as Python writes it; where that takes more than `width` letters, only what it is."""
    written = _written(value)
    return written if len(written) <= width else f"... {_shape(value)}"


def _written(value):
    if isinstance(value, np.ndarray):
        return f"np.array({numbers(value)})" if value.size else f"np.zeros({value.shape})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_written, value))}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name!r}: {_written(each)}' for name, each in value.items())}}}"
    return getattr(value, "__name__", None) or repr(value)


def numbers(array):
    """An array as nested lists, in a few digits."""
    rounded = array.round(DIGITS) if array.dtype.kind in "fc" else array
    return str(rounded.tolist())


def _shape(value):
    if isinstance(value, np.ndarray):
        return f"of shape {value.shape}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {each.shape}" for name, each in value.items())
    return " and ".join(_shape(each).removeprefix("of ") for each in value) if isinstance(value, tuple) else ""
