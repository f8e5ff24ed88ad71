"""The folder of a comparison: its settings, and a file for each run that is finished."""

import math
from functools import partial
from itertools import chain, combinations
from pathlib import Path

from mmdl import strict_json
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
    settings = strict_json.plain(settings)
    if not file.exists():
        write_json(file, settings)
        return
    before = _read(file, lambda content: isinstance(content, dict))
    differing = [name for name in before | settings if before.get(name) != settings.get(name)]
    if differing:
        told = ", ".join(
            f"{_words(name)} {_value(before, name)} and not {_value(settings, name)}" for name in differing
        )
        raise DataError(f"the comparison in {folder} was started with {told}: give it that, or another --out")


def finished(folder, runs):
    """What the runs that are done have found.  -> dict of Run to dict"""
    return {run: _read(file, partial(is_of, run)) for run in runs if (file := _file(folder, run)).exists()}


def keep(folder, run, found):
    """Write what a run has found."""
    write_json(_file(folder, run), found)


def _file(folder, run):
    return Path(folder) / RUNS / f"{run.model.replace(' ', '-')}-{run.seed}.json"


def is_of(run, found):
    """Whether this is what a run finds, as `run_one` says: the same names, and numbers that are finite."""
    alone = len(run.modalities) == 1
    names = {"parameters", "milliseconds", "subsets", "nothing"} | (set() if alone else {"contribution", "noise"})
    try:
        subsets, contribution, noise = found["subsets"], found.get("contribution", {}), found.get("noise", {})
        return (
            {*found} == names
            and {*subsets} == {"+".join(each) for each in _subsets(run.modalities)}
            and {*contribution} == {*noise} == (set() if alone else {*run.modalities})
            and all(map(_is_number, [found["parameters"], found["milliseconds"], found["nothing"]]))
            and all(_is_number(each[measure]) for each in subsets.values() for measure in ("loss", "accuracy"))
            and all(map(_is_number, contribution.values()))
            and all(map(_is_curve, noise.values()))
        )
    except (KeyError, TypeError, AttributeError):
        return False


def _subsets(names):
    return chain.from_iterable(combinations(names, size) for size in range(1, len(names) + 1))


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_curve(curve):
    levels, accuracy = curve["levels"], curve["accuracy"]
    clear = len(levels) == len(accuracy) and levels[-1] is None
    return clear and all(map(_is_number, [*levels[:-1], *accuracy]))


def _read(file, fits):
    try:
        content = strict_json.read(file)
        if fits(content):
            return content
    except FormatError:
        pass
    raise FormatError(f"{file} is not as a comparison writes it; without it that part would be done again")


def _words(name):
    return name.replace("_", " ")


def _value(settings, name):
    """A setting for a reader."""
    value = settings.get(name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        value = [f"{key} {each}" for key, each in value.items()]
    return ",".join(map(str, value)) if isinstance(value, list) and value else str(value or "none")
