"""Ctrl-C while the program starts, when nothing is there yet that could deal with it, and after all is done.

It is imported before anything else. Where `mmdl` is not the program, a notebook say, nothing changes.
"""

import _signal as signal  # without the enumerations of `signal`: they take longer than all that is imported before
import os
import sys

CODE = 130  # as shells count: 128 + the signal's number
STARTED = (sys.argv or [""])[0]  # in a browser there is none
IS_PROGRAM = ("-m", "mmdl") in zip(sys.orig_argv, sys.orig_argv[1:], strict=False) or (
    os.path.basename(STARTED) in ("mmdl", "mmdl.exe") and STARTED in sys.orig_argv  # no process of a pool
)


def end_at_once(number=None, frame=None):
    """From now on Ctrl-C ends the process; if this is one, now."""
    if number is None:
        _answer(end_at_once)
        return
    try:
        os.write(2, b"mmdl: interrupted\n")
    finally:  # nobody may be there to read it
        os._exit(CODE)


def tell():
    """From now on it is a KeyboardInterrupt, but within an import, where some are lost, and others break a module."""

    def told(number, frame):
        outer = frame
        while outer is not None:
            if outer.f_code.co_filename.startswith("<frozen importlib"):
                end_at_once(number)
            outer = outer.f_back
        signal.default_int_handler(number, frame)

    _answer(told)


def ignore():
    """From now on all is done."""
    _answer(signal.SIG_IGN)


def _answer(how):
    if IS_PROGRAM and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # which is what `nohup` and `&` want
        try:
            signal.signal(signal.SIGINT, how)
        except ValueError:  # in another thread than the first, signals are none of ours
            return


end_at_once()
