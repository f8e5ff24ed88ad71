"""Ctrl-C at random moments from the start of `mmdl` on, and streams that are closed when it starts.

python -m tests.interrupts 300       as many interruptions of each of the COMMANDS

Moments are counted in CPU seconds of the process. Before Python has read a line of this library it has a traceback of
its own to print; those are counted apart.
"""

import collections
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

from tests.source import ROOT

COMMANDS = {
    "help": ["--help"],
    "data": ["data"],
    "train": ["train", "--data", "interactions", "--fusion", "sum", "--epochs", "1"],
}


def start(arguments, folder):
    return subprocess.Popen(
        [sys.executable, "-m", "mmdl", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def cpu_seconds(process):
    """What a process has taken so far; None if it is gone.  Linux says so of every process by a clock of its own."""
    try:
        return time.clock_gettime((~process.pid << 3) | 2)
    except OSError:
        return None


def interrupt(arguments, folder, seconds):
    """Send Ctrl-C after so many CPU seconds.  -> what came of it: an exit code, or a traceback"""
    process = start(arguments, folder)
    while process.poll() is None and (cpu_seconds(process) or 0) < seconds:
        time.sleep(0.0005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    if "Traceback" not in said and process.returncode in (0, 130, -signal.SIGINT):
        return f"exit code {process.returncode}"
    return f"exit code {process.returncode}, {said}" if "mmdl/cli/" in said else "before the first line of mmdl"


def survey(count, most=1.0, seed=0, report=print):
    """Interrupt each command so many times.  -> {command: {what came of it: how often}}"""
    rng, found = np.random.default_rng(seed), {}
    for name, arguments in COMMANDS.items():
        found[name] = collections.Counter()
        for _ in range(count):
            with tempfile.TemporaryDirectory() as folder:
                found[name][interrupt(arguments, folder, rng.uniform(0, most))] += 1
        report(f"{name}: {json.dumps(found[name])}")
    return found


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    survey(int(sys.argv[1]), *map(float, sys.argv[2:]))
