"""The grade of one function: questions in order until one is answered badly, and then all that can be said about that."""

import time
from dataclasses import dataclass

import numpy as np

from mmdl.check.diagnosis import Diagnosis, diagnose
from mmdl.check.draws import PLAIN, large, roomy
from mmdl.check.mistake import Comparison, Line, Mistake
from mmdl.check.questions import (
    BASICS,
    agrees_with,
    as_mistake,
    everything,
    is_adjoint,
    is_gradient,
    keeps_dtype,
    law,
    values,
)
from mmdl.check.student import Student
from mmdl.check.trial import Answer, ask
from mmdl.check.words import in_lines

EXAMPLES = 20
SURVEY = 6  # cases to look at before the smallest is sought
BUDGET = 10.0  # seconds for the questions about one function; a slow one is asked less
AT_EASE = 0.03  # seconds that a call may take if there is to be a larger one
PASSES, FAILS, NOT_DONE, MISSING = "passes", "fails", "is not done yet", "is missing"


@dataclass(frozen=True)
class Grade:
    """What a student is told about a function."""

    name: str
    state: str
    held: tuple[str, ...] = ()  # what is right about it
    sentence: str = ""  # what is not
    line: Line | None = None  # of the student's file, where it stops
    printed: str = ""  # by the student's function, on the way there
    case: tuple[str, ...] = ()  # the smallest input that shows it
    comparisons: tuple[Comparison, ...] = ()
    picture: Comparison | None = None  # the same on a larger input
    diagnoses: tuple[Diagnosis, ...] = ()
    broken: tuple[str, ...] = ()  # laws
    remark: str = ""
    shapes: int = 0  # different ones that were tried
    error: float = 0.0  # the largest
    seconds: float = 0.0  # for a larger input
    our_seconds: float = 0.0


def grade(exercise, function, partner=None, examples=EXAMPLES, clock=None):
    """The grade of a student's function.

    Parameters
    ----------
    exercise : Exercise
    function : the student's
    partner : Student, optional
        The student's own forward pass, where this is the backward pass of the same op.
    examples : int
        Cases for the main question; there are fewer for the others.
    clock : what watches over the time of each call, see `Student`
    """
    try:
        student = Student(function, exercise, clock)
    except Mistake as mistake:
        return Grade(exercise.name, FAILS, sentence=mistake.sentence)
    if not student.is_done:
        return Grade(exercise.name, NOT_DONE)
    until = time.perf_counter() + BUDGET
    consistent = partner and _answers(student, agrees_with(partner))
    shapes, error = set(), 0.0
    for question, variant, count in _stages(exercise, examples):
        answer = _asked(student, question, variant, count, until)
        if answer.mistake:
            return _failing(student, question, answer, partner if consistent else None)
        shapes |= answer.shapes
        error = max(error, answer.error)
    return _passing(student, len(shapes), error, partner, consistent)


def _stages(exercise, examples):
    """The questions in their order: each with the kind of its cases, and their number."""
    few = max(examples // 4, 1)
    yield everything, PLAIN, examples
    for variant in exercise.variants[1:]:
        yield everything, variant, max(examples // 2, 1)
    yield keeps_dtype, PLAIN, few
    if exercise.entry:
        yield from ((law(one), PLAIN, few) for one in exercise.entry.laws)
        if exercise.part == "backward":
            yield from ((is_gradient, PLAIN, few), (is_adjoint, PLAIN, few))


def _asked(student, question, variant, count, until):
    """The answer to a question; to the most basic one, where many cases are answered badly."""
    if question is everything:
        cases = [student.case(roomy(seed), variant) for seed in range(SURVEY)]
        for basic in BASICS:
            for case in cases:
                try:
                    as_mistake(basic, student, case, None)
                except Mistake as mistake:
                    mistake.question = basic
                    answer = ask(student, basic, variant, count, until)
                    return answer if answer.mistake else Answer(mistake.error, frozenset(), mistake, case, variant)
    return ask(student, question, variant, count, until)


def _failing(student, question, answer, consistent_with):
    """What can be said about a function that answered a question badly."""
    mistake, case, variant = answer.mistake, answer.case, answer.variant
    asked = getattr(mistake, "question", question)
    held = [basic.__doc__ for basic in BASICS[: BASICS.index(asked)]] if asked in BASICS else [everything.__doc__]
    if asked in BASICS and variant is not PLAIN:
        held.append("otherwise the numbers are right")
    sentence = " ".join(filter(None, (mistake.sentence, variant.words)))
    if asked not in BASICS and asked is not keeps_dtype:
        sentence = f"{asked.__doc__.rstrip('.')}: not here" if mistake.line is None else mistake.sentence
    remark = ""
    if consistent_with and asked is values:
        forward = consistent_with.exercise.name
        remark = f"It is the gradient of your own {forward}, but that is not right either: mend {forward} first."
    return Grade(
        student.exercise.name,
        FAILS,
        held=(*held, *_right_results(student, case, mistake)),
        sentence=sentence,
        line=mistake.line,
        printed=mistake.printed,
        case=in_lines(student, case) if case else (),
        comparisons=mistake.comparisons,
        remark=remark,
        **(_looked_into(student, case, variant) if mistake.comparisons else {}),
    )


def _right_results(student, case, mistake):
    if asked_for := [each.name for each in mistake.comparisons]:
        _, truth = student(case)
        right = [name for name in truth if name not in asked_for]
        return [f"{name} is right" for name in right]
    return []


def _looked_into(student, case, variant):
    """Diagnoses, broken laws and a picture for wrong numbers."""
    cases = [student.case(roomy(seed), variant) for seed in range(SURVEY)]
    if variant is not PLAIN:
        cases += [student.case(roomy(seed), PLAIN) for seed in range(SURVEY, SURVEY + 3)]
    laws = student.exercise.entry.laws if student.exercise.entry else ()
    return {
        "diagnoses": diagnose(student, case, cases),
        "broken": tuple(one.__doc__ for one in laws if not _answers(student, law(one))),
        "picture": _picture(student, variant),
    }


def _answers(student, question, count=4):
    """Whether a few cases answer a question well."""
    try:
        for seed in range(count):
            as_mistake(question, student, student.case(roomy(seed), PLAIN), np.random.default_rng(seed))
    except Mistake:
        return False
    return True


def _larger(student, variant):
    """Ever larger cases, as long as the function handles them at ease: the case, the results, the truth."""
    for factor in (1, 2, 4, 8):
        case = student.case(large(factor), variant)
        start = time.perf_counter()
        try:
            yield case, *student(case)
        except Mistake:
            return
        if time.perf_counter() - start > AT_EASE:
            return


def _picture(student, variant):
    """The first result that is wrong on a larger input; None if all are right there."""
    found = None
    for (_, given, truth), _ in zip(_larger(student, variant), range(3), strict=False):
        for name, array in truth.items():
            alike = given[name].shape == array.shape
            if alike and array.size > 1 and not np.allclose(given[name], array, equal_nan=True):
                found = Comparison(name, array, given[name])
                break
    return found


def _passing(student, shapes, error, partner, consistent):
    """What can be said about a function that answered all questions well."""
    case = None
    for case, _, _ in _larger(student, PLAIN):
        pass
    seconds = our_seconds = 0.0
    if case:
        arguments = student.given(case.arguments)
        seconds = _fastest(lambda: student.run(arguments))
        our_seconds = _fastest(lambda: student.exercise.truth(case))
    remark = ""
    if partner and not consistent:
        forward = partner.exercise.name
        remark = f"Your backward is right; your forward isn't: of your own {forward} it is not the gradient."
    held = (agrees_with(partner).__doc__,) if consistent else ()
    return Grade(
        student.exercise.name,
        PASSES,
        held=held,
        remark=remark,
        shapes=shapes,
        error=error,
        seconds=seconds,
        our_seconds=our_seconds,
    )


def _fastest(function, times=3):
    """Seconds that a call takes: the shortest of a few."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return min(taken)
