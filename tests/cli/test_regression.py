"""Numbers from a CSV file: learned, measured, predicted and drawn from the command line."""

import csv
import json

import numpy as np
import pytest

from mmdl.cli import main
from mmdl.training import load

COLUMNS = ["--text", "title", "--numbers", "size", "--label", "price"]
TRAIN = ["--fusion", "concatenate", "--width", "16", "--epochs", "12"]


def write(path, rows, **form):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, **form).writerows(rows)


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    """A semicolon table with thousands and decimal commas, and the folder of a training on it."""
    folder = tmp_path_factory.mktemp("homes")
    rng = np.random.default_rng(0)
    rows = [["title", "size", "price"]]
    for n in range(240):
        size, new = rng.uniform(20, 200), n % 2
        price = f"{1000 * size * (1 + new):,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
        rows.append([("alt", "neu")[new], f"{size:.1f}".replace(".", ","), price])
    rows[7][2] = "auf Anfrage"
    write(folder / "homes.csv", rows, delimiter=";")
    table, run = folder / "homes.csv", folder / "run"
    arguments = ["train", "--data", str(table), *COLUMNS, "--task", "regression", *TRAIN]
    assert main([*arguments, "--out", str(run), "--json"]) == 0
    return table, run


def test_trained(homes):
    _, run = homes
    assert {file.name for file in run.iterdir()} >= {"model.npz", "history.png", "regression.png"}
    model, extras = load(run / "model.npz")
    assert model.scale.names == ("price",) and 100_000 < model.scale.mean[0] < 250_000
    assert extras["options"]["task"] == "regression"


def test_evaluated_and_drawn(homes, capsys):
    table, run = homes
    for arguments in ([], ["--data", str(table)]):
        assert main(["evaluate", str(run), *arguments, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["regression"]["all"]["r2"] > 0.8 > found["regression"]["text"]["r2"]
    assert found["examples"] == 239  # one has no price
    assert main(["evaluate", str(run)]) == 0 and "R²" in capsys.readouterr().out
    assert main(["plot", "regression", str(run), "--out", str(run / "again.png")]) == 0
    capsys.readouterr()
    assert main(["plot", "confusion", str(run)]) == 1
    assert "it takes a classifier" in capsys.readouterr().err


def test_predicted(homes, capsys, tmp_path):
    _, run = homes
    assert main(["predict", str(run), "--text", "neu", "--numbers", "100", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["number"] == pytest.approx(200_000, rel=0.3)
    write(tmp_path / "new.csv", [["title", "size"], ["alt", "100,5"], ["neu", "100,5"]], delimiter=";")
    out = tmp_path / "answers.csv"
    assert main(["predict", str(run), "--data", str(tmp_path / "new.csv"), "--out", str(out)]) == 0
    with out.open(encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    assert names == ["line", "price"] and [row[0] for row in rows] == ["2", "3"]
    assert float(rows[0][1]) < float(rows[1][1])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--task", "regression", "--smoothing", "0.1"], "--smoothing is for classes, not for --task regression"),
        (["--task", "regression", "--objective", "write"], "--task is for classifiers, not for --objective write"),
        (["--task", "regression", "--fusion", "product-of-experts"], "it is not for regression"),
        ([], "--task regression predicts numbers, not classes"),  # every price is a class of its own
    ],
)
def test_one_sentence(homes, complaint, arguments, sentence, tmp_path):
    code, line = complaint("train", "--data", homes[0], *COLUMNS, *arguments, "--out", tmp_path / "run")
    assert code in (1, 2) and sentence in line
    assert not (tmp_path / "run").exists()


def test_no_numbers_at_all(complaint, tmp_path):
    write(tmp_path / "a.csv", [["title", "price"], *[["x", "dear"]] * 5])
    columns = ["--text", "title", "--label", "price", "--task", "regression"]
    code, line = complaint("train", "--data", tmp_path / "a.csv", *columns)
    assert code == 1 and "'dear' is no number" in line
    write(tmp_path / "a.csv", [["title", "price"], *[["x", "3"]] * 20])
    code, line = complaint("train", "--data", tmp_path / "a.csv", *columns)
    assert code == 1 and "price is 3 in every row for training, so there is nothing to learn" in line
