"""A limit for the time of a call where no process and no thread can watch over it: it is looked at line by line."""

import sys

from mmdl.check.deadline import NEVER, Deadline

LINES = 100  # between two looks at the clock


class TooLong(BaseException):
    """A call was stopped; no `except Exception` of a student holds it up, and Hypothesis tries no smaller case."""

    def __init__(self, seconds):
        super().__init__(f"it does not come to an end: it was stopped after {seconds:g} s")
        self.line, self.printed = None, ""


class StepClock:
    """Stops a student's function that does not come to an end, at the next of its own lines.

    Python tells it of each line of those files that is about to run (`sys.settrace`). What it cannot stop is a
    function of a library: one huge product of matrices is waited for. (And Python 3.11 keeps silent about a loop that
    is one line, `while True: pass`.)

    Parameters
    ----------
    files : names of files, as code objects have them
    limit : float, optional
        Seconds that a call may take, whatever an exercise says.
    """

    def __init__(self, files, limit=None):
        self.files = frozenset(files)
        self.limit = limit
        self.deadline = NEVER
        self.seconds = self.lines = 0
        self.before = None

    def start(self, name, seconds):
        """A call begins."""
        self.seconds, self.lines = self.limit or seconds, 0
        self.deadline = Deadline(self.seconds)
        self.before = sys.gettrace()
        sys.settrace(self._entered)

    def stop(self):
        """It has ended."""
        sys.settrace(self.before)

    def _entered(self, frame, event, argument):
        return self._looked if frame.f_code.co_filename in self.files else None

    def _looked(self, frame, event, argument):
        self.lines += 1
        if self.lines % LINES == 0 and self.deadline.passed:
            raise TooLong(self.seconds)
        return self._looked
