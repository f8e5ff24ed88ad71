"""A trained model goes on learning from another table: with its own words, classes and statistics."""

import csv
import json

import numpy as np
import pytest

from mmdl import tree
from mmdl.cli import main, parser
from mmdl.cli.work import taken_over
from mmdl.training import load

QUICK = ["--epochs", "8", "--json"]


def table(path, pairs, count=12):
    """Rows of a title and its kind, `count` of each pair."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["title", "kind"], *(pair for pair in pairs for _ in range(count))])
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model that knows two red things and two blue ones."""
    folder = tmp_path_factory.mktemp("init")
    first = table(folder / "first.csv", [("red apple", "red"), ("blue sky", "blue")])
    arguments = ["--text", "title", "--label", "kind", "--fusion", "concatenate", "--width", "16"]
    assert main(["train", "--data", str(first), *arguments, *QUICK, "--out", str(folder / "run")]) == 0
    return folder / "run"


def test_it_goes_on_with_its_own_words_and_classes(trained, tmp_path, capsys):
    before, _ = load(trained / "model.npz")
    more = table(tmp_path / "more.csv", [("blue apple", "blue"), ("red sky", "red"), ("green tree", "green")])
    arguments = ["train", "--init", str(trained), "--data", str(more), "--epochs", "60", "--json"]
    assert main([*arguments, "--out", str(tmp_path / "run")]) == 0
    said = capsys.readouterr()
    assert "the model knows no class 'green': 12 rows" in said.err
    after, extras = load(tmp_path / "run" / "model.npz")
    assert after.classes == before.classes and after.preprocessors == before.preprocessors
    assert tree.describe(after) == tree.describe(before)
    assert json.loads(said.out)["accuracy"]["all"] == 1 and after.predict(text="red sky") == ["red"]
    assert extras["recipe"]["learning_rate"] == pytest.approx(
        load(trained / "model.npz")[1]["recipe"]["learning_rate"] / 3
    )
    assert main(["evaluate", str(tmp_path / "run"), "--json"]) == 0  # on the test rows of the new table
    assert json.loads(capsys.readouterr().out)["examples"] == 4
    assert main(["plot", "confusion", str(tmp_path / "run")]) == 0


def test_it_goes_on_with_the_same_built_in_data(tmp_path, capsys, complaint):
    run, more = str(tmp_path / "run"), str(tmp_path / "more")
    asked = ["--data", "interactions", "--redundant", "0.5", "--modalities", "first", "--width", "8"]
    assert main(["train", *asked, "--fusion", "sum", "--epochs", "1", "--json", "--out", run]) == 0
    before = json.loads(capsys.readouterr().out)["accuracy"]
    assert main(["train", "--init", run, "--epochs", "2", "--json", "--out", more]) == 0
    after = json.loads(capsys.readouterr().out)["accuracy"]
    assert list(before) == list(after) == ["all"] and after["all"] > before["all"] - 0.02
    assert load(f"{more}/model.npz")[1]["options"] == {"redundant": 0.5}
    assert main(["evaluate", more, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"]["all"] == pytest.approx(after["all"])
    for other in (["--data", "interactions"], ["--redundant", "0.9"]):
        code, line = complaint("train", "--init", run, *other, "--out", tmp_path / "other")
        assert code == 1 and line.endswith("--init goes on with the same data set, or with a CSV file")
        assert not (tmp_path / "other").exists()
    arguments = parser().parse_args(["train", "--init", run, "--data", "glyphs"])
    taken_over(arguments)
    assert arguments.data == "glyphs"  # the default of others, but asked for here


def test_it_is_resumed_with_the_same_bits(trained, tmp_path, capsys, monkeypatch):
    from mmdl.training.callbacks import StopOnSignal

    more = table(tmp_path / "more.csv", [("blue apple", "blue"), ("red sky", "red")])
    arguments = ["train", "--init", str(trained), "--data", str(more), *QUICK]
    assert main([*arguments, "--out", str(tmp_path / "whole")]) == 0
    with monkeypatch.context() as patch:
        step = StopOnSignal.step

        def stopped(self, training):
            step(self, training)
            training.interrupted = training.interrupted or training.epoch == 2

        patch.setattr(StopOnSignal, "step", stopped)
        assert main([*arguments, "--out", str(tmp_path / "stopped")]) == 130
    assert main(["train", "--resume", str(tmp_path / "stopped"), "--json"]) == 0
    [whole, stopped] = (load(tmp_path / name / "model.npz")[0] for name in ("whole", "stopped"))
    for (path, a), (_, b) in zip(tree.leaves(whole), tree.leaves(stopped), strict=True):
        np.testing.assert_array_equal(a, b, err_msg=path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fusion", "product"], "--fusion was settled when the model of --init was built: leave it out"),
        (["--width", "8"], "--width was settled when the model of --init was built: leave it out"),
        (["--text", "name"], "has no column 'name'"),
        (["--text", "kind", "--label", "title"], "the model knows no class 'blue apple'"),
    ],
)
def test_what_does_not_go_with_it_is_one_sentence(trained, tmp_path, complaint, arguments, sentence):
    more = table(tmp_path / "more.csv", [("blue apple", "blue"), ("red sky", "red")])
    code, line = complaint("train", "--init", trained, "--data", more, *arguments, "--out", tmp_path / "run")
    assert code in (1, 2) and sentence in line
    assert not (tmp_path / "run").exists()


def test_a_text_cnn_goes_on_at_a_third_of_its_own_rate(tmp_path, capsys):
    pairs, runs = table(tmp_path / "pairs.csv", [("red apple", "red"), ("blue sky", "blue")]), []
    first = ["--data", str(pairs), "--text", "title", "--label", "kind", "--text-reader", "convolution"]
    for asked in (first, ["--init", str(tmp_path / "0")], ["--init", str(tmp_path / "1")]):
        runs.append(tmp_path / str(len(runs)))
        assert main(["train", *asked, "--epochs", "1", "--json", "--out", str(runs[-1])]) == 0
    found = [load(run / "model.npz")[1] for run in runs]
    assert [each["recipe"]["learning_rate"] for each in found] == [1e-3, 1e-3 / 3, 1e-3 / 3]
    assert all(each["built"] == {"text_reader": "convolution"} for each in found)
    assert all(each["fusion"] == "concatenate" for each in found)


def test_models_that_write_or_match_do_not_go_on(tmp_path, complaint, capsys):
    pairs = table(tmp_path / "pairs.csv", [("red apple", "rot"), ("blue sky", "blau")])
    asked = ["--data", str(pairs), "--text", "title", "--target", "kind", "--epochs", "1"]
    assert main(["train", "--objective", "write", *asked, "--json", "--out", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    code, line = complaint("train", "--init", tmp_path / "run")
    assert code == 1 and line.startswith("--init goes on with models of classes or numbers, and that of ")


def test_predictions_of_the_test_set_stand_beside_the_run_and_a_moved_table_is_drawn(trained, tmp_path, capsys):
    with (trained / "predictions.csv").open(encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    assert names == ["line", "truth", "prediction", "probability"] and len(rows) == 4
    assert all(row[1] in ("red", "blue") and row[2] in ("red", "blue") and 0 < float(row[3]) <= 1 for row in rows)
    moved = table(tmp_path / "moved.csv", [("red apple", "red"), ("blue sky", "blue")])
    out = tmp_path / "moved.png"
    assert main(["plot", "confusion", str(trained), "--data", str(moved), "--out", str(out)]) == 0
    assert out.is_file()
    assert main(["plot", "kernels", str(trained), "--data", str(moved)]) == 2
