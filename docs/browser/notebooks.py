"""Lessons and exercises as notebooks for the browser; each begins by installing mmdl from the site."""

import ast
import json
import textwrap

from mmdl import curriculum
from mmdl.cli.lesson import notebook
from mmdl.curriculum import Cell, cells_of

KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
INSTALL = Cell(False, "%pip install -q mmdl-from-scratch")


def write(folder, root):
    """Write NN_name.ipynb for each lesson, and exercises/NN_name.ipynb. -> their paths below `folder`"""
    (folder / "exercises").mkdir(parents=True)
    found = []
    for lesson in curriculum.lessons():
        exercises = root / "lessons" / "exercises" / lesson.path.name
        title, *rest = cells_of(lesson.path)
        found.append(_written(folder, f"{lesson.name}.ipynb", [title, INSTALL, *rest]))
        found.append(_written(folder, f"exercises/{lesson.name}.ipynb", exercise_cells(exercises)))
    return found


def exercise_cells(path):
    """The cells of a file of exercises: after each function one that looks at it, and at the end one for all."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    _, *body = tree.body
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    start = "\n".join(ast.get_source_segment(source, node) for node in body if node not in functions)
    yield Cell(True, introduction(ast.get_docstring(tree)))
    yield INSTALL
    yield Cell(False, f"{start}\n\nfrom mmdl.check.notebook import check")
    for node in functions:
        yield Cell(False, ast.get_source_segment(source, node))
        yield Cell(False, f"check({node.name})")
    yield Cell(True, "All of them:")
    yield Cell(False, "check()")


def introduction(docstring):
    """What stands at the top: the file's own words, without those on the command line."""
    title, _, *rest = docstring.split("\n\n")
    return "\n\n".join(
        [
            f"# {title.rstrip('.')}",
            "Write what is missing, run the cell (Shift and Enter), then the one below it, which looks at your "
            "function. `check(name, hint=1)` gives a hint, `check(name, solution=True)` shows how we wrote it.",
            *map(textwrap.dedent, rest),
        ]
    )


def _written(folder, path, cells):
    text = json.dumps(notebook(cells) | {"metadata": {"kernelspec": KERNEL}}, ensure_ascii=False, indent=1)
    (folder / path).write_text(text, encoding="utf-8")
    return path
