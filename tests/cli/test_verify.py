"""`mmdl verify`: a table, an exit code, and nothing left behind."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mmdl.cli import main
from mmdl.verify.catalogue import CATALOGUE


def test_a_row_for_every_op_asked_for(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["verify", "relu", "affine", "--examples", "3"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[0] == "op"
    assert [row.split()[0] for row in rows] == ["relu", "affine"]
    assert list(tmp_path.iterdir()) == []


def test_a_failing_op_is_described_in_words(capsys, monkeypatch):
    wrong = replace(CATALOGUE["tanh"], backward=lambda dy, y: dy * (1 - y))
    monkeypatch.setitem(CATALOGUE, "tanh", wrong)
    assert main(["verify", "tanh", "--examples", "20"]) == 1
    said = capsys.readouterr().out
    assert "tanh fails backward_is_gradient: dx" in said
    assert "smallest case: x" in said


def test_as_json(capsys, monkeypatch):
    wrong = replace(CATALOGUE["tanh"], backward=lambda dy, y: dy * np.nan)
    monkeypatch.setitem(CATALOGUE, "tanh", wrong)
    assert main(["verify", "relu", "tanh", "--examples", "3", "--json"]) == 1
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    relu, tanh = found["ops"]
    assert found["schema"] == 1 and not found["passed"] and (relu["op"], tanh["op"]) == ("relu", "tanh")
    assert relu["passed"] and not relu["failures"] and relu["formula_error"] < 1e-12
    assert not tanh["passed"] and "backward_is_gradient" in tanh["failures"]


def test_an_unknown_op_is_told_the_known_ones(complaint):
    code, sentence = complaint("verify", "affine", "guesswork")
    assert code == 1
    assert "guesswork" in sentence
    assert all(name in sentence for name in CATALOGUE)


@pytest.mark.parametrize("number", ["0", "-3", "few"])
def test_examples_is_a_whole_number(number, complaint):
    assert complaint("verify", "--examples", number)[0] == 2


def test_ctrl_c_prints_the_table_so_far(capsys, monkeypatch):
    def stop(**arguments):
        raise KeyboardInterrupt

    monkeypatch.setitem(CATALOGUE, "tanh", replace(CATALOGUE["tanh"], forward=stop))
    assert main(["verify", "relu", "tanh", "--examples", "3"]) == 130
    captured = capsys.readouterr()
    assert [line.split()[0] for line in captured.out.splitlines()] == ["op", "relu"]
    assert captured.err == "mmdl: interrupted\n"
