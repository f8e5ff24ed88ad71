"""What a wrong function does, found out from its results: by comparison with known mistakes, and by general signs."""

from dataclasses import dataclass

import numpy as np

from mmdl.check.exercise import Case
from mmdl.check.mistake import Mistake
from mmdl.check.results import of_reference
from mmdl.check.signatures import SIGNATURES, Pair, constant_ratio
from mmdl.check.wrong import WRONG
from mmdl.verify.compare import difference

SAME = 1e-9


@dataclass(frozen=True)
class Diagnosis:
    """What seems to have happened."""

    name: str  # "kernel_flipped", or the name of a general sign
    shows: str  # how it shows, in one sentence
    hint: str
    outputs: tuple[str, ...]  # the results that it explains


@dataclass(frozen=True, eq=False)
class Tried:
    """One case, with what came out and what should have."""

    case: Case
    given: dict
    truth: dict


def diagnose(exercise, student, cases):
    """Diagnoses that explain, together, as many of the wrong results as possible; nothing is said by chance.

    A known mistake is named only if it gives the student's numbers, to 1e-9, in all cases.
    """
    tried = [each for each in (_try(student, case) for case in cases) if each]
    wrong = [name for name in exercise.outputs_of(tried) if any(not _right(each, name) for each in tried)]
    if not wrong:
        return ()
    known = [(mistake, _explained(mistake, exercise, tried)) for mistake in WRONG.get(exercise.library_name, ())]
    whole = [mistake for mistake, outputs in known if outputs == set(exercise.outputs_of(tried))]
    if whole:
        return (_named(whole[0], wrong),)
    found, left = [], set(wrong)
    for mistake, outputs in sorted(known, key=lambda pair: -len(pair[1] & left)):
        if outputs & left:
            found.append(_named(mistake, [name for name in wrong if name in outputs & left]))
            left -= outputs
    return (*found, *_by_signs([name for name in wrong if name in left], exercise, tried))
