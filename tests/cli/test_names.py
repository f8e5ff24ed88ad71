"""Names from a file of somebody else: no terminal obeys them, and no figure takes them for mark-up."""

import csv

import pytest

from mmdl.cli import main

CLASSES = ["$_$", "\x1b[31mred\x1b[0m", "$$\\frac", "中文", "a\nb"]


@pytest.fixture
def table(tmp_path):
    with (tmp_path / "my.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["$title$", "kind"])
        writer.writerows([f"{name} $x_{n}$ \x1b]0;owned\x07", name] for n in range(6) for name in CLASSES)
        writer.writerow(["\x1b[2J", "rare\x1b[2J"])
    return tmp_path / "my.csv"


@pytest.mark.filterwarnings("ignore:no font that is installed here")
def test_nothing_that_a_terminal_obeys_is_printed_and_every_figure_is_drawn(table, tmp_path, capsys):
    columns = ["--text", "$title$", "--label", "kind", "--fusion", "attention", "--epochs", "1"]
    run = str(tmp_path / "run")
    assert main(["train", "--data", str(table), *columns, "--width", "8", "--out", run]) == 0
    assert {each.name for each in (tmp_path / "run").glob("*.png")} == {"confusion.png", "history.png"}
    assert main(["evaluate", run, "--data", str(table)]) == 0
    assert main(["predict", run, "--text", "$_$ \x1b[2J"]) == 0
    assert main(["predict", run, "--data", str(table), "--out", str(tmp_path / "out.csv")]) == 0
    assert main(["plot", "confusion", run, "--data", str(table)]) == 0
    said = capsys.readouterr()
    for stream in said:
        assert all(letter.isprintable() or letter == "\n" for letter in stream)
    assert "\\x1b[31mred" in said.out and "中文" in said.out and "a\\nb" in said.out
    assert "rare\\x1b[2J" in said.err
