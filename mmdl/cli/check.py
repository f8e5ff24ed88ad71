"""`mmdl check`: look at a student's functions as a teacher would."""

import os
import sys
import textwrap
from pathlib import Path

from mmdl import strict_json
from mmdl.cli.parser import add_command, whole_number
from mmdl.errors import DataError

LIST = -1  # instead of the number of a lesson
STARS = "★ the formula is given; ★★ only the forward pass is: derive the rest; ★★★ answer before you compute."

DESCRIPTION = """\
Try the functions of a file on many inputs and hold them against ours. For one
that is wrong you see the smallest input that shows it, what should have come
out, and what seems to be the matter. Functions are known by their names, which
are those of the exercises; a file may hold any of them. What passes is noted in
mmdl-progress.json beside the file, for `mmdl progress`.

Your file runs with your own rights, as if you started it yourself: check none
that you would not run. What is limited is the time of a call, a few seconds of
computing, and the memory, 2 GiB.

The exit code is 0 if all of them pass, else 1."""

EXAMPLES = """\
  mmdl check --new                       list the exercises
  mmdl check --new 10                    write 10_attention.py to complete
  mmdl check 10_attention.py             look at all of its functions
  mmdl check 10_attention.py:attention   look at one of them
  mmdl check 10_attention.py --hint      a hint for the first that fails
  mmdl check 10_attention.py --hint 3    that hint and the next two
  mmdl check 10_attention.py --solution  how we wrote it
  mmdl check 10_attention.py --json      all of it as data (mmdl/check/report.py
                                         says what the fields mean)"""


def add(commands):
    """Describe `mmdl check`."""
    parser = add_command(commands, run, "check", "look at your solutions of the exercises", DESCRIPTION, EXAMPLES)
    parser.add_argument("file", metavar="FILE[:FUNCTION]", nargs="?", help="your file, and a function of it")
    new = {"nargs": "?", "const": LIST, "type": whole_number(0)}
    parser.add_argument("--new", metavar="N", help="write the exercises of lesson N here; without N: list them", **new)
    step = {"nargs": "?", "const": 1, "type": whole_number(1)}
    parser.add_argument("--hint", metavar="STEP", help="a hint, or as many as STEP says", **step)
    parser.add_argument("--solution", action="store_true", help="show our own function")
    parser.add_argument("--json", action="store_true", help="print grades as JSON, for other programs")


def run(arguments):
    """Write exercises, or say what there is to say about a file; 1 if a function does not pass."""
    if arguments.new == LIST:
        print(listing())
        return 0
    if arguments.new is not None:
        return write(arguments)
    if arguments.file is None:
        arguments.wrong_usage("name a file, or --new and the number of a lesson")
    return look_at(arguments)


def listing():
    """The exercises of each lesson: the file, and how many functions of each grade it asks for."""
    from mmdl.check.progress import by_lesson
    from mmdl.curriculum import lesson

    rows = []
    for number, asked in by_lesson(()):
        counts = "  ".join(f"{stars * '★'} {count}" for stars, (_, count) in asked.items())
        rows.append(f"{number:>2}  {lesson(number).title:<28} {counts}")
    return "\n".join([*rows, "", *textwrap.wrap(STARS, 80), "Write a file to complete: mmdl check --new N"])


def write(arguments):
    """Write a fresh file of exercises into the current folder."""
    from mmdl.check.files import write_new

    if arguments.file:
        arguments.wrong_usage("--new takes no file")
    path = write_new(arguments.new, Path.cwd())
    print(f"{path.name} is ready. When you have written a function: mmdl check {path.name}")
    return 0


def look_at(arguments):
    """Print grade by grade: a page about the first function that fails, a line or two about the others."""
    from mmdl.check.files import split
    from mmdl.check.grade import FAILS
    from mmdl.check.page.page import advice, brief, by_command, in_brief, page
    from mmdl.check.page.paint import Paint
    from mmdl.check.process import grades

    path, function = split(arguments.file)
    if arguments.json:
        return as_data(path, function)
    paint = Paint(sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    seen, failed = [], False
    for grade in grades(path, function):
        if grade.state != FAILS:
            lines = brief(grade, paint)
        else:
            lines, failed = (in_brief if failed else page)(grade, paint), True
        print("\n".join(lines), flush=True)
        seen.append(grade)
    shown = _solution if arguments.solution else None
    print("\n".join(advice(seen, paint, by_command(path), arguments.hint, shown)))
    return finished(path, seen)


def as_data(path, function):
    """Print all grades as one object of JSON."""
    from mmdl.check.process import grades
    from mmdl.check.report import report

    seen = list(grades(path, function))
    print(strict_json.written(report(path, seen), ensure_ascii=False, indent=1))
    return finished(path, seen)


def finished(path, seen):
    """Note what passes; 0 if all of it does, else 1."""
    from mmdl.check.grade import PASSES
    from mmdl.check.progress import record

    passing = [grade.name for grade in seen if grade.state == PASSES]
    try:
        record(path.parent, passing)
    except DataError as mistake:  # a folder of somebody else is no reason to fail
        print(f"Progress is not noted: {mistake}", file=sys.stderr)
    return 0 if len(passing) == len(seen) else 1


def _solution(name):
    from mmdl.check.solution import solution

    return solution(name)
