"""One question to one function, on many cases: and on ever smaller ones where it goes wrong."""

import copy
from dataclasses import dataclass

import numpy as np

from mmdl.check.deadline import NEVER
from mmdl.check.draws import PLAIN, Batches, Variant
from mmdl.check.exercise import Case
from mmdl.check.mistake import Mistake
from mmdl.check.questions import ask, everything
from mmdl.verify.run import attempt


@dataclass(frozen=True, eq=False)
class Answer:
    """How a question was answered."""

    error: float  # the largest that was measured
    shapes: frozenset  # that were tried
    mistake: Mistake | None = None
    case: Case | None = None  # the smallest that shows it
    variant: Variant = PLAIN

    @property
    def question(self):
        """The most basic question that was answered badly."""
        return self.mistake.question


class Trial:
    """What `attempt` tries: it keeps the last case that failed, which is the smallest."""

    def __init__(self, student, question, variant, until, expected=None):
        self.student = student
        self.question = question
        self.variant = variant
        self.until = until
        self.expected = expected
        self.name = student.exercise.name
        self.mistake = self.replay = None

    def arguments(self, draws):
        """A case, and the choices that led to it."""
        recorded, rng = [], copy.deepcopy(draws.rng)

        def pick(options):
            recorded.append(draws.pick(range(len(options))))
            return options[recorded[-1]]

        case = self.student.case(Batches(pick, draws.rng), self.variant)
        return {"case": case, "replay": Replay(recorded, rng)}

    def holds(self, entry, arguments, rng):
        """Ask; when time is up, let everything pass, and what is wrong in a more basic way always."""
        if self.until.passed:
            return 0.0
        try:
            return ask(self.question, self.student, arguments["case"], rng) or 0.0
        except Mistake as mistake:
            if not self.is_meant(mistake):
                return 0.0
            self.mistake, self.replay = mistake, arguments["replay"]
            raise

    def is_meant(self, mistake):
        """Whether it answers the question badly, and shows all that is expected to be wrong."""
        same = self.question is everything or mistake.question is self.question
        return same and (self.expected is None or self.expected.wrong_results <= mistake.wrong_results)


class Replay:
    """The same choices and the same numbers once more."""

    shape = None  # `attempt` counts cases by their shapes, and this is none

    def __init__(self, choices, rng):
        self.choices = choices
        self.rng = rng

    def draws(self):
        """Draws that choose as they chose before."""
        choices = iter(self.choices)
        return Batches(lambda options: options[next(choices, 0)], copy.deepcopy(self.rng))


def examine(student, question, variant=PLAIN, examples=20, until=NEVER, expected=None):
    """The answer to one question; of the cases that fail the smallest, its numbers rounded if it fails with those too.

    With a mistake that is `expected`, only cases count that show no less.
    """
    trial = Trial(student, question, variant, until, expected)
    tried = attempt(trial, trial.holds, examples)
    if tried.failure and trial.mistake is None:
        raise RuntimeError(f"{trial.name} cannot be tried: {tried.failure}")  # which is our mistake
    shapes = frozenset(value for shape in tried.shapes for name, value in shape if name == "case")
    if trial.mistake is None:
        return Answer(tried.error, shapes, variant=variant)
    mistake, case = simplest(trial)
    return Answer(tried.error, shapes, mistake, case, variant)


def simplest(trial):
    """The mistake and its smallest case, in as few digits as will do."""
    for digits in (1, 2, None):
        case = trial.student.case(trial.replay.draws(), trial.variant, digits)
        try:
            ask(trial.question, trial.student, case, np.random.default_rng(0))
        except Mistake as mistake:
            if mistake.question is trial.mistake.question and mistake.wrong_results == trial.mistake.wrong_results:
                return mistake, case
    return trial.mistake, case
