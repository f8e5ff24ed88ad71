"""Reports say what held, what was tried and what failed; the table prints them."""

import itertools
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import settings

from mmdl.errors import DataError
from mmdl.verify.catalogue import CATALOGUE
from mmdl.verify.properties import PROPERTIES, repeats_itself
from mmdl.verify.run import attempt, report, table, verify

TRANSPOSED = replace(CATALOGUE["affine"], forward=lambda x, W, b: x @ W.T.reshape(W.shape) + b)


def test_unknown_names_are_refused_with_the_list():
    with pytest.raises(DataError, match=r"there is no op sofmax or relo; the ops are relu, .*softmax"):
        verify(["sofmax", "softmax", "relo"])


def test_reports_come_one_by_one():
    reports = verify(["relu", "tanh"], examples=3)
    assert next(reports).op == "relu"
    assert next(reports).op == "tanh"


def test_a_good_op_holds_all_properties():
    start = time.perf_counter()
    one = report(CATALOGUE["affine"], examples=10)
    assert 0 < one.seconds <= time.perf_counter() - start
    assert one.held == tuple(holds.__name__ for holds in PROPERTIES)
    assert one.failures == {}
    assert 10 < one.shapes <= 10 * len(PROPERTIES)
    assert 0 < one.formula_error < 1e-14
    assert 0 < one.gradient_error < 1e-14


def test_derandomized_cases_are_the_same_each_time():
    same = settings(settings(), derandomize=True)
    before = settings()
    settings.register_profile("same each time", same)
    settings.load_profile("same each time")
    try:
        first, second = (attempt(CATALOGUE["affine"], PROPERTIES[0], examples=10).shapes for _ in range(2))
        other = attempt(CATALOGUE["affine"], PROPERTIES[1], examples=10).shapes
    finally:
        settings.register_profile("as before", before)
        settings.load_profile("as before")
    assert first == second != other


def test_a_failure_comes_with_its_smallest_case():
    one = report(TRANSPOSED, examples=40)
    why = one.failures["equals_formula"]
    assert "but the formula says" in why
    assert "smallest case: x (2,), W (2, 2), b (2,), numbers from seed 0" in why
    assert one.formula_error > 1e-12
    assert "backward_is_gradient" in one.failures


def test_other_errors_are_failures_too():
    broken = replace(CATALOGUE["relu"], forward=lambda x: x["nothing"])
    tried = attempt(broken, PROPERTIES[0])
    assert tried.failure.startswith("IndexError: ") and "smallest case: x (1,)" in tried.failure
    assert tried.error == np.inf


def test_of_two_errors_one_is_told():
    def broken(x):
        return x["nothing"] if x.size > 2 else x.nothing

    assert attempt(replace(CATALOGUE["relu"], forward=broken), PROPERTIES[0]).failure.startswith("AttributeError: ")


def test_every_case_has_numbers_of_its_own():
    seen = set()
    entry = replace(CATALOGUE["relu"], forward=lambda x: seen.add(x.flat[0].real) or np.maximum(x, 0))
    attempt(entry, repeats_itself, examples=20)
    assert len(seen) > 10


def test_what_fails_now_and_then_is_a_failure_too():
    calls = itertools.count()
    warming_up = replace(CATALOGUE["relu"], forward=lambda x: np.maximum(x, 0) + (next(calls) == 0))
    failure = attempt(warming_up, PROPERTIES[0]).failure
    assert failure.startswith("fails now and then for the same arguments")


def test_the_table_is_aligned_and_explains_failures():
    lines = table([report(CATALOGUE["relu"], examples=2), report(TRANSPOSED, examples=40)]).splitlines()
    header, relu, affine = lines[:3]
    assert header.split() == ["op", "properties", "shapes", "against", "loops", "gradient", "seconds"]
    assert len(header) == len(relu) == len(affine)
    every = str(len(PROPERTIES))
    assert relu.split()[:4] == ["relu", every, "of", every]
    assert affine.split()[0] == "affine" and int(affine.split()[1]) < len(PROPERTIES) == int(affine.split()[3])
    assert header.startswith("op      properties")
    assert any(line.startswith("affine fails equals_formula: y of affine") for line in lines[3:])


def test_importing_mmdl_does_not_import_hypothesis():
    code = "import sys, mmdl, mmdl.ops.attention, mmdl.verify.properties; print('hypothesis' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
