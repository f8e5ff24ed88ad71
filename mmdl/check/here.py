"""Grading in the process that asks: in a notebook, and where there are no other processes."""

import contextlib
import tempfile

from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from mmdl.check.files import chosen
from mmdl.check.grade import FAILS, MISSING, Grade
from mmdl.check.library import EXERCISES, PREDICTIONS
from mmdl.check.steps import StepClock, TooLong
from mmdl.check.work import graded_safely, load, with_hints
from mmdl.errors import DataError

EXAMPLES = 20


def grades(path, function=None, examples=EXAMPLES, seconds=None):
    """The grades of a file's functions; parameters and errors are those of `process.grades`."""
    path = path.resolve()
    try:
        defined = load(path, StepClock([str(path)]))
    except TooLong as error:
        raise DataError(f"{path.name} does not come to an end when it is imported; it was in {error.line}") from None
    names, missing = chosen(path, defined, [*EXERCISES, *PREDICTIONS], function)
    yield from grades_of(defined, names, examples, seconds)
    yield from (with_hints(Grade(name, MISSING)) for name in missing)


def grades_of(defined, names, examples=EXAMPLES, seconds=None):
    """The grades of some of the functions that are defined.

    Parameters
    ----------
    defined : dict of functions by name
    names : those to grade
    examples : int
        Cases for the main question about each function.
    seconds : float, optional
        That one call may take; what the exercise says if not given.
    """
    clock = StepClock({each.__code__.co_filename for each in defined.values()}, seconds)
    for name in names:
        with same_cases_every_time():
            try:
                found = graded_safely(name, defined, examples, clock)
            except TooLong as error:
                found = Grade(name, FAILS, sentence=str(error), line=error.line, printed=error.printed)
        yield with_hints(found)


@contextlib.contextmanager
def same_cases_every_time():
    """Hypothesis as the checks need it, and afterwards as it was."""
    settings.register_profile("before", settings.default)
    settings.register_profile("check", derandomize=True, database=None)
    settings.load_profile("check")
    with tempfile.TemporaryDirectory() as notes:
        set_hypothesis_home_dir(notes)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
            settings.load_profile("before")
