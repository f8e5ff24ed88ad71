"""Where exercises are, and which functions of a student's file are meant."""

import ast
import difflib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mmdl.curriculum import folder
from mmdl.errors import DataError


def exercise_files():
    """The exercise file of each lesson, by its number; they come with the package."""
    return {int(path.name[:2]): path for path in sorted((folder() / "exercises").glob("[0-9][0-9]_*.py"))}


def exercise_file(lesson):
    """The exercise file of one lesson."""
    files = exercise_files()
    if lesson not in files:
        raise DataError(f"there are no exercises for lesson {lesson}; there are for {min(files)} to {max(files)}")
    return files[lesson]


def write_new(lesson, place):
    """A fresh exercise file in the folder `place`; one that is there already is left alone.  -> its path"""
    source = exercise_file(lesson)
    path = Path(place) / source.name
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(source.read_text(encoding="utf-8"))
    except FileExistsError:
        raise DataError(f"{source.name} is there already, and stays as it is; move it away to begin anew") from None
    return path


def split(target):
    """ "mywork.py:conv2d" -> the path and "conv2d", or None where no function is named

    Raises
    ------
    DataError : there is no such file, or it is a folder.
    """
    file, colon, function = target.rpartition(":")
    if not (colon and file and function.isidentifier()):
        file, function = target, None
    path = Path(file)
    if path.is_dir():
        raise DataError(f"{file} is a folder; name the file in it that is to be checked")
    if not path.exists():
        raise DataError(f"there is no file {file}; `mmdl check --new 0` writes one to begin with")
    return path, function


def chosen(path, defined, known, function=None):
    """The names of the functions to grade, and of those that the file should define but does not.

    A file that is called like the exercises of a lesson is to define those; of any other file all functions that are
    known as exercises are meant.

    Parameters
    ----------
    path : Path
    defined : functions of the file, in their order
    known : functions that can be graded
    function : str, optional
        The only one that is asked for.

    Raises
    ------
    DataError : nothing is left.
    """
    if function:
        return [_one(path, function, defined, known)], []
    lesson = {file.name: file for file in exercise_files().values()}.get(path.name)
    wanted = functions_of(lesson) if lesson else list(known)
    found = [name for name in defined if name in wanted]
    missing = [name for name in wanted if name not in defined] if lesson else []
    if not found:
        raise DataError(
            f"{path.name} defines no function of an exercise; `mmdl check --new 0` writes a file with some, "
            f"lessons 0 to {max(exercise_files())} have others"
        )
    return found, missing


class Task(NamedTuple):
    """One function of a file of exercises."""

    name: str
    stars: int  # ★ the formula is given, ★★ it has to be derived, ★★★ something is to be predicted or explained
    asks: bool  # for an answer, not for a function of arguments


@cache
def tasks(path):
    """What a file of exercises asks for, in its order."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return tuple(Task(node.name, _stars(ast.get_docstring(node) or ""), not node.args.args) for node in found)


def functions_of(path):
    """The names of the functions that a file of exercises defines."""
    return [task.name for task in tasks(path)]


def task_of(function):
    """What is asked of one function; None if no lesson asks for it."""
    return next((task for file in exercise_files().values() for task in tasks(file) if task.name == function), None)


def lesson_of(function):
    """The number of the lesson in whose exercises a function stands; None if it is in none."""
    return next((number for number, file in exercise_files().items() if function in functions_of(file)), None)


def _stars(docstring):
    return len(docstring) - len(docstring.lstrip("★"))


def _one(path, function, defined, known):
    if function not in defined:
        near = difflib.get_close_matches(function, defined, 1)
        raise DataError(f"{path.name} does not define {function}{f'; it defines {near[0]}' if near else ''}")
    if function not in known:
        near = difflib.get_close_matches(function, known, 1)
        raise DataError(f"{function} is no exercise{f'; {near[0]} is one' if near else ''}")
    return function
