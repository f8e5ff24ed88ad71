"""`mmdl lesson`: list the lessons, run one, or make a notebook of it."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from mmdl.cli.parser import add_command, whole_number
from mmdl.errors import DataError

DESCRIPTION = """\
Without a number: all lessons, each with its question and how long it runs.

With a number: run that lesson here. It explains in comments what it computes,
so keep its text open beside the terminal, or read it as a notebook."""

EXAMPLES = """\
  mmdl lesson                            the table of contents
  mmdl lesson 8                          run lesson 08
  mmdl lesson 8 --notebook lstm.ipynb    the same as a notebook"""


def add(commands):
    """Describe `mmdl lesson`."""
    parser = add_command(commands, run, "lesson", "list the lessons, or run one", DESCRIPTION, EXAMPLES)
    parser.add_argument("number", metavar="N", nargs="?", type=whole_number(0), help="the lesson to run")
    parser.add_argument("--notebook", metavar="FILE", help="write it as a notebook instead of running it")


def run(arguments):
    """List, run or convert."""
    from mmdl.curriculum import lesson, lessons

    if arguments.number is None:
        if arguments.notebook:
            arguments.wrong_usage("--notebook needs the number of a lesson")
        print(listing(lessons()))
        return 0
    chosen = lesson(arguments.number)
    if arguments.notebook:
        write_notebook(chosen, Path(arguments.notebook))
        print(f"Lesson {chosen.number} is in {arguments.notebook}.")
        return 0
    print(f"Lesson {chosen.number:02}: {chosen.title}. Its text: {chosen.path}\n", flush=True)
    environment = dict(os.environ)
    if chosen.path.is_relative_to(Path(__file__).resolve().parents[1]):  # installed: figures belong to the reader
        environment.setdefault("MMDL_FIGURES", str(Path.cwd() / "figures"))
    return subprocess.run([sys.executable, chosen.path], env=environment).returncode


def listing(lessons):
    """The table of contents for a terminal."""
    rows = []
    for each in lessons:
        head = f"{each.number:>2}  {each.title} "
        rows.append(f"{head:.<68} {each.seconds:>3} s")
        rows.append(textwrap.fill(each.question, 72, initial_indent="    ", subsequent_indent="    "))
    return "\n".join(rows)


def write_notebook(lesson, path):
    """The lesson as a Jupyter notebook; a file that is there already is left alone."""
    try:
        import jupytext
    except ImportError:
        raise DataError("notebooks are made by jupytext, which is not installed: pip install jupytext") from None
    if path.exists():
        raise DataError(f"{path} is there already; give another name")
    path.write_text(jupytext.writes(jupytext.read(lesson.path), fmt="ipynb"), encoding="utf-8")
