"""What a student reads: a line for a function that passes, a page for one that does not."""

import textwrap

from mmdl.check.grade import FAILS, MISSING, NOT_DONE, PASSES
from mmdl.check.page.beside import side_by_side
from mmdl.check.page.heat import heat_maps

WIDTH, LABEL = 80, 11
HANGING = {"drop_whitespace": False, "subsequent_indent": "    "}
WIDENS = (
    "No mistake, but slow in a large model: np.zeros(..., x.dtype) makes room for numbers "
    "like those of x, and math.sqrt takes the root of a whole number."
)
SIGNS = {PASSES: ("good", "✓"), FAILS: ("bad", "✗"), NOT_DONE: ("faint", "·"), MISSING: ("bad", "·")}


def brief(grade, paint):
    """A line about a function that does not fail; more if there is something to remark, or to explain."""
    said = [
        line
        for text in (grade.remark, grade.because)
        for line in textwrap.wrap(text, WIDTH - 4, initial_indent="    ", subsequent_indent="    ")
    ]
    return [headline(grade, paint), *(paint("faint", line) for line in said)]


def headline(grade, paint):
    """One line: how a function did."""
    style, sign = SIGNS[grade.state]
    name = f"{grade.name:<30}"
    if grade.stars:
        name = f"{grade.name:<30} {'★' * grade.stars:<4}"
    if grade.state == PASSES:
        return f"{paint(style, sign)} {paint('strong', name)} {numbers(grade)}"
    if grade.state == FAILS:
        return f"{paint(style, sign)} {paint('strong', name)} {paint('bad', 'fails')}"
    return paint("faint", f"{sign} {name} {grade.state}")


def numbers(grade):
    """What was measured of a function that passes."""
    if grade.because:
        return "right"
    parts = [f"{grade.shapes} shapes", f"error {grade.error:.0e}" if grade.error else "no error at all"]
    if grade.speed:
        parts.append(_speed(grade.speed))
    return ", ".join(parts)


def _speed(speed):
    times = speed.theirs / speed.ours
    if times < 0.7:
        return "faster than ours"
    if times < 1.5:
        return "as fast as ours"
    return (
        f"{times:.2g} × our time" if times < 100 else f"{times:.0f} × our time" if times < 1000 else ">999 × our time"
    )


def page(grade, paint):
    """Everything that is to be said about a function that fails."""
    lines = [headline(grade, paint)]

    def tell(label, *texts, style=None):
        for place, text in enumerate(filter(None, texts)):
            room = textwrap.wrap(text, WIDTH - LABEL - 2) or [""]
            for row, part in enumerate(room):
                head = label if place == row == 0 else ""
                lines.append(f"  {paint('faint', head.ljust(LABEL))}{paint(style, part) if style else part}")

    def show(label, rows):
        if len(label) >= LABEL:  # a line of its own
            lines.append(f"  {paint('faint', label)}")
            label = ""
        for place, row in enumerate(rows):
            lines.append(f"  {paint('faint', (label if place == 0 else '').ljust(LABEL))}{row}".rstrip())

    tell("holds", "; ".join(grade.held))
    tell("fails", grade.sentence, style="bad")
    tell("", f"only where {grade.when}" if grade.when else "")
    if grade.line:
        show("", textwrap.wrap(f"in {grade.line}", WIDTH - LABEL - 2))
    show("printed", grade.printed.splitlines())
    show("input", [part for row in grade.case for part in textwrap.wrap(row, WIDTH - LABEL - 2, **HANGING)])
    for comparison in grade.comparisons[:2]:
        show(comparison.name, side_by_side(comparison, paint))
    if grade.picture:
        show("picture", heat_maps(grade.picture, paint))
    for diagnosis in grade.diagnoses or ():
        tell("diagnosis", diagnosis.shows, style="strong")
    if grade.diagnoses == ():
        tell("diagnosis", _at_a_loss(grade))
    tell("broken law", *grade.broken)
    tell("remark", grade.remark)
    return lines


def _at_a_loss(grade):
    compared = f"none of the {grade.known} mistakes that are known here" if grade.known else "no known mistake"
    return f"I do not know: {compared} gives these numbers, and no general sign fits. Compute the input above by hand."


def in_brief(grade, paint):
    """One line about a function that fails, where another one has its page already."""
    why = next((diagnosis.shows for diagnosis in grade.diagnoses or ()), grade.sentence)
    return [headline(grade, paint), *textwrap.wrap(why, WIDTH - 4, initial_indent="    ", subsequent_indent="    ")]


def summary(grades):
    """How many pass, fail, are not done."""
    counts = {state: sum(grade.state == state for grade in grades) for state in (PASSES, FAILS, NOT_DONE, MISSING)}
    if counts[PASSES] == len(grades):
        return "It passes." if len(grades) == 1 else f"All {len(grades)} pass."
    plural = {PASSES: "pass", FAILS: "fail", NOT_DONE: "are not done yet", MISSING: "are missing"}
    parts = [f"{n} {state if n == 1 else plural[state]}" for state, n in counts.items() if n]
    return f"{', '.join(parts)}."


def advice(grades, paint, again, hint=None, solution=None):
    """The last lines: hints and a solution where they are asked for, the summary, what to do next.

    Parameters
    ----------
    grades : list of Grade
    paint : Paint
    again : function of a name and a number
        How to ask for that hint about a function, such as `by_call`; for the solution, if there is no number.
    hint : int, optional
        How many hints to give for the first function that does not pass.
    solution : function of a name, optional
        What shows our own source, if it is asked for.
    """
    left = [grade for grade in grades if grade.state != PASSES]
    about = next(iter(left or grades[:1]))
    lines = [""]
    if hint and left:
        lines += [*_hints(about, hint, paint), ""]
    if solution:
        lines += [f"our {about.name}:", "", *solution(about.name), ""]
    if wide := [grade.name for grade in grades if grade.widens]:
        words = f"float64 where float32 came in: {', '.join(wide)}. {WIDENS}"
        lines += [paint("faint", line) for line in textwrap.wrap(words, WIDTH)]
    lines.append(summary(grades))
    if left and not solution:
        step = (hint or 0) + 1 if not hint or hint < len(about.hints) else None
        lines.append(paint("faint", f"Next: {again(about.name, step)}"))
    return lines


def by_command(file):
    """How to ask `mmdl check` for a hint about a function of a file, or for the solution."""
    more = {None: "--solution", 1: "--hint"}
    return lambda name, hint: f"mmdl check {file}:{name} {more.get(hint, f'--hint {hint}')}"


def by_call(name, hint):
    """How to ask `check` in a notebook."""
    return f"check({name}, {f'hint={hint}' if hint else 'solution=True'})"


def _hints(grade, count, paint):
    """The first hints, and how many there are."""
    lines = [] if grade.hints else [f"There is no hint for {grade.name}."]
    for number, hint in enumerate(grade.hints[:count], start=1):
        head = f"hint {number} of {len(grade.hints)} for {grade.name}: "
        lines += textwrap.wrap(head + hint, WIDTH, subsequent_indent="  ")
    return lines
