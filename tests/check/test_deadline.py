"""When time is up: measured in computing, so that a busy machine takes nothing away, and in waiting."""

from mmdl.check import process
from mmdl.check.deadline import NEVER, PATIENCE, Deadline


class Clock:
    """Shows what it is told to."""

    now = 100.0

    def __call__(self):
        return self.now


def test_computing_and_waiting_each_end_it():
    computing, waiting = Clock(), Clock()
    deadline = Deadline(5, computing, waiting)
    computing.now, waiting.now = 105.0, 100.0 + 5 * PATIENCE  # to the second: not yet
    assert not deadline.passed
    computing.now = 105.1
    assert deadline.passed
    computing.now, waiting.now = 100.0, 100.1 + 5 * PATIENCE
    assert deadline.passed


def test_never_is_never():
    assert not NEVER.passed


class Line:
    """A connection and a process of which the test says what they tell, and when."""

    exitcode = 0

    def __init__(self, *messages, alive=True):
        self.messages, self.alive, self.asked = list(messages), alive, 0

    def poll(self, seconds=0.0):
        self.asked += 1
        return bool(self.messages)

    def recv(self):
        message = self.messages.pop(0)
        if isinstance(message, Exception):
            raise message
        return message

    def is_alive(self):
        return self.alive

    def join(self, seconds):
        """Nothing to wait for."""


def test_a_process_without_a_sign_of_life_is_given_up():
    line = Line(("alive", None))
    heard = list(process.told(line, line))
    assert [kind for kind, _ in heard] == ["alive", "dead"]
    assert "without a sign of life" in heard[-1][1]
    assert line.asked == process.SILENCE + 1


def test_a_process_that_has_died_is_told_at_once():
    line = Line(alive=False)
    ((kind, why),) = process.told(line, line)
    assert kind == "dead" and "ends the whole process" in why and line.asked == 2


def test_what_it_said_before_it_died_is_heard():
    line = Line(("names", ["a"]), ("done", None), alive=False)
    assert list(process.told(line, line)) == [("names", ["a"])]


def test_nonsense_on_the_line_is_the_end():
    line = Line(ValueError("no pickle"))
    assert [kind for kind, _ in process.told(line, line)] == ["dead"]
