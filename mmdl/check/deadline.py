"""How long something may take: seconds of computing, which a busy machine does not shorten, or more of mere waiting."""

import sys
import time

# In a browser no process has a time of its own: its clock stands still.
COMPUTING = time.monotonic if sys.platform == "emscripten" else time.process_time
PATIENCE = 4  # times as long on the wall clock, for what only waits


class Deadline:
    """So many seconds of this process's computing, or four times as many on the wall.

    Parameters
    ----------
    seconds : float
    computing, waiting : functions that give the time in seconds, by the processor and on the wall
    """

    def __init__(self, seconds, computing=COMPUTING, waiting=time.monotonic):
        self.computing, self.waiting = computing, waiting
        self.ends = computing() + seconds, waiting() + PATIENCE * seconds

    @property
    def passed(self):
        """Whether one of both is up."""
        return self.computing() > self.ends[0] or self.waiting() > self.ends[1]


class _Never:
    """A deadline that never comes."""

    passed = False


NEVER = _Never()
