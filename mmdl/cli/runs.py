"""Run folders: where a training writes, and where the other commands read."""

import csv
import errno
import os
import stat
from contextlib import contextmanager, suppress
from datetime import date
from itertools import chain, count
from pathlib import Path

from mmdl import strict_json
from mmdl.errors import DataError
from mmdl.files import replacing

MODEL, HISTORY, CHECKPOINT = "model.npz", "history.json", "checkpoint.npz"
ANSWERS = "predictions.csv"
LOCK = ".training"  # held by the process that writes into the folder
NEEDED = {
    "MultimodalClassifier": "it takes a classifier, as `mmdl train` makes it",
    "MultimodalRegressor": "it takes a model of numbers, from `mmdl train --task regression`",
    "ContrastiveModel": "it takes a model that matches pictures and words, from `mmdl train --objective contrastive`",
    "Writer": "it takes a model that writes, from `mmdl train --objective write`",
    "Transcriber": "it takes a model that writes down what it hears, from `mmdl train --objective write --decoder ctc`",
}
NETWORKS = ("MultimodalClassifier", "MultimodalRegressor")
WRITING = ("Writer", "Transcriber")


def model_file(given):
    """The file of a model, which is given as such or by the folder of its run."""
    path = Path(given)
    return path / MODEL if path.is_dir() else path


def load_model(given, *kinds):
    """The model of a file or of the folder of its run, what was saved with it, and the file

    Raises
    ------
    DataError
        If it was trained for something else: it is of none of these kinds, which are keys of `NEEDED`.
    """
    from mmdl.cli.told import checked
    from mmdl.training import load
    from mmdl.training.archive import in_a_sentence

    file = model_file(given)
    model, extras = load(file)
    with in_a_sentence(file):
        checked(extras)
    if kinds and type(model).__name__ not in kinds:
        raise DataError(f"{file} was not trained for this: {NEEDED[kinds[0]]}")
    return model, extras, file


@contextmanager
def new_run(out, fusion):
    """A folder that can be written to and holds no run yet; if nothing was written in the end, it goes again.

    It is `out` or, without it, runs/<date>-<fusion>; -2, -3, ... is appended if there is a run already.
    """
    wanted = Path(out or f"runs/{date.today().isoformat()}-{fusion}")
    if not wanted.name.strip("."):  # "." and ".." are no names that a number can be appended to
        wanted = wanted.resolve()
    try:
        folder, is_new, lock = _claimed(wanted, may_exist=bool(out))
    except OSError as error:
        raise DataError(f"cannot write into {wanted}: {error.strerror}") from None
    try:
        yield folder
    finally:
        lock.close()
        with suppress(OSError):  # it may have vanished
            if is_new and not any(folder.iterdir()):
                folder.rmdir()


@contextmanager
def old_run(folder):
    """A folder in which a training is to go on, while no other process is at it."""
    try:
        lock = _locked(folder)
    except OSError as error:
        raise DataError(f"cannot write into {folder}: {error.strerror}") from None
    if lock is None:
        raise DataError(f"another process is training in {folder}")
    try:
        yield folder
    finally:
        lock.close()


def checkpoint_file(given):
    """The checkpoint in the folder of a run; DataError if there is none."""
    path = Path(given) / CHECKPOINT
    if path.is_file():
        return path
    if (Path(given) / MODEL).is_file():
        raise DataError(f"the training in {given} is finished: there is nothing to resume")
    raise DataError(f"{given} holds no training that could be resumed: there is no {path}")


def write_json(path, content):
    """Write a file whole or not at all."""
    with replacing(path) as unfinished:
        unfinished.write_text(strict_json.written(content, indent=1) + "\n", encoding="utf-8")


def write_rows(path, names, rows):
    """Write a CSV file whole or not at all."""
    with replacing(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)


def _claimed(wanted, may_exist):
    """The first folder of this name, or with a number, that holds no run and that no other process writes into."""
    numbered = (Path(f"{wanted}-{number}") for number in count(2))
    for folder in chain([wanted], numbered):
        try:
            folder.mkdir(parents=True)
            is_new = True
        except FileExistsError:
            is_new = False
            if not folder.is_dir():
                raise
            if not may_exist or (folder / MODEL).exists() or (folder / CHECKPOINT).exists():
                continue
        try:
            lock = _locked(folder)
        except OSError:
            if is_new:
                folder.rmdir()
            raise
        if lock is not None:
            return folder, is_new, lock


def _locked(folder):
    """The lock of a folder, which the system takes away when the process ends, however it ends; None if it is held."""
    return lock if (lock := Lock(folder / LOCK)).held else None


def _own_file(path):
    """A file that is there or is made; what it holds is left alone, and a link of a stranger is not followed."""
    flags = [getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC")]
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | sum(flags), 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileExistsError(errno.EEXIST, f"{path.name} is a pipe or a device, not a file")
    return os.fdopen(descriptor, "r+b")


class Lock:
    """A file that one process at a time holds open; where the system has no such locks, all do."""

    def __init__(self, path):
        self.path, self.file = path, _own_file(path)  # it stays open while the lock is held
        self.held = self._lock()
        if not self.held:
            self.file.close()

    def _lock(self):
        try:
            import fcntl
        except ImportError:
            return True
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return os.fstat(self.file.fileno()).st_ino == os.stat(self.path).st_ino  # or it was removed meanwhile
        except OSError:
            return False

    def close(self):
        """Let go."""
        with suppress(OSError):
            self.path.unlink()
        self.file.close()
