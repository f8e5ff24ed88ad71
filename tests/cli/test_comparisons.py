"""The folder of a comparison in a stranger's hands: every file is what was written, or named in a sentence."""

import copy
import json
import os
import shutil
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmdl.cli.comparison_table import as_csv, as_text
from mmdl.cli.comparisons import claim, finished, keep
from mmdl.errors import DataError, FormatError
from mmdl.training.comparison import Run
from mmdl.training.summary import gather

BOTH = ("first", "second")
RUNS = [
    Run(name, fusion, modalities, seed)
    for seed in (0, 1)
    for name, fusion, modalities in (("first alone", "concatenate", BOTH[:1]), ("sum", "sum", BOTH))
]
LEVELS = {name: [0, 0.5, 1.0, None] for name in BOTH}
ALONE = {
    "parameters": 1000,
    "milliseconds": 2.5,
    "nothing": 0.25,
    "subsets": {"first": {"loss": 0.7, "accuracy": 0.75}},
}
FUSED = ALONE | {
    "subsets": {name: {"loss": 0.5, "accuracy": 0.75} for name in ("first", "second", "first+second")},
    "contribution": {"first": -0.25, "second": 0.75},
    "noise": {name: {"levels": levels, "accuracy": [0.75, 0.7, 0.6, 0]} for name, levels in LEVELS.items()},
}
SETTINGS = {"data": "interactions", "options": {}, "fusions": ["sum"], "seeds": 2, "examples": None, "patience": None}
STRANGE = [None, True, 0, -1, 0.5, 2, 1e308, -1e308, 10**400, "", "x", [], [None], [[]], {}]


def right(run):
    return copy.deepcopy(FUSED if len(run.modalities) > 1 else ALONE)


@pytest.fixture
def folder(tmp_path):
    """A comparison in which all runs are done."""
    claim(tmp_path / "xor", SETTINGS)
    for run in RUNS:
        keep(tmp_path / "xor", run, right(run))
    return tmp_path / "xor"


def tables(folder):
    """What `mmdl compare` prints of the runs that are there."""
    found = finished(folder, RUNS, LEVELS)
    rows = gather((run, found[run]) for run in RUNS)
    return as_text(rows, {}) + as_csv(rows, {})


def places(value, here=()):
    yield here
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*here, key))


def edited(value, place, kind, strange):
    """The same value but for one place: something else stands there, nothing, or one more."""
    if not place:
        return strange
    value = copy.deepcopy(value)
    *above, last = place
    parent = value
    for key in above:
        parent = parent[key]
    if kind == "other":
        parent[last] = strange
    elif kind == "none":
        del parent[last]
    elif isinstance(parent, list):
        parent.insert(last, strange)
    else:
        parent["more"] = strange
    return value


@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_an_edited_run_is_refused_or_told(folder, data):
    run = data.draw(st.sampled_from(RUNS))
    other = data.draw(st.sampled_from([*places(right(run))]))
    kind = data.draw(st.sampled_from(["other", "none", "more"]))
    edit = edited(right(run), other, kind, copy.deepcopy(data.draw(st.sampled_from(STRANGE))))
    path = folder / "runs" / f"{run.model.replace(' ', '-')}-{run.seed}.json"
    kept = path.read_bytes()
    path.write_text(json.dumps(edit))
    try:
        with warnings.catch_warnings(action="error"):
            told = tables(folder)
        assert {*edit} == {*right(run)} and "nan,2" not in told and "inf" not in told
    except FormatError as refusal:
        assert str(refusal) == f"{path} is not as a comparison writes it; without it that part would be done again"
    finally:
        path.write_bytes(kept)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("parameters",), 10**400),  # no float is as large
        (("parameters",), 0.5),
        (("nothing",), -1),
        (("milliseconds",), 1e308),  # whose square no float is
        (("subsets", "first", "accuracy"), 1.5),
        (("subsets", "second", "loss"), 1e300),
        (("contribution", "first"), -1.5),
        (("noise", "first"), {"levels": [], "accuracy": []}),  # with no last level
        (("noise", "first"), {"levels": [0, None], "accuracy": [0.5, 0]}),  # not those of the other runs
        (("noise", "first", "accuracy"), "0.75"),
        (("noise",), [*BOTH]),
    ],
)
def test_a_number_that_no_run_finds_is_refused(folder, place, value):
    (folder / "runs" / "sum-1.json").write_text(json.dumps(edited(FUSED, place, "other", value)))
    with pytest.raises(FormatError, match=r"sum-1\.json is not as a comparison writes it; without it"):
        tables(folder)


def test_numbers_at_their_ends_are_told(folder):
    ends = FUSED | {"nothing": 1, "milliseconds": 0, "contribution": {"first": -1, "second": 1 + 1e-15}}
    worst, best = {"loss": 3.4e38, "accuracy": 0}, {"loss": 0, "accuracy": 1}
    ends["subsets"] = FUSED["subsets"] | {"first": worst, "second": best}
    keep(folder, RUNS[1], ends)
    assert finished(folder, RUNS, LEVELS)[RUNS[1]] == ends
    assert "sum" in tables(folder)


DAMAGED = {
    "cut short": b"{",
    "empty": b"",
    "no object": b"[1, 2]",
    "a list of the right names": b'["data", "fusions", "seeds"]',
    "a text": b'"datafusionsseeds"',
    "of another program": b'{"editor.fontSize": 12, "files.exclude": {}}',
    "NaN": b'{"data": NaN, "fusions": [], "seeds": 2}',
    "an infinity": b'{"data": 1e999, "fusions": [], "seeds": 2}',
    "deep": b"[" * 100_000,
    "deep and whole": b'{"data": ' + b"[" * 400 + b"]" * 400 + b', "fusions": [], "seeds": 2}',
    "a name twice": b'{"data": 1, "data": 2, "fusions": [], "seeds": 2}',
    "no text": b'{"data": "\xff", "fusions": [], "seeds": 2}',
    "huge": b'{"data": 1, "fusions": [], "seeds": 2}' + b" " * (1 << 20),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("name", ["settings.json", "runs/sum-0.json"])
def test_a_damaged_file_is_named_and_stays(folder, name, content):
    (folder / name).write_bytes(content)
    with pytest.raises(FormatError, match=f"{name} is not as a comparison writes it; "):
        claim(folder, SETTINGS)
        finished(folder, RUNS, LEVELS)
    assert (folder / name).read_bytes() == content


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
@pytest.mark.parametrize("name", ["settings.json", "runs/sum-0.json"])
def test_what_is_no_file_is_named(folder, name, make):
    (folder / name).unlink()
    make(folder / name)
    with pytest.raises(DataError, match=f"{name} cannot be read: "):
        claim(folder, SETTINGS)
        finished(folder, RUNS, LEVELS)


@pytest.mark.parametrize("name", ["settings.json", "runs/sum-0.json"])
def test_a_link_to_nothing_is_nothing(folder, name, tmp_path):
    (folder / name).unlink()
    (folder / name).symlink_to(tmp_path / "gone")
    if name == "settings.json":
        shutil.rmtree(folder / "runs")
    claim(folder, SETTINGS)
    assert RUNS[1] not in finished(folder, RUNS, LEVELS)
    keep(folder, RUNS[1], right(RUNS[1]))
    assert finished(folder, RUNS, LEVELS)[RUNS[1]] == FUSED and not (tmp_path / "gone").exists()


def test_runs_that_nobody_knows_the_settings_of_are_not_believed(folder):
    """They would stand in one table with runs of this recipe."""
    (folder / "settings.json").unlink()
    with pytest.raises(DataError, match=r"has runs, but no settings\.json says how they were made: give another --out"):
        claim(folder, SETTINGS | {"epochs": 7})
    assert not (folder / "settings.json").exists()


def test_settings_of_a_stranger_are_quoted_in_short(folder):
    (folder / "settings.json").write_text(json.dumps(SETTINGS | {"data": "\x1b[2J\n" * 10_000}))
    with pytest.raises(DataError, match="was started with data ") as refusal:
        claim(folder, SETTINGS)
    assert str(refusal.value).isprintable() and len(str(refusal.value)) < 600
