"""What a wrong function does, found out from its results: by comparison with known mistakes, and by general signs."""

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmdl.check.exercise import Case
from mmdl.check.grade import Diagnosis
from mmdl.check.instead import changes, results_instead
from mmdl.check.library import mistakes_of
from mmdl.check.mistake import Mistake
from mmdl.check.questions import listed
from mmdl.check.results import of_reference
from mmdl.check.signs import Pair, signs, vague_signs
from mmdl.check.signs.alike import SAME, alike
from mmdl.check.signs.scale import WHATEVER

ROUGH = 1e-5  # what rounding leaves of results where arguments are as large as ±10,000
LARGE = 1e3
SIZES = 2  # different ones among the cases that a general sign fits: one alone proves nothing


@dataclass(frozen=True, eq=False)
class Tried:
    """One case, with what came out and what should have."""

    case: Case
    given: dict
    truth: dict

    def is_right(self, name):
        """Whether a result is as it should be, or is none of this case's."""
        return name not in self.truth or self.agrees(self.given[name], self.truth[name])

    def agrees(self, a, b):
        """Whether two arrays are the same, as far as rounding lets us tell in this case."""
        return alike(a, b, self.tolerance)

    @cached_property
    def tolerance(self):
        """How far the same results may lie apart."""
        arrays = [value for value in self.case.arguments.values() if isinstance(value, np.ndarray)]
        large = any(array.dtype.kind == "f" and np.abs(array).max(initial=0) > LARGE for array in arrays)
        return ROUGH if large else SAME


def diagnose(student, smallest, cases, further=()):
    """Diagnoses that explain, together, as many of the wrong results as possible.

    A known mistake is named only if in every case, right or wrong, it gives the student's numbers for all results that
    it gets wrong itself. A general sign must fit every case that came out wrong, but for the smallest, in which much
    looks alike.

    Parameters
    ----------
    student : Student
    smallest, cases : Case, list of Case
        Of the kind in which something is wrong.
    further : list of Case
        Of other kinds, right or wrong: extremes, ties.
    """
    others = tried(student, cases)
    everywhere = [*tried(student, [smallest]), *others, *tried(student, further)]
    names = names_of(everywhere)
    left = set(wrong_somewhere(everywhere))
    found = []
    for mistake, outputs in _known(student.exercise, everywhere, names):
        if left & outputs:
            told = tuple(name for name in names if name in left & outputs)
            found.append(Diagnosis(mistake.name, mistake.shows, mistake.hint, told, known=True))
            left -= outputs
    for search in (_by_signs, _by_other_arguments, _by_vague_signs):
        for diagnosis in search(student.exercise, others, [name for name in names if name in left]):
            found.append(diagnosis)
            left -= {*diagnosis.outputs}
    return tuple(found)


def tried(student, cases):
    """The cases with their results; those in which the function stops are left out."""
    found = []
    for case in cases:
        try:
            found.append(Tried(case, *student(case)))
        except Mistake:
            continue
    return found


def names_of(cases):
    """The names of all results, each once."""
    return list(dict.fromkeys(name for each in cases for name in each.truth))


def wrong_somewhere(cases):
    """The names of the results that are wrong in at least one of the cases tried."""
    return [name for name in names_of(cases) if not all(each.is_right(name) for each in cases)]


def _known(exercise, cases, names):
    """Known mistakes with the results that they explain; those that explain most come first."""
    found = []
    for mistake in mistakes_of(exercise):
        results = [_of_known(mistake, exercise, each) for each in cases]
        pairs = list(zip(cases, results, strict=True))
        same = {
            n for n in names if all(n not in each.given or each.agrees(r.get(n), each.given[n]) for each, r in pairs)
        }
        own = {
            n for n in names if any(n in each.truth and not each.agrees(r.get(n), each.truth[n]) for each, r in pairs)
        }
        if own <= same:
            found.append((mistake, own))
    return sorted(found, key=lambda pair: -len(pair[1]))


def _of_known(mistake, exercise, tried):
    """The known mistake's results in one case; {} if it stops there, as shapes need not fit together."""
    known = {name: tried.case.arguments[name] for name in mistake.parameters if name in tried.case.arguments}
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            return exercise.settle(of_reference(mistake.function(**known), exercise.all_outputs))
    except Exception:
        return {}


def _by_signs(exercise, cases, names, signs=signs):
    """A general sign for each of the results; what is said of several in the same way is said once."""
    found = {}
    for name in names:
        wrong = [each for each in cases if not each.is_right(name)]
        if len({each.case.shape for each in wrong}) < SIZES:
            continue
        pairs = [_pair(exercise, each, name) for each in wrong]
        sign = next((sign for sign in signs(pairs[0]) if all(map(sign.fits, pairs))), None)
        if sign:
            shows = sign.shows if _vary(pairs) else sign.shows.replace(WHATEVER, "")
            found.setdefault(sign.name, []).append((name, shows, sign.hint))
    for kind, told in found.items():
        shows = " ".join(shows for _, shows, _ in told)
        yield Diagnosis(kind, shows, told[0][2], tuple(name for name, *_ in told), known=False)


def _vary(pairs):
    """Whether every length differs among the cases that went wrong."""
    lengths = [pair.lengths for pair in pairs]
    letters = {letter for each in lengths for letter in each if isinstance(each[letter], int)}
    return bool(letters) and all(len({each.get(letter) for each in lengths}) > 1 for letter in letters)


def _by_vague_signs(exercise, tried, names):
    yield from _by_signs(exercise, tried, names, vague_signs)


def _by_other_arguments(exercise, tried, names):
    """Other arguments for which the results would be right.

    That an argument were zero or one everywhere has to explain all that is wrong: of one result among several it may
    be true by chance.
    """
    left, everything = set(names), set(wrong_somewhere(tried))
    wrong = next((each for each in tried if not all(map(each.is_right, names))), None)
    for words, _ in changes(exercise, wrong.case.arguments) if wrong else ():
        told = left
        for each in tried:
            if told:
                found = results_instead(exercise, each.case, words)
                told = {name for name in told if name not in each.given or alike(found.get(name), each.given[name])}
        if told and not (words.endswith(("zero", "one everywhere")) and told < everything):
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
