"""`mmdl train` keeps what was learned, whatever happens, and `--resume` goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from mmdl import tree
from mmdl.cli import main, train
from mmdl.cli.runs import LOCK, new_run, old_run
from mmdl.errors import DataError
from mmdl.training import Callback, Progress, load, load_checkpoint
from tests.kills import FILES, LEARNING, TRAINING, bits
from tests.source import ROOT

QUICK = ["train", *LEARNING]


@pytest.fixture
def here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that was never stopped."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert main([*QUICK, "--out", str(folder), "--json"]) == 0
    return folder


class At(Callback):
    """Does something after some step, the 20th of the second epoch unless another is named."""

    def __init__(self, monkeypatch, deed, epoch=1, step=20):
        self.deed, self.when = deed, (epoch, step)
        monkeypatch.setattr(Progress, "step", lambda progress, training: self.step(training))

    def step(self, training):
        if (training.epoch, training.step) == self.when:
            self.deed()


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_stopped_by_a_signal_and_resumed(here, whole, monkeypatch, capsys, name, code, times):
    with monkeypatch.context() as patch:
        At(patch, lambda: [os.kill(os.getpid(), getattr(signal, name)) for _ in range(times)])
        assert main([*QUICK, "--out", "run"]) == code
    assert "interrupted after 1 of 2 epochs; what was learned so far is in run; `mmdl" in capsys.readouterr().err
    model, extras = load(here / "run" / "model.npz")
    assert len(extras["history"]["loss"]) == 1 and not tree.equal(model, load(whole / "model.npz")[0])
    assert main(["train", "--resume", "run"]) == 0
    captured = capsys.readouterr()
    assert "going on after 1 epoch and 20 steps" in captured.out and "written to run" in captured.out
    assert tree.equal(bits(here / "run"), bits(whole))
    assert {file.name for file in (here / "run").iterdir()} == FILES
    assert main(["train", "--resume", "run"]) == 1
    assert "is finished: there is nothing to resume" in capsys.readouterr().err


def test_the_best_epoch_so_far_is_in_the_checkpoint(here, monkeypatch, capsys):
    """The first epoch is the best; stopped in the third, it is known in the checkpoint only."""
    worse = ["train", "--data", "interactions", "--fusion", "sum", "--learning-rate", "0.1", "--epochs", "9"]
    worse += ["--patience", "3", "--json"]
    assert main([*worse, "--out", "whole"]) == 0
    whole = json.loads(capsys.readouterr().out)
    with monkeypatch.context() as patch:
        At(patch, lambda: os.kill(os.getpid(), signal.SIGINT), epoch=2)
        assert main([*worse, "--out", "run"]) == 130
    assert tree.equal(load("run/model.npz")[0], load("whole/model.npz")[0])  # the best so far
    capsys.readouterr()
    assert main(["train", "--resume", "run", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["epochs"], again["kept_epoch"]) == (whole["epochs"], whole["kept_epoch"]) == (4, 1)
    assert tree.equal(bits(here / "run"), bits(here / "whole"))


def test_what_examples_are_made_into_goes_on_too(few, here, monkeypatch, capsys):
    """Mirrors, shifts and mixtures are drawn from generators that are in the checkpoint, as dropout is."""
    how = ["train", "--modalities", "image", "--fusion", "sum", "--epochs", "1", "--augment", "flip,shift,mixup"]
    how += ["--class-weight", "balanced", "--dropout", "0.4", "--json"]
    assert main([*how, "--out", "whole"]) == 0
    with monkeypatch.context() as patch:
        At(patch, lambda: os.kill(os.getpid(), signal.SIGINT), epoch=0, step=7)
        assert main([*how, "--out", "run"]) == 130
    assert main(["train", "--resume", "run"]) == 0
    assert tree.equal(bits(here / "run"), bits(here / "whole"))
    assert load("run/model.npz")[1]["recipe"] == load("whole/model.npz")[1]["recipe"]
    assert main(["train", "--resume", "run", "--augment", "flip"]) == 2
    assert "--augment was settled when training began: leave it out" in capsys.readouterr().err


def test_what_cannot_be_resumed(here, complaint):
    (here / "empty").mkdir()
    assert complaint("train", "--resume", "empty")[1].startswith("empty holds no training that could be resumed")
    assert complaint("train", "--resume", "nowhere")[0] == 1
    code, sentence = complaint("train", "--resume", "empty", "--epochs", 3)
    assert code == 2 and "--epochs was settled when training began" in sentence


def test_a_folder_is_one_training_at_a_time(here):
    (here / "run").mkdir()
    with new_run("run", "sum") as first, new_run("run", "sum") as second:
        assert (first.name, second.name) == ("run", "run-2")
        with pytest.raises(DataError, match="another process is training in"), old_run(first):
            pass
    assert [path.name for path in here.iterdir()] == ["run"]
    with old_run(here / "run") as again:
        assert again == here / "run"
    assert list(again.iterdir()) == []


def test_a_folder_that_vanishes_is_made_again(here, whole, monkeypatch, capsys):
    At(monkeypatch, lambda: shutil.rmtree("run"))
    assert main([*QUICK, "--out", "run"]) == 0
    assert tree.equal(bits(here / "run"), bits(whole))


def test_a_folder_that_vanishes_after_training_is_made_again(here, whole, monkeypatch):
    """The figures made it anew, and the model was not in it."""
    draw = train.draw
    monkeypatch.setattr(train, "draw", lambda *about: [shutil.rmtree("run"), draw(*about)][1])
    assert main([*QUICK, "--out", "run"]) == 0
    assert tree.equal(bits(here / "run"), bits(whole))


def test_results_are_printed_if_nothing_can_be_written(here, whole, monkeypatch, capsys):
    """A file stands where the folder was."""
    At(monkeypatch, lambda: (shutil.rmtree("run"), (here / "run").write_text("a file")))
    assert main([*QUICK, "--out", "run", "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["accuracy"]["all"] > 0.5
    said = [line for line in captured.err.splitlines() if line.startswith("mmdl: ")]
    assert len([line for line in said if "training goes on in memory" in line]) == 1
    assert any("model.npz cannot be written" in line for line in said)


def test_bad_steps_are_skipped_and_counted(here, capsys):
    assert main([*QUICK, "--epochs", "1", "--learning-rate", "1e30", "--out", "run"]) == 1
    assert "became nan in epoch 1" in capsys.readouterr().err and not (here / "run").exists()
    assert main([*QUICK, "--epochs", "1", "--skip-bad-steps", "--out", "run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["skipped_steps"] == 0


def test_every_minute_and_at_the_start(here, monkeypatch):
    """A checkpoint is there as soon as training begins, and then as often as was asked for."""
    found = []

    def look():
        found.append(load_checkpoint(here / "run" / "checkpoint.npz").training["step"])
        os.kill(os.getpid(), signal.SIGINT)

    for minutes, step in (("1e-9", 4), ("1e9", 0)):
        with monkeypatch.context() as patch:
            At(patch, look, 0, 5)
            assert main([*QUICK, "--checkpoint-every", minutes, "--out", "run"]) == 130
        assert found.pop() == step
        shutil.rmtree("run")


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-", "2> >(true)", "1> >(true)", "1>/dev/full 2>/dev/full"])
def test_closed_streams_lose_nothing(tmp_path, whole, closed):
    command = f"{sys.executable} -m mmdl train {' '.join(TRAINING)} --out run {closed}"
    subprocess.run(["bash", "-c", command], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=100)
    assert tree.equal(bits(tmp_path / "run"), bits(whole))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name")
def test_a_lock_that_a_stranger_made_is_no_way_out_of_the_folder(tmp_path):
    """The file behind a link was emptied, and a pipe was waited for without an end."""
    (tmp_path / "precious").write_text("kept")
    makers = {"link": lambda path: path.symlink_to(tmp_path / "precious"), "pipe": os.mkfifo, "folder": os.mkdir}
    for name, make in makers.items():
        folder = tmp_path / name
        folder.mkdir()
        make(folder / LOCK)
        with pytest.raises(DataError, match="cannot write into"), new_run(folder, "sum"):
            pass
    assert (tmp_path / "precious").read_text() == "kept"
