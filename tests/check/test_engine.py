"""The engine against what it should know, and against mistakes that it was never shown."""

import importlib.util
import warnings
from pathlib import Path

import pytest

from mmdl.check import grading
from mmdl.check.grade import FAILS, PASSES
from mmdl.check.library import EXERCISES, WRONG

EXAMPLES = 6
KNOWN = [mistake for of in WRONG for mistake in WRONG[of]]


def modules():
    """The files of mistakes, whose functions are called <exercise>__<mistake>."""
    for path in sorted((Path(__file__).parent / "mistakes").glob("[a-z]*.py")):
        spec = importlib.util.spec_from_file_location(f"mistakes_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


INVENTED = {
    name: (function, module.FITTING.get(name, ()))
    for module in modules()
    for name, function in vars(module).items()
    if "__" in name.strip("_") and callable(function)
}


def graded(of, function):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of NumPy, about what the mistakes compute
        return grading.grade(EXERCISES[of], function, examples=EXAMPLES)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_reference_passes(name):
    grade = graded(name, EXERCISES[name].reference)
    assert grade.state == PASSES, grade.sentence
    assert grade.error <= 1e-9


def test_every_known_mistake_is_named_and_no_other():
    found = {(each.of, each.name): graded(each.of, each.function).diagnoses or () for each in KNOWN}
    names = {key: [diagnosis.name for diagnosis in diagnoses] for key, diagnoses in found.items()}
    assert {key: told for key, told in names.items() if told != [key[1]]} == {}
    assert len(found) == len(KNOWN) >= 250


def test_known_mistakes_differ_from_each_other():
    """Two that gave the same numbers could not both be named."""
    sentences = [(mistake.of, mistake.shows) for mistake in KNOWN]
    assert len(set(sentences)) == len(sentences)
    assert all(mistake.shows.endswith(".") and mistake.hint.endswith((".", ")")) for mistake in KNOWN)


def test_invented_mistakes_are_not_those_of_the_library():
    ours = {mistake.function.__code__.co_code for mistake in KNOWN}
    assert len(INVENTED) >= 45
    assert not [name for name, (function, _) in INVENTED.items() if function.__code__.co_code in ours]


@pytest.fixture(scope="module")
def grades():
    return {name: graded(name.split("__")[0], function) for name, (function, _) in INVENTED.items()}


def test_all_invented_mistakes_fail(grades):
    assert [name for name, grade in grades.items() if grade.state != FAILS] == []


def test_thirty_of_them_get_a_fitting_diagnosis(grades):
    fitting = []
    for name, grade in grades.items():
        told = [f"{each.name.replace('_', ' ')} {each.shows} {each.hint}" for each in grade.diagnoses or ()]
        told = " ".join([*told, grade.sentence if "argument" in grade.sentence else ""]).lower()
        if any(word in told for word in INVENTED[name][1]):
            fitting.append(name)
    assert len(fitting) >= 30, fitting


def test_without_a_diagnosis_none_is_made_up(grades):
    honest = [grade for grade in grades.values() if grade.diagnoses == ()]
    assert honest and all(grade.sentence for grade in honest)
