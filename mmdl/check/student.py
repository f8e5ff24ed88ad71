"""A student's function, called as often as one likes: what goes wrong in it is a Mistake that knows its line."""

import contextlib
import copy
import inspect
import io
import linecache
import re
import traceback
import warnings

import numpy as np

from mmdl.check.draws import PLAIN, roomy
from mmdl.check.mistake import Line, Mistake, NotDoneYet, NotTaken
from mmdl.check.results import arrays, of_reference
from mmdl.check.rounding import within_rounding
from mmdl.check.steps import TooLong
from mmdl.check.words import in_short

PATIENCE = 20_000  # characters that one call may print
WIDTH = 66
SAID = 160  # characters of what an exception says
SHOWN = 5  # lines of it are shown


class Unhurried:
    """A clock that never rings; `work` and `steps` have some that do."""

    def start(self, name, seconds):
        """A call of the function `name` begins."""

    def stop(self):
        """It has ended."""


class Student:
    """One function of a student, called with the arguments of a case.

    Parameters
    ----------
    function : the student's
    exercise : Exercise
    clock : what watches over the time of each call

    Raises
    ------
    Mistake : the function does not take what it would have to be given.
    """

    def __init__(self, function, exercise, clock=None):
        self.function = function
        self.exercise = exercise
        self.clock = clock or Unhurried()
        self.file = inspect.getsourcefile(inspect.unwrap(function)) or ""
        self.takes = bind(function, exercise.parameters)
        theirs = inspect.signature(function).parameters
        self.needs = {name for name, mine in self.takes.items() if theirs[mine].default is inspect.Parameter.empty}
        self.printed = ""
        self.last = self.results = None

    def case(self, draws, variant, digits=None):
        """A case that the function can be given; with `digits`, one of rounded numbers."""
        draws.always = not self.needs.isdisjoint(self.exercise.defaults)
        return self.exercise.case(draws, self.takes, variant, digits)

    @property
    def is_done(self):
        """Whether there is more to it than NotImplementedError."""
        try:
            self(self.case(roomy(0), PLAIN))
        except NotDoneYet:
            return False
        except Mistake:
            pass
        return True

    def __call__(self, case, again=False):
        """What the function returns for a case, and what ours does: two dictionaries of arrays.

        For the case that it was given last the function is called only if it is to be called `again`.
        """
        if again or case is not self.last:
            self.last = None
            with np.errstate(all="ignore"):
                like = self.exercise.truth(case)
            found = self.call(case.arguments, self.exercise.parameters)
            outputs, settle = self.exercise.outputs, self.exercise.settle
            found, truth = settle(arrays(found, like, outputs)), settle(of_reference(like, outputs))
            if not case.exact:
                found = within_rounding(self.exercise, case, found, truth)
            self.results = found, truth
            self.last = case
        return self.results

    def given(self, arguments):
        """A copy of those arguments that the function takes, under the names that they have there."""
        return {
            mine: copy.deepcopy(arguments[name]) for name, mine in self.takes.items() if arguments.get(name) is not None
        }

    def call(self, arguments, names):
        """What the function returns, as it is; `names` are those that matter."""
        defaults = self.exercise.defaults
        for name in {*names, *self.needs}:
            value = arguments.get(name)
            if value is None if name in self.needs else name not in self.takes and not same(value, defaults.get(name)):
                raise NotTaken(name)
        given = self.given(arguments)
        before = copy.deepcopy(given)
        returned = self.run(given)
        for mine in self.takes.values():
            if mine in given and not same(given[mine], before[mine]):
                advice = f"work on a copy: {mine} = {mine}.copy()"
                if not isinstance(given[mine], np.ndarray):
                    advice = "make new arrays, and leave those that come in as they are"
                raise Mistake(f"it changes its argument {mine}; {advice}")
        return returned

    def run(self, given):
        """Call the function with arguments under the student's own names."""
        screen = Screen()
        self.clock.start(self.exercise.name, self.exercise.seconds)
        try:
            with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
                with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                    return self.function(**given)
        except TooLong as error:
            error.line, error.printed = where(error, self.file), screen.shown()
            raise
        except BaseException as error:  # whatever it raises, the teacher goes on
            line = where(error, self.file)
            if isinstance(error, NotImplementedError) and _is_last(error, self.file):
                raise NotDoneYet(line) from None
            raise Mistake(in_words(error), line=line, printed=screen.shown()) from None
        finally:
            self.clock.stop()
            self.printed = screen.shown()


class Screen(io.TextIOBase):
    """Takes what is printed, and loses patience."""

    def __init__(self):
        self.pieces, self.size = [], 0

    def write(self, text):
        self.size += len(text)
        if self.size > PATIENCE:
            raise TooMuch(f"it prints without end: cut off after {PATIENCE:,} characters")
        self.pieces.append(text)
        return len(text)

    def shown(self):
        """The beginning of it."""
        lines = "".join(self.pieces).expandtabs().splitlines()
        seen = ["".join(each if each.isprintable() else "?" for each in line[:WIDTH]) for line in lines[:SHOWN]]
        return "\n".join(seen + ["..."] * (len(lines) > SHOWN))


class TooMuch(Exception):
    """More was printed than anybody will read."""


def bind(function, names):
    """{our name of a parameter: the student's}: by name where they agree, else by place.

    Parameters
    ----------
    names : parameters of ours by name, as `inspect` gives them
    """
    theirs, ours = inspect.signature(function).parameters, list(names)
    expected = _bare(names.values())
    takes = {}
    for place, (mine, parameter) in enumerate(theirs.items()):
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            raise Mistake(f"its arguments are called {expected}; yours are {_bare(theirs.values())}")
        other = ours[place] if place < len(ours) and ours[place] not in theirs else None
        name = mine if mine in names else other
        if name:
            takes[name] = mine
        elif parameter.default is parameter.empty:
            raise Mistake(f"it takes {expected}; what is your {mine}?")
    missing = [name for name in names if name not in takes and names[name].default is inspect.Parameter.empty]
    if missing:
        raise Mistake(f"it takes {expected}; yours does without {missing[0]}")
    return takes


def _bare(parameters):
    """Parameters as they stand between the parentheses of a `def`, without their types."""
    return str(inspect.Signature([each.replace(annotation=each.empty) for each in parameters]))


def in_words(error):
    """What a crash says, in one line."""
    if isinstance(error, TooMuch):
        return str(error)
    if isinstance(error, SystemExit):
        return "it ends the program: exit() has no place in it"
    if isinstance(error, EOFError):
        return "it asks for input; all it needs are its arguments"
    if isinstance(error, MemoryError):
        return "it wants more memory than it may have: MemoryError"
    if isinstance(error, RecursionError):
        return "it calls itself without end: RecursionError"
    try:
        said = in_short(str(error), SAID)
    except BaseException:
        said = "(whose message cannot be read)"
    if meet := re.search(r"matmul: .*\(size (\d+) is different from (\d+)\)", said):
        said = f"in a product of matrices {meet[2]} columns meet {meet[1]} rows; there must be as many"
    return f"it stops with {in_short(type(error).__name__)}{f': {said}' if said else ''}"


def where(error, file):
    """The student's line in which an exception was raised, or that called what raised it; None if there is none."""
    found = None
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == file:
            found = number
    return Line(found, in_short(linecache.getline(file, found))) if found else None


def _is_last(error, file):
    *_, (last, _) = traceback.walk_tb(error.__traceback__)
    return last.f_code.co_filename == file


def same(a, b):
    """The same numbers, of the same kind, in the same shape."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return False
    return a is b or a == b
