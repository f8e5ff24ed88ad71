"""What a large table needs of the memory, measured from outside."""

import subprocess
import sys

import numpy as np
import pytest

from tests.source import ROOT

LOAD = """
import sys
from mmdl import data
from tests.memory import peak
dataset = data.load(sys.argv[1], text="title", label="kind")
print(len(dataset.train), peak() >> 20)
"""


@pytest.mark.slow
def test_a_million_texts_take_a_gibibyte_at_most(tmp_path):
    rng = np.random.default_rng(0)
    words = np.array([f"word{n}" for n in range(20_000)])
    with (tmp_path / "million.csv").open("w") as file:
        file.write("title,kind\n")
        for n in range(100):
            rows = words[(20_000 * rng.random((10_000, 10)) ** 3).astype(int)]
            file.writelines(" ".join(row) + (",good\n" if n % 2 else ",bad\n") for row in rows.tolist())
    command = [sys.executable, "-c", LOAD, str(tmp_path / "million.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    learned, most = map(int, done.stdout.split())
    assert learned == 700_000 and most <= 1024  # MiB
