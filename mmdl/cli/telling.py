"""A lesson told in the terminal: its prose, what its code prints, screen by screen where someone sits there."""

import ast
import os
import shutil
import sys
import traceback
import types
from contextlib import contextmanager
from itertools import zip_longest

from mmdl.cli.story import DIM, OFF, paragraphs
from mmdl.curriculum import cells_of
from mmdl.errors import DataError
from mmdl.terminal import is_shared

PROMPT = "-- Enter: go on; q and Enter: stop --"


def tell(lesson):
    """Show the prose of a lesson and run its code, cell by cell.  -> the paths of the figures that it saved"""
    pager, drawn = Pager(), []
    print(f"{pager.dim(f'The code of this lesson: {lesson.path}')}\n")
    with as_main(lesson.path) as names:
        for place, cell in enumerate(cells_of(lesson.path)):
            if not cell.is_prose:
                print(pager.dim(f"[code: line {cell.line}]"), flush=True)
                drawn.append(run_cell(cell, lesson.path, names))
                print()
            elif not (pager.pause(place > 0) and pager.prints(cell.text)):
                break
    return [path for path in drawn if isinstance(path, os.PathLike)]


class Pager:
    """Stops at every screen, where a terminal is; a pipe or a file gets all at once."""

    def __init__(self):
        self.stops = is_shared() and not os.environ.get("CI")
        self.colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self.shown = 0  # lines since the last stop

    def prints(self, prose):
        """Print paragraphs.  -> whether to go on"""
        size = shutil.get_terminal_size()
        found = paragraphs(prose, size.columns - 1, self.colour)
        for lines, following in zip_longest(found, found[1:], fillvalue=()):
            together = len(lines) + 2 + (len(following) + 1 if len(lines) == 1 else 0)  # a heading with what it heads
            if self.shown + together > size.lines and not self.pause(self.shown > 0):
                return False
            print("\n".join(lines), end="\n\n")
            self.shown += len(lines) + 1
        return True

    def pause(self, wanted=True):
        """Wait for the key.  -> whether to go on"""
        if not (self.stops and wanted):
            return True
        self.shown = 0
        try:
            answer = input(self.dim(PROMPT))
        except EOFError:
            answer = "q"
        print(f"\033[A\033[K{OFF}" if self.colour else "", end="" if self.colour else "\n")  # the prompt has gone
        return answer.strip().lower() != "q"

    def dim(self, text):
        """A text that is no part of the story."""
        return f"{DIM}{text}{OFF}" if self.colour else text


def run_cell(cell, path, names):
    """Run the code of a cell.  -> the value of its last line, as in a notebook; None if that has none

    Raises
    ------
    DataError
        If the code raises, with the line of the lesson.
    """
    tree = ast.increment_lineno(ast.parse(cell.text, str(path)), cell.line - 1)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    try:
        exec(compile(tree, str(path), "exec"), names)
        return eval(compile(ast.Expression(last.value), str(path), "eval"), names) if last else None
    except Exception as error:
        lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if at.filename == str(path)]
        what = ": ".join(filter(None, (type(error).__name__, str(error))))
        raise DataError(f"{path}, line {lines[-1] if lines else cell.line}: {what}") from error


@contextmanager
def as_main(path):
    """The names of a module that stands in the place of the program that runs, as a script's do."""
    program, module = sys.modules["__main__"], types.ModuleType("__main__")
    module.__file__ = str(path)
    sys.modules["__main__"] = module
    try:
        yield module.__dict__
    finally:
        sys.modules["__main__"] = program
