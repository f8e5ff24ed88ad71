"""What all commands share: help, wrong usage, errors as one line, and what is not imported."""

import os
import subprocess
import sys

import pytest

from mmdl import __version__
from mmdl.cli import COMMANDS, main, verify
from mmdl.errors import DataError, FormatError, ShapeError, TrainingError
from tests.source import ROOT


def python(*arguments, **settings):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120, **settings)


def name_of(command):
    return command.__name__.rpartition(".")[2]


def test_module_is_the_program():
    done = python("-m", "mmdl", "--help")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("usage: mmdl ")
    for command in COMMANDS:
        assert f"\n    {name_of(command)} " in done.stdout


@pytest.mark.parametrize("command", [name_of(command) for command in COMMANDS])
def test_help_fits_a_terminal_and_shows_examples(command, capsys):
    assert main([command, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"  mmdl {command}" in "\n".join(lines[lines.index("examples:") :])
    assert max(map(len, lines)) <= 80


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mmdl {__version__}\n"


def test_help_needs_neither_numpy_nor_matplotlib():
    done = python("-c", "import sys; from mmdl.cli import main; main(['--help']); print(*sys.modules)")
    assert not {"numpy", "matplotlib", "hypothesis"} & set(done.stdout.split())


def test_verify_needs_no_matplotlib():
    run = "main(['verify', 'affine', '--examples', '1'])"
    done = python("-c", f"import sys; from mmdl.cli import main; {run}; print(*sys.modules)")
    assert "numpy" in done.stdout.split()
    assert "matplotlib" not in done.stdout.split()


@pytest.mark.parametrize("arguments", [[], ["trian"], ["train", "--epoch", "2"], ["verify", "--nope"], ["plot"]])
def test_wrong_usage_is_one_line_that_points_to_help(arguments, complaint):
    code, sentence = complaint(*arguments)
    assert code == 2
    assert "--help" in sentence


def test_an_unknown_command_is_told_all_commands(complaint):
    _, sentence = complaint("trian")
    assert all(name_of(command) in sentence for command in COMMANDS)


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (ShapeError("one"), 1, "one"),
        (DataError("two"), 1, "two"),
        (FormatError("three"), 1, "three"),
        (TrainingError("four"), 1, "four"),
        (OSError(28, "No space left on device", "model.npz"), 1, "model.npz: No space left on device"),
        (OSError("five"), 1, "five"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (KeyboardInterrupt("after all"), 130, "interrupted after all"),
    ],
)
def test_errors_are_one_line(error, code, sentence, monkeypatch, complaint):
    def fail(arguments):
        raise error

    monkeypatch.setattr(verify, "run", fail)
    assert complaint("verify") == (code, sentence)


def test_our_own_mistakes_keep_their_traceback(monkeypatch):
    def fail(arguments):
        raise ValueError("a bug")

    monkeypatch.setattr(verify, "run", fail)
    with pytest.raises(ValueError, match="a bug"):
        main(["verify"])


@pytest.mark.skipif(os.name == "nt", reason="a closed pipe is another error there")
def test_a_closed_pipe_is_no_drama():
    command = [sys.executable, "-m", "mmdl", "verify", "affine", "--examples", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_slip_gets_a_suggestion(capsys):
    assert main(["trian"]) == 2
    assert "did you mean train?" in capsys.readouterr().err
    assert main(["frobnicate"]) == 2
    assert "did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "guess"),
    [("--fusoin", "; did you mean --fusion?"), ("--fusoin=sum", "; did you mean --fusion?"), ("-x", "")],
)
def test_an_option_that_is_nearly_one_is_guessed(complaint, given, guess):
    assert complaint("train", given) == (2, f"unrecognized arguments: {given}{guess} (see mmdl train --help)")


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_drama_for_any_command(closed, tmp_path):
    for asked in [*(f"{name_of(each)} --help" for each in COMMANDS), "data", "progress", "train --nonsense"]:
        line = f"{sys.executable} -m mmdl {asked} {closed}"
        about = {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(ROOT)}, "timeout": 100, "text": True}
        done = subprocess.run(["bash", "-c", line], capture_output=True, **about)
        assert done.returncode == (2 if "nonsense" in asked else 0), line
        assert "Traceback" not in done.stderr and "Exception" not in done.stderr, line


def test_too_little_memory_is_a_sentence(monkeypatch, capsys):
    def run(argv):
        raise MemoryError

    monkeypatch.setattr("mmdl.cli.run", run)
    assert main(["data"]) == 1
    assert capsys.readouterr().err == "mmdl: there is not enough memory for that\n"
