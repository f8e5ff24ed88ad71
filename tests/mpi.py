"""Programs on several ranks, as tests start them, and the ranks of a training that is under way."""

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmdl.cli.ranks import ENVIRONMENT, WORLDS, mpiexec

ROOT = Path(__file__).parents[1]
MARK = "MMDL_TEST_MARK"

needs_mpi = pytest.mark.skipif(
    not importlib.util.find_spec("mpi4py") and not os.environ.get("CI"), reason="needs the extra mpi"
)


def environment(**more):
    """Of a process that is started from a test."""
    inherited = {name: value for name, value in os.environ.items() if name not in WORLDS}
    return inherited | ENVIRONMENT | {"PYTHONPATH": str(ROOT)} | more


def on_ranks(count, *program, folder=ROOT, **more):
    """What `python *program` on so many ranks wrote to stdout, and to stderr, and its exit code."""
    command = [mpiexec(), "-n", str(count), sys.executable, *map(str, program)]
    done = subprocess.run(
        command, cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=300, check=False
    )
    return done.stdout, done.stderr, done.returncode


def processes(mark):
    """The ranks that were started with this mark in their environment: {rank: process number}"""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            variables = dict(each.split("=", 1) for each in (place / "environ").read_text().split("\0") if "=" in each)
        except (OSError, UnicodeDecodeError):
            continue
        if variables.get(MARK) == mark and "OMPI_COMM_WORLD_RANK" in variables:
            found[int(variables["OMPI_COMM_WORLD_RANK"])] = int(place.name)
    return found


def gone(mark, seconds=60):
    """Whether no rank with this mark is left, soon."""
    end = time.monotonic() + seconds
    while processes(mark) and time.monotonic() < end:
        time.sleep(0.1)
    return not processes(mark)
