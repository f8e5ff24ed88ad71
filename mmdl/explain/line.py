"""A line of the package's own source, found by the words in it: shown to a reader, and evaluated with numbers."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Line:
    """The one line of a function's body that contains `words`; without words, the line where the function begins.

    Raises
    ------
    LookupError
        If no line contains the words, or more than one does: the function was changed, and what quotes it was not.
    """

    function: Callable
    words: str

    def __post_init__(self):
        self.number  # noqa: B018  # found now, or never

    @cached_property
    def number(self):
        function = inspect.unwrap(self.function)
        lines, first = inspect.getsourcelines(function)
        if not self.words:
            return next(first + n for n, line in enumerate(lines) if line.lstrip().startswith("def "))
        [definition] = ast.parse(textwrap.dedent("".join(lines))).body
        opening = definition.body[0]
        has_docstring = isinstance(opening, ast.Expr) and isinstance(opening.value, ast.Constant)
        start = opening.end_lineno if has_docstring else opening.lineno - 1
        found = [first + n for n, line in enumerate(lines[start:], start) if self.words in line]
        if len(found) != 1:
            raise LookupError(f"{function.__qualname__}: {len(found)} lines contain {self.words!r}, and one should")
        return found[0]

    def __str__(self):
        """ "mmdl/ops/dense.py:24" """
        path = Path(inspect.getsourcefile(inspect.unwrap(self.function)))
        return f"{path.relative_to(ROOT).as_posix()}:{self.number}"

    def value(self, **symbols):
        """The value of the words, an expression of the function, where its symbols have these values."""
        code = compile(self.words, str(self), "eval")
        return eval(code, inspect.unwrap(self.function).__globals__, symbols)
