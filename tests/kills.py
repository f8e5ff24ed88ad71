"""Kill a training at random moments, resume it, and compare the bits with those of one that was never stopped.

python -m tests.kills 1000           kills so many trainings, each once or several times, and prints what came of them
"""

import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from mmdl import tree
from mmdl.errors import DataError
from mmdl.training import load

LEARNING = ["--data", "interactions", "--fusion", "sum", "--epochs", "2", "--augment", "mixup"]
TRAINING = [*LEARNING, "--checkpoint-every", "0.0005"]
FILES = {"model.npz", "history.json", "predictions.csv", "history.png", "confusion.png"}
LOCK = {".training"}  # of a run that was killed when all was done: nobody holds it, so it is in nobody's way

# A server that has imported everything, once, and forks: moments are not spent on the interpreter's start, where
# there is nothing yet to be broken.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["mmdl.cli", "mmdl.training", "mmdl.models", "mmdl.plots"])


def command(folder, arguments, seconds):
    """What a started process does: one command of mmdl in a folder, its sentences in a file there."""
    from mmdl.cli import main

    os.chdir(folder)
    file = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    # Not the clock: on a busy machine that would tell how busy it is. Nobody handles this signal, as nobody can SIGKILL
    signal.setitimer(signal.ITIMER_PROF, seconds)
    code = main(arguments)
    signal.setitimer(signal.ITIMER_PROF, 0)
    Path("seconds").write_text(str(time.process_time()))
    sys.exit(code)


def mmdl(*arguments, folder, seconds=0.0):
    """Run a command of mmdl, and kill it after so many CPU seconds, 0 for never.  -> its exit code, None if killed"""
    process = FORKS.Process(target=command, args=(folder, arguments, seconds))
    process.start()
    process.join()
    return None if process.exitcode == -signal.SIGPROF else process.exitcode


def bits(run):
    """The model of a run, and its history but for the seconds."""
    model, extras = load(run / "model.npz")
    return model, {name: values for name, values in extras["history"].items() if name != "seconds"}


def kill_and_resume(folder, name, rng, seconds):
    """Kill a training after at most so many CPU seconds, and its resumption perhaps too, until one comes to its end.

    Returns
    -------
    int : how often it was killed while there was a run that could be broken
    """
    run, kills = folder / name, 0
    while True:
        resumes = (run / "checkpoint.npz").exists()
        if not resumes and (run / "model.npz").exists():  # killed when all was done
            return kills
        arguments = ["--resume", name] if resumes else [*TRAINING, "--out", name]
        code = mmdl("train", *arguments, folder=folder, seconds=rng.uniform(0, seconds) if kills < 10 else 0)
        if code is None:
            kills += run.exists()
        elif code:
            raise DataError(f"{name}, killed {kills} times: {(folder / 'said').read_text()}")
        else:
            return kills


def survey(count, seed=0, report=print):
    """Kill trainings `count` times.  -> how many kills, resumptions that failed, models with other bits, files left"""
    rng, found = np.random.default_rng(seed), {"kills": 0, "trainings": 0, "failed": 0, "different": 0, "left over": 0}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        assert mmdl("train", *TRAINING, "--out", "whole", folder=folder) == 0, (folder / "said").read_text()
        seconds, whole = float((folder / "seconds").read_text()), bits(folder / "whole")
        while found["kills"] < count:
            run = folder / f"run{found['trainings']}"
            try:
                found["trainings"] += 1
                found["kills"] += kill_and_resume(folder, run.name, rng, seconds)
                found["different"] += not tree.equal(bits(run), whole)
                found["left over"] += len({path.name for path in run.iterdir()} - FILES - LOCK)
                shutil.rmtree(run)
            except DataError as failure:
                found["failed"] += 1
                report(failure)
            if found["trainings"] % 10 == 0:
                report(json.dumps(found))
    return found


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the server, which imports NumPy
    print(json.dumps(survey(int(sys.argv[1]))))
