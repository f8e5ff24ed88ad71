"""Questions that are answered before anything is computed: with a number, a shape, or the letter of a statement."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmdl.check.exercise import Exercise
from mmdl.check.grade import FAILS, NOT_DONE, PASSES, Grade
from mmdl.check.mistake import Mistake, NotDoneYet
from mmdl.check.student import Student

CLOSE = 0.02  # an answer that was rounded to two digits is right


@dataclass(frozen=True)
class Prediction:
    """One question; its answer is computed, so that it stays true."""

    reference: Callable  # of no arguments -> a number, a tuple of lengths, or a letter; its docstring says why
    hints: tuple[str, ...]

    @property
    def name(self):
        """The name of the function that answers."""
        return self.reference.__name__

    @property
    def because(self):
        """Why the answer is what it is."""
        return " ".join(inspect.getdoc(self.reference).split())

    @property
    def answer(self):
        """The answer."""
        return self.reference()


def prediction(*hints):
    """A decorator that makes a Prediction of a function that computes the answer, and says in its docstring why."""
    return lambda reference: Prediction(reference, hints)


def judge(asked, function, clock=None):
    """The grade of a student's answer; only one that is right is told why.

    Parameters
    ----------
    asked : Prediction
    function : the student's, which takes no arguments
    clock : what watches over the time of the call, see `Student`
    """
    try:
        given = Student(function, Exercise(asked.reference, dict, ("answer",)), clock).run({})
    except NotDoneYet:
        return Grade(asked.name, NOT_DONE)
    except Mistake as mistake:
        return Grade(asked.name, FAILS, sentence=mistake.sentence, line=mistake.line, printed=mistake.printed)
    sentence = _wrong(given, asked.answer)
    if sentence:
        return Grade(asked.name, FAILS, sentence=sentence)
    return Grade(asked.name, PASSES, because=asked.because)


def _wrong(given, answer):
    """What is wrong with an answer; nothing if it is right."""
    if isinstance(answer, str):
        if not isinstance(given, str):
            return f'the answer is the letter of a statement, such as return "a", not {_brief(given)}'
        return "" if given.strip().lower() == answer else f"it is not {_brief(given)}"
    if isinstance(answer, tuple):
        if not isinstance(given, (tuple, list)):
            return f"the answer is a shape, such as return (2, 3), not {_brief(given)}"
        return "" if tuple(given) == answer else f"it is not {_brief(tuple(given))}"
    if isinstance(given, bool) or not isinstance(given, (int, float, np.number)):
        return f"the answer is one number, not {_brief(given)}"
    right = given == answer if isinstance(answer, int) else abs(given - answer) <= CLOSE * abs(answer)
    return "" if right else f"it is not {_brief(given)}"


def _brief(value):
    return "None: is there a `return`?" if value is None else repr(value)[:40]
