"""What the process that runs a student's code may take, as far as the system knows such limits."""

import contextlib
import os
import signal
from functools import partial

try:
    import resource
except ImportError:  # Windows has none
    resource = None

MEMORY = 2 << 30  # bytes, beyond what the process holds when it begins
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


def end_group(process):
    """End a process, and those that it has forked off."""
    if hasattr(os, "killpg") and process.pid:
        with contextlib.suppress(OSError):
            if os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def allow(seconds):
    """Let the system end this process after so many more seconds of computing, whoever holds the interpreter; 0: never.

    The signal is left to its default, which needs no Python to be heard.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def ended_by_the_clock(exitcode):
    """Whether a process with this exit code was ended by what `allow` has set."""
    return hasattr(signal, "SIGPROF") and exitcode == -signal.SIGPROF
