"""Checkpoints of a whole training, and how to resume from one."""

import hashlib
import math
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from mmdl import __version__, tree
from mmdl.data.batches import batches
from mmdl.errors import DataError, FormatError
from mmdl.fields import fits
from mmdl.models.kinds import KINDS
from mmdl.training.archive import in_a_sentence, read_archive, write_archive
from mmdl.training.callbacks import Callback
from mmdl.training.loop import Epochs, Fitted, Training, fitted

FORMAT, VERSION = "mmdl checkpoint", 1
PLACE: dict[str, Any] = {  # of a training in its epochs, and the types of what a file says of it
    "epoch": int,
    "step": int,
    "history": dict[str, tuple[float, ...]],
    "rows": tuple[tuple[float, ...], ...],
    "metrics": tuple[str, ...],
    "seconds": float,
    "skipped": int,
    "stopped": bool,
    "order": dict[str, Any] | None,
}
ROW = 4  # numbers of a step beside the metrics
SETTINGS = ("epochs", "steps", "clip", "skip_bad_steps")


class Checkpoint(Callback):
    """Writes the whole training to a file: at its start, after each epoch, every so many minutes, and if interrupted

    It must come after callbacks that change the model or the history. A training resumed from the file, see `resume`,
    ends with the same bits as one that was never stopped, on the same machine with the same number of threads and of
    ranks; another number of ranks can go on, too, and ends with nearly the same numbers. If the file cannot be written,
    training continues, and the next checkpoint tries again.

    Parameters
    ----------
    path : path of the file
    minutes : float
    about : dict, optional
        Whatever JSON can say; `load_checkpoint` returns it.
    stream : text stream, optional
        Gets one line if the file cannot be written; standard error by default.
    """

    def __init__(
        self, path: str | Path, minutes: float = 1, about: dict[str, Any] | None = None, stream: IO[str] | None = None
    ) -> None:
        self.path, self.minutes, self.about = Path(path), minutes, about or {}
        self.stream = sys.stderr if stream is None else stream
        self.complained, self.holds_progress = False, False

    def start(self, training: Training) -> None:
        self.data = fingerprint(training) if training.ranks.first else ""
        self.write(training)

    def step(self, training: Training) -> None:
        if time.monotonic() - self.written >= 60 * self.minutes:
            self.write(training)

    def epoch(self, training: Training) -> None:
        self.write(training)

    def end(self, training: Training) -> None:
        if training.settled:
            self.write(training)

    def write(self, training: Training) -> None:
        """Write it now, if this is the first rank: what is in it is the same on all."""
        self.written = time.monotonic()
        if not training.ranks.first:
            return
        try:
            save_checkpoint(self.path, training, self.data, self.about)
            self.holds_progress = training.epoch + training.step > 0
        except DataError as mistake:
            if not self.complained:
                self.complained = True
                _say(self.stream, f"mmdl: {mistake}; training goes on in memory, and tries again later")


class SavedTraining(NamedTuple):
    """What a checkpoint holds."""

    model: Any
    about: dict[str, Any]  # what was given to `Checkpoint`
    differences: list[str]  # between the machine that wrote it and this one: there the bits may be others
    training: dict[str, Any]
    kept: dict[str, Any]  # by callbacks
    moments: Any  # Array

    def restore(self, training: Training) -> Training:
        """Set a training, made with the same settings as the saved one, to the saved state.  -> the same training

        Raises
        ------
        DataError
            If its examples, its optimizer or its settings are others; FormatError if it does not say what it must.
        """
        with in_a_sentence("the checkpoint", "whole one"):
            return self._restored(training)

    def _restored(self, training: Training) -> Training:
        saved = self.training
        for name, value in _settings(training).items():
            if value != saved["settings"][name]:
                was = saved["settings"][name]
                raise DataError(f"the checkpoint is of a training with {name.replace('_', ' ')} {was}, not {value}")
        if fingerprint(training) != saved["data"]:
            raise DataError("the checkpoint is of a training on other examples")
        for name, kind in (PLACE | {"optimizer_steps": int}).items():
            most = {"epoch": training.epochs, "step": training.steps}.get(name, math.inf)
            if not fits(saved[name], kind) or (kind is int and not 0 <= saved[name] <= most):
                raise FormatError(f"the checkpoint says {saved[name]!r:.60} about {name}")
        for name in PLACE:
            setattr(training, name, saved[name])
        training.rows, training.metrics = [tuple(row) for row in saved["rows"]], tuple(saved["metrics"])
        if any(len(row) != ROW + len(training.metrics) for row in training.rows):
            raise FormatError("the checkpoint says of some steps more than of others")
        for state in (saved["order"], saved["generators"][0]):
            if state is not None:  # the first is set to be looked at: it is needed when the epoch goes on
                training.rng.bit_generator.state = state
        training.state.rows[1:] = self.moments
        training.state.steps = saved["optimizer_steps"]
        for place, callback in enumerate(training.callbacks):
            callback.restore(self.kept.get(str(place)))
        return training


def resume(
    path: str | Path,
    train: Any,
    *,
    batch_size: int = 32,
    batches: Callable[..., Any] = batches,
    augment: dict[str, float] | None = None,
    **settings: Any,
) -> Fitted:
    """Resume the training whose `Checkpoint` is in the file `path`; the other arguments are those of `fit`

    Raises
    ------
    DataError
        If there is no such file, or what is given differs from what training began with.
    """
    saved = load_checkpoint(path)
    epochs = Epochs(train, batch_size, batches, augment or {})
    return fitted(saved.restore(Training(saved.model, epochs, **settings)).run())


def save_checkpoint(path: Path, training: Training, data: str, about: dict[str, Any]) -> None:
    """Write a training as it stands between two steps; DataError if the file cannot be written."""
    kept = {str(place): callback.kept() for place, callback in enumerate(training.callbacks)}
    whole = {"model": training.model, "kept": {place: each for place, each in kept.items() if each is not None}}
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "whole": tree.describe(whole),
        "training": {name: getattr(training, name) for name in PLACE}
        | {
            "settings": _settings(training),
            "generators": [training.rng.bit_generator.state],
            "optimizer_steps": training.state.steps,
            "data": data,
        },
        "machine": machine(),
        "about": about,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)  # it may have been removed meanwhile
    except OSError as mistake:
        raise DataError(f"{path} cannot be written: {mistake.strerror or mistake}") from None
    write_archive(path, manifest, dict(tree.distinct(whole)) | {"moments": training.state.rows[1:]})


def load_checkpoint(path: str | Path) -> SavedTraining:
    """The training of a file that `Checkpoint` wrote; DataError or FormatError if there is no whole one"""

    def build(manifest: dict[str, Any], arrays: dict[str, Any]) -> SavedTraining:
        if manifest["format"] != FORMAT or manifest["version"] != VERSION:
            raise FormatError("it is no checkpoint of a training, or one of another version")
        moments = arrays.pop("moments")
        whole, here = tree.rebuild(manifest["whole"], arrays, KINDS), machine()
        differences = [
            f"{name} {manifest['machine'].get(name)}, and here {found}"
            for name, found in here.items()
            if manifest["machine"].get(name) != found
        ]
        return SavedTraining(
            whole["model"], manifest["about"], differences, manifest["training"], whole["kept"], moments
        )

    return read_archive(path, build)


def machine() -> dict[str, Any]:
    """The versions and settings that the bits of a result depend on."""
    from threadpoolctl import threadpool_info

    blas = [each for each in threadpool_info() if each["user_api"] == "blas"]
    return {
        "mmdl": __version__,
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "processor": platform.machine(),
        "BLAS": [f"{each['internal_api']} {each['version']}" for each in blas],
        "BLAS kernels": [each.get("architecture") for each in blas],
        "BLAS threads": [each["num_threads"] for each in blas],
    }


def fingerprint(training: Training) -> str:
    """SHA-256 of all arrays that the training learns from."""
    digest = hashlib.sha256()
    for path, array in tree.leaves(getattr(training.batches, "examples", training.batches)):
        digest.update(f"{path} {array.dtype.str} {array.shape}".encode())
        digest.update(repr(array.tolist()).encode() if array.dtype.hasobject else np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _settings(training: Training) -> dict[str, Any]:
    optimizer = f"{type(training.optimizer).__name__} {vars(training.optimizer)}"
    batches = {name: getattr(training.batches, name, None) for name in ("batch_size", "settings")}
    return {"optimizer": optimizer} | batches | {name: getattr(training, name) for name in SETTINGS}


def _say(stream: IO[str] | None, sentence: str) -> None:
    try:
        if stream is not None:
            print(sentence, file=stream, flush=True)
    except (OSError, ValueError):  # the stream is closed
        return
