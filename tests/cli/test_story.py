"""Lessons' prose as a terminal shows it: formulas in letters, paragraphs in lines."""

import io
import re

import pytest

from mmdl import curriculum
from mmdl.cli.formula import KNOWN, as_text
from mmdl.cli.story import BOLD, OFF, paragraphs

PROSE = [(each.name, cell.text) for each in curriculum.lessons() for cell in curriculum.cells_of(each.path) if cell[0]]
FORMULAS = [found.strip("$") for _, text in PROSE for found in re.findall(r"\$\$.+?\$\$|\$.+?\$", text, re.DOTALL)]


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"y_{pq} = \sum_{i=0}^{I-1} w_{ij}\; x_{p+i,\, q+j}", "y_pq = Σᵢ₌₀ᴵ⁻¹ wᵢⱼ x_(p+i, q+j)"),
        (r"dW = x^\mathsf{T} dy", "dW = xᵀ dy"),
        (r"\frac{e^{s_k}}{\sum_j e^{s_j}}", "e^sₖ/(Σⱼ e^sⱼ)"),
        (r"\tfrac12 \sqrt{D} \cdot \sqrt{a + b}", "1/2 √D · √(a + b)"),
        (r"\log\sigma(x) - \tanh x_1^2", "log σ(x) − tanh x₁²"),
        (r"p(\text{word}) \qquad \hat x", "p(word)    x̂"),
        (r"\underbrace{a + b}_{\text{sum}} = c", "a + b [sum] = c"),
        (r"\begin{pmatrix} 0 & 1 \\ -1 & 2 \end{pmatrix}", "(0 1; −1 2)"),
        (r"\left\lVert x \right\rVert \to \infty", "‖ x ‖ → ∞"),
    ],
)
def test_a_formula(tex, text):
    assert as_text(tex) == text


def test_every_formula_of_the_lessons_is_shown_without_tex():
    used = {command for tex in FORMULAS for command in re.findall(r"\\(?:[A-Za-z]+|.)", tex)}
    assert len(FORMULAS) > 1000 and used <= KNOWN
    assert [tex for tex in FORMULAS if re.search(r"\\|\{$|begin|pmatrix", as_text(tex))] == []


def test_every_paragraph_fits_and_has_no_marks():
    for name, text in PROSE:
        without_tables = re.sub(r"^\|.*\n", "", text, flags=re.MULTILINE)  # these are as wide as they are
        for lines in paragraphs(without_tables, 80, colour=False):
            assert all(len(line) <= 80 or " " not in line.strip() for line in lines), (name, lines)
            assert not re.search(r"\*\*|\$|`", "\n".join(lines)), (name, lines)
    table = paragraphs("| a | $b$ |\n|---|---|\n| **ccc** | d |", 80, colour=False)
    assert table == [["a    b", "ccc  d"]]


def test_marks_become_what_they_mean():
    lines = paragraphs("## A *b*\n\nA **term** $x * y$ of `a ** b`,\n[here](x.py).\n- one\n- two", 60, colour=True)
    assert lines[0] == [f"{BOLD}A b{OFF}"]
    assert lines[1] == [f"A {BOLD}term{OFF} x * y of a ** b, here.", "- one", "- two"]
    assert paragraphs("See [it](https://a.b/c).", 60, colour=False) == [["See it (https://a.b/c)."]]


def test_where_a_terminal_has_no_greek_formulas_stay_tex(monkeypatch):
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert paragraphs(r"The $\sigma$ of $x$.", 60, colour=False) == [[r"The \sigma of x."]]
