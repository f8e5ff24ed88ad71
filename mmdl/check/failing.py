"""What can be said about a function that answered a question badly."""

import itertools

import numpy as np

from mmdl.check.diagnosis import diagnose, names_of, tried, wrong_somewhere
from mmdl.check.draws import PLAIN, roomy
from mmdl.check.grade import FAILS, Grade, Picture
from mmdl.check.mistake import Comparison, Mistake
from mmdl.check.questions import BASICS, ask, everything, law, listed, values
from mmdl.check.signs.alike import alike
from mmdl.check.speed import larger
from mmdl.check.when import wrong_only
from mmdl.check.words import in_lines

SURVEY = 12  # cases in which a mistake is looked at
PICTURES = 2  # sizes tried for a picture; in a larger one shapes are lost


def failing(student, answer, own_forward=None):
    """The grade of a function that failed.

    Parameters
    ----------
    student : Student
    answer : Answer
    own_forward : Student, optional
        The student's own forward pass, if this backward pass is its gradient all the same.
    """
    mistake, question, variant = answer.mistake, answer.question, answer.variant
    cases = [student.case(roomy(seed), variant) for seed in range(SURVEY)] if mistake.comparisons else []
    known = _looked_into(student, answer, cases) if cases else {}
    return Grade(
        student.exercise.name,
        FAILS,
        held=tuple(_held(student, answer, cases)),
        sentence=_sentence(mistake, question, variant),
        line=mistake.line,
        printed=mistake.printed or _printed(student, answer.case),
        case=in_lines(student, answer.case),
        comparisons=mistake.comparisons,
        when=wrong_only(student, variant) if question in BASICS else "",
        remark=_remark(own_forward) if own_forward and question is values else "",
        **known,
    )


def answers(student, question, count=4):
    """Whether a few cases answer a question well; None if it is none for this student."""
    errors = []
    try:
        for seed in range(count):
            errors.append(ask(question, student, student.case(roomy(seed), PLAIN), np.random.default_rng(seed)))
    except Mistake:
        return False
    return True if any(error is not None for error in errors) else None


def _held(student, answer, cases):
    """What was right, before or besides what was wrong."""
    if answer.question not in BASICS:
        yield everything.__doc__
        return
    yield from (basic.__doc__ for basic in BASICS[: BASICS.index(answer.question)])
    if answer.variant is not PLAIN:
        yield "otherwise its numbers are right"
    found = tried(student, [answer.case, *cases])
    wrong = {each.name for each in answer.mistake.comparisons} | {*wrong_somewhere(found)}
    right = [name for name in names_of(found) if name not in wrong]
    if right and answer.question is values:
        yield f"{listed(right)} {'is' if len(right) == 1 else 'are'} right"


def _printed(student, case):
    """What the function prints for the case that is shown."""
    try:
        student(case, again=True)
    except Mistake as mistake:
        return mistake.printed
    return student.printed


def _sentence(mistake, question, variant):
    if question in BASICS:
        return f"{mistake.sentence} {variant.words}".strip()
    if mistake.line:
        return f"{mistake.sentence} when asked whether this holds: {question.__doc__}"
    return f"one thing does not hold: {question.__doc__}"


def _remark(forward):
    name = forward.exercise.name
    return f"It is the gradient of your own {name}; but your {name} is not right either. Mend {name} first."


def _looked_into(student, answer, cases):
    """Diagnoses, broken laws and a picture, for results that are wrong."""
    kinds = [variant for variant in (PLAIN, *student.exercise.variants) if variant is not answer.variant]
    further = [student.case(roomy(seed), kind) for kind in dict.fromkeys(kinds) for seed in range(SURVEY)]
    laws = student.exercise.entry.laws if student.exercise.entry and answer.question is values else ()
    return {
        "diagnoses": diagnose(student, answer.case, cases, further),
        "broken": tuple(one.__doc__ for one in laws if answers(student, law(one)) is False),
        "picture": _picture(student, answer.variant),
    }


def _picture(student, variant):
    """The first result that is wrong in a larger case; None if none is."""
    found = None
    for place in range(2):
        for _, given, truth in itertools.islice(larger(student, variant, place), PICTURES):
            for name in truth:
                shown = truth[name].size > 1 and given[name].shape == truth[name].shape
                if shown and not alike(given[name], truth[name]):
                    axes = student.exercise.axes_of(name, truth[name].ndim)
                    found = Picture(Comparison(name, truth[name], given[name]), axes)
                    break
        if found:
            break
    return found
