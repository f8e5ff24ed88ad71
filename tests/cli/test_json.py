"""--json: one strict object on stdout, or nothing at all if the command fails."""

import argparse
import json

import pytest

from mmdl.cli import main, parser

RUNS = {  # what each command that has --json takes, for it to succeed
    "train": ["--data", "interactions", "--fusion", "sum", "--epochs", "1", "--out", "new"],
    "predict": ["RUN", "--text", "ARROW"],
    "evaluate": ["RUN", "--out", "confusion.png"],
    "progress": [],
    "check": ["00_one_number.py"],
}
FAILURES = {
    "train": ["--data", "missing.csv"],
    "predict": ["missing.npz", "--text", "A"],
    "evaluate": ["missing.npz"],
    "search": ["missing.npz", "A"],
    "compare": ["--data", "missing.csv"],
    "data": ["info", "missing"],
    "verify": ["missing"],
    "lesson": ["missing"],
    "progress": ["missing"],
    "check": ["missing.py"],
}


def commands_with_json():
    [subparsers] = [each for each in parser()._actions if isinstance(each, argparse._SubParsersAction)]
    return {name for name, each in subparsers.choices.items() if "--json" in each._option_string_actions}


def refuse(constant):
    raise AssertionError(f"{constant} is no JSON")


def test_every_command_is_tried():
    elsewhere = {"search", "compare", "data", "verify", "lesson"}  # in the tests of these
    assert commands_with_json() == {*FAILURES} == {*RUNS} | elsewhere


@pytest.mark.parametrize("name", RUNS)
def test_it_is_one_object(name, finished_run, request, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    if name == "evaluate":
        request.getfixturevalue("few")
    if name == "check":
        assert main(["check", "--new", "0"]) == 0
        capsys.readouterr()
    main([name, *(str(finished_run) if each == "RUN" else each for each in RUNS[name]), "--json"])
    assert isinstance(json.loads(capsys.readouterr().out, parse_constant=refuse), dict)


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_prints_none(name, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([name, *FAILURES[name], "--json"]) in (1, 2)
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("mmdl: ") and said.err.count("\n") == 1
