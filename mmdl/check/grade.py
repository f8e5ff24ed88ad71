"""The grade of one function: questions in order until one is answered badly, and then all that can be said about that."""

import time
from dataclasses import dataclass

import numpy as np

from mmdl.check.diagnosis import Diagnosis, diagnose
from mmdl.check.draws import PLAIN, large, roomy
from mmdl.check.mistake import Comparison, Line, Mistake, NotDoneYet
from mmdl.check.questions import (
    BASICS,
    agrees_with,
    as_mistake,
    everything,
    is_adjoint,
    is_gradient,
    keeps_dtype,
    law,
    listed,
    values,
)
from mmdl.check.student import Student
from mmdl.check.trial import ask
from mmdl.check.words import in_lines

EXAMPLES = 20
BUDGET = 10.0  # seconds for the questions about one function; a slow one is asked less
PASSES, FAILS, NOT_DONE, MISSING = "passes", "fails", "is not done yet", "is missing"


@dataclass(frozen=True)
class Grade:
    """What a student is told about a function."""

    name: str
    state: str
    held: tuple[str, ...] = ()  # what is right about it
    sentence: str = ""  # what is not
    line: Line | None = None  # of the student's, where it stops
    printed: str = ""  # by the student's function, on the way there
    case: tuple[str, ...] = ()  # the smallest input that shows it
    comparisons: tuple[Comparison, ...] = ()
    picture: Comparison | None = None  # the same on a larger input
    diagnoses: tuple[Diagnosis, ...] = ()
    broken: tuple[str, ...] = ()  # laws
    remark: str = ""
    shapes: int = 0  # different ones that were tried
    error: float = 0.0  # the largest
    seconds: float = 0.0  # for a larger input
    our_seconds: float = 0.0


def grade(exercise, function, partner=None, examples=EXAMPLES, clock=None):
    """The grade of a student's function.

    Parameters
    ----------
    exercise : Exercise
    function : the student's
    partner : Student, optional
        The student's own forward pass, where this is the backward pass of the same op.
    examples : int
        Cases for the main questions; half as many, or less, for the others.
    clock : what watches over the time of each call, see `Student`
    """
    until = time.perf_counter() + BUDGET
    try:
        student = Student(function, exercise, clock)
        student(student.case(roomy(0), PLAIN))
    except NotDoneYet:
        return Grade(exercise.name, NOT_DONE)
    except Mistake as mistake:
        if mistake.line is None and not mistake.comparisons and "student" not in locals():
            return Grade(exercise.name, FAILS, sentence=mistake.sentence)
    ...
