"""Every bug can be exposed, a right name wins, and whatever the player types is answered."""

from dataclasses import replace

import pytest

from mmdl.check.duel import OPS, Duel
from mmdl.check.library import WRONG
from mmdl.cli import main
from mmdl.errors import DataError

GAMES = [(of, mistake.name) for of in OPS for mistake in WRONG[of]]
PROBES = (
    {"lengths": {"N": 3, "D": 4}},
    {"lengths": {"R": 5, "C": 6, "I": 3}, "settings": {"stride": 2}},
    {"lengths": {"R": 5, "C": 6}, "settings": {"window": 3, "stride": 1}},
    {"lengths": {"T": 4, "M": 3, "K": 3}},
    {"settings": {"heads": 2}},
    {"kind": "extreme"},
    {"kind": "ties", "lengths": {"R": 6, "C": 6, "N": 6, "T": 6}},
    {"kind": "nothing"},
    {"lengths": {"T": 6}, "settings": {"length": 3, "hop": 2}},
    {"lengths": {"I": 5}},
    {"lengths": {"M": 3}},
    {"lengths": {"R": 5}},
    {"lengths": {"R": 3}},
    {"settings": {"step": 3}},
)


def duel_with(of, name):
    duel = Duel(of, seed=0)
    duel.hidden = next(mistake for mistake in duel.suspects if mistake.name == name)
    return duel


@pytest.mark.parametrize(("of", "name"), GAMES)
def test_every_bug_can_be_exposed(of, name):
    duel = duel_with(of, name)
    for probe in PROBES * 30:
        letters = {"lengths": {}} | probe
        try:
            duel.probe(**letters)
        except DataError:  # this function has no such letter or setting
            known = dict.fromkeys(letters["lengths"])
            duel.probe(**letters | {"lengths": {}, "settings": {}}) if known else None
        if duel.exposed:
            break
    assert duel.exposed


def test_the_right_function_is_never_exposed():
    duel = Duel("affine_backward", seed=0)
    duel.hidden = replace(duel.hidden, function=duel.exercise.reference)
    for examples in range(1, 6):
        assert not duel.probe({"N": examples}).exposes
    assert not duel.exposed


def test_cost_and_the_same_seed():
    first, second = Duel("affine_backward", 5), Duel("affine_backward", 5)
    assert first.hidden is second.hidden
    probe = first.probe({"N": 1, "D": 2, "K": 3}, "ones")
    assert probe.cost == first.cost == 3 + 2 + 6
    assert (probe.arguments["dy"] == 1).all()


@pytest.fixture
def player(monkeypatch):
    def play(*lines):
        waiting = iter(lines)

        def typed(prompt):
            for line in waiting:
                return line
            raise EOFError

        monkeypatch.setattr("builtins.input", typed)

    return play


def test_a_game_that_is_won(player, capsys):
    number = [mistake.name for mistake in WRONG["affine_backward"]].index(Duel("affine_backward", 3).hidden.name) + 1
    wrong = number % len(WRONG["affine_backward"]) + 1
    player("suspects", "N=3 D=2 K=4", f"it is {wrong}", f"it is {number}")
    assert main(["duel", "affine_backward", "--seed", "3"]) == 0
    told = capsys.readouterr().out
    assert (
        "is wrong" in told and "No, that is not it." in told and "Yes, at try 2, with 1 probes and 26 numbers." in told
    )


def test_a_game_that_is_lost(player, capsys):
    player("dy=one")
    assert main(["duel", "softmax_backward", "--seed", "1"]) == 1
    assert f"It was {Duel('softmax_backward', 1).hidden.name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("foo", "foo is no probe."),
        ("N=0", "N=0: a letter has a length of at least 1, such as N=2"),
        ("Z=2", "softmax has no Z; its letters are K, N"),
        ("stride=2", "softmax has no stride; its letters are K, N"),
        ("N=9999", "numbers; 5000 must do"),
        ("it is x", "Name a suspect by its number"),
        ("it is 99", "the suspects are 1 to 4, not 99"),
        ("", "A probe, such as"),
    ],
)
def test_whatever_is_typed_is_answered(line, sentence, player, capsys):
    player(line, "give up")
    assert main(["duel", "softmax", "--seed", "0"]) == 1
    assert sentence in capsys.readouterr().out


def test_a_function_without_a_library(capsys):
    assert main(["duel", "nothing"]) == 1
    assert "there is no duel over nothing; there is one over" in capsys.readouterr().err
