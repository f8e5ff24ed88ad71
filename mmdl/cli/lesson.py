"""`mmdl lesson`: list the lessons, tell one, or make a notebook of it."""

import os
import textwrap
from pathlib import Path

from mmdl.cli.as_json import add_json, print_json
from mmdl.cli.parser import add_command, whole_number
from mmdl.errors import DataError

HERE = ""  # --notebook without a name

DESCRIPTION = """\
Without a number: all lessons, each with its question and how long it runs.

With a number: that lesson's story, with what its code prints where it prints
it. On a terminal it stops at every screen for the Enter key. Its figures are
saved in the current folder."""

EXAMPLES = """\
  mmdl lesson                            the table of contents
  mmdl lesson 8                          lesson 08
  mmdl lesson 8 --show                   open its figure at the end
  mmdl lesson 8 --notebook               write 08_lstm.ipynb for Jupyter, which
                                         the extra `notebook` brings"""


def add(commands):
    """Describe `mmdl lesson`."""
    parser = add_command(commands, run, "lesson", "list the lessons, or follow one", DESCRIPTION, EXAMPLES)
    parser.add_argument("number", metavar="N", nargs="?", type=whole_number(0), help="the lesson to run")
    name = {"nargs": "?", "const": HERE}
    parser.add_argument("--notebook", metavar="TO", help="write it as a notebook instead (to NAME.ipynb)", **name)
    parser.add_argument("--out", metavar="DIR", help="folder for figures (default: the current one)")
    parser.add_argument("--show", action="store_true", help="open the figures at the end")
    add_json(parser)


def run(arguments):
    """List, tell or convert."""
    from mmdl.curriculum import cells_of, lesson, lessons

    if arguments.number is None:
        for option in ("notebook", "out", "show"):
            if getattr(arguments, option) not in (None, False):
                arguments.wrong_usage(f"--{option} needs the number of a lesson")
        if arguments.json:
            print_json(lessons=[fields(each) for each in lessons()])
        else:
            print(listing(lessons()))
        return 0
    chosen = lesson(arguments.number)
    if arguments.json:
        print_json(lesson=fields(chosen, cells_of(chosen.path)))
        return 0
    if arguments.notebook is not None:
        path = write_notebook(chosen, Path(arguments.notebook or f"{chosen.name}.ipynb"))
        print(f"Lesson {chosen.number} is in {path}.")
        return 0
    return told(chosen, arguments)


def told(lesson, arguments):
    """Tell the lesson; its figures go where the reader wants them."""
    from mmdl.cli.telling import tell

    if arguments.out:
        os.environ["MMDL_FIGURES"] = arguments.out
    drawn = tell(lesson)
    for path in drawn:
        print(f"Its figure is in {path}")
        if arguments.show:
            import webbrowser

            webbrowser.open(path.resolve().as_uri())
    print(f"Its exercises: mmdl check --new {lesson.number}")
    return 0


def listing(lessons):
    """The table of contents for a terminal."""
    rows = []
    for each in lessons:
        head = f"{each.number:>2}  {each.title} "
        rows.append(f"{head:.<68} {each.seconds:>3} s")
        rows.append(textwrap.fill(each.question, 72, initial_indent="    ", subsequent_indent="    "))
    return "\n".join(rows)


def fields(lesson, cells=()):
    """A lesson for other programs; with its cells if they are given."""
    from dataclasses import asdict

    found = {"number": lesson.number, **asdict(lesson), "path": str(lesson.path)}
    if cells:
        found["cells"] = [{"kind": "prose" if prose else "code", "text": text, "line": at} for prose, text, at in cells]
    return found


def write_notebook(lesson, path):
    """The lesson as a Jupyter notebook.  -> its path; a file that is there already is left alone"""
    import json

    from mmdl.curriculum import cells_of
    from mmdl.files import replacing

    if path.exists():
        raise DataError(f"{path} is there already; give another name")
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(notebook(cells_of(lesson.path)), ensure_ascii=False, indent=1), "utf-8")
    return path


def notebook(cells):
    """Cells in the format of a notebook file (nbformat 4.5)."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    written = []
    for number, cell in enumerate(cells):
        common = {"id": f"cell-{number}", "metadata": {}, "source": cell.text}
        code = {"cell_type": "code", "execution_count": None, "outputs": []}
        written.append(common | ({"cell_type": "markdown"} if cell.is_prose else code))
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": written}
