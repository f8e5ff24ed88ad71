"""`check(attention)` in a notebook: what `mmdl check` says of a file, said of the functions of its cells.

They are graded in the notebook's own process, under its own rights. A call that takes too long is stopped at the next
line of its function; a function of a library that hangs is not. How much memory a call takes is not limited.
"""

import inspect
import sys
from dataclasses import dataclass
from pathlib import Path

from mmdl.check.grade import FAILS, PASSES
from mmdl.check.here import EXAMPLES, grades_of
from mmdl.check.library import EXERCISES, PREDICTIONS
from mmdl.check.page.html import as_html
from mmdl.check.page.page import advice, brief, by_call, in_brief, page
from mmdl.check.page.paint import Paint
from mmdl.check.progress import record
from mmdl.check.solution import solution as solution_of
from mmdl.errors import DataError


@dataclass(frozen=True, eq=False)
class Checked:
    """What was found; a notebook shows it as a page with colours, a terminal as text."""

    grades: tuple
    hint: int | None = None
    solution: bool = False

    @property
    def passes(self):
        """Whether all functions do."""
        return all(grade.state == PASSES for grade in self.grades)

    def lines(self, paint):
        """A page about the first function that fails, a line or two about the others, and what to do next."""
        found, failed = [], False
        for grade in self.grades:
            if grade.state == FAILS:
                found += (in_brief if failed else page)(grade, paint)
                failed = True
            else:
                found += brief(grade, paint)
        return [*found, *advice(self.grades, paint, by_call, self.hint, solution_of if self.solution else None)]

    def __repr__(self):
        return "\n".join(self.lines(Paint(colour=False)))

    def _repr_html_(self):
        return as_html(self.lines(Paint(colour=True)))


def check(*functions, hint=None, solution=False, examples=EXAMPLES, seconds=None):
    """Look at functions as a teacher would. -> Checked, which shows itself

    What passes is noted in mmdl-progress.json in the current folder, for `mmdl progress`.

    Parameters
    ----------
    *functions : functions with the names of exercises
        All that the notebook defines, if none is given.
    hint : int, optional
        How many hints to give for the first function that does not pass.
    solution : bool
        Whether to show how we wrote the first one that does not pass.
    examples : int
        Cases for the main question about each function.
    seconds : float, optional
        That one call may take; what the exercise says if not given.

    Raises
    ------
    DataError : what is given is no exercise.
    """
    here = sys._getframe(1).f_globals
    defined = {name: each for name, each in here.items() if inspect.isfunction(each) and _is_known(name)}
    defined = {name: each for name, each in defined.items() if each.__module__ == here.get("__name__")}
    for function in functions:
        name = getattr(function, "__name__", repr(function))
        if not (inspect.isfunction(function) and _is_known(name)):
            raise DataError(f"{name} is no exercise; functions are known by their names")
        defined[name] = function
    names = [function.__name__ for function in functions] or list(defined)
    if not names:
        raise DataError("no function of an exercise is defined here; run the cell that defines one")
    found = tuple(grades_of(defined, names, examples, seconds))
    record(Path.cwd(), [grade.name for grade in found if grade.state == PASSES])
    return Checked(found, hint, solution)


def _is_known(name):
    return name in EXERCISES or name in PREDICTIONS
