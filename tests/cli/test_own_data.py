"""A CSV file of one's own from the command line: trained on, drawn, asked, and refused in one sentence."""

import csv
import json
import shlex

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from mmdl.cli import main
from mmdl.training import load

KINDS = ("dark", "light")
COLUMNS = ["--image", "photo", "--text", "title", "--audio", "clip", "--numbers", "width,height", "--label", "kind"]
FIGURES = {"history.png", "confusion.png"}
TEXTS = {"history.json", "predictions.csv"}


def make(folder, count=20):
    """Dark and light pictures, low and high sounds, in a folder with a table of them.  -> the table's path"""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    table = []
    for n in range(count):
        kind = n % 2
        levels = rng.integers(0, 100, (24, 32, 3)) + 150 * kind
        Image.fromarray(levels.astype(np.uint8)).save(folder / f"{n}.png")
        wave = np.sin(np.arange(3000) * (0.2 + 0.8 * kind)) + 0.1 * rng.standard_normal(3000)
        wavfile.write(folder / f"{n}.wav", 8000, (8000 * wave).astype(np.int16))
        title = ("night sky", "bright day")[kind] if n % 5 else ""
        table.append([f"{n}.png", title, f"{n}.wav", kind + rng.normal(), rng.normal(), KINDS[kind]])
    with (folder / "my.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["photo", "title", "clip", "width", "height", "kind"], *table])
    return folder / "my.csv"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A table, and the folder of a training on all of it; tests leave both as they are."""
    table = make(tmp_path_factory.mktemp("own") / "folder")
    run = table.parent.parent / "run"
    assert main(["train", "--data", str(table), *COLUMNS, "--epochs", "2", "--out", str(run), "--json"]) == 0
    return table, run


def test_the_run_keeps_what_is_needed_to_find_the_data_again(own):
    table, run = own
    files = {file.name for file in run.iterdir()}
    assert files == {"model.npz", *TEXTS, "kernels.png", "images.png", "attention.png", *FIGURES}
    model, extras = load(run / "model.npz")
    assert tuple(model.modalities) == ("image", "text", "audio", "numbers") and model.classes == KINDS
    assert extras["data"] == str(table) and extras["options"]["numbers"] == ["width", "height"]


def test_words(tmp_path, monkeypatch, capsys):
    make(tmp_path / "folder")
    monkeypatch.chdir(tmp_path)
    columns = ["--image", "photo", "--audio", "clip", "--numbers", "width,height", "--label", "kind"]
    assert main(["train", "--data", "folder/my.csv", *columns, "--epochs", "1", "--out", "run"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "my.csv: 20 rows, 20 of which can be used"
    assert "dark: 10 examples, 7 for training, 1 for validation, 2 for the test" in said
    assert "my.csv: 14 examples to learn from, 4 for the test, 2 classes" in said
    start = said.index(next(line for line in said if line.endswith("right on the test set")))
    assert [line.rsplit(maxsplit=2)[0].strip() for line in said[start + 1 : start + 8]] == [
        "with all there is",
        "with the image and the audio",
        "with the image and the numbers",
        "with the audio and the numbers",
        "with the image alone",
        "with the audio alone",
        "with the numbers alone",
    ]
    assert said[-1].startswith("try: mmdl predict run --image=")
    assert main(shlex.split(said[-1])[2:]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == set(KINDS)


def test_accuracies_of_every_set_of_modalities(tmp_path, capsys):
    table = make(tmp_path / "folder")
    command = ["train", "--data", str(table), *COLUMNS, "--modalities", "numbers,text,audio", "--epochs", "1", "--json"]
    assert main([*command, "--fusion", "average", "--out", str(tmp_path / "run")]) == 0
    found = json.loads(capsys.readouterr().out)["accuracy"]
    assert list(found) == ["all", "text+audio", "text+numbers", "audio+numbers", "text", "audio", "numbers"]
    assert tuple(load(tmp_path / "run" / "model.npz")[0].modalities) == ("text", "audio", "numbers")


def test_one_modality_has_one_line(tmp_path, capsys):
    table = make(tmp_path / "folder")
    command = ["train", "--data", str(table), "--text", "title", "--label", "kind", "--epochs", "1"]
    assert main([*command, "--out", str(tmp_path / "run")]) == 0
    said = capsys.readouterr().out
    assert "with all there is  " in said and "alone" not in said
    assert "not used: line 2, title: there is nothing" in said
    assert {file.name for file in (tmp_path / "run").glob("*.png")} == FIGURES  # there is nothing else to show


@pytest.mark.parametrize("figure", ["feature-maps", "kernels", "attention", "history", "confusion", "images"])
def test_figures_find_the_test_set_again(own, figure, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["plot", figure, str(own[1]), "--out", "figure.png"]) == 0
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_figures_of_a_table_that_has_changed_or_gone(tmp_path, complaint, capsys):
    table = make(tmp_path / "folder")
    run = str(tmp_path / "run")
    columns = ["--numbers", "width,height", "--label", "kind"]
    assert main(["train", "--data", str(table), *columns, "--epochs", "1", "--out", run]) == 0
    capsys.readouterr()
    for figure in ("kernels", "images", "attention", "feature-maps"):
        assert complaint("plot", figure, run)[0] == 1
    with table.open("a") as file:
        file.write("x.png,,,,1,2,dark\n")
    code, sentence = complaint("plot", "confusion", run)
    assert code == 1 and sentence.startswith(f"{table} is not what it was when the model was trained")
    table.unlink()
    assert complaint("plot", "confusion", run) == (1, f"{table} cannot be read: No such file or directory")


class TestPredict:
    @pytest.mark.parametrize(
        "given",
        [
            ["--image", "1.png"],
            ["--text", "bright day"],
            ["--audio", "1.wav"],
            ["--numbers=-1.5,2"],
            ["--numbers", "1,"],
        ],
    )
    def test_any_modality(self, own, given, monkeypatch, capsys):
        monkeypatch.chdir(own[0].parent)
        assert main(["predict", str(own[1]), *given]) == 0
        said = capsys.readouterr()
        assert {line.split()[0] for line in said.out.splitlines()} == set(KINDS) and said.err == ""

    def test_the_models_own_answer(self, own, monkeypatch, capsys):
        monkeypatch.chdir(own[0].parent)
        model, _ = load(own[1] / "model.npz")
        command = ["predict", str(own[1]), "--audio", "3.wav", "--image", "3.png", "--numbers", "0.5,n/a", "--json"]
        assert main(command) == 0
        said = json.loads(capsys.readouterr().out)
        [p] = model.predict_proba(audio=["3.wav"], image=["3.png"], numbers=[[0.5, None]])
        found = {each["name"]: each["probability"] for each in said["classes"]}
        assert found == pytest.approx(dict(zip(KINDS, p.tolist(), strict=True)))
        assert said["numbers"] == [0.5, None] and said["audio"] == "3.wav" and said["seconds_missed"] == 0

    def test_a_sound_that_is_too_long(self, own, tmp_path, capsys):
        rate, wave = wavfile.read(own[0].parent / "1.wav")
        wavfile.write(tmp_path / "long.wav", rate, np.tile(wave, 4))
        assert main(["predict", str(own[1]), "--audio", str(tmp_path / "long.wav")]) == 0
        assert capsys.readouterr().err.endswith("long.wav is long; its last 1.12 s are not heard\n")

    @pytest.mark.parametrize(
        ("given", "code", "said"),
        [
            (["--numbers", "1"], 1, "an example has 2 numbers (width, height), not 1"),
            (["--numbers", "1,two"], 2, "numbers such as 1.5,2 are needed, not 1,two"),
            (["--audio", "none.wav"], 1, "there is no sound none.wav"),
            (["--audio", "1.png"], 1, "1.png is no WAV file"),
        ],
    )
    def test_what_cannot_be_asked(self, own, given, code, said, monkeypatch, complaint):
        monkeypatch.chdir(own[0].parent)
        found, sentence = complaint("predict", own[1], *given)
        assert found == code and said in sentence

    def test_a_modality_that_the_model_does_not_know(self, finished_run, complaint):
        code, sentence = complaint("predict", finished_run, "--numbers", "1,2")
        assert (code, sentence) == (1, "'numbers' is no modality of this model; it takes image, text")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--data", "my.csv"], 2, "a CSV file needs --image, --text, --audio or --numbers"),
        (["--data", "glyphs", "--text", "title"], 2, "--text is for a CSV file, and glyphs is none"),
        (["--data", "glyphs", "--sound-seconds", "1"], 2, "--sound-seconds is for a CSV file"),
        (["--data", "my.csv", "--image", "foto", "--label", "kind"], 1, "has no column 'foto', it has photo, title"),
        (["--data", "my.csv", "--image", "photo"], 1, "has no column 'label'"),
        (["--data", "none.csv", "--image", "photo"], 1, "none.csv cannot be read: No such file"),
        (["--data", "my.csv", *COLUMNS, "--modalities", "image,smell"], 1, "'smell' is no modality of my.csv"),
        (["--data", "my.csv", *COLUMNS, "--modalities", "image,"], 2, "names with commas between them are needed"),
        (["--data", "my.csv", *COLUMNS, "--image-size", "big"], 2, "a size is rows and columns such as 48x64, not big"),
        (["--data", "my.csv", *COLUMNS, "--image-size", "4"], 1, "pictures need at least 8 x 8 pixels, not 4 x 4"),
        (["--data", "my.csv", *COLUMNS, "--fusion", "guess"], 1, 'there is no fusion "guess"'),
        (["--data", "glyphs", "--modalities", "sound"], 1, "'sound' is no modality of glyphs"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(arguments, code, said, tmp_path, monkeypatch, complaint):
    folder = make(tmp_path / "folder").parent
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    found, sentence = complaint("train", *arguments)
    assert found == code and said in sentence
    assert sorted(folder.iterdir()) == before


def test_choices_reach_the_data(tmp_path, capsys):
    table = make(tmp_path / "folder")
    choices = ["--image-size", "20x16", "--text-length", "1", "--sound-seconds", "0.1"]
    run = tmp_path / "run"
    assert main(["train", "--data", str(table), *COLUMNS, *choices, "--epochs", "1", "--out", str(run)]) == 0
    preprocessors = load(run / "model.npz")[0].preprocessors
    assert preprocessors["image"].shape == (20, 16, 3)
    assert preprocessors["text"].length == 1
    assert preprocessors["audio"].length == 1 + (800 - 256) // 128
    assert main(["plot", "confusion", str(run)]) == 0
