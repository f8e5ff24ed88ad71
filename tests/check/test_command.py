"""`mmdl check` from end to end: exit codes, files that cannot be read, functions that do not end."""

import sys
from pathlib import Path

import pytest

from mmdl.check import limits, process
from mmdl.check.files import chosen, exercise_file, functions_of, split
from mmdl.check.grade import FAILS, MISSING, NOT_DONE, PASSES
from mmdl.check.library import EXERCISES
from mmdl.check.progress import FILE
from mmdl.cli import main
from mmdl.curriculum import lessons
from mmdl.errors import DataError

ALL_RIGHT = """
import numpy as np
from mmdl.ops.softmax import softmax

def affine(x, W, b):
    return x @ W + b

def relu(x):
    return np.maximum(x, 0)
"""

MIXED = """
import numpy as np

def affine(x, W, b):
    print("hello")
    return x @ W

def affine_db(dy):
    raise NotImplementedError

def helper(x):
    return x

def affine_dx(dy, W):
    return dy @ W.T
"""

ENDLESS = """
def affine(x, W, b):
    n = 0
    while True:
        n += 1

def relu(x):
    try:
        while True:
            print("still here")
    except Exception:
        return x

def softmax(s):
    import os
    os._exit(3)

def affine_db(dy):
    return dy.sum(axis=0)
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in, outside the repository."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder, text, name="mywork.py"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


class TestExitCodes:
    def test_zero_if_all_pass_and_nothing_is_left_behind(self, here, capsys):
        write(here, ALL_RIGHT)
        assert main(["check", "mywork.py"]) == 0
        out = capsys.readouterr().out
        assert out.splitlines()[-1] == "All 2 pass."
        assert out.count("✓") == 2
        assert "\x1b" not in out  # no terminal, no colours
        assert {path.name for path in here.iterdir()} == {"mywork.py", FILE}

    def test_one_if_not(self, here, capsys):
        write(here, MIXED)
        assert main(["check", "mywork.py", "--hint", "2"]) == 1
        out = capsys.readouterr().out
        for words in ("✗ affine ", "without the bias", "hello", "· affine_db", "✓ affine_dx", "hint 2 of"):
            assert words in out
        assert "helper" not in out
        assert "1 passes, 1 fails, 1 is not done yet." in out

    def test_one_function_and_our_solution(self, here, capsys):
        write(here, MIXED)
        assert main(["check", "mywork.py:affine_dx", "--solution"]) == 0
        out = capsys.readouterr().out
        assert "return dy @ W.T" in out
        assert "affine_db" not in out

    @pytest.mark.parametrize("arguments", [[], ["--new", "0", "x.py"], ["--hint", "0", "x.py"], ["--new", "few"]])
    def test_two_for_wrong_usage(self, arguments, here, capsys):
        assert main(["check", *arguments]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


class TestNew:
    def test_it_writes_a_file_that_can_be_checked(self, here, capsys):
        assert main(["check", "--new", "4"]) == 0
        assert "04_softmax_and_loss.py" in capsys.readouterr().out
        assert main(["check", "04_softmax_and_loss.py"]) == 1
        out = capsys.readouterr().out
        assert out.count("is not done yet") == len(functions_of(exercise_file(4)))
        assert out.splitlines()[-1] == "Next: mmdl check 04_softmax_and_loss.py:softmax --hint"

    def test_it_never_overwrites(self, here, capsys):
        mine = write(here, "# mine", "10_attention.py")
        assert main(["check", "--new", "10"]) == 1
        assert "stays as it is" in capsys.readouterr().err
        assert mine.read_text() == "# mine"

    def test_an_unknown_lesson(self, here, capsys):
        assert main(["check", "--new", "77"]) == 1
        assert f"0 to {lessons()[-1].number}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def affine(x, W, b)\n    return x", "mywork.py, line 1: expected ':'"),
        ("x = 1 / 0", "ZeroDivisionError: division by zero in line 1: x = 1 / 0"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("exit()", "ends the program"),
        ("def nothing_known(x): return x", "defines no function of an exercise"),
        ("from mmdl.ops.dense import affine", "defines no function of an exercise"),
    ],
)
def test_a_file_that_cannot_be_checked_gets_one_sentence(text, words, here, capsys):
    write(here, text)
    assert main(["check", "mywork.py"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_a_file_that_is_none(here, capsys):
    (here / "picture.py").write_bytes(b"\x89PNG\xff\x00")
    assert main(["check", "picture.py"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.fixture(scope="module")
def grades(tmp_path_factory):
    path = write(tmp_path_factory.mktemp("endless"), ENDLESS)
    return {grade.name: grade for grade in process.grades(path, examples=4, seconds=1)}


class TestWhatDoesNotEnd:
    def test_a_loop_is_ended_and_its_line_told(self, grades):
        assert grades["affine"].state == FAILS
        assert "does not come to an end" in grades["affine"].sentence
        assert "while True" in grades["affine"].line.text or "n += 1" in grades["affine"].line.text

    def test_printing_is_cut_off(self, grades):
        assert grades["relu"].state == FAILS
        assert "still here" in grades["relu"].printed
        assert len(grades["relu"].printed.splitlines()) <= 6

    def test_a_process_that_dies_takes_nobody_with_it(self, grades):
        assert "ends the whole process" in grades["softmax"].sentence
        assert grades["affine_db"].state == PASSES

    def test_importing_may_hang_too(self, tmp_path):
        path = write(tmp_path, "import time\ntime.sleep(3600)\n")
        with pytest.raises(DataError, match="does not come to an end when it is imported; it was in line 2"):
            list(process.grades(path, seconds=0.5))

    def test_a_process_that_is_deaf_while_it_computes_is_ended(self, tmp_path):
        path = write(tmp_path, "def affine(x, W, b):\n    return sum(range(10**14))  # deaf while it adds\n")
        (grade,) = process.grades(path, seconds=1)
        assert "does not come to an end" in grade.sentence and "deaf" in grade.sentence


class TestWhichFunctions:
    def test_target(self, here):
        write(here, "")
        assert split("mywork.py") == (Path("mywork.py"), None)
        assert split("mywork.py:conv2d") == (Path("mywork.py"), "conv2d")
        for target, words in (
            ("other.py", "no file other.py"),
            (".", "is a folder"),
            ("other.py:f", "no file other.py"),
        ):
            with pytest.raises(DataError, match=words):
                split(target)

    def test_of_a_lesson_those_of_the_lesson(self):
        defined = {"softmax": None, "relu": None, "attention": None}
        names, missing = chosen(Path("10_attention.py"), defined, EXERCISES)
        assert names == ["attention"]
        assert "attention_backward" in missing and "relu" not in missing

    def test_of_any_other_file_all_that_are_known(self):
        defined = {"helper": None, "relu": None, "attention": None}
        assert chosen(Path("mywork.py"), defined, EXERCISES) == (["relu", "attention"], [])

    @pytest.mark.parametrize(
        ("function", "words"),
        [("atention", "does not define atention; it defines attention"), ("helper", "helper is no exercise")],
    )
    def test_one_that_cannot_be_meant(self, function, words):
        with pytest.raises(DataError, match=words):
            chosen(Path("mywork.py"), {"attention": None, "helper": None}, EXERCISES, function)

    def test_missing_functions_are_told(self, here):
        write(here, "def softmax(s):\n    raise NotImplementedError\n", "04_softmax_and_loss.py")
        states = {grade.name: grade.state for grade in process.grades(Path("04_softmax_and_loss.py"))}
        others = functions_of(exercise_file(4))[1:]
        assert states == {"softmax": NOT_DONE} | dict.fromkeys(others, MISSING)


def test_help_shows_examples(capsys):
    assert main(["check", "--help"]) == 0
    told = capsys.readouterr().out
    assert "mmdl check 10_attention.py --hint" in told
    assert "with your own rights" in told and "2 GiB" in told and limits.MEMORY == 2 << 30
    assert "mmdl.check.library" in sys.modules
