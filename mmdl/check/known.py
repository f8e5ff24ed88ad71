"""Mistakes that are known by name: wrong implementations, and where they are kept."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """A wrong implementation of a function."""

    of: str  # the function that it is a mistake in
    function: Callable
    hint: str

    @property
    def name(self):
        """What the mistake is called."""
        return self.function.__name__

    @property
    def shows(self):
        """How it shows, in a sentence or two."""
        return " ".join(inspect.getdoc(self.function).split())

    @property
    def parameters(self):
        """The names of its arguments, which are those of the right function."""
        return tuple(inspect.signature(self.function).parameters)


def mistakes_in(collection, of):
    """A decorator that adds a wrong implementation of the function `of` to a collection, with a hint.

    The name of the implementation is the mistake's, and its docstring says how it shows.
    """

    def with_hint(hint):
        def keep(function):
            collection.append(Known(of, function, hint))
            return function

        return keep

    return with_hint
