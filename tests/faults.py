"""Let something go wrong at random moments of trainings: signals, closed streams, a full disk, folders that vanish.

python -m tests.faults 100           as many of each kind of fault

Whatever happens, there is a sentence and no traceback, every file that is there is whole, and the training can be ended
with the bits of one that was left alone.
"""

import collections
import fcntl
import json
import os
import resource
import shutil
import signal
import struct
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from mmdl import tree
from tests.kills import FORKS, TRAINING, bits, command, mmdl

RUN = Path("run")  # in the folder of the process
SET_FLAGS, NOTHING, UNCHANGEABLE = 0x40086602, 0, 0x10  # of Linux: what keeps root, too, from writing into a folder


def tell(number, times=1):
    for _ in range(times):
        os.kill(os.getpid(), number)


def close(*descriptors, instead=None):
    for descriptor in descriptors:
        os.close(descriptor)
        if instead:
            os.dup2(os.open(instead, os.O_WRONLY), descriptor)


def fill_the_disk(left):
    resource.setrlimit(resource.RLIMIT_FSIZE, (left, resource.RLIM_INFINITY))


def forbid(folder=RUN, mode=0o500, flags=UNCHANGEABLE):
    """Let nobody write into a folder any more, or again."""
    if folder.exists():
        if os.getuid() == 0:
            descriptor = os.open(folder, os.O_RDONLY)
            fcntl.ioctl(descriptor, SET_FLAGS, struct.pack("l", flags))
            os.close(descriptor)
        else:
            folder.chmod(mode)


FAULTS = {
    "SIGINT": partial(tell, signal.SIGINT),
    "SIGINT twice": partial(tell, signal.SIGINT, 2),
    "SIGINT five times": partial(tell, signal.SIGINT, 5),
    "SIGTERM": partial(tell, signal.SIGTERM),
    "SIGHUP": partial(tell, signal.SIGHUP),
    "stdout closed": partial(close, 1),
    "both closed": partial(close, 1, 2),
    "stdout full": partial(close, 1, instead="/dev/full"),
    "disk full": partial(fill_the_disk, 0),
    "disk nearly full": partial(fill_the_disk, 60_000),
    "folder gone": partial(shutil.rmtree, RUN, ignore_errors=True),
    "folder read-only": forbid,
}


def with_fault(folder, arguments, name, seconds):
    """What a started process does: a command of mmdl that meets a fault after so many CPU seconds."""
    signal.signal(signal.SIGPROF, lambda *_: FAULTS[name]())
    command(folder, arguments, seconds)


def survive(folder, name, seconds, whole, exits):
    """Train with a fault, and end the training without one.  -> what is wrong with it, or None; its exit code counts"""
    run = folder / RUN
    process = FORKS.Process(target=with_fault, args=(folder, ["train", *TRAINING, "--out", "run"], name, seconds))
    process.start()
    process.join()
    exits[f"{name}: {process.exitcode}{' with a folder' * run.exists()}"] += 1
    told = f"exit code {process.exitcode}: {(folder / 'said').read_text()}"
    forbid(run, 0o700, NOTHING)
    if "Traceback" in told or (process.exitcode < 0 and run.exists()):
        return told
    if left := [path.name for path in run.glob(".*.*.*")]:
        return f"left {left}; {told}"
    if (run / "checkpoint.npz").exists():
        if code := mmdl("train", "--resume", "run", folder=folder):
            return f"resumed with exit code {code}: {(folder / 'said').read_text()}; before that, {told}"
    elif not (run / "model.npz").exists():
        return f"nothing is there; {told}" if process.exitcode in (0, 2) else None
    return None if tree.equal(bits(run), whole) else f"other bits; {told}"


def survey(count, names=FAULTS, seed=0, report=print):
    """Meet each fault so many times.  -> {fault: how often that went wrong}"""
    rng, found, exits = np.random.default_rng(seed), dict.fromkeys(names, 0), collections.Counter()
    with tempfile.TemporaryDirectory() as place:
        assert mmdl("train", *TRAINING, "--out", "whole", folder=place) == 0
        seconds, whole = float((Path(place) / "seconds").read_text()), bits(Path(place) / "whole")
        for number in range(count):
            for name in names:
                with tempfile.TemporaryDirectory(dir=place) as folder:
                    if wrong := survive(Path(folder), name, rng.uniform(0, seconds), whole, exits):
                        found[name] += 1
                        report(f"{name}: {wrong}")
            report(f"{number + 1} of each: {json.dumps(found)}")
        report(json.dumps(exits, indent=1, sort_keys=True))
    return found


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the server, which imports NumPy
    print(json.dumps(survey(int(sys.argv[1]))))
