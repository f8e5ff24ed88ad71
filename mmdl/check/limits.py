"""What the process that runs a student's code may take, as far as the system knows such limits."""

import contextlib
import os
import secrets
import signal
from functools import partial
from pathlib import Path

try:
    import resource
except ImportError:  # Windows has none
    resource = None

MEMORY = 2 << 30  # bytes, beyond what the process holds when it begins
MARK = "MMDL_CHECK"  # of the environment
GRACE = 2.0  # seconds of computing after which a call is ended from outside, if the alarm cannot come through


def limit_memory(more=MEMORY):
    """Let allocations fail, as a MemoryError, that go beyond so many bytes more; and leave no core dumps."""
    if resource is None:
        return
    with contextlib.suppress(OSError, ValueError):  # not every system has each of them
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with open("/proc/self/statm", encoding="ascii") as pages:
            held = int(pages.read().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = held + more if hard == resource.RLIM_INFINITY else min(held + more, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def silence():
    """Lead what is written to the file descriptors of the terminal nowhere: the page is for us to write."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def end_what_is_forked_off():
    """Let each copy that this process makes of itself end at once: two would grade, and tell, the same."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=partial(os._exit, 0))


def lead_a_group():
    """Make this process the head of a group, which `end_group` ends with all that was forked off."""
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):
            os.setsid()


@contextlib.contextmanager
def marked():
    """Lend the processes that are started meanwhile, and all that these start, a mark by which they can be found."""
    if os.name == "posix":
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # a helper of this process, which would bear the mark of the first child
    mark = secrets.token_hex(8)
    os.environ[MARK] = mark
    try:
        yield mark
    finally:
        os.environ.pop(MARK, None)


def end_group(process, mark):
    """End a process, and those that it has started: its group, its descendants, and all that bear its mark."""
    if hasattr(os, "killpg") and process.pid:
        with contextlib.suppress(OSError):
            if os.getpgid(process.pid) == process.pid:
                family = _family(process.pid, mark)  # as long as it lives, its children are known to be its own
                os.killpg(process.pid, signal.SIGKILL)
                _end(family)
    process.kill()
    _end(_family(process.pid, mark))


def _end(processes):
    for each in processes:
        with contextlib.suppress(OSError):
            os.kill(each, signal.SIGKILL)


def _family(ancestor, mark):
    """The processes that bear a mark, and the descendants of one, where the system has a list of processes."""
    parents, bearing = {}, set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # it may have ended meanwhile, or be of another user
            process = int(folder.name)
            parents[process] = int((folder / "stat").read_bytes().rpartition(b")")[2].split()[1])
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                bearing.add(process)
    found = {ancestor}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return (found | bearing) - {ancestor, os.getpid()}


def allow(seconds):
    """Let the system end this process after so many more seconds of computing, whoever holds the interpreter; 0: never.

    The signal is left to its default, which needs no Python to be heard.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def ended_by_the_clock(exitcode):
    """Whether a process with this exit code was ended by what `allow` has set."""
    return hasattr(signal, "SIGPROF") and exitcode == -signal.SIGPROF
