"""The folder of a comparison: its settings, and a file for each run that is finished."""

import json
from pathlib import Path

from mmdl.cli.runs import write_json
from mmdl.errors import DataError, FormatError

SETTINGS, RUNS = "settings.json", "runs"


def claim(folder, settings):
    """Begin a comparison in a folder, or go on with the one that is there

    Raises
    ------
    DataError
        If the one that is there was started with other settings; it names those that differ.
    """
    file = Path(folder) / SETTINGS
    try:
        (file.parent / RUNS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot write into {folder}: {error.strerror}") from None
    settings = json.loads(json.dumps(settings))  # as they come back from a file
    if not file.exists():
        write_json(file, settings)
        return
    before = _read(file)
    differing = [name for name in before | settings if before.get(name) != settings.get(name)]
    if differing:
        told = ", ".join(
            f"{_words(name)} {_value(before, name)} and not {_value(settings, name)}" for name in differing
        )
        raise DataError(f"the comparison in {folder} was started with {told}: give it that, or another --out")


def finished(folder, runs):
    """What the runs that are done have found.  -> dict of Run to dict"""
    return {run: _read(_file(folder, run)) for run in runs if _file(folder, run).exists()}


def keep(folder, run, found):
    """Write what a run has found."""
    write_json(_file(folder, run), found)


def _file(folder, run):
    return Path(folder) / RUNS / f"{run.model.replace(' ', '-')}-{run.seed}.json"


def _read(file):
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise FormatError(
            f"{file} is not as a comparison writes it; without it that part would be done again"
        ) from None


def _words(name):
    return name.replace("_", " ")


def _value(settings, name):
    """A setting for a reader."""
    value = settings.get(name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        value = [f"{key} {each}" for key, each in value.items()]
    return ",".join(value) if isinstance(value, list) and value else str(value or "none")
