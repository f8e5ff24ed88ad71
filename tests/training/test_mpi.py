"""Ranks that are processes of their own, over MPI: what tests/training/test_ranks.py promises holds there as well."""

import json

import pytest

from tests.mpi import needs_mpi, on_ranks


@needs_mpi
@pytest.mark.parametrize("count", [2, *(pytest.param(count, marks=pytest.mark.slow) for count in (3, 4))])
def test_steps_and_epochs_are_those_of_one_process(count):
    out, said, code = on_ranks(count, "-m", "mpi4py", "-m", "tests.training.mpi_program")
    assert code == 0, said
    found = json.loads(out)
    assert found.pop("ranks") == count
    assert found.pop("float32") < 1e-6 and found.pop("float64") < 1e-12
    assert all(each < 1e-9 for each in found.values()), found
