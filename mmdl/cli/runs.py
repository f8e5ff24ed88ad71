"""Run folders: where a training writes, and where the other commands read."""

import json
import tempfile
from contextlib import contextmanager
from datetime import date
from itertools import chain, count
from pathlib import Path

from mmdl.errors import DataError
from mmdl.files import replacing

MODEL, HISTORY = "model.npz", "history.json"
NEEDED = {
    "MultimodalClassifier": "it takes a classifier, as `mmdl train` makes it",
    "ContrastiveModel": "it takes a model that matches pictures and words, from `mmdl train --objective contrastive`",
}


def model_file(given):
    """The file of a model, which is given as such or by the folder of its run."""
    path = Path(given)
    return path / MODEL if path.is_dir() else path


def load_model(given, kind):
    """The model of a file or of the folder of its run, what was saved with it, and the file

    Raises
    ------
    DataError
        If it was trained for something else: it is not of that kind, "MultimodalClassifier" or "ContrastiveModel".
    """
    from mmdl.training import load

    file = model_file(given)
    model, extras = load(file)
    if kind and type(model).__name__ != kind:
        raise DataError(f"{file} was not trained for this: {NEEDED[kind]}")
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
        folder, is_new = _claimed(wanted, may_exist=bool(out))
        with tempfile.TemporaryFile(dir=folder):  # found out now, not after an hour of training
            pass
    except OSError as error:
        raise DataError(f"cannot write into {wanted}: {error.strerror}") from None
    try:
        yield folder
    finally:
        if is_new and not any(folder.iterdir()):
            folder.rmdir()


def write_json(path, content):
    """Write a file whole or not at all."""
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _claimed(wanted, may_exist):
    numbered = (Path(f"{wanted}-{number}") for number in count(2))
    for folder in chain([wanted], numbered):
        try:
            folder.mkdir(parents=True)
            return folder, True
        except FileExistsError:
            if not folder.is_dir():
                raise
            if may_exist and not (folder / MODEL).exists():
                return folder, False
