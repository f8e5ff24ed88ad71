"""One function is asked questions in order, until one is answered badly."""

from mmdl.check.deadline import Deadline
from mmdl.check.draws import PLAIN, roomy
from mmdl.check.failing import SURVEY, answers, failing
from mmdl.check.grade import FAILS, NOT_DONE, PASSES, Grade
from mmdl.check.mistake import Mistake
from mmdl.check.questions import BASICS, ask, everything, is_adjoint, is_gradient, is_undone_by, keeps_dtype, law
from mmdl.check.speed import speed
from mmdl.check.student import Student
from mmdl.check.trial import Answer, examine

EXAMPLES = 20
BUDGET = 10.0  # seconds for the questions about one function; a slow one is asked less


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
    until = Deadline(BUDGET)
    consistent = partner and answers(partner, is_undone_by(student))
    shapes, error = set(), 0.0
    for question, variant, count in questions(exercise, examples):
        answer = _answer(student, question, variant, count, until)
        if answer.mistake:
            return failing(student, answer, partner if consistent else None)
        shapes |= answer.shapes
        error = max(error, answer.error)
    return Grade(
        exercise.name,
        PASSES,
        remark=_remark(partner) if consistent is False else "",
        widens=_widens(student),
        shapes=len(shapes),
        error=error,
        speed=speed(student),
    )


def questions(exercise, examples=EXAMPLES):
    """The questions in their order: each with the kind of its cases, and how many."""
    few = max(examples // 4, 1)
    yield everything, PLAIN, examples
    for variant in exercise.variants[1:]:
        yield everything, variant, max(examples // 2, 1)
    if exercise.entry:
        yield from ((law(one), PLAIN, few) for one in exercise.entry.laws)
    if exercise.entry and exercise.part == "backward":
        yield from ((is_gradient, PLAIN, few), (is_adjoint, PLAIN, few))


def _answer(student, question, variant, count, until):
    """The answer to one question: where some cases go wrong in several ways, to the most basic one."""
    if question is not everything:
        return examine(student, question, variant, count, until)
    cases = [student.case(roomy(seed), variant) for seed in range(SURVEY)]
    for basic in BASICS:
        mistakes = {mistake: case for case in cases if (mistake := _mistake(student, basic, case))}
        if mistakes:
            worst = max(mistakes, key=lambda mistake: len(mistake.wrong_results))
            answer = examine(student, basic, variant, count, until, worst)
            return answer if answer.mistake else Answer(worst.error, frozenset(), worst, mistakes[worst], variant)
    return examine(student, question, variant, count, until)


def _mistake(student, question, case):
    """What is wrong in one case; None if nothing is."""
    try:
        ask(question, student, case, None)
    except Mistake as mistake:
        return mistake
    return None


def _remark(forward):
    name = forward.exercise.name
    return f"Your backward is right; your forward isn't: of your own {name} this is not the gradient."


def _widens(student):
    """Whether float32 becomes float64, which is no mistake."""
    return _mistake(student, keeps_dtype, student.case(roomy(0), PLAIN)) is not None
