"""The README keeps its word: its commands exist, its loop runs, and its test command is the one that CI runs."""

import re
import shlex
from pathlib import Path

import numpy as np

from mmdl import data, tree
from mmdl.cli import parser
from mmdl.fusion import FUSIONS
from mmdl.models import multimodal_classifier
from mmdl.training import SGD, fit

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTING_UP = "python3 -m venv .venv && .venv/bin/pip install --editable "


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_two_commands_are_complete():
    train, test, *_ = blocks("sh")
    assert train == f"{SETTING_UP}. && .venv/bin/mmdl train\n"
    assert test == f"{SETTING_UP}'.[test,parity,mpi,cluster]' && .venv/bin/pytest -n 2\n"


def test_ci_runs_the_test_command():
    _, test, *_ = blocks("sh")
    assert test in (ROOT / ".ci" / "run").read_text().splitlines(keepends=True)


def test_every_command_can_be_parsed():
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("mmdl ")]
    commands = [shlex.split(line, comments=True)[1:] for line in lines]
    assert {arguments[0] for arguments in commands} >= {"train", "predict", "plot", "verify", "check"}
    for arguments in commands:
        parser().parse_args(arguments)


def test_it_counts_the_fusions():
    assert f"[{len(FUSIONS)} fusions](mmdl/fusion)" in README


def test_every_path_exists():
    for path in re.findall(r"`(?:mmdl/|lessons/)[\w/.]*`", README):
        assert (ROOT / path.strip("`")).exists(), path


def test_ten_lines_do_what_fit_does(monkeypatch, few_glyphs, capsys):
    glyphs = few_glyphs("glyphs")
    few = glyphs.train.select(slice(0, None, 12))
    small = data.Dataset(glyphs.name, glyphs.classes, few, few, few, glyphs.preprocessors, glyphs.augment)
    monkeypatch.setattr(data, "load", lambda name: small)
    [code] = blocks("python")
    lines = [line for line in code.splitlines() if line and "import" not in line]
    assert len(lines) == 10

    names = {}
    exec(code, names)
    assert capsys.readouterr().out.strip("[']\n") in glyphs.classes

    rng = np.random.default_rng(0)
    start = multimodal_classifier(rng, small)
    fitted = fit(start, few, optimizer=SGD(0.1), epochs=2, rng=rng, batch_size=32, augment=glyphs.augment)
    assert tree.equal(names["model"], fitted.model)
