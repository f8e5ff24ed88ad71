"""The state of an optimizer: its moments, as trees of the model's type whose arrays are views of one long row.

A rule is then a few passes over one row instead of over many small arrays.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from mmdl import tree
from mmdl.shapes import Array

PIECE = 1 << 15  # numbers a rule treats at a time, few enough to stay in the cache
FAINT = 1e-30  # a moment that is smaller counts as zero
HEAD = 16  # numbers in front of the row, 64 bytes so that it stays aligned


class State:
    """Moments that start at zero, and a buffer for the next step

    Attributes
    ----------
    moments : tuple
        One tree for each moment of the optimizer's rule.
    steps : int
        How many were made so far.
    gradient : tree
        What `gather` was given last, as views of the row.
    message : array (HEAD + learned,)
        The row of the learned parameters, and before it the `head`, a few numbers that may go along with it.
    """

    def __init__(self, model: Any, moments: int) -> None:
        pace = {path: 1 - momentum for path, momentum in tree.running_momentum(model).items()}
        arrays = dict(sorted(tree.distinct(model), key=lambda pair: pair[0] in pace))  # running statistics come last
        sizes = [array.size for array in arrays.values()]
        memory = np.zeros(HEAD + (1 + moments) * sum(sizes), np.result_type(np.float32, *arrays.values()))
        self.rows = memory[HEAD:].reshape(1 + moments, sum(sizes))
        self.gradient, *moment_trees = (_laid_over(row, model, arrays.values()) for row in self.rows)
        self.moments = tuple(moment_trees)
        self.steps = 0
        self.learned = sum(size for size, path in zip(sizes, arrays, strict=True) if path not in pace)
        self.head, self.message = memory[:HEAD], memory[: HEAD + self.learned]
        views = dict(tree.leaves(self.gradient))
        rows = tree.fixed_rows(model)
        self.targets = [(_route(model, path), views[path], pace.get(path), rows.get(path)) for path in arrays]
        self.repeats = [(_route(model, path), views[path]) for path in views if path not in arrays]

    def gather(self, gradient: Any) -> Array:
        """The gradient of all learned parameters as one row (n,), in the state's own memory

        A shared parameter gets the sum of its gradients.
        """
        for route, view, *_ in self.targets:
            view[...] = _at(gradient, route)
        for route, view in self.repeats:
            view += _at(gradient, route)
        for _, view, pace, _ in self.targets:
            if pace is not None:
                view *= pace
        return self.rows[0, : self.learned]

    def pieces(self) -> Iterator[Array]:
        """The row and those of the moments, piece by piece: arrays (1 + moments, at most PIECE)"""
        if self.steps % 64 == 0:
            # Without a gradient, of a rare word say, moments fade to denormal numbers, which cost fifty times as much,
            # and stay there: 0.9 times the smallest is rounded to the smallest.
            moments = self.rows[1:]
            moments[np.abs(moments) < FAINT] = 0
        for start in range(0, self.learned, PIECE):
            yield self.rows[:, start : min(start + PIECE, self.learned)]

    def move(self, model: Any, shrink: float = 1.0) -> None:
        """p ← shrink · p − what stands in the row, in place; running statistics do not shrink, fixed rows do nothing"""
        for route, view, pace, fixed in self.targets:
            p = _at(model, route)
            kept = None if fixed is None else p[fixed].copy()
            if pace is None and shrink != 1:
                p *= shrink
            p -= view
            if fixed is not None:
                p[fixed] = kept


def _laid_over(row: Array, model: Any, arrays: Iterable[Array]) -> Any:
    """A tree like the model whose arrays are pieces of the row; what is shared in the model is shared here."""
    views, start = {}, 0
    for array in arrays:
        views[id(array)] = row[start : start + array.size].reshape(array.shape)
        start += array.size
    return tree.map(lambda array: views[id(array)], model)


def _route(model: Any, path: str) -> list[Any]:
    """The way from the model to an array; computed once, because walking the tree takes longer than the arithmetic."""
    route: list[Any] = []
    for name in path.split("."):
        route.append(int(name) if isinstance(model, tuple) else name)
        model = _at(model, route[-1:])
    return route


def _at(node: Any, route: Sequence[Any]) -> Any:
    for name in route:
        node = node[name] if isinstance(node, (tuple, dict)) else getattr(node, name)
    return node
