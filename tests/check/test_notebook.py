"""`check` in a notebook: graded where it is called, stopped when it does not end, and shown as HTML."""

import json
import re
import sys

import numpy as np
import pytest
from hypothesis import settings

from mmdl.check import here, process
from mmdl.check.grade import FAILS, NOT_DONE, PASSES
from mmdl.check.notebook import check
from mmdl.check.page.html import as_html
from mmdl.check.page.paint import Paint
from mmdl.errors import DataError
from mmdl.ops.attention import attention as ours
from mmdl.ops.softmax import softmax


def attention_weights(q, k):
    return softmax(q @ k.mT)


def attention(q, k, v):
    return ours(q, k, v)


def shuffled_keys():
    return "b"


def sinusoidal_positions(T, D):
    raise NotImplementedError


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def endless(q, k):
    steps = 0
    print("<here>")
    while True:
        steps += 1


endless.__name__ = "attention_weights"


class TestCheck:
    def test_a_mistake_is_found_and_shown(self):
        found = check(attention_weights)
        assert not found.passes and [grade.state for grade in found.grades] == [FAILS]
        assert "not divided by √D" in repr(found) and "Next: check(attention_weights, hint=1)" in repr(found)
        assert "not divided by √D" in found._repr_html_() and found._repr_html_().count('class="pixel"') > 100

    def test_hints_and_solution(self):
        assert "hint 1 of" in repr(check(attention_weights, hint=1))
        assert "our attention_weights" in repr(check(attention_weights, solution=True))

    def test_without_names_all_that_is_defined_is_meant_and_progress_noted(self, tmp_path):
        found = {grade.name: grade.state for grade in check().grades}
        assert found == {
            "attention_weights": FAILS,
            "attention": PASSES,
            "shuffled_keys": PASSES,
            "sinusoidal_positions": NOT_DONE,
        }
        noted = json.loads((tmp_path / "mmdl-progress.json").read_text(encoding="utf-8"))
        assert set(noted["passed"]) == {"attention", "shuffled_keys"}

    @pytest.mark.parametrize("other", [np.sum, lambda x: x, 3])
    def test_what_is_no_exercise_is_refused(self, other):
        with pytest.raises(DataError, match="no exercise"):
            check(other)

    def test_an_endless_loop_is_stopped_and_its_line_told(self):
        [grade] = check(endless, seconds=0.01).grades
        assert grade.sentence == "it does not come to an end: it was stopped after 0.01 s"
        assert grade.line.text in ("steps += 1", "while True:") and grade.printed == "<here>"

    def test_everything_is_left_as_it_was(self):
        before = settings.default, sys.gettrace()
        check(endless, seconds=0.01)
        assert (settings.default, sys.gettrace()) == before


class TestFile:
    SOURCE = "def shuffled_keys():\n    return 'a'\n\n\ndef variance_of_a_score():\n    return 64\n"

    def test_where_there_are_no_processes_it_is_graded_in_this_one(self, tmp_path, monkeypatch):
        path = tmp_path / "mine.py"
        path.write_text(self.SOURCE, encoding="utf-8")
        elsewhere = list(process.grades(path))
        monkeypatch.setattr(process, "_child", None)
        monkeypatch.setattr(process.sys, "platform", "emscripten")
        assert list(process.grades(path)) == elsewhere
        assert [(grade.name, grade.state) for grade in elsewhere] == [
            ("shuffled_keys", FAILS),
            ("variance_of_a_score", PASSES),
        ]

    def test_a_file_that_does_not_end_is_refused(self, tmp_path, monkeypatch):
        path = tmp_path / "mine.py"
        path.write_text("while True:\n    import math\n", encoding="utf-8")
        monkeypatch.setattr("mmdl.check.work.LOADING", 0.01)
        with pytest.raises(DataError, match=r"mine\.py does not come to an end when it is imported; it was in line"):
            list(here.grades(path))


def test_html_keeps_the_words_and_their_colours():
    colours = Paint(colour=True)
    text = as_html([colours("bad", "a < b"), colours.pixels(255, 94) + colours.pixels(16, None)])
    assert '<span style="color:#cf222e">a &lt; b</span>' in text
    assert re.findall(r"linear-gradient\((\S+) 50%,(\S+) 50%\)", text) == [
        ("rgb(238,238,238)", "rgb(135,95,0)"),
        ("rgb(0,0,0)", "transparent"),
    ]
    assert "\x1b" not in text
