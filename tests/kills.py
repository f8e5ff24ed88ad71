"""Kill a training at random moments, resume it, and compare the bits with those of one that was never stopped.

python -m tests.kills 1000           kills so many trainings, each once or several times, and prints what came of them
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from mmdl import tree
from mmdl.errors import DataError
from mmdl.training import load

ROOT = Path(__file__).parents[1]
TRAINING = ["--data", "interactions", "--fusion", "sum", "--epochs", "2", "--checkpoint-every", "0.001"]


def mmdl(*arguments, folder):
    """Start a command of mmdl in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "mmdl", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def bits(run):
    """The model of a run, and its history but for the seconds."""
    model, extras = load(run / "model.npz")
    return model, {name: values for name, values in extras["history"].items() if name != "seconds"}


def kill_and_resume(folder, name, rng, seconds):
    """Kill a training after at most so many seconds, and its resumption perhaps too, until one comes to its end.

    Returns
    -------
    int : how often it was killed while there was a run that could be broken
    """
    run, kills = folder / name, 0
    while True:
        resumes = (run / "checkpoint.npz").exists()
        if not resumes and (run / "model.npz").exists():  # killed when all was done
            return kills
        command = ["--resume", name] if resumes else [*TRAINING, "--out", name]
        training = mmdl("train", *command, folder=folder)
        try:
            _, said = training.communicate(timeout=rng.uniform(0, seconds) if kills < 3 else None)
        except subprocess.TimeoutExpired:
            training.send_signal(signal.SIGKILL)
            training.communicate()
            kills += run.exists()
            continue
        if training.returncode:
            raise DataError(f"{name}, killed {kills} times: {said}")
        return kills


def survey(count, seed=0, report=print):
    """Kill `count` trainings.  -> how many kills, resumptions that failed, models with other bits, files left over"""
    rng, found = np.random.default_rng(seed), {"kills": 0, "failed": 0, "different": 0, "left over": 0}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        begun = time.monotonic()
        assert mmdl("train", *TRAINING, "--out", "whole", folder=folder).wait() == 0
        seconds, whole = time.monotonic() - begun, bits(folder / "whole")
        for number in range(count):
            run = folder / f"run{number}"
            try:
                found["kills"] += kill_and_resume(folder, run.name, rng, seconds)
                found["different"] += not tree.equal(bits(run), whole)
                found["left over"] += len({path.name for path in run.iterdir()} - FILES - LOCK)
            except DataError as failure:
                found["failed"] += 1
                report(failure)
            if number % 50 == 49:
                report(f"{number + 1}: {json.dumps(found)}")
    return found


FILES = {"model.npz", "history.json", "history.png", "confusion.png"}
LOCK = {".training"}  # of a run that was killed when all was done: nobody holds it, so it is in nobody's way

if __name__ == "__main__":
    print(json.dumps(survey(int(sys.argv[1]))))
