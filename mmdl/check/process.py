"""A student's file is run in a process of its own, which may hang, print or die: the teacher goes on.

It runs with all the rights of whoever starts it, as any program does; what it is kept from is taking too long and too
much memory.
"""

import contextlib
import multiprocessing
import sys

from mmdl.check.grade import FAILS, Grade
from mmdl.check.limits import end_group, ended_by_the_clock, lead_a_group, marked, silence
from mmdl.errors import DataError

SILENCE = 60  # seconds after which a process that gives no sign of life, and does not compute either, is ended
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
    if sys.platform == "emscripten":  # a browser, where there are no processes
        from mmdl.check import here

        yield from here.grades(path, function, examples, seconds)
        return
    graded, deadly, names = [], [], None
    while names is None or len(graded) < len(names):
        with _child(path, function, tuple(graded), tuple(deadly), examples, seconds) as messages:
            for kind, content in messages:
                if kind == "refused":
                    raise DataError(content)
                if kind == "names":
                    names = content
                if kind == "dead" and names is None:
                    raise DataError(f"{path.name} cannot be imported: {content}")
                if kind == "dead":
                    deadly.append(next(name for name in names if name not in graded))
                    content = Grade(deadly[-1], FAILS, sentence=content)
                if kind in ("grade", "dead"):
                    graded.append(content.name)
                    yield content


@contextlib.contextmanager
def _child(*arguments):
    """A process that grades what is not graded yet, as an iterator of what it tells; it is ended in any case."""
    context = multiprocessing.get_context("spawn")  # a fork would inherit the threads of BLAS, and hang
    mine, its = context.Pipe()
    child = context.Process(target=_begin, args=(its, *arguments), daemon=True)
    with marked() as mark:
        child.start()
    its.close()
    try:
        yield told(mine, child)
    finally:
        end_group(child, mark)
        child.join()
        mine.close()


def _begin(*arguments):
    """What the process does; its slow imports are none of its parent's."""
    lead_a_group()
    silence()
    from mmdl.check.work import work

    work(*arguments)


def told(connection, child):
    """What the process tells, until it has told all or says nothing any more."""
    while True:
        silent = 0
        while not connection.poll(1.0):  # seconds; the end of the pipe is no sign: a process forked off may hold it
            silent += 1
            if not child.is_alive() and not connection.poll():
                yield "dead", _why(child)
                return
            if silent >= SILENCE:
                yield "dead", f"it does not come to an end: it was stopped after {SILENCE} s without a sign of life"
                return
        try:
            kind, content = connection.recv()
        except Exception:  # the end, or nonsense: it may write where it should not
            yield "dead", _why(child)
            return
        if kind == "done":
            return
        yield kind, content


def _why(child):
    child.join(1)
    if ended_by_the_clock(child.exitcode):
        return "it does not come to an end: it was stopped, deaf to everything, while it computed"
    return "it ends the whole process: perhaps by os._exit(), or for want of memory"
