"""The files of exercises: what they ask for is known, their examples are right, and nothing is done yet."""

import ast
import doctest
import importlib.util
import inspect
import re
from collections import Counter

import numpy as np
import pytest

from mmdl.check.draws import PLAIN, roomy
from mmdl.check.files import exercise_files, functions_of, tasks
from mmdl.check.library import EXERCISES
from mmdl.check.student import Student
from mmdl.curriculum import lessons
from mmdl.verify.catalogue import CATALOGUE

FILES = exercise_files()
GRADIENT = r"(?<![\w/])(?!deviation)d[a-zA-Zγβλ]\w*(\[[^\]]*\])?\s*\+?="  # dx = ..., dW[d, k] += ...
every_file = pytest.mark.parametrize("path", FILES.values(), ids=lambda path: path.stem)


def load(path):
    spec = importlib.util.spec_from_file_location(f"exercises_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def functions(path):
    module = load(path)
    return {task.name: getattr(module, task.name) for task in tasks(path) if not task.asks}


def test_one_file_for_each_lesson():
    assert [path.stem for path in FILES.values()] == [lesson.name for lesson in lessons()]


@every_file
def test_every_function_is_known_and_not_done(path):
    found = functions(path)
    assert len(found) >= 3
    for name, function in found.items():
        assert name in EXERCISES
        assert not Student(function, EXERCISES[name]).is_done


def test_no_function_is_asked_for_twice():
    asked = [name for path in FILES.values() for name in functions_of(path)]
    assert len(asked) == len(set(asked)) >= 60


@every_file
def test_parameters_are_those_of_the_op_in_its_order(path):
    for name, function in functions(path).items():
        mine, ours = (list(inspect.signature(each).parameters) for each in (function, EXERCISES[name].reference))
        assert mine == [parameter for parameter in ours if parameter in mine]


@every_file
def test_examples_are_what_our_functions_give(path):
    module = load(path)
    ours = {name: EXERCISES[name].reference for name in functions(path)}
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    for name in ours:
        (test,) = doctest.DocTestFinder(recurse=False).find(getattr(module, name), name, globs={"np": np} | ours)
        assert test.examples, f"{name} shows no example"
        runner.run(test)
    assert runner.failures == 0


@every_file
def test_nothing_but_the_task_stands_in_it(path):
    tree = ast.parse(path.read_text())
    assert "mmdl check" in ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            assert ast.unparse(node.body[1:]) == "raise NotImplementedError"
    assert max(map(len, path.read_text().splitlines())) <= 120


def test_every_exercise_has_hints_that_go_further():
    asked = {name for path in FILES.values() for name in functions(path)}
    for name in asked:
        assert 2 <= len(EXERCISES[name].hints) <= 4, name
    assert all(len(exercise.hints) >= 2 for exercise in EXERCISES.values())


def test_all_ops_of_the_catalogue_can_be_checked():
    assert set(CATALOGUE) <= set(EXERCISES)
    assert {f"{name}_backward" for name, entry in CATALOGUE.items() if entry.backward} <= set(EXERCISES)


@pytest.mark.parametrize("name", ["conv2d", "conv2d_backward", "attention", "rnn_backward", "max_pool2d"])
def test_what_a_function_does_not_take_has_its_default(name):
    exercise = EXERCISES[name]
    needed = [parameter for parameter in exercise.parameters if parameter not in exercise.defaults]
    for seed in range(5):
        case = exercise.case(roomy(seed), takes=needed, variant=PLAIN)
        left_out = set(exercise.defaults) & set(case.arguments)
        assert all(case.arguments[setting] == exercise.defaults[setting] for setting in left_out)
        exercise.truth(case)


def test_one_batch_axis_and_no_length_of_one():
    exercise = EXERCISES["affine"]
    for seed in range(10):
        case = exercise.case(roomy(seed))
        assert case.arguments["x"].ndim == 2
        N, D = case.arguments["x"].shape
        assert len({N, D, case.arguments["W"].shape[1]}) == 3
        assert min(case.lengths.values()) > 1


@every_file
def test_three_grades(path):
    """★ the formula is given, ★★ it has to be derived, ★★★ something is predicted or explained."""
    stars = Counter(task.stars for task in tasks(path))
    assert set(stars) <= {1, 2, 3} and stars[2] >= 2 and stars[3] >= 2
    assert all((task.stars == 3) == task.asks for task in tasks(path))


@every_file
def test_what_is_to_be_derived_is_not_given(path):
    """Only the forward pass stands there: no equation for a gradient, no hint, no line of the solution."""
    text = {node.name: ast.get_docstring(node) for node in ast.parse(path.read_text()).body if hasattr(node, "name")}
    for task in tasks(path):
        if task.stars != 2:
            continue
        told = re.sub(r">>>.*?(\n\n|$)", "", text[task.name], flags=re.DOTALL)  # without the examples
        assert told.startswith("★★ Forward: ") and "Derive" in told
        exercise = EXERCISES[task.name]
        assert not [line for line in told.splitlines() if re.search(GRADIENT, line)], task.name
        solution = [line.strip() for line in inspect.getsource(inspect.unwrap(exercise.reference)).splitlines()[2:]]
        answers = [*exercise.hints, inspect.getdoc(exercise.reference).splitlines()[0], *solution]
        assert not [answer for answer in answers if len(answer) > 12 and answer in told], task.name


def test_a_docstring_with_the_answer_would_be_noticed():
    for told in ("dx = dy Wᵀ", "dw[i, j] += x", "da = (C ∘ g)", "dx[n, t] = 1", "dlogits_m = dl"):
        assert re.search(GRADIENT, told)
    for told in ("x (N, D) -> dW (D, K)", "y[n, k] = Σ_d x[n, d] W[d, k]", "d[n, m] = ‖x[n] − c[m]‖²", "deviation = 1"):
        assert not re.search(GRADIENT, told)
