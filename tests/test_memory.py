"""What a program has held at most is its own."""

import subprocess
import sys

import numpy as np

from tests.memory import peak
from tests.source import ROOT


def test_the_memory_of_who_started_a_program_is_not_its_own():
    held = np.ones(300 << 17)  # 300 MiB
    command = [sys.executable, "-c", "from tests.memory import peak; print(peak())"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert int(done.stdout) < 100 << 20 < held.nbytes < peak()
