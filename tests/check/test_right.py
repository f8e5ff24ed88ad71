"""Right solutions pass, however they are written: three or more of every exercise, on every kind of processor."""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmdl.check.grade import PASSES
from mmdl.check.grading import grade
from mmdl.check.library import EXERCISES, asked_for
from mmdl.curriculum import lessons

EXAMPLES = 10
PROCESSORS = ("Haswell", "Zen", "SkylakeX", None)  # for which OpenBLAS has kernels that round differently
FILES = sorted((Path(__file__).parent / "right").glob("lesson_*.py"))


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RIGHT = {
    name: function
    for path in FILES
    for name, function in vars(load(path)).items()
    if "__" in name.strip("_") and callable(function)
}


OTHER_CONTRACTS = {  # of lessons' functions that share a name with an exercise, but not its arguments or results
    ("07_recurrence", "rnn_backward"): "is given the slopes of f",
    ("08_lstm", "lstm_backward"): "has no gradient of the cells to begin with",
    ("09_text_classifier", "classifier"): "builds a model",
    ("13_feature_fusion", "classifier"): "builds a model",
    ("13_feature_fusion", "head"): "builds a head",
    ("13_feature_fusion", "concatenate_backward"): "takes two arrays instead of a tuple",
    ("17_looking_inside", "occlusion"): "takes a model and a class",
    ("17_looking_inside", "saliency"): "takes a model",
    ("17_looking_inside", "principal_components"): "returns the shares of the variance, too",
    ("18_sound", "log_mel"): "takes the wave",
    ("18_sound", "log_mel_backward"): "goes back to the wave",
}


def written_by_lessons():
    """The functions that the lessons' own scripts define under the name of an exercise."""
    for lesson in lessons():
        for node in ast.parse(lesson.path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name in EXERCISES:
                yield lesson, node.name


def defined_in(path, name):
    """The function as the lesson defines it, with the imports, constants and functions that it leans on."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kept = []
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef)):
            kept.append(node)
        if isinstance(node, ast.FunctionDef) and node.name == name:
            break
    names = {"np": np}
    exec(compile(ast.Module(kept, type_ignores=[]), str(path), "exec"), names)
    return names[name]


def rejected():
    """The right solutions that do not pass, with what is said of them."""
    grades = {
        name: grade(EXERCISES[name.split("__")[0]], function, examples=EXAMPLES) for name, function in RIGHT.items()
    }
    return {name: one.sentence or one.state for name, one in grades.items() if one.state != PASSES}


def test_every_exercise_of_a_lesson_has_three():
    counts = {name: sum(right.split("__")[0] == name for right in RIGHT) for name in asked_for() if name in EXERCISES}
    assert {name: count for name, count in counts.items() if count < 3} == {}


@pytest.mark.parametrize("name", RIGHT)
def test_it_passes(name):
    found = grade(EXERCISES[name.split("__")[0]], RIGHT[name], examples=EXAMPLES)
    assert found.state == PASSES, f"{found.sentence}: {found.case}"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param(lesson.path, name, id=f"{lesson.name}-{name}")
        for lesson, name in written_by_lessons()
        if (lesson.name, name) not in OTHER_CONTRACTS
    ],
)
def test_what_a_lesson_writes_passes_its_exercise(path, name):
    found = grade(EXERCISES[name], defined_in(path, name), examples=EXAMPLES)
    assert found.state == PASSES, f"{found.sentence}: {found.case}"


def test_other_contracts_are_those_of_the_lessons():
    assert set(OTHER_CONTRACTS) <= {(lesson.name, name) for lesson, name in written_by_lessons()}


@pytest.mark.slow
@pytest.mark.parametrize("processor", PROCESSORS)
def test_on_every_kind_of_processor(processor):
    """OpenBLAS chooses its kernels when it is loaded, so each kind has a process of its own."""
    settings = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    settings |= {"OPENBLAS_CORETYPE": processor} if processor else {}
    run = subprocess.run([sys.executable, __file__], env=settings, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "{}\n"), run.stdout + run.stderr


if __name__ == "__main__":
    print(rejected())
