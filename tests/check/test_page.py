"""What a student reads: nothing is wider than the terminal, and the first difference is marked."""

import re

import numpy as np
import pytest

from mmdl.check.grade import FAILS, MISSING, NOT_DONE, PASSES, Grade, Picture, Speed
from mmdl.check.grading import grade
from mmdl.check.library import EXERCISES
from mmdl.check.mistake import Comparison
from mmdl.check.page.beside import side_by_side
from mmdl.check.page.heat import heat_maps
from mmdl.check.page.page import advice, brief, by_command, in_brief, page, summary
from mmdl.check.page.paint import Paint
from mmdl.check.words import literal
from mmdl.ops.attention import attention_backward
from mmdl.ops.convolution import conv2d
from tests.close import close

COLOUR = re.compile(r"\x1b\[[\d;]*m")
colours = Paint(colour=True)


def flipped(x, w, b=None, stride=1):
    return conv2d(x, w[::-1, ::-1], b, stride)


@pytest.fixture(scope="module")
def failed():
    return grade(EXERCISES["conv2d"], flipped, examples=10)


class TestPage:
    @pytest.mark.parametrize("paint", [Paint(colour=False), colours])
    def test_it_fits_and_tells_all(self, failed, paint):
        lines = page(failed, paint)
        text = "\n".join(lines)
        assert max(len(COLOUR.sub("", line)) for line in lines) <= 80
        for words in (
            "✗ conv2d",
            "holds",
            "fails",
            "input",
            "np.array",
            "expected",
            "yours",
            "difference",
            "diagnosis",
        ):
            assert words in COLOUR.sub("", text)
        assert "turned by 180 degrees" in COLOUR.sub("", text)
        assert bool(COLOUR.search(text)) == paint.colour

    def test_in_brief(self, failed, plain):
        head, *why = in_brief(failed, plain)
        assert head.endswith("fails") and "turned by 180 degrees" in why[0]

    def test_no_diagnosis_is_said_honestly(self, plain):
        found = grade(EXERCISES["conv2d"], lambda x, w, b=None, stride=1: conv2d(np.sin(x), w, b, stride), examples=4)
        assert found.diagnoses == ()
        assert "I do not know" in "\n".join(page(found, plain))

    def test_every_state_has_a_line(self, plain):
        passed = Grade("relu", PASSES, shapes=17, error=2e-16, speed=Speed(2e-3, 1e-3))
        assert brief(passed, plain) == ["✓ relu                           17 shapes, error 2e-16, 2 × our time"]
        for state in (NOT_DONE, MISSING):
            assert state in brief(Grade("relu", state), plain)[0]

    def test_summary(self):
        states = [PASSES, PASSES, FAILS, NOT_DONE]
        assert summary([Grade("f", state) for state in states]) == "2 pass, 1 fails, 1 is not done yet."
        assert summary([Grade("f", PASSES)] * 3) == "All 3 pass."


class TestAdvice:
    LEFT = Grade("attention", FAILS, hints=("one", "two", "three"))

    def test_hints_go_further_in_steps(self, plain):
        lines = advice([self.LEFT], plain, by_command("my.py"), hint=2)
        assert lines[1:3] == ["hint 1 of 3 for attention: one", "hint 2 of 3 for attention: two"]
        assert lines[-1] == "Next: mmdl check my.py:attention --hint 3"
        assert advice([self.LEFT], plain, by_command("my.py"), hint=9)[-1].endswith("--solution")
        assert advice([self.LEFT], plain, by_command("my.py"))[-1].endswith("--hint")

    def test_the_first_that_does_not_pass_is_meant(self, plain):
        grades = [Grade("relu", PASSES), self.LEFT, Grade("softmax", FAILS)]
        assert "attention" in advice(grades, plain, by_command("my.py"), hint=1)[1]

    def test_what_the_diagnosis_knows_comes_first(self, plain):
        def without_divisor(dy, q, k, v, weights):
            dq, dk, dv = attention_backward(dy, q, k, v, weights)
            return dq * q.shape[-1] ** 0.5, dk * q.shape[-1] ** 0.5, dv

        found = grade(EXERCISES["attention_backward"], without_divisor, examples=4)
        assert [each.name for each in found.diagnoses] == ["divisor_forgotten"]
        assert "divisor" in found.diagnoses[0].hint

    def test_widening_is_said_once(self, plain):
        wide = [Grade(name, PASSES, shapes=5, widens=True) for name in ("rnn", "attention")]
        assert not any("widens" in line or "float" in line for grade in wide for line in brief(grade, plain))
        text = " ".join(advice(wide, plain, by_command("my.py")))
        assert text.count("float64") == 1 and "rnn, attention" in text
        assert "float64" not in " ".join(advice([self.LEFT], plain, by_command("my.py")))

    def test_solution(self, plain):
        lines = advice([self.LEFT], plain, by_command("my.py"), solution=lambda name: [f"def {name}(): ..."])
        assert "def attention(): ..." in lines


class TestSideBySide:
    def test_a_small_matrix_row_beside_row(self, plain):
        truth = np.array([[1.0, 2.0], [3.0, 4.0]])
        lines = side_by_side(Comparison("y", truth, truth + [[0, 0], [0, 1]]), plain)
        assert len(lines) == 3
        assert lines[1].split() == ["1", "2", "1", "2"]
        assert lines[2].split() == ["3", "4", "3", "▸5"]

    def test_only_the_first_difference_is_marked(self):
        truth = np.zeros((2, 2))
        text = "\n".join(side_by_side(Comparison("y", truth, truth + 1), colours))
        assert text.count("▸") == 1 and text.count("\x1b[31m") == 4

    def test_digits_until_the_difference_shows(self, plain):
        truth = np.array([1.0])
        assert "1.000001" in side_by_side(Comparison("y", truth, truth + 1e-6), plain)[1]

    def test_of_a_large_array_the_place_of_the_first_difference(self, plain):
        truth = np.arange(600.0).reshape(2, 3, 100)
        given = truth.copy()
        given[1, 1, 7] = -1
        lines = side_by_side(Comparison("y", truth, given), plain)
        assert lines[1].startswith("[1, 1, 6]") and "▸" not in lines[1]
        assert lines[2].startswith("[1, 1, 7]") and "▸ -1" in lines[2]
        assert lines[-1] == "1 of 600 entries differ"

    def test_shapes(self, plain):
        lines = side_by_side(Comparison("y", np.zeros((2, 1)), np.zeros(2)), plain)
        assert lines[0] == "expected shape (2, 1), yours (2,)"

    def test_nan(self, plain):
        assert "▸nan" in side_by_side(Comparison("y", np.ones((1, 1)), np.full((1, 1), np.nan)), plain)[1]


class TestHeatMaps:
    def test_the_shape_of_a_mistake_shows(self, plain):
        truth = np.arange(30.0).reshape(5, 6)
        given = truth.copy()
        given[-1] = 0
        where, titles, *maps = heat_maps(Picture(Comparison("dx", truth, given), ()), plain)
        assert where == "dx for a larger input"
        assert titles.split() == ["truth", "yours", "difference"]
        differences = [line.split("   ")[-1] for line in maps]
        assert set(differences[0]) == {"."} and set(differences[-1]) == {"#"}

    def test_of_a_stack_of_images_the_one_with_the_largest_difference(self, plain):
        truth = np.zeros((2, 8, 9, 3))
        given = truth.copy()
        given[1, 4, 4, 2] = 1
        where = heat_maps(Picture(Comparison("dx", truth, given), ("N", "R", "C", "D")), plain)[0]
        assert where.startswith("dx[1, :, :, 2]")

    @pytest.mark.parametrize("shape", [(7,), (1, 1), (3, 40), (50, 2), (2, 3, 4, 5)])
    def test_any_shape_fits(self, shape):
        rng = np.random.default_rng(0)
        truth, given = rng.standard_normal((2, *shape))
        given.flat[0] = np.nan
        for paint in (Paint(colour=False), colours):
            lines = [COLOUR.sub("", line) for line in heat_maps(Picture(Comparison("y", truth, given), ()), paint)]
            assert max(map(len, lines)) <= 67
            assert len(lines) <= 24

    def test_half_blocks_hold_two_pixels(self):
        truth = np.array([[1.0], [-1.0]])
        *_, line = heat_maps(Picture(Comparison("y", truth, -truth), ()), colours)
        assert "▀" in line and "38;5" in line


class TestWords:
    def test_what_can_be_pasted(self):
        assert literal("x = ", np.array([[0.1, -2.0]])) == ["x = np.array([[0.1, -2.0]])"]
        assert literal("mask = ", np.array([True])) == ["mask = np.array([True])"]
        assert literal("features = ", (np.ones(1),)) == ["features = (np.array([1.0]),)"]
        assert literal("stride = ", (1, 2)) == ["stride = (1, 2)"]
        assert literal("f = ", np.sin) == ["f = sin"]

    def test_row_by_row(self):
        x = np.arange(24.0).reshape(1, 4, 6) / 8
        lines = literal("x = ", x)
        assert len(lines) == 4
        assert close(eval("".join(lines).removeprefix("x = "), {"np": np}), x, atol=1e-6)

    def test_too_much_is_described(self):
        assert literal("x = ", np.zeros((20, 20))) == ["x = ... of shape (20, 20)"]
        assert "W (9, 9)" in literal("p = ", {"W": np.zeros((9, 9)), "b": np.zeros(9)})[0]
