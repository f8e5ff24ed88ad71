"""What is printed: letters that a terminal does not know become escapes, and bars need no thread."""

import io
import os
import subprocess
import sys

import pytest

from mmdl import curriculum
from mmdl.terminal import can_show, is_shared, progress_bar, tolerate


def stream(encoding):
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


def test_letters_become_escapes_once():
    narrow = stream("ascii")
    tolerate(narrow)
    tolerate(narrow)
    print("⟨x⟩ √D", file=narrow, flush=True)
    assert narrow.buffer.getvalue().split() == [rb"\u27e8x\u27e9", rb"\u221aD"]
    tolerate(None)  # where there is no standard output
    tolerate(io.StringIO())


def test_a_choice_of_somebody_else_is_kept():
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    tolerate(narrow)
    assert narrow.errors == "replace"


def test_what_a_stream_can_show():
    assert can_show("√", stream("utf-8")) and can_show("√", io.StringIO())
    assert (
        not can_show("√", stream("cp1252")) and can_show("×", stream("cp1252")) and not can_show("×", stream("ascii"))
    )


def test_who_is_there(monkeypatch):
    assert not is_shared(None) and not is_shared(stream("ascii"))
    monkeypatch.setattr("sys.stdin", None)
    assert not is_shared()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("command", [["lessons/01_checking_gradients.py"], ["-m", "mmdl", "lesson", "0"]])
def test_lessons_in_a_shell_that_a_notebook_started_and_that_knows_few_letters(tmp_path, command, encoding):
    backend = "module://inline_of_no_package.backend"
    settings = {"PYTHONIOENCODING": encoding, "MPLBACKEND": backend, "MMDL_FIGURES": str(tmp_path), "CI": "true"}
    ran = subprocess.run(
        [sys.executable, *command],
        env=os.environ | settings,
        cwd=curriculum.folder().parent,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    assert ran.returncode == 0 and not ran.stderr and ran.stdout.decode(encoding)


def test_a_backend_that_is_not_installed(tmp_path):
    shown = "import os, mmdl.plots; print(os.environ['MPLBACKEND'])"
    for backend, becomes in ("module://inline_of_no_package.backend", "agg"), ("svg", "svg"):
        env = os.environ | {"MPLBACKEND": backend}
        assert subprocess.check_output([sys.executable, "-c", shown], env=env, text=True).strip() == becomes


def test_where_there_are_no_threads_no_bar_starts_one(monkeypatch):
    from tqdm.auto import tqdm

    monkeypatch.setattr(tqdm, "monitor_interval", 10)
    with progress_bar(total=1, disable=True):
        assert tqdm.monitor_interval == 10
    monkeypatch.setattr(sys, "platform", "emscripten")
    with progress_bar(total=1, disable=True):
        assert tqdm.monitor_interval == 0
