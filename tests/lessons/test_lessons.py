"""Every lesson runs from any folder, says what it says in order, and draws the figures that are in the repository."""

import os
import subprocess
import sys
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdl import curriculum
from mmdl.plots.numbers import numbers_in
from tests.close import close

LESSONS = {each.name: each for each in curriculum.lessons()}
FIGURES = curriculum.folder().parent / "figures"
HEADER = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
"""
SLOWEST = 20  # times the seconds that a lesson says it needs, and 30 more: only what hangs takes so long
SAME = 0.2  # how far numbers behind a figure may lie apart: other machines round, and so train, a little differently
# As the figures of the repository were drawn: other kernels of OpenBLAS round differently, which long trainings enlarge
ALIKE = {"CI": "true", "OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Haswell"}


def test_they_are_all_there():
    numbers = [each.number for each in LESSONS.values()]
    assert numbers == sorted(set(numbers)) and numbers[:20] == list(range(20))
    assert len(LESSONS) >= 20


@pytest.mark.parametrize("name", LESSONS)
def test_form(name):
    text = LESSONS[name].path.read_text(encoding="utf-8")
    assert text.startswith(HEADER)
    assert LESSONS[name].seconds <= 120  # most need a few; where each side is given its best rate, a minute
    assert f"`mmdl check --new {int(name[:2])}`" in text
    assert "guess(" in text and "assert " in text and "now know" in text.lower()


@pytest.mark.parametrize("name", LESSONS)
def test_it_converts_without_loss(name, tmp_path):
    import jupytext

    notebook = jupytext.read(LESSONS[name].path)
    again = jupytext.reads(jupytext.writes(notebook, fmt="ipynb"), fmt="ipynb")
    assert [cell.source for cell in again.cells] == [cell.source for cell in notebook.cells]
    assert len(notebook.cells) >= 10


@pytest.mark.parametrize("name", LESSONS)
def test_committed_figure_is_small(name):
    figures = list(FIGURES.glob(f"{name}*.png"))
    assert figures
    assert all(figure.stat().st_size <= 150_000 for figure in figures)


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_it_runs_and_draws_the_committed_figure(name, tmp_path):
    ran = subprocess.run(
        [sys.executable, LESSONS[name].path],
        cwd=tmp_path,
        env=os.environ | ALIKE | {"MMDL_FIGURES": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30 + SLOWEST * LESSONS[name].seconds,
    )
    assert ran.returncode == 0, ran.stderr
    drawn = sorted(path.name for path in tmp_path.glob("*.png"))
    assert drawn == sorted(path.name for path in FIGURES.glob(f"{name}*.png"))
    for figure in drawn:
        assert_same_numbers(numbers_in(tmp_path / figure), numbers_in(FIGURES / figure))
        assert_alike(tmp_path / figure, FIGURES / figure)


def assert_same_numbers(new, committed):
    assert [[row[:1] for row in ax] for ax in new] == [[row[:1] for row in ax] for ax in committed]
    for row, old in zip(chain(*new), chain(*committed), strict=True):
        spread = max(1e-12, old[5] - old[4], abs(old[2]))
        assert close(row[2:4], old[2:4], rtol=0, atol=SAME * spread), (row, old)


def assert_alike(new, committed):
    """The same picture, but for fonts, or where a curve lies a pixel higher."""
    with Image.open(new) as a, Image.open(committed) as b:
        assert a.size == b.size
        a, b = (np.asarray(image.convert("L").reduce(8), float) for image in (a, b))
    assert np.abs(a - b).mean() < 12  # of 255; the layout moves with the labels of an axis


def test_stale_numbers_are_noticed():
    old = [[["line", 5, 1.0, 0.5, 0.0, 2.0]]]
    assert_same_numbers([[["line", 5, 1.1, 0.5, 0.0, 2.0]]], old)
    with pytest.raises(AssertionError):
        assert_same_numbers([[["line", 5, 1.6, 0.5, 0.0, 2.0]]], old)


def test_the_list_of_lessons_is_current():
    """If not: python -c "from mmdl.curriculum import renew; renew()" """
    readme = (curriculum.folder() / "README.md").read_text(encoding="utf-8")
    assert curriculum.with_contents(readme) == readme
    assert readme.startswith("# The lessons")


def test_a_changed_lesson_changes_the_list(monkeypatch, tmp_path):
    (tmp_path / "README.md").write_text("# The lessons\n\nSome words.\n\n## [00 Old](00_old.py)\n\nMore.\n")
    (tmp_path / "00_new.py").write_text(
        "# # 00 New\n#\n# **Question.** Why?\n#\n# Needs: nothing; about 3 s.\n#\n# .\n"
    )
    monkeypatch.setattr(curriculum, "folder", lambda: tmp_path)
    curriculum.renew()
    written = (tmp_path / "README.md").read_text()
    assert written.startswith(
        "# The lessons\n\nSome words.\n\n## [00 New](00_new.py)\n\n**Why?**\n\nNeeds: nothing; about 3 s."
    )
    assert "Old" not in written and "More" not in written


def test_drawings_and_teachers_bear_the_names_of_their_lessons():
    package = Path(curriculum.__file__).parent
    known = {f"lesson_{name}" for name in LESSONS}
    assert {path.stem for path in (package / "check" / "teachers").glob("lesson_*.py")} == known
    assert {path.stem for path in (package / "plots" / "lessons").glob("lesson_*.py")} <= known
    assert {path.stem for path in (curriculum.folder() / "exercises").glob("*.py")} == set(LESSONS)
