"""The folder of a comparison: its settings, and a file for each run that is finished."""

from functools import partial
from itertools import chain, combinations
from pathlib import Path

from mmdl import strict_json
from mmdl.cli.runs import write_json
from mmdl.errors import DataError, FormatError

SETTINGS, RUNS = "settings.json", "runs"
LARGEST = 3.5e38  # that a float32 holds, in which losses are computed
ROUNDING = 1e-6


def claim(folder, settings):
    """Begin a comparison in a folder, or go on with the one that is there

    Raises
    ------
    DataError
        If the one that is there was started with other settings, which it names, or nobody knows with which.
    """
    from mmdl.training.archive import short

    file = Path(folder) / SETTINGS
    try:
        (file.parent / RUNS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot write into {folder}: {error.strerror}") from None
    settings = strict_json.plain(settings)
    if not file.exists():
        if any((file.parent / RUNS).glob("*.json")):
            raise DataError(f"{folder} has runs, but no {SETTINGS} says how they were made: give another --out")
        write_json(file, settings)
        return
    before = _read(file, lambda content: {"data", "fusions", "seeds"} <= {*content}, "give another --out")
    differing = [name for name in before | settings if before.get(name) != settings.get(name)]
    if differing:
        told = ", ".join(
            f"{_words(name)} {_value(before, name)} and not {_value(settings, name)}" for name in differing
        )
        raise DataError(f"the comparison in {folder} was started with {short(told)}: give it that, or another --out")


def finished(folder, runs, levels):
    """What the runs that are done have found.  levels: as `noise_levels` has them -> dict of Run to dict"""
    files = {run: _file(folder, run) for run in runs}
    advice = "without it that part would be done again"
    return {run: _read(file, partial(is_of, run, levels), advice) for run, file in files.items() if file.exists()}


def keep(folder, run, found):
    """Write what a run has found."""
    write_json(_file(folder, run), found)


def _file(folder, run):
    return Path(folder) / RUNS / f"{run.model.replace(' ', '-')}-{run.seed}.json"


def is_of(run, levels, found):
    """Whether this is what a run can find, as `run_one` says: the same names, and numbers in their ranges."""
    alone = len(run.modalities) == 1
    names = {"parameters", "milliseconds", "subsets", "nothing"} | (set() if alone else {"contribution", "noise"})
    subsets, contribution, noise = found["subsets"], found.get("contribution", {}), found.get("noise", {})
    return (
        {*found} == names
        and {*subsets} == {"+".join(each) for each in _subsets(run.modalities)}
        and {*contribution} == {*noise} == (set() if alone else {*run.modalities})
        and isinstance(found["parameters"], int)
        and all(_lies(found[name], 0, LARGEST) for name in ("parameters", "milliseconds"))
        and _lies(found["nothing"], 0, 1)
        and all({*each} == {"loss", "accuracy"} for each in subsets.values())
        and all(_lies(each["loss"], 0, LARGEST) and _lies(each["accuracy"], 0, 1) for each in subsets.values())
        and all(_lies(each, -1, 1) for each in contribution.values())
        and all(_is_curve(curve, levels[name]) for name, curve in noise.items())
    )


def _subsets(names):
    return chain.from_iterable(combinations(names, size) for size in range(1, len(names) + 1))


def _lies(value, lowest, highest):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and lowest - ROUNDING <= value <= highest + ROUNDING


def _is_curve(curve, levels):
    accuracy = curve["accuracy"]
    same = {*curve} == {"levels", "accuracy"} and curve["levels"] == levels and len(accuracy) == len(levels)
    return same and all(_lies(each, 0, 1) for each in accuracy)


def _read(file, fits, advice):
    """What a file holds, if it fits."""
    try:
        content = strict_json.read(file)
        if isinstance(content, dict) and fits(content):
            return content
    except (FormatError, LookupError, TypeError, AttributeError):  # where something else stands than what is asked for
        pass
    raise FormatError(f"{file} is not as a comparison writes it; {advice}")


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
