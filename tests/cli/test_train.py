"""`mmdl train`: files, JSON, Ctrl-C, and what is refused before anything is trained."""

import json
import os
import re
import signal
from datetime import date

import pytest

from mmdl import training
from mmdl.cli import main
from mmdl.cli.runs import new_run
from mmdl.data import DATASETS, load
from mmdl.fusion import FUSIONS
from mmdl.training.recipes import RECIPES

FIGURES = {"history.png", "confusion.png", "kernels.png", "images.png"}
PNG = b"\x89PNG\r\n"


@pytest.fixture
def no_training(monkeypatch):
    """A test that gets as far as training fails."""

    def run(training):
        raise AssertionError("training began")

    monkeypatch.setattr("mmdl.training.loop.Training.run", run)


def test_json_is_one_object_and_the_rest_is_on_stderr(few, capsys):
    assert main(["train", "--fusion", "sum", "--epochs", "1", "--out", "run", "--json"]) == 0
    captured = capsys.readouterr()
    result = json.loads(captured.out)
    assert list(result) == ["accuracy", "seconds", "epochs", "kept_epoch", "parameters", "out"]
    assert list(result["accuracy"]) == ["all", "image", "text"]
    assert all(0 < share < 1 for share in result["accuracy"].values())
    assert list(result["seconds"]) == ["data", "train"]
    assert result["epochs"] == result["kept_epoch"] == 1
    assert result["parameters"] > 1000
    assert result["out"] == "run"
    assert captured.err.count("epoch 1/1: loss ") == 1


def test_a_run_keeps_model_history_and_figures(finished_run):
    expected = {"model.npz", "history.json", "predictions.csv", "attention.png", *FIGURES}
    assert {file.name for file in finished_run.iterdir()} == expected
    assert all(file.read_bytes().startswith(PNG) for file in finished_run.glob("*.png"))
    history = json.loads((finished_run / "history.json").read_text())
    assert {name: len(values) for name, values in history.items()} == dict.fromkeys(history, 2)
    _, extras = training.load(finished_run / "model.npz")
    assert extras["history"] == history
    assert (extras["data"], extras["fusion"], extras["seed"]) == ("glyphs", "attention", 0)
    assert extras["recipe"]["epochs"] == 2


def test_words_name_accuracies_and_files(few, capsys, tmp_path):
    assert main(["train", "--fusion", "average", "--epochs", "1"]) == 0
    said = capsys.readouterr().out
    [folder] = (tmp_path / "runs").iterdir()
    assert folder.name == f"{date.today().isoformat()}-average"
    assert {file.name for file in folder.iterdir()} == {"model.npz", "history.json", "predictions.csv", *FIGURES}
    for how in ("with all there is", "with the image alone", "with the text alone"):
        assert re.search(rf"{how} +\d+\.\d %", said)
    for file in folder.iterdir():
        assert file.name in said
    assert f"mmdl predict runs/{folder.name} " in said


def test_ctrl_c_keeps_what_was_learned(few, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(training.Progress, "epoch", lambda *about: os.kill(os.getpid(), signal.SIGINT))
    assert main(["train", "--epochs", "5", "--out", "run"]) == 130
    kept = "what was learned so far is in run; `mmdl train --resume run` goes on"
    assert capsys.readouterr().err == f"mmdl: interrupted after 1 of 5 epochs; {kept}\n"
    assert {file.name for file in (tmp_path / "run").iterdir()} == {"model.npz", "history.json", "checkpoint.npz"}
    model, extras = training.load(tmp_path / "run" / "model.npz")
    assert model.predict(text="SMALL LETTER A")[0] in model.classes
    assert len(extras["history"]["loss"]) == 1


def test_ctrl_c_after_training_says_where_the_model_is(few, monkeypatch, capsys):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("mmdl.cli.train.draw", stop)
    assert main(["train", "--epochs", "1", "--out", "run", "--json"]) == 130
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "interrupted after 1 of 1 epochs; what was learned so far is in run; " in captured.err


def test_training_that_diverges_leaves_no_folder(few, capsys, tmp_path):
    assert main(["train", "--epochs", "2", "--learning-rate", "1e9", "--out", "run"]) == 1
    assert re.search(r"^mmdl: the (loss|gradient) became nan in epoch 1, step \d+", capsys.readouterr().err)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("option", "values"),
    {
        "--epochs": ["0", "-1", "1.5", "many", "nan"],
        "--batch-size": ["0", "-32", "x"],
        "--seed": ["-1", "0.5"],
        "--learning-rate": ["0", "-1", "nan", "inf", "fast"],
        "--patience": ["0", "2.5"],
        "--width": ["0", "-8", "wide"],
        "--depth": ["-1", "1.5"],
        "--dropout": ["-0.1", "1.5", "nan", "half"],
        "--smoothing": ["-1", "7"],
        "--modality-dropout": ["-0.01", "x"],
    }.items(),
)
def test_weird_numbers_are_wrong_usage(option, values, few, no_training, complaint):
    for value in values:
        code, sentence = complaint("train", option, value)
        assert code == 2
        assert sentence.startswith(f"{option}: a ")
        assert f"not {value} (" in sentence


@pytest.mark.parametrize(("option", "known"), [("--fusion", FUSIONS), ("--data", DATASETS)])
def test_an_unknown_name_is_told_the_known_ones(option, known, few, no_training, complaint, tmp_path):
    code, sentence = complaint("train", option, "guesswork")
    assert code == 1
    assert "guesswork" in sentence
    assert all(name in sentence for name in known)
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_fusion_and_dataset(capsys):
    main(["train", "--help"])
    said = "".join(capsys.readouterr().out.split())  # a long name may be parted at a hyphen
    assert all(name in said for name in (*FUSIONS, *DATASETS))


@pytest.mark.parametrize("out", ["file", "file/run", "/dev/null/run"])
def test_an_unwritable_folder_is_found_before_training(out, few, no_training, complaint, tmp_path):
    (tmp_path / "file").touch()
    code, sentence = complaint("train", "--out", out)
    assert code == 1
    assert sentence.startswith(f"cannot write into {out}: ")


def test_a_read_only_folder_is_found_before_training(few, no_training, complaint, tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mmdl.cli.runs.Lock", refuse)  # root may write everywhere
    assert complaint("train", "--out", "run") == (1, "cannot write into run: Permission denied")
    assert list(tmp_path.iterdir()) == []


def test_the_best_epoch_is_kept_and_said(tmp_path, monkeypatch, capsys):
    """With such a learning rate the first epoch is the best."""
    monkeypatch.chdir(tmp_path)
    worse = ["train", "--data", "interactions", "--fusion", "sum", "--learning-rate", "0.1", "--epochs", "6"]
    assert main([*worse, "--patience", "2", "--out", "best"]) == 0
    assert re.search(r"trained for \d+\.\d s, epoch 1 of 3 kept; right on the test set\n", capsys.readouterr().out)
    assert main([*worse, "--no-early-stopping", "--out", "last", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["epochs"] == 6 and "kept_epoch" not in result
    (best, chosen), (last, rest) = (training.load(tmp_path / name / "model.npz") for name in ("best", "last"))
    assert chosen["kept_epoch"] == 1 and "kept_epoch" not in rest
    assert chosen["history"]["loss"] == rest["history"]["loss"][:3]
    test = load("interactions").test
    assert training.evaluate(best, test)["accuracy"] > training.evaluate(last, test)["accuracy"] + 0.1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--dropout", "1"], "--dropout: with 1 nothing would be left to learn from"),
        (["--augment", "flip", "--objective", "contrastive"], "--augment is for classifiers, not for --objective"),
        (["--class-weight", "some"], "--class-weight: invalid choice: 'some' (choose from 'balanced')"),
        (["--text-reader", "conv"], "--text-reader: invalid choice: 'conv' (choose from 'convolution', 'lstm'"),
        (["--width", "8", "--objective", "contrastive"], "--width is for classifiers, not for --objective contrastive"),
        (["--smoothing", "0", "--objective", "write"], "--smoothing is for classifiers, not for --objective write"),
        (["--patience", "2", "--objective", "write"], "--patience is for classifiers, not for --objective write"),
        (["--no-early-stopping", "--objective", "contrastive"], "--no-early-stopping is for classifiers, not for"),
        (["--patience", "2", "--no-early-stopping"], "--patience is for stopping early, and --no-early-stopping"),
    ],
)
def test_options_that_make_no_sense_are_wrong_usage(options, sentence, few, no_training, complaint):
    code, said = complaint("train", *options)
    assert code == 2 and said.startswith(sentence)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--data", "interactions", "--text-reader", "gru"], "--text-reader is for texts, and interactions has none"),
        (["--data", "interactions", "--augment", "mixup,flip"], "flip is for pictures, and interactions has none"),
        (
            ["--data", "interactions", "--augment", "turn"],
            'there is no augmentation "turn"; there are flip, shift, mixup',
        ),
        (["--data", "interactions", "--width", "30"], "attention has 4 heads, among which a width of 30 cannot be"),
    ],
)
def test_options_that_do_not_fit_the_data_are_refused(options, sentence, no_training, complaint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, said = complaint("train", *options)
    assert code == 1 and said.startswith(sentence) and list(tmp_path.iterdir()) == []


def test_options_reach_the_model_and_the_recipe(few, capsys, tmp_path):
    options = {"width": 8, "depth": 2, "dropout": 0.2, "text_reader": "convolution"}
    numbers = {"smoothing": 0.05, "modality_dropout": 0.3, "patience": 3, "class_weight": "balanced"}
    given = [
        each for name, value in (options | numbers).items() for each in (f"--{name.replace('_', '-')}", str(value))
    ]
    assert (
        main(["train", "--fusion", "sum", "--epochs", "1", *given, "--augment", "flip,shift", "--out", "run", "--json"])
        == 0
    )
    model, extras = training.load(tmp_path / "run" / "model.npz")
    assert extras["built"] == options
    assert {name: extras["recipe"][name] for name in numbers} == numbers
    assert extras["recipe"]["augment"] == ["flip", "shift"]
    assert [type(layer).__name__ for layer in model.head.layers] == ["Dropout", "Dense", "ReLU"] * 2 + [
        "Dropout",
        "Dense",
    ]
    assert model.head.layers[0].rate == 0.2 and model.head.layers[1].W.shape == (8, 16)
    assert model.modalities["text"].encoder.layers[2].kind == "both"


def test_every_fusion_has_a_recipe():
    assert list(RECIPES) == list(FUSIONS)


def test_runs_of_one_day_are_numbered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = f"runs/{date.today().isoformat()}-sum"
    with new_run(None, "sum") as first, new_run(None, "sum") as second:  # at the same time
        (first / "model.npz").touch()
        (second / "model.npz").touch()
    with new_run(None, "sum") as third:
        (third / "model.npz").touch()
    assert [str(folder) for folder in (first, second, third)] == [name, f"{name}-2", f"{name}-3"]


def test_a_folder_is_used_unless_it_holds_a_run(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    with new_run(tmp_path / "mine", "sum") as folder:
        assert folder == tmp_path / "mine"
        (folder / "model.npz").touch()
    with new_run(tmp_path / "mine", "sum") as folder:
        assert folder == tmp_path / "mine-2"


def test_the_current_folder_has_a_name_that_can_be_numbered(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with new_run(".", "sum") as folder:
        (folder / "model.npz").touch()
    with new_run(".", "sum") as folder:
        assert folder.resolve() == tmp_path.resolve() / "here-2"


def test_a_folder_without_anything_in_it_goes_again(tmp_path):
    (tmp_path / "mine").mkdir()
    for name in ("mine", "new"):
        with new_run(tmp_path / name, "sum"):
            pass
    assert [folder.name for folder in tmp_path.iterdir()] == ["mine"]
