"""What `--json` prints: one object of strict JSON (RFC 8259), with its "schema", 1, first.

A field that is here keeps its name and meaning within a schema; new ones may come. Numbers that JSON does not have
(NaN, infinities) are null. `mmdl check` has the format of autograders instead: mmdl/check/report.py.

verify
    "passed": whether all did; "ops": a list of {"op", "passed", "largest_error": relative to the largest entry of the
    truth, of the gradient checks, "failures": [{"property", "case"}]}, in the order of the table.
compare
    "data", "settings" (as in settings.json), "refused": {fusion: why}, "folder", "models": a list of {"model",
    "modalities", "seeds", "accuracy": {"image+text": {"mean", "deviation"}, ...}, "best": the most that can be
    reached, where that is known}.
data
    "folder": where downloads lie; "datasets": a list of {"name", "modalities", "bytes" of its downloads, "here":
    "yes", "no", "made here" or "1 of 4 files", "about", "licence"}.
lesson
    "lessons": a list of {"number", "name", "path", "title", "question", "needs", "seconds"}. With a number, "lesson":
    one such object, with "cells": a list of {"kind": "prose" or "code", "text", "line" of the file}; nothing is run.
progress
    "passed": {function: when}; "lessons": a list of {"lesson", "stars": {"1": {"passed", "asked"}, ...}}.
"""

import json
import math


def print_json(fields):
    """Print an object as strict JSON."""
    print(json.dumps(_strict(fields), ensure_ascii=False, indent=1, allow_nan=False))


def _strict(value):
    """The same with null for NaN and infinities."""
    if isinstance(value, dict):
        return {str(key): _strict(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
