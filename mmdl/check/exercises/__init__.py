"""Every function that can be checked: the exercises of the lessons, and all other ops of the catalogue."""

import inspect

from mmdl.check.exercise import backward, forward
from mmdl.check.exercises import (
    attention,
    classifier,
    contrastive,
    convolution,
    dense,
    fusion,
    gradients,
    looking,
    recurrence,
    sound,
    text,
    training,
)
from mmdl.verify.catalogue import CATALOGUE

FAMILIES = (
    dense,
    gradients,
    convolution,
    training,
    recurrence,
    text,
    attention,
    fusion,
    classifier,
    looking,
    sound,
    contrastive,
)


def _hints(function):
    """What can be said about any op: its formula, and where its loops stand."""
    formula = inspect.getdoc(function).splitlines()[0]
    file = function.__module__.removeprefix("mmdl.ops.").replace(".", "/")
    return (f"The formula: {formula}", f"The same as loops, for one example: mmdl/formulas/{file}.py.")


def _others():
    for name, entry in CATALOGUE.items():
        yield forward(name, *_hints(entry.forward))
        if entry.backward:
            yield backward(name, *_hints(entry.backward))


EXERCISES = {exercise.name: exercise for exercise in _others()}
EXERCISES |= {exercise.name: exercise for family in FAMILIES for exercise in family.EXERCISES}
