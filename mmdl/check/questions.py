"""What a student's function is asked, in this order; each question is a function that raises a Mistake or gives an error.

Every question takes the student, a case and a random generator, and its first line of documentation says what holds
when it is answered well.
"""

import inspect
from collections import namedtuple
from dataclasses import replace

import numpy as np

from mmdl.check.mistake import Comparison, Mistake, NotTaken
from mmdl.check.student import in_words, same
from mmdl.verify.compare import PropertyError, difference
from mmdl.verify.oracle import central_difference_gradient
from mmdl.verify.properties import adjoint_identity, backward_is_gradient

ROUGH = 1e-6  # what central differences are good for


def runs(student, case, rng):
    """it runs, and leaves its arguments as they were"""
    _called(student, case)
    return 0.0


def repeats(student, case, rng):
    """the same arguments give the same results"""
    first, second = _called(student, case)[0], _called(student, case, again=True)[0]
    for name, array in first.items():
        if not (same(array, second[name]) or difference(array, second[name]) <= student.exercise.tolerance):
            raise Mistake(f"{name} is another when it is computed again: does it draw random numbers, or keep some?")
    return 0.0


def shapes(student, case, rng):
    """the shapes are right"""
    found, truth = _called(student, case)
    wrong = [name for name in truth if found[name].shape != truth[name].shape]
    if wrong:
        name = wrong[0]
        mistake = Mistake(
            f"{name} has shape {found[name].shape}, but should have {truth[name].shape}",
            comparisons=[Comparison(name, truth[name], found[name]) for name in wrong],
        )
        mistake.question = shapes  # whichever question was the occasion
        raise mistake
    return 0.0


def values(student, case, rng):
    """the numbers are right"""
    found, truth = _called(student, case)
    if any(found[name].shape != truth[name].shape for name in truth):
        shapes(student, case, rng)
    errors = {name: difference(found[name], truth[name]) for name in truth}
    wrong = [name for name, error in errors.items() if not error <= student.exercise.tolerance]
    if wrong:
        raise Mistake(
            f"{listed(wrong)} {'is' if len(wrong) == 1 else 'are'} not what {'it' if len(wrong) == 1 else 'they'} "
            "should be",
            error=max(errors.values()),
            comparisons=[Comparison(name, truth[name], found[name]) for name in wrong],
        )
    return max(errors.values(), default=0.0)


def keeps_dtype(student, case, rng):
    """float32 stays float32"""
    single = replace(case, arguments={name: in_single(value) for name, value in case.arguments.items()})
    found, truth = student(single)
    for name, array in found.items():
        if array.ndim and truth[name].dtype == np.float32 and array.dtype != np.float32:
            raise Mistake(f"{name} is {array.dtype} for arguments in float32")
    return 0.0


BASICS = (runs, repeats, shapes, values)


def everything(student, case, rng):
    """it runs, its shapes and numbers are right, it repeats itself and leaves its arguments alone"""
    return max(ask(question, student, case, rng) for question in BASICS)


def _called(student, case, again=False):
    """What the student and we return; a call that goes wrong is an answer to the first question, whatever was asked."""
    try:
        return student(case, again)
    except Mistake as mistake:
        mistake.question = runs
        raise


def law(one):
    """The question whether a law of the op's entry in the catalogue holds."""

    def holds(student, case, rng):
        error = one(judged(student, like=case.arguments), student.exercise.drawn(case), rng)
        if not error <= student.exercise.tolerance:
            raise PropertyError(f"a law is broken: {one.__doc__}", error)
        return error

    holds.__doc__ = one.__doc__
    return holds


def is_gradient(student, case, rng):
    """it is the gradient of our forward pass, by complex steps"""
    tolerance = student.exercise.tolerance
    return backward_is_gradient(judged(student), student.exercise.drawn(case), rng, tolerance=tolerance)


def is_adjoint(student, case, rng):
    """⟨dy, J v⟩ = ⟨Jᵀ dy, v⟩ in a random direction v"""
    return adjoint_identity(judged(student), student.exercise.drawn(case), rng, student.exercise.tolerance)


def is_undone_by(backward):
    """The question to a forward pass whether the same student's backward pass is its gradient."""

    def holds(student, case, rng):
        pair = replace(judged(backward), forward=judged(student).forward)
        return backward_is_gradient(pair, student.exercise.drawn(case), rng, central_difference_gradient, ROUGH)

    return holds


def judged(student, like=None):
    """The op's entry in the catalogue, with the student's function in the place of ours.

    Whoever asks may go beyond what an exercise promises: a law may take single examples instead of a batch, or nothing.
    Then NotTaken is raised; `like` holds arguments as they are promised.
    """
    exercise = student.exercise

    def instead(**arguments):
        for name, value in arguments.items():
            if like and isinstance(value, np.ndarray) and (not value.size or value.ndim != np.ndim(like.get(name))):
                raise NotTaken(name)
        returned = _tuples(student.call(arguments, arguments))
        if exercise.part == "backward" or len(exercise.outputs) == 1:
            return returned
        return namedtuple("Results", exercise.outputs)(*returned)

    if exercise.part == "backward":
        instead.__signature__ = inspect.signature(exercise.reference)
    return replace(exercise.entry, **{exercise.part: instead})


def _tuples(returned):
    """The same with tuples in the place of lists, which will do for a student."""
    return tuple(map(_tuples, returned)) if isinstance(returned, (list, tuple)) else returned


def in_single(value):
    """The same in float32."""
    if isinstance(value, np.ndarray):
        return value.astype(np.float32) if value.dtype == np.float64 else value
    if isinstance(value, tuple):
        return tuple(map(in_single, value))
    return {name: in_single(each) for name, each in value.items()} if isinstance(value, dict) else value


def listed(names):
    """a, b and c"""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def ask(question, *arguments):
    """Ask one question; whatever is wrong becomes a Mistake, which knows the question.

    Returns
    -------
    float or None
        The error that was measured; None where the question is about arguments that the function does not take.
    """
    try:
        return question(*arguments)
    except NotTaken:
        return None
    except Mistake as error:
        mistake = error
    except PropertyError as error:
        mistake = Mistake(str(error), error.error)
    except Exception as error:  # of our own functions, which were given the student's results
        mistake = Mistake(f"we cannot go on with what it returns: {in_words(error).removeprefix('it ')}")
    mistake.question = mistake.question or question
    raise mistake
