"""`mmdl train --objective write` and what comes after it, on tables of one's own."""

import csv
import json

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from mmdl.cli import main
from mmdl.training import load

TENS, ONES = ("twenty", "thirty", "forty"), ("one", "two", "three", "four", "five")
ZEHNER, EINER = ("zwanzig", "dreissig", "vierzig"), ("ein", "zwei", "drei", "vier", "fuenf")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """A table of sentence pairs, and a run that learned a little from it; tests leave both as they are."""
    folder = tmp_path_factory.mktemp("pairs")
    rows = [f"{t} {o},{e}und{z}" for t, z in zip(TENS, ZEHNER, strict=True) for o, e in zip(ONES, EINER, strict=True)]
    table = folder / "pairs.csv"
    table.write_text("\n".join(["english,german", *(4 * rows)]) + "\n", encoding="utf-8")
    run = folder / "run"
    asked = ["--data", str(table), "--text", "english", "--target", "german", "--decoder", "lstm", "--epochs", "40"]
    assert main(["train", "--objective", "write", *asked, "--out", str(run), "--json"]) == 0
    return table, run


def test_the_run(pairs, capsys):
    _, run = pairs
    assert {file.name for file in run.iterdir()} >= {"model.npz", "history.json", "history.png", "alignment.png"}
    model, extras = load(run / "model.npz")
    assert type(model).__name__ == "Writer" and extras["decoder"] == "lstm" and extras["options"]["target"] == "german"


def test_what_it_writes_of_the_test_set_stands_beside_the_true_texts(pairs, capsys):
    table, run = pairs
    with (run / "predictions.csv").open(encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    assert names == ["line", "truth", "written", "probability"]
    lines = table.read_text(encoding="utf-8").splitlines()
    assert all(lines[int(line) - 1].endswith(f",{truth}") and 0 < float(p) <= 1 for line, truth, _, p in rows)
    assert main(["evaluate", str(run), "--json"]) == 0
    exact = json.loads(capsys.readouterr().out)["written"]["all"]["exact"]
    assert np.mean([truth == written for _, truth, written, _ in rows]) == exact


def test_predictions_are_texts_with_probabilities(pairs, capsys):
    _, run = pairs
    assert main(["predict", str(run), "--text", "forty two", "--top", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["texts"]
    assert found[0]["text"] == "zweiundvierzig" and len(found) == 3
    probabilities = [each["probability"] for each in found]
    assert probabilities == sorted(probabilities, reverse=True) and sum(probabilities) <= 1
    assert main(["predict", str(run), "--text", "forty two", "--top", "3"]) == 0
    assert capsys.readouterr().out.startswith("zweiundvierzig")


def test_every_row_of_a_table_is_written(pairs, tmp_path, capsys, complaint):
    _, run = pairs
    (tmp_path / "new.csv").write_text("english\nforty two\n\nthirty one\n", encoding="utf-8")
    out = tmp_path / "answers.csv"
    assert main(["predict", str(run), "--data", str(tmp_path / "new.csv"), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"2 rows\nwritten to {out}\n"
    with out.open(encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    assert names == ["line", "written", "probability"] and [row[0] for row in rows] == ["2", "4"]
    assert rows[0][1] == "zweiundvierzig" and all(0 < float(row[2]) <= 1 for row in rows)
    code, line = complaint("predict", run, "--data", tmp_path / "new.csv", "--probabilities")
    assert code == 2 and line.startswith("--probabilities is for classes, and this model writes texts")


def test_evaluation_on_the_test_set_and_on_a_table(pairs, capsys):
    table, run = pairs
    assert main(["evaluate", str(run), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["written"]["all"]
    assert found["exact"] > 0.5 and found["error_rate"] < 0.3
    other = table.with_name("other.csv")
    other.write_text("english,german\nforty two,zweiundvierzig\nforty one,Ω\n", encoding="utf-8")
    assert main(["evaluate", str(run), "--data", str(other)]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("1 example\n") and "exactly right  wrong letters" in said.out
    assert "line 3, german: 'Ω' cannot be written" in said.err


def test_its_figures(pairs, tmp_path, complaint, capsys):
    _, run = pairs
    out = tmp_path / "it.png"
    assert main(["plot", "alignment", str(run), "--text", "thirty five", "--out", str(out)]) == 0
    assert out.is_file() and capsys.readouterr().out == f"{out}\n"
    assert complaint("plot", "attention", run)[1] == "there are no pictures among the modalities text"
    assert "it takes a model that writes down what it hears" in complaint("plot", "posteriors", run)[1]
    assert "it takes a classifier" in complaint("plot", "confusion", run)[1]


def test_pictures_with_captions(tmp_path, capsys):
    rng, rows = np.random.default_rng(0), []
    for n in range(40):
        shade, word = ((40, "a dark picture"), (200, "a light picture"))[n % 2]
        Image.fromarray(rng.integers(shade, shade + 40, (16, 16)).astype(np.uint8)).save(tmp_path / f"{n}.png")
        rows.append(f"{n}.png,{word}")
    (tmp_path / "captions.csv").write_text("\n".join(["photo,caption", *rows]) + "\n", encoding="utf-8")
    asked = ["--data", str(tmp_path / "captions.csv"), "--image", "photo", "--target", "caption", "--epochs", "15"]
    assert main(["train", "--objective", "write", *asked, "--out", str(tmp_path / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["written"]["all"]["exact"] == 1
    assert (tmp_path / "run" / "attention.png").is_file()
    assert main(["predict", str(tmp_path / "run"), "--image", str(tmp_path / "0.png"), "--top", "1"]) == 0
    assert capsys.readouterr().out.startswith("a dark picture")


def test_recordings_with_transcripts(tmp_path, capsys):
    rng, rows = np.random.default_rng(0), []
    for n in range(30):
        said = rng.choice(["l", "h"], rng.integers(1, 3))
        wave = [
            np.concatenate([np.sin(np.arange(1600) * (0.3 if each == "l" else 1.5)), np.zeros(800)]) for each in said
        ]
        wavfile.write(tmp_path / f"{n}.wav", 8000, (8000 * np.concatenate(wave)).astype(np.int16))
        rows.append(f"{n}.wav,{''.join(said)}")
    (tmp_path / "sounds.csv").write_text("\n".join(["clip,said", *rows]) + "\n", encoding="utf-8")
    asked = ["--data", str(tmp_path / "sounds.csv"), "--audio", "clip", "--target", "said", "--decoder", "ctc"]
    assert (
        main(["train", "--objective", "write", *asked, "--epochs", "2", "--out", str(tmp_path / "run"), "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["written"]["all"]["error_rate"] >= 0
    assert (tmp_path / "run" / "posteriors.png").is_file()
    assert main(["predict", str(tmp_path / "run"), "--audio", str(tmp_path / "0.wav")]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--decoder", "lstn"], 1, 'there is no decoder "lstn"; there are transformer, attentive-lstm'),
        (["--fusion", "sum"], 2, "--fusion is for classifiers"),
        (["--data", "mnist"], 1, "mnist has nothing to be written; there is"),
        (["--data", "my.csv", "--text", "a"], 2, "--objective write needs --target"),
        (["--data", "my.csv", "--text", "a", "--target", "b"], 1, "my.csv cannot be read"),
    ],
)
def test_bad_input_is_one_sentence(complaint, tmp_path, monkeypatch, arguments, code, sentence):
    monkeypatch.chdir(tmp_path)
    found = complaint("train", "--objective", "write", *arguments)
    assert found[0] == code and sentence in found[1]
