"""What a wrong function does, found out from its results: by comparison with known mistakes, and by general signs."""

import warnings
from dataclasses import dataclass

import numpy as np

from mmdl.check.exercise import Case
from mmdl.check.grade import Diagnosis
from mmdl.check.instead import changes, results_instead
from mmdl.check.library import WRONG
from mmdl.check.mistake import Mistake
from mmdl.check.questions import listed
from mmdl.check.results import of_reference
from mmdl.check.signs import Pair, signs, vague_signs
from mmdl.check.signs.alike import alike

ENOUGH = 3  # cases in which a known mistake must be found, if it is not in all


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
    for search in (_by_signs, _by_other_arguments, _sometimes_known, _by_vague_signs):
        for diagnosis in search(student.exercise, others, [name for name in names if name in left]):
            found.append(diagnosis)
            left -= {*diagnosis.outputs}
    return tuple(found)


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
    results = [_of_known(mistake, exercise, each) for each in tried]
    return {
        name
        for name in names
        if all(
            name not in each.given or alike(found.get(name), each.given[name])
            for each, found in zip(tried, results, strict=True)
        )
    }


def _of_known(mistake, exercise, tried):
    """The known mistake's results in one case; {} if it stops there, as shapes need not fit together."""
    known = {name: tried.case.arguments[name] for name in mistake.parameters if name in tried.case.arguments}
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            return exercise.settle(of_reference(mistake.function(**known), exercise.all_outputs))
    except Exception:
        return {}


def _sometimes_known(exercise, tried, names):
    """Known mistakes that give the student's numbers in some of the cases that went wrong."""
    for mistake in WRONG.get(exercise.library_name, ()):
        results = [_of_known(mistake, exercise, each) for each in tried]
        told = {}
        for name in names:
            wrong = [pair for pair in zip(tried, results, strict=True) if not pair[0].is_right(name)]
            hits = sum(alike(found.get(name), each.given[name]) for each, found in wrong)
            if hits >= ENOUGH:
                told[name] = f"In {hits} of {len(wrong)} cases that go wrong: {mistake.shows}"
        if told:
            yield Diagnosis(mistake.name, next(iter(told.values())), mistake.hint, tuple(told), known=True)
            names = [name for name in names if name not in told]


def _by_signs(exercise, tried, names, signs=signs):
    """A general sign for each of the results; what is said of several in the same way is said once."""
    found = {}
    for name in names:
        pairs = [_pair(exercise, each, name) for each in tried if not each.is_right(name)]
        if pairs:
            sign = next((sign for sign in signs(pairs[0]) if all(map(sign.fits, pairs))), None)
            if sign:
                found.setdefault(sign.name, []).append((name, sign))
    for kind, told in found.items():
        shows = " ".join(sign.shows for _, sign in told)
        yield Diagnosis(kind, shows, told[0][1].hint, tuple(name for name, _ in told), known=False)


def _by_vague_signs(exercise, tried, names):
    yield from _by_signs(exercise, tried, names, vague_signs)


def _by_other_arguments(exercise, tried, names):
    """Other arguments for which the results would be right."""
    left = set(names)
    wrong = next((each for each in tried if not all(map(each.is_right, names))), None)
    for words, _ in changes(exercise, wrong.case.arguments) if wrong else ():
        told = left
        for each in tried:
            if told:
                found = results_instead(exercise, each.case, words)
                told = {name for name in told if name not in each.given or alike(found.get(name), each.given[name])}
        if told:
            told = [name for name in names if name in told]
            is_, it = ("is", "it") if len(told) == 1 else ("are", "they")
            shows = f"{listed(told)} {is_} what {it} would be if {words}."
            yield Diagnosis(
                "other_arguments", shows, f"Go through the steps that {words.split()[0]} takes.", tuple(told), False
            )
            left -= {*told}


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
