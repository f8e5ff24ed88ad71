"""What `--json` prints on standard output: one object of strict JSON, with its "schema", 1.

Within a schema a field keeps its name and meaning, and new ones may come. Numbers that JSON does not have (NaN,
infinities) are null. `mmdl check --json` is described in mmdl/check/report.py: autograders know that format.

verify
    "passed": of all ops. "ops": a list of {"op", "passed", "held": [property, ...], "failures": {property: what is
    wrong, and the smallest case}, "shapes": how many were tried, "formula_error", "gradient_error": the largest
    differences to loops and to complex steps, relative to the largest entry, "seconds"}.
compare
    "data". "settings": as in settings.json of the folder. "folder". "refused": {fusion: why}. "nothing": the accuracy
    of seeing nothing. "best": {subset: {"accuracy", "loss"}}, the best possible, where that is known. "models": a list
    of {"model", "modalities", "parameters", "accuracy": {subset: spread}, "loss": spread, "milliseconds": spread,
    "contribution": {modality: spread}}. A subset is "image+text"; a spread is {"mean", "deviation", "count"}.
data
    "folder": where downloads lie. "datasets": a list of {"name", "modalities", "bytes" to download, "here": "yes",
    "no", "made here" or "1 of 4 files", "about", "licence"}.
lesson
    "lessons": a list of {"number", "name", "path", "title", "question", "needs", "seconds"}. With a number "lesson":
    one of these, and its "cells": a list of {"kind": "prose" or "code", "text", "line" of the file}; nothing is run.
progress
    "passed": {function: when}. "lessons": a list of {"lesson", "stars": {"1": {"passed", "asked"}, ...}}.
"""

from mmdl.strict_json import written

SCHEMA = 1


def print_json(**fields):
    """Print an object with these fields."""
    print(written({"schema": SCHEMA, **fields}, ensure_ascii=False, indent=1))


def add_json(parser):
    """The option of a command that can print JSON."""
    parser.add_argument("--json", action="store_true", help="print JSON (fields: mmdl/cli/as_json.py)")
