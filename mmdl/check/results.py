"""What a function returns, taken apart into arrays with names: or the sentence that says why that cannot be done."""

import numpy as np

from mmdl.check.mistake import Mistake

KINDS = {"b": "True and False", "i": "whole numbers", "u": "whole numbers", "f": "numbers", "c": "complex numbers"}
COUNTS = ("nothing", "one array", "two arrays", "three arrays", "four arrays", "five arrays", "six arrays")


def arrays(found, like, outputs):
    """The arrays of a result by name: {"y": ..., "weights": ...}

    Parameters
    ----------
    found : what the student's function returned
    like : what ours returned for the same arguments
    outputs : tuple of str
        The names of what is returned.

    Raises
    ------
    Mistake : the two are not made alike.
    """
    if len(outputs) == 1:
        return _one(found, like, outputs[0])
    if found is None:
        raise Mistake("it returns None: is there a `return` at its end?")
    if not isinstance(found, (tuple, list)):
        raise Mistake(f"it returns {_kind(found)}, but should return {COUNTS[len(outputs)]}: {', '.join(outputs)}")
    if len(found) != len(outputs):
        raise Mistake(f"it returns {len(found)} things, but should return {COUNTS[len(outputs)]}: {', '.join(outputs)}")
    named = {}
    for name, mine, ours in zip(outputs, found, like, strict=True):
        named |= _one(mine, ours, name)
    return named


def of_reference(found, outputs):
    """The arrays of a result by name, where it is our own."""
    return arrays(found, found, outputs)


def _one(found, like, name):
    if isinstance(like, tuple):
        return _several(found, like, name)
    if isinstance(like, dict):
        return _entries(found, like, name)
    if found is None:
        raise Mistake(f"it returns None for {name}: is there a `return` at its end?")
    if isinstance(found, (list, tuple)):
        raise Mistake(f"{name} is a {type(found).__name__}, not an array: np.array(...) makes one of it")
    if not isinstance(found, (np.ndarray, np.generic, int, float, complex)):
        raise Mistake(f"{name} is {_kind(found)}, not an array")
    return {name: _numbers(np.asarray(found), np.asarray(like), name)}


def _several(found, like, name):
    if not isinstance(found, (tuple, list)) or len(found) != len(like):
        raise Mistake(f"{name} must be a tuple with {len(like)} arrays, one for each modality, not {_kind(found)}")
    named = {}
    for m, (mine, ours) in enumerate(zip(found, like, strict=True)):
        named |= _one(mine, ours, f"{name}[{m}]")
    return named


def _entries(found, like, name):
    if not isinstance(found, dict):
        raise Mistake(f"{name} must be a dictionary with the names {', '.join(like)}, not {_kind(found)}")
    missing = [key for key in like if key not in found]
    if missing:
        raise Mistake(f'{name} has no entry "{missing[0]}"; it needs {", ".join(like)}')
    named = {}
    for key, ours in like.items():
        named |= _one(found[key], ours, f'{name}["{key}"]')
    return named


def _numbers(found, like, name):
    if found.dtype.kind not in KINDS:
        raise Mistake(f"{name} is an array of {found.dtype}, not of numbers: are its rows of different lengths?")
    if found.dtype.kind == "c" and like.dtype.kind != "c":
        raise Mistake(f"{name} holds complex numbers: take .real or .imag of what you compute")
    if like.dtype.kind == "b" and found.dtype.kind != "b":
        raise Mistake(f"{name} holds {KINDS[found.dtype.kind]}, not True and False: compare, or use .astype(bool)")
    return found


def _kind(found):
    if found is None:
        return "None"
    if isinstance(found, np.ndarray):
        return "one array"
    if isinstance(found, (tuple, list)):
        return f"a {type(found).__name__} with {len(found)} entries"
    return f"a {type(found).__name__}" if not isinstance(found, (int, float)) else "one number"
