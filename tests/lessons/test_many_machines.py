"""Lesson 24 on real ranks: they send each other what the simulated ones do."""

import pytest

from mmdl import curriculum
from tests.mpi import needs_mpi, on_ranks


@needs_mpi
@pytest.mark.slow
def test_real_ranks_have_the_bits_of_simulated_ones(tmp_path):
    said, complaints, code = on_ranks(2, curriculum.lesson(24).path, folder=tmp_path, MMDL_FIGURES=str(tmp_path))
    assert code == 0, complaints
    assert said.count("2 real ranks: the bits of the simulated ring") == 1 and said.count("a message has") == 1
    assert (tmp_path / "24_many_machines.png").exists()
