"""The progress of long work over data, shown only where `watching` says how."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Thing = TypeVar("Thing")
Show = Callable[[Any, str], Any]  # things and what they are called -> the same things, one after the other

_show: ContextVar[Show | None] = ContextVar("show", default=None)


@contextmanager
def watching(show: Show) -> Iterator[None]:
    """Have all that is `watched` meanwhile go through `show`, such as a progress bar."""
    before = _show.set(show)
    try:
        yield
    finally:
        _show.reset(before)


def watched(things: Collection[Thing], what: str) -> Iterable[Thing]:
    """The things, one after the other; their progress is shown if `watching` says how."""
    show = _show.get()
    return things if show is None else show(things, what)
