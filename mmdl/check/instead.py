"""Whether a wrong result is the right one for other arguments: for a kernel that is flipped, a mask that is ignored."""

import itertools

import numpy as np

from mmdl.check.exercise import Case
from mmdl.check.results import of_reference


def changes(exercise, arguments):
    """Other arguments, each as a pair of words ("w were flipped along axis 0") and what is to be put in their place."""
    known = {name: arguments[name] for name in exercise.parameters if arguments.get(name) is not None}
    for name, value in known.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            yield from ((f"{name} {words}", {name: other}) for words, other in _of_numbers(value))
        elif isinstance(value, np.ndarray) and value.dtype == bool:
            yield f"{name} were True everywhere", {name: np.ones_like(value)}
            yield f"True and False were exchanged in {name}", {name: ~value}
        elif isinstance(value, (int, float, tuple)) and not isinstance(value, bool) and name in exercise.defaults:
            yield from ((f"{name} were {words}", {name: other}) for words, other in _of_settings(value))
        if exercise.defaults.get(name, 0) is None:
            yield f"{name} were not given", {name: None}
    for (one, a), (other, b) in itertools.combinations(known.items(), 2):
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.dtype == b.dtype and a.ndim == b.ndim > 1:
            yield f"{one} and {other} changed places", {one: b, other: a}


def results_instead(exercise, case, words):
    """What we return where the change with these words is made, or with nothing to change; {} if that makes no sense."""
    change = next((change for found, change in changes(exercise, case.arguments) if found == words), {})
    try:
        with np.errstate(all="ignore"):
            changed = Case(case.arguments | change, case.lengths)
            return exercise.settle(of_reference(exercise.truth(changed), exercise.outputs))
    except Exception:  # our functions, too, may stop at arguments that do not fit together
        return {}


def _of_numbers(array):
    yield "were zero", np.zeros_like(array)
    yield "were one everywhere", np.ones_like(array)
    yield "had the opposite sign", -array
    for axis in range(array.ndim):
        yield f"were flipped along axis {axis}", np.flip(array, axis)
        if array.ndim > 1:
            yield f"began one place later along axis {axis}", np.roll(array, -1, axis)
            yield f"began one place earlier along axis {axis}", np.roll(array, 1, axis)
    if array.ndim > 1 and array.shape[-1] == array.shape[-2]:
        yield "were transposed", np.ascontiguousarray(array.mT)


def _of_settings(value):
    if isinstance(value, tuple):
        yield "taken the other way round", value[::-1]
        yield "the first of its numbers for both", (value[0], value[0])
        yield "the second of its numbers for both", (value[-1], value[-1])
    else:
        yield "half as large", value // 2 if isinstance(value, int) and value % 2 == 0 else value / 2
        yield "twice as large", 2 * value
        yield "one larger", value + 1
        yield "one smaller", value - 1
    yield "1", 1
    yield "0", 0
