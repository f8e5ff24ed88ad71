"""A case in words: lines that can be pasted into Python where there is room for them."""

import numpy as np

WIDTH = 67
DIGITS = 6
ROWS = 6


def in_lines(student, case):
    """Lines for each argument that the student's function is given, under the name that it has there."""
    lines = []
    for name, mine in student.takes.items():
        if case.arguments.get(name) is not None:
            lines += literal(f"{mine} = ", case.arguments[name])
    return tuple(lines)


def literal(head, value):
    """Lines with a value as Python writes it; where that would take too many, only what it is."""
    written = head + _written(value)
    if len(written) <= WIDTH:
        return [written]
    if isinstance(value, np.ndarray):
        return _in_rows(head, value) or [f"{head}... of shape {value.shape}"]
    return [f"{head}... {_shape(value)}"]


def in_short(text, width=WIDTH):
    """The beginning of a text that somebody else has written, in one line and without anything that cannot be seen."""
    words = " ".join(text[: 10 * width].split())
    seen = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in words)
    return seen if len(seen) <= width and len(text) <= 10 * width else f"{seen[: width - 3]}..."


def _in_rows(head, array):
    """A large array, row by row; nothing if that is too much."""
    head, rows, depth = f"{head}np.array([", numbers(array), 1
    while len(rows) == 1 and isinstance(rows[0], list):
        head, rows, depth = f"{head}[", rows[0], depth + 1
    indented = [f"{' ' * len(head) if place else head}{row}," for place, row in enumerate(rows)]
    indented[-1] = f"{indented[-1][:-1]}{']' * depth})"
    fits = len(rows) <= ROWS and max(map(len, indented)) <= WIDTH
    return indented if fits else None


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
    return (array.round(DIGITS) if array.dtype.kind in "fc" else array).tolist()


def _shape(value):
    """The shapes of the arrays in a dictionary or a tuple."""
    if isinstance(value, dict):
        return f"a dictionary: {', '.join(f'{name} {each.shape}' for name, each in value.items())}"
    return " and ".join(str(getattr(each, "shape", "...")) for each in value) if isinstance(value, tuple) else ""
