"""Every function that can be checked, and the mistakes that are known in it, as the teachers know them.

A teacher is imported when the first of its functions is asked for, so that checking one lesson need not load all.
"""

import importlib
import inspect
from collections.abc import Mapping
from functools import cache

from mmdl.check.exercise import backward, forward
from mmdl.check.files import exercise_files, functions_of, task_of, tasks
from mmdl.verify.catalogue import CATALOGUE

OTHER = "other_ops"  # the teacher of what no lesson asks for


@cache
def asked_for():
    """{function: teacher} for all that the lessons ask for, in their order."""
    return {name: f"lesson_{file.stem}" for file in exercise_files().values() for name in functions_of(file)}


@cache
def teacher(name):
    """The module of one teacher."""
    return importlib.import_module(f"mmdl.check.teachers.{name}")


class Exercises(Mapping):
    """An exercise for each name: those of the lessons, and the forward and backward passes of all other ops."""

    def __iter__(self):
        yield from (name for name in asked_for() | _ops() if name not in PREDICTIONS)

    def __len__(self):
        return sum(1 for _ in self)

    def __contains__(self, name):
        return (name in asked_for() or name in _ops()) and name not in PREDICTIONS

    def __getitem__(self, name):
        if name in PREDICTIONS:
            raise KeyError(name)
        if name in asked_for():
            return next(each for each in teacher(asked_for()[name]).EXERCISES if each.name == name)
        return _other(name)


class Mistakes(Mapping):
    """The known mistakes for each name of a function in which some are known."""

    def __iter__(self):
        yield from dict.fromkeys(mistake.of for each in all_teachers() for mistake in teacher(each).MISTAKES)

    def __len__(self):
        return sum(1 for _ in self)

    def __getitem__(self, name):
        module = teacher(asked_for().get(name, OTHER))
        found = tuple(mistake for mistake in module.MISTAKES if mistake.of == name)
        if not found:
            raise KeyError(name)
        return found


class Predictions(Mapping):
    """The questions of the lessons that take an answer, by name."""

    def __iter__(self):
        yield from (task.name for file in exercise_files().values() for task in tasks(file) if task.asks)

    def __len__(self):
        return sum(1 for _ in self)

    def __getitem__(self, name):
        task = task_of(name)
        if task is None or not task.asks:
            raise KeyError(name)
        return next(each for each in teacher(asked_for()[name]).PREDICTIONS if each.name == name)

    def __contains__(self, name):
        task = task_of(name)
        return task is not None and task.asks


EXERCISES, WRONG, PREDICTIONS = Exercises(), Mistakes(), Predictions()


def mistakes_of(exercise):
    """What is known to go wrong in a function, and in the whole of which it is a part."""
    names = dict.fromkeys((exercise.name, exercise.library_name))
    return tuple(mistake for name in names for mistake in WRONG.get(name, ()))


def all_teachers():
    """The names of all teachers: one for each lesson, and one for what no lesson asks for."""
    return (*dict.fromkeys(asked_for().values()), OTHER)


@cache
def _ops():
    """The names of all ops of the catalogue, and of their backward passes."""
    forwards = dict.fromkeys(CATALOGUE)
    return forwards | {f"{name}_backward": None for name, entry in CATALOGUE.items() if entry.backward}


@cache
def _other(name):
    if name not in _ops():
        raise KeyError(name)
    op = name if name in CATALOGUE else name.removesuffix("_backward")
    entry = CATALOGUE[op]
    return forward(name, *_hints(entry.forward)) if op == name else backward(op, *_hints(entry.backward))


def _hints(function):
    """What can be said about any op: its formula, and where its loops stand."""
    formula = inspect.getdoc(function).splitlines()[0]
    file = function.__module__.removeprefix("mmdl.ops.").replace(".", "/")
    return (f"The formula: {formula}", f"The same as loops, for one example: mmdl/formulas/{file}.py.")
