"""`mmdl train --ranks`: processes that mpiexec starts, of which one is heard; killed, stopped and resumed."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from mmdl import tree
from mmdl.cli.ranks import without_frames
from mmdl.training import load, load_checkpoint
from tests.kills import FILES, bits
from tests.mpi import MARK, environment, gone, needs_mpi, on_ranks, processes

SUM = ["--data", "interactions", "--fusion", "sum"]
pytestmark = [needs_mpi, pytest.mark.skipif(sys.platform != "linux", reason="looks for the ranks in /proc")]


def begun(folder, *arguments):
    """`mmdl train` in a folder, after two epochs: the checkpoint of the first is written."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mmdl", "train", *arguments],
        cwd=folder,
        env=environment(**{MARK: str(folder)}),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    epochs = 0
    for line in process.stderr:
        epochs += line.startswith("epoch ")
        if epochs == 2:
            return process
    raise AssertionError(f"it ended with {process.wait()}")


def complaints(text):
    """The lines of a program's own, and what mpiexec adds to them."""
    return [line for line in text.splitlines() if line and not line.startswith("epoch ")]


def test_two_ranks_train_and_one_is_heard(tmp_path):
    command = [sys.executable, "-m", "mmdl", "train", *SUM, "--epochs", "2", "--ranks", "2", "--out", "run", "--json"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["epochs"] == 2
    assert [line[:11] for line in done.stderr.splitlines() if line.startswith("epoch ")] == [
        "epoch 1/2: ",
        "epoch 2/2: ",
    ]
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES
    history = load(tmp_path / "run" / "model.npz")[1]["history"]
    assert history["validation_accuracy"][-1] > 0.9


@pytest.mark.parametrize("rank", [1, pytest.param(0, marks=pytest.mark.slow)])
def test_a_rank_that_dies_ends_the_run_in_one_sentence_and_any_number_goes_on(tmp_path, rank):
    training = begun(tmp_path, *SUM, "--epochs", "400", "--ranks", "2", "--out", "run")
    os.kill(processes(str(tmp_path))[rank], signal.SIGKILL)
    said = complaints(training.communicate(timeout=120)[1])
    sentence = "a rank died (killed by signal 9), and training with it; `mmdl train --resume run` goes on"
    assert (said, training.returncode) == ([f"mmdl: {sentence}"], 1)
    assert gone(str(tmp_path))
    saved = load_checkpoint(tmp_path / "run" / "checkpoint.npz")
    assert saved.training["epoch"] >= 1
    alone = begun(tmp_path, "--resume", "run")
    alone.send_signal(signal.SIGINT)
    assert "goes on" in alone.communicate(timeout=120)[1] and alone.returncode == 130
    assert load_checkpoint(tmp_path / "run" / "checkpoint.npz").training["epoch"] > saved.training["epoch"]


@pytest.mark.parametrize(
    "name, code", [("SIGINT", 130), *(pytest.param(*each, marks=pytest.mark.slow) for each in [("SIGTERM", 143)])]
)
def test_ctrl_c_keeps_what_was_learned(tmp_path, name, code):
    training = begun(tmp_path, *SUM, "--epochs", "400", "--ranks", "2", "--out", "run")
    training.send_signal(getattr(signal, name))
    said = complaints(training.communicate(timeout=120)[1])
    assert len(said) == 1 and said[0].startswith("mmdl: interrupted after ") and training.returncode == code
    assert gone(str(tmp_path))
    model, extras = load(tmp_path / "run" / "model.npz")
    assert len(extras["history"]["loss"]) >= 1 and all(np.isfinite(array).all() for _, array in tree.leaves(model))
    assert (tmp_path / "run" / "checkpoint.npz").exists()


def test_when_who_started_them_is_killed_the_ranks_save_and_end(tmp_path):
    training = begun(tmp_path, *SUM, "--epochs", "4000", "--ranks", "2", "--out", "run")
    training.kill()
    training.wait()
    assert gone(str(tmp_path))
    assert load(tmp_path / "run" / "model.npz") and (tmp_path / "run" / "checkpoint.npz").exists()


@pytest.mark.slow
def test_killed_and_resumed_by_as_many_it_ends_with_the_same_bits(tmp_path):
    how = [*SUM, "--epochs", "6", "--ranks", "2", "--checkpoint-every", "0.001"]
    whole = begun(tmp_path, *how, "--out", "whole")
    assert whole.communicate(timeout=200) and whole.returncode == 0
    training = begun(tmp_path, *how, "--out", "run")
    os.kill(processes(str(tmp_path))[1], signal.SIGKILL)
    training.communicate(timeout=120)
    again = begun(tmp_path, "--resume", "run", "--ranks", "2")
    assert again.communicate(timeout=200) and again.returncode == 0
    assert tree.equal(bits(tmp_path / "run"), bits(tmp_path / "whole"))


@pytest.mark.slow
def test_ranks_that_mpiexec_started_itself(tmp_path):
    out, said, code = on_ranks(3, "-m", "mmdl", "train", *SUM, "--epochs", "1", "--out", "run", folder=tmp_path)
    assert code == 0 and said.count("epoch 1/1") == 1 and out.count("written to run") == 1
    out, said, code = on_ranks(2, "-m", "mmdl", "train", *SUM, "--ranks", "3", folder=tmp_path)
    assert code == 1 and said.count("mmdl: 3 ranks were asked for, and 2 were started") == 1


@pytest.mark.slow
def test_what_goes_wrong_on_all_ranks_is_said_once(tmp_path):
    command = [sys.executable, "-m", "mmdl", "train", "--ranks", "2", "--data", "nothing"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and done.stderr.startswith("mmdl: there is no dataset 'nothing'")
    assert done.stderr.count("\n") == 1 and not list(tmp_path.iterdir())


def test_what_mpiexec_says_is_kept_apart(capsys):
    lines = [
        "epoch 1/2: loss 1\n",
        "-" * 74 + "\n",
        "prterun noticed that process rank 1 exited on\n",
        "signal 9 (Killed).\n",
        "-" * 74 + "\n",
        "[vm:31427] PMIX ERROR: PMIX_ERR_UNREACH in file pmix_server.c at line 3146\n",
        "mmdl: a sentence\n",
    ]
    said = without_frames(lines)
    assert said.startswith("prterun noticed that process rank 1 exited on signal 9 (Killed). [vm:31427] PMIX ERROR")
    assert capsys.readouterr().err == "epoch 1/2: loss 1\nmmdl: a sentence\n"


def test_without_mpi_a_sentence_says_what_to_install(monkeypatch, complaint):
    monkeypatch.setattr("mmdl.cli.ranks.find_spec", lambda name: None)
    assert complaint("train", *SUM, "--ranks", "2") == (
        1,
        "training by several ranks needs MPI: pip install 'mmdl-from-scratch[mpi]'",
    )
