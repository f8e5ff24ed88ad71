"""Grades as data, for teachers and for programs that collect grades.

`mmdl check FILE --json` prints one object, made as Gradescope's results.json wants it:

score, output      how many functions pass, and that in a sentence
tests              a list with one object for each function, in the order of the file:
    name           of the function
    status         "passed" or "failed"
    score          1 or 0, of max_score 1
    output         what a student reads, without colours
    tags           its stars, such as ["★★"]; empty where no lesson asks for the function
    extra_data     state ("passes", "fails", "is not done yet", "is missing"), lesson (a number or null), sentence,
                   when, input (lines of Python), held, diagnoses (name, shows, hint, outputs, known), shapes (how many
                   were tried) and error (the largest, of a function that passes)
extra_data         schema (1, until a field changes its meaning), file, passed and asked (counts)

What has no meaning for a grade is empty. Names and meanings stay; fields may be added.
"""

from dataclasses import asdict

from mmdl.check.files import lesson_of
from mmdl.check.grade import FAILS, PASSES
from mmdl.check.page.page import brief, page, summary
from mmdl.check.page.paint import Paint

SCHEMA = 1


def report(path, grades):
    """All grades of a file as one dictionary that JSON can hold."""
    count = sum(grade.state == PASSES for grade in grades)
    return {
        "score": count,
        "output": summary(grades),
        "tests": [_test(grade) for grade in grades],
        "extra_data": {"schema": SCHEMA, "file": str(path), "passed": count, "asked": len(grades)},
    }


def _test(grade):
    passes = grade.state == PASSES
    lines = (page if grade.state == FAILS else brief)(grade, Paint(False))
    return {
        "name": grade.name,
        "status": "passed" if passes else "failed",
        "score": int(passes),
        "max_score": 1,
        "output": "\n".join(lines),
        "tags": ["★" * grade.stars] if grade.stars else [],
        "extra_data": {
            "state": grade.state,
            "lesson": lesson_of(grade.name),
            "sentence": grade.sentence,
            "when": grade.when,
            "input": list(grade.case),
            "held": list(grade.held),
            "diagnoses": [asdict(diagnosis) for diagnosis in grade.diagnoses or ()],
            "shapes": grade.shapes,
            "error": float(grade.error),
        },
    }
