"""Whatever a student's file does, a clear page comes of it: within the limits, 80 columns wide, without a traceback."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from mmdl.check import process
from mmdl.check.grade import FAILS, PASSES
from mmdl.check.page.page import brief, in_brief, page
from mmdl.check.page.paint import Paint
from mmdl.cli import main
from mmdl.errors import DataError

NASTY = (
    """
import os, sys
import numpy as np

class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no")

def affine(x, W, b):
    raise BaseException("stop everything")

def affine_db(dy):
    raise Unspeakable

def affine_dW(dy, x):
    raise ValueError("x" * 10_000_000)

def affine_dx(dy, W):
    os.write(1, b"RUBBISH\\n" * 100)
    os.write(2, b"RUBBISH\\n")
    return dy @ W.T

def relu(x):
    if os.fork() == 0:
        while True:
            pass
    return np.maximum(x, 0)

def softmax(s):
    os._exit(3)

def softmax_backward(dp, p):
    sys.exit(3)

def gelu(x):
    return gelu(x)

def sigmoid(x):
    while True:
        print("still here \\x1b[2J\\r", "y" * 200)

def softplus(x):
    kept = []
    while True:
        kept.append(np.empty(10**8))

def tanh(x):
    raise type("E" * 10_000, (Exception,), {})("\\x00\\x1b[31m" + "\\n" * 50)

def log_softmax(s):
    n = 0
    while True:
        n += 1

def leaky_relu(x, slope=0.01):
    return """
    + "np.maximum(" * 50
    + "x.nothing"
    + ", 0)" * 50
    + """

def concatenate(features):
    return np.zeros((1,) * 60)

def head(features, W, b):
    return {"y" * 500: features}
"""
)
SAYS = {
    "affine": "it stops with BaseException: stop everything",
    "affine_db": "it stops with Unspeakable: (whose message cannot be read)",
    "affine_dW": "it stops with ValueError: xxxx",
    "softmax": "it ends the whole process",
    "softmax_backward": "it ends the program",
    "gelu": "it calls itself without end",
    "sigmoid": "it prints without end",
    "softplus": "more memory than it may have",
    "tanh": "it stops with EEEE",
    "log_softmax": "it does not come to an end: it was stopped after 1 s",
    "leaky_relu": "AttributeError",
    "concatenate": "has shape",
    "head": "logits is a dict, not an array",
}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("nasty") / "nasty.py"
    path.write_text(NASTY)
    return path


@pytest.fixture(scope="module")
def grades(file):
    return {grade.name: grade for grade in process.grades(file, examples=4, seconds=1)}


@pytest.mark.parametrize("name", SAYS)
def test_one_clear_sentence(name, grades):
    assert grades[name].state == FAILS
    assert SAYS[name] in grades[name].sentence
    assert len(grades[name].sentence) < 300 and grades[name].sentence.isprintable()


@pytest.mark.parametrize("name", ["affine_dx", "relu"])
def test_right_all_the_same(name, grades):
    assert grades[name].state == PASSES, grades[name].sentence


def test_the_page_is_80_columns_wide_and_shows_nothing_of_ours(grades):
    for grade in grades.values():
        for lines in (page(grade, Paint(False)), brief(grade, Paint(False)), in_brief(grade, Paint(False))):
            assert max(map(len, lines)) <= 80, lines
            assert all(line.isprintable() for line in lines), lines
            assert not any("Traceback" in line or "mmdl/check" in line for line in lines)


def test_nothing_reaches_the_terminal_but_the_page(file):
    command = [sys.executable, "-m", "mmdl", "check", f"{file}:affine_dx"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert "RUBBISH" not in run.stdout and run.stdout.endswith("It passes.\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"def affine(x, W, b):\n    return 0\0\n", "null bytes"),
        (b"x = " + b"(" * 5000 + b")" * 5000, "too many nested parentheses"),
        (b"x = " + b"-" * 200_000 + b"1", "when nasty.py is imported it "),
        (b"x = [" + b"1, " * 20_000 + b"@]", "invalid syntax"),
        (b"raise BaseException('no')", "BaseException: no in line 1"),
        (b"raise ValueError('x' * 10_000_000)", "..."),
        (b"import os; os._exit(0)", "ends the whole process"),
        (b"import os; os.kill(os.getpid(), 11)", "ends the whole process"),
        (b"def f(): f()\nf()", "without end"),
        (b"x = 'a' * 10**12", "more memory"),
    ],
)
def test_a_file_that_cannot_be_imported(content, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nasty.py").write_bytes(content)
    assert main(["check", "nasty.py"]) == 1
    told = capsys.readouterr()
    (line,) = told.err.splitlines()
    assert words in line and len(line) < 400 and told.out == ""


COMMAND = "[sys.executable, '-c', 'import time; time.sleep(3600)']"


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        (f"subprocess.Popen({COMMAND})", ""),  # in the group that is ended
        (f"subprocess.Popen({COMMAND}, start_new_session=True)", "time.sleep(0.2); os._exit(3)"),
        (f"subprocess.Popen({COMMAND}, start_new_session=True, env={{}})", ""),
    ],
)
def test_a_child_that_outlives_its_parent_is_ended_with_it(start, ends, tmp_path):
    """Started as no fork hook sees, in a session of its own, and perhaps by one that is gone before it is ended"""
    path, note = tmp_path / "nasty.py", tmp_path / "pid"
    path.write_text(
        "import os, subprocess, sys, time\n"
        f"with open({str(note)!r}, 'w') as file:\n    file.write(str({start}.pid))\n"
        f"def relu(x):\n    {ends}\n    return x * (x > 0)\n"
    )
    try:
        list(process.grades(path, examples=2))
        for _ in range(100):  # it has been killed, and may take its time to fall
            if not is_running(note.read_text()):
                break
            time.sleep(0.05)
        assert not is_running(note.read_text())
    finally:
        with suppress(ProcessLookupError):
            os.kill(int(note.read_text()), signal.SIGKILL)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] not in "ZX"  # neither dead nor waiting to be collected
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_an_import_that_is_refused_is_a_data_error(tmp_path):
    path = tmp_path / "nasty.py"
    path.write_text("raise KeyboardInterrupt")
    with pytest.raises(DataError, match="KeyboardInterrupt"):
        list(process.grades(path))
