"""Larger inputs, as long as a function handles them at ease: for its speed, and for a picture of what it does."""

import time

from mmdl.check.draws import PLAIN, large
from mmdl.check.grade import Speed
from mmdl.check.mistake import Mistake

AT_EASE = 0.03  # seconds that a call may take if there is to be a larger one
TOO_FAST = 2e-4  # seconds below which it is the looking on that is timed


def larger(student, variant=PLAIN, place=0):
    """Ever larger cases, each with what the function returned and what it should have; `place` as in `large`."""
    for factor in (1, 2, 4, 8):
        case = student.case(large(factor, place), variant)
        start = time.perf_counter()
        try:
            found, truth = student(case)
        except Mistake:
            return
        taken = time.perf_counter() - start
        yield case, found, truth
        if taken > AT_EASE:
            return


def speed(student):
    """The student's time and ours, for the largest case that is handled at ease; None if both are too fast to tell."""
    cases = [case for case, _, _ in larger(student)]
    if not cases:
        return None
    arguments = student.given(cases[-1].arguments)
    found = Speed(fastest(lambda: student.run(arguments)), fastest(lambda: student.exercise.truth(cases[-1])))
    return found if max(found.theirs, found.ours) > TOO_FAST else None


def fastest(function, times=5):
    """Seconds that a call takes: the shortest of a few."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
        if sum(taken) > 0.5:
            break
    return min(taken)
