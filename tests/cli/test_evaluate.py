"""`mmdl evaluate` and `mmdl predict --data`: a trained model and whole tables, labelled or not."""

import csv
import json

import numpy as np
import pytest

from mmdl.cli import main
from mmdl.training import load
from tests.cli.test_own_data import COLUMNS, make


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A table, and the folder of a training on all of it; tests leave both as they are."""
    table = make(tmp_path_factory.mktemp("own") / "folder")
    run = table.parent.parent / "run"
    assert main(["train", "--data", str(table), *COLUMNS, "--epochs", "2", "--out", str(run), "--json"]) == 0
    return table, run


def more(table, *rows, header="photo,title,clip,width,height,kind"):
    """Another table beside the first, whose files it names."""
    path = table.with_name("more.csv")
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


ROWS = ("0.png,night,0.wav,0,0,dark", "1.png,day,1.wav,1,0,light", "3.png,bright,3.wav,1,1,light")


def evaluated(capsys, *arguments):
    assert main(["evaluate", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_on_its_own_test_set_it_says_what_training_said(own, capsys, tmp_path):
    table, run = own
    found = evaluated(capsys, run, "--out", tmp_path / "own.png")
    assert found["examples"] == 4 and (tmp_path / "own.png").is_file()
    assert main(["train", "--data", str(table), *COLUMNS, "--epochs", "2", "--out", str(tmp_path / "b"), "--json"]) == 0
    assert found["accuracy"] == json.loads(capsys.readouterr().out)["accuracy"]


def test_a_labelled_table(own, capsys, tmp_path):
    table, run = own
    found = evaluated(capsys, run, "--data", more(table, *ROWS), "--out", tmp_path / "more.png")
    assert found["examples"] == 3 and len(found["accuracy"]) == 15
    assert {name: row["support"] for name, row in found["classes"].items()} == {"dark": 1, "light": 2}
    model, _ = load(run / "model.npz")
    said = model.predict(
        image=[str(table.with_name(f"{n}.png")) for n in (0, 1, 3)],
        text=["night", "day", "bright"],
        audio=[str(table.with_name(f"{n}.wav")) for n in (0, 1, 3)],
        numbers=[[0, 0], [1, 0], [1, 1]],
    )
    right = np.mean([a == b for a, b in zip(said, ("dark", "light", "light"), strict=True)])
    assert found["accuracy"]["all"] == pytest.approx(right)


def test_words_for_a_reader(own, capsys, tmp_path):
    table, run = own
    path = more(table, *ROWS, "2.png,night,2.wav,0,0,purple", "gone.png,,,,,dark")
    assert main(["evaluate", str(run), "--data", str(path), "--out", str(tmp_path / "it.png")]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("3 examples; right\n  with all there is")
    assert "class  precision  recall     F1  examples" in said.out and "calibration error" in said.out
    assert all(len(line) <= 80 for line in said.out.splitlines() if not line.startswith("written to"))
    assert "mmdl: classes that the model does not know, and their rows: 'purple' (1)" in said.err
    assert "line 6, photo: there is no picture" in said.err


def test_columns_of_other_names_and_fewer_of_them(own, capsys, tmp_path):
    table, run = own
    path = more(table, "night,dark", "day,light", header="words,what")
    found = evaluated(capsys, run, "--data", path, "--text", "words", "--label", "what", "--out", tmp_path / "x.png")
    assert list(found["accuracy"]) == ["all"] and found["examples"] == 2


def test_predictions_of_a_table(own, capsys, tmp_path):
    table, run = own
    path = more(table, *ROWS, "gone.png,,,,,")
    out = tmp_path / "answers.csv"
    assert main(["predict", str(run), "--data", str(path), "--out", str(out), "--probabilities"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("3 rows: ") and said.out.endswith(f"written to {out}\n")
    assert "line 5, photo: there is no picture" in said.err
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["line"] for row in rows] == ["2", "3", "4"]
    for row in rows:
        assert float(row[row["class"]]) == float(row["probability"]) == max(float(row["dark"]), float(row["light"]))
        assert float(row["dark"]) + float(row["light"]) == pytest.approx(1, abs=2e-6)


def test_a_model_of_built_in_data_needs_to_be_told_the_columns(finished_run, complaint, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("name\nSMALL LETTER A\n", encoding="utf-8")
    code, sentence = complaint("predict", finished_run, "--data", path)
    assert code == 1
    assert sentence == "the model was not trained on a CSV file: name the columns that it takes (--image, --text)"
    out = tmp_path / "out.csv"
    assert main(["predict", str(finished_run), "--data", str(path), "--text", "name", "--out", str(out)]) == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ["predict", "RUN", "--image", "a", "--image", "b"],
            2,
            "--image is given twice, and a question has one of each",
        ),
        (["predict", "RUN", "--text", "a", "--out", "b.csv"], 2, "--out and --probabilities are for the answers to a"),
        (["predict", "RUN", "--data", "none.csv"], 1, "none.csv cannot be read"),
        (["predict", "RUN", "--data", "none.csv", "--json"], 2, "--json is for one question"),
        (["predict", "RUN", "--numbers", "one"], 2, "--numbers: numbers such as 1.5,2 are needed, not one"),
        (["evaluate", "RUN", "--text", "words"], 2, "columns are those of a CSV file: --data is needed"),
        (["evaluate", "RUN", "--data", "none.csv"], 1, "none.csv cannot be read"),
        (["evaluate", "nothing"], 1, "nothing cannot be read"),
    ],
)
def test_bad_input_is_one_sentence(own, complaint, arguments, code, sentence):
    _, run = own
    found = complaint(*[run if each == "RUN" else each for each in arguments])
    assert found[0] == code and found[1].startswith(sentence)
