"""A student's file is run in a process of its own, which may hang, print or die without doing harm."""

import contextlib
import multiprocessing

from mmdl.check.grade import FAILS, Grade
from mmdl.errors import DataError

SILENCE = 15.0  # seconds after which a process that gives no sign of life is ended
EXAMPLES = 20


def grades(path, function=None, examples=EXAMPLES, seconds=None):
    """The grades of a file's functions, one after the other as they are ready.

    Parameters
    ----------
    path : Path
    function : str, optional
        The only one to grade.
    examples : int
        Cases for the main question about each function.
    seconds : float, optional
        That one call may take; what the exercise says if not given.

    Raises
    ------
    DataError : the file cannot be imported, or defines nothing that could be graded.
    """
    graded, names = [], None
    while names is None or len(graded) < len(names):
        with _child(path, function, tuple(graded), examples, seconds) as messages:
            for kind, content in messages:
                if kind == "refused":
                    raise DataError(content)
                if kind == "names":
                    names = content
                if kind == "dead" and names is None:
                    raise DataError(f"{path.name} cannot be imported: {content}")
                if kind == "dead":
                    content = Grade(next(name for name in names if name not in graded), FAILS, sentence=content)
                if kind in ("grade", "dead"):
                    graded.append(content.name)
                    yield content


@contextlib.contextmanager
def _child(*arguments):
    """A process that grades what is not graded yet, as an iterator of what it tells; it is ended in any case."""
    context = multiprocessing.get_context("spawn")  # a fork would inherit the threads of BLAS, and hang
    mine, its = context.Pipe()
    child = context.Process(target=_begin, args=(its, *arguments), daemon=True)
    child.start()
    its.close()
    try:
        yield _told(mine)
    finally:
        child.kill()
        child.join()
        mine.close()


def _begin(*arguments):
    """What the process does; its slow imports are none of its parent's."""
    from mmdl.check.work import work

    work(*arguments)


def _told(connection):
    """What the process tells, until it has told all or says nothing any more."""
    while True:
        try:
            if not connection.poll(SILENCE):
                yield "dead", f"it does not come to an end: it was stopped after {SILENCE:.0f} s without a sign of life"
                return
            kind, content = connection.recv()
        except (EOFError, OSError):
            yield "dead", "it ends the whole process: perhaps by os._exit(), or for want of memory"
            return
        if kind == "done":
            return
        yield kind, content
