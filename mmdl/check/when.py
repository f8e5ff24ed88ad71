"""When a function goes wrong: the one condition on its arguments that tells the bad cases from the good."""

import numpy as np

from mmdl.check.draws import Batches
from mmdl.check.mistake import Mistake
from mmdl.check.questions import ask, everything

CASES = 40
ENOUGH = 3  # cases on either side


def wrong_only(student, variant):
    """ "stride is 1": what all wrong cases have in common, and no right one among those tried; "" if there is nothing.

    Conditions may be negative, "stride is not 1".
    """
    cases, wrong = [], []
    for seed in range(CASES):
        rng = np.random.default_rng([seed, 3])
        case = student.case(Batches(lambda options, rng=rng: options[rng.integers(len(options))], rng), variant)
        cases.append(dict(_conditions(student, case)))
        try:
            ask(everything, student, case, None)
            wrong.append(False)
        except Mistake:
            wrong.append(True)
    wrong = np.array(wrong)
    if min(wrong.sum(), (~wrong).sum()) < ENOUGH:
        return ""
    for words in dict.fromkeys(words for case in cases for words in case):
        holds = np.array([case.get(words, False) for case in cases])
        if (holds == wrong).all():
            return words
        if (holds != wrong).all():
            return words.replace(" is ", " is not ", 1)
    return ""


def _conditions(student, case):
    """What can be said of a case, and whether it is so."""
    for name in student.takes:
        value = case.arguments.get(name)
        if isinstance(value, np.ndarray) and value.dtype == bool:
            yield f"{name} is True everywhere", bool(value.all())
            yield f"a whole row of {name} is False", bool((~value).all(axis=-1).any())
        elif isinstance(value, (bool, int, float, str)):
            yield f"{name} is {value}", True
        if isinstance(value, np.ndarray) and value.dtype.kind == "i":
            yield f"a number in {name} is there twice", len(np.unique(value)) < value.size
        if isinstance(value, tuple):
            yield f"{name} is a pair", True
        if name in student.exercise.defaults:
            yield f"{name} is given", value is not None
    for letter, length in case.lengths.items():
        yield from ((f"{letter} is {least}", length == least) for least in (0, 1))
        yield from (
            (f"{letter} is as large as {other}", length == size)
            for other, size in case.lengths.items()
            if other > letter
        )
