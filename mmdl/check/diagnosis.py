"""What a wrong function does, found out from its results: by comparison with known mistakes, and by general signs."""

import warnings
from dataclasses import dataclass

import numpy as np

from mmdl.check.exercise import Case
from mmdl.check.grade import Diagnosis
from mmdl.check.mistake import Mistake
from mmdl.check.results import of_reference
from mmdl.check.signs import Pair, signs
from mmdl.check.signs.alike import alike
from mmdl.check.wrong import WRONG


@dataclass(frozen=True, eq=False)
class Tried:
    """One case, with what came out and what should have."""

    case: Case
    given: dict
    truth: dict

    def is_right(self, name):
        """Whether a result is as it should be, or is none of this case's."""
        return name not in self.truth or alike(self.given[name], self.truth[name])


def diagnose(student, smallest, cases):
    """Diagnoses that explain, together, as many of the wrong results as possible.

    A known mistake is named only if it gives the student's numbers in every case, to 1e-9. A general sign must fit
    every case that came out wrong, but for the smallest, in which much looks alike.
    """
    first, others = _tried(student, [smallest]), _tried(student, cases)
    tried = first + others
    names = list(dict.fromkeys(name for each in tried for name in each.truth))
    left = {name for name in names if not all(each.is_right(name) for each in tried)}
    known = [
        (mistake, _explained(mistake, student.exercise, tried, names))
        for mistake in WRONG.get(student.exercise.library_name, ())
    ]
    found = []
    for mistake, outputs in sorted(known, key=lambda pair: -len(pair[1])):
        if left & outputs:
            told = tuple(name for name in names if name in left & outputs)
            found.append(Diagnosis(mistake.name, mistake.shows, mistake.hint, told, known=True))
            left -= outputs
    return (*found, *_by_signs(student.exercise, others, [name for name in names if name in left]))


def _tried(student, cases):
    """The cases with their results; those in which the function stops are left out."""
    found = []
    for case in cases:
        try:
            found.append(Tried(case, *student(case)))
        except Mistake:
            continue
    return found


def _explained(mistake, exercise, tried, names):
    """The results that are the known mistake's in every case."""
    explained = set(names)
    for each in tried:
        known = {name: each.case.arguments[name] for name in mistake.parameters if name in each.case.arguments}
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                found = exercise.settle(of_reference(mistake.function(**known), exercise.all_outputs))
        except Exception:  # what is wrong may as well stop: shapes need not fit together
            return set()
        explained -= {name for name in each.given if name not in found or not alike(each.given[name], found[name])}
    return explained


def _by_signs(exercise, tried, names):
    """A general sign for each of the results; what is said of several in the same way is said once."""
    found = {}
    for name in names:
        pairs = [_pair(exercise, each, name) for each in tried if not each.is_right(name)]
        if pairs:
            fitting = (sign for sign in signs(pairs[0]) if all(map(sign.fits, pairs)))
            sign = next(fitting, None)
            if sign:
                found.setdefault(sign.name, []).append((name, sign))
    return tuple(
        Diagnosis(
            name=kind,
            shows=" ".join(sign.shows for _, sign in told),
            hint=told[0][1].hint,
            outputs=tuple(name for name, _ in told),
            known=False,
        )
        for kind, told in found.items()
    )


def _pair(exercise, tried, name):
    truth, given = (np.asarray(each[name]) * 1.0 for each in (tried.truth, tried.given))  # True counts as 1
    axes = exercise.axes_of(name, truth.ndim)
    lengths = {letter: length for letter, length in zip(axes, truth.shape, strict=False) if letter.isalpha()}
    arguments = {
        key: value
        for key, value in tried.case.arguments.items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
    }
    others = {other: value for other, value in tried.truth.items() if other != name}
    return Pair(name, truth, given, axes, tried.case.lengths | lengths, arguments, others)
