"""A lesson is added by its own four files and nothing else, in a package laid out as the wheel lays it out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mmdl import curriculum

NAME = "90_shadows"

FILES = {
    f"mmdl/lessons/{NAME}.py": """
# %% [markdown]
# # 90 Shadows
#
# **Question.** How long is a shadow?
#
# Needs: the sun; about 1 s.
#
# A shadow is as long as the thing, times a number.

# %%
from mmdl.plots.lessons.lesson_90_shadows import draw

print("shadow:", draw(2.0))

# %% [markdown]
# `mmdl check --new 90`
""",
    f"mmdl/lessons/exercises/{NAME}.py": '''"""Exercises of lesson 90."""

import numpy as np


def shadow(x, slope):
    """★ y = slope · x

    x (N, D), slope (D,) -> y (N, D)

    >>> shadow(np.ones((1, 1)), np.full(1, 2.0))
    array([[2.]])
    """
    raise NotImplementedError


def shadow_at_noon():
    """★★★ The sun stands in the zenith. How long is a shadow? Answer with a number"""
    raise NotImplementedError
''',
    f"mmdl/plots/lessons/lesson_{NAME}.py": '''"""The drawing of lesson 90."""


def draw(length):
    """Nothing is to be seen at noon."""
    return 3 * length
''',
    f"mmdl/check/teachers/lesson_{NAME}.py": '''"""Lesson 90: shadows."""

from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction


def shadow(x, slope):
    """y = slope · x"""
    return slope * x


EXERCISES = (
    Exercise(
        shadow,
        lambda draws: draws.arrays(x="N D", slope="D"),
        ("y",),
        ("Every column has a slope of its own.", "slope * x"),
        axes={"y": "N D"},
    ),
)

MISTAKES = []


@mistakes_in(MISTAKES, "shadow")("A shadow grows with the thing: multiply.")
def divided_by_the_slope(x, slope):
    """x is divided by the slope: shadows shrink where they should grow."""
    return x / slope


@prediction("Where does the light come from?")
def shadow_at_noon():
    """0: the light comes from straight above."""
    return 0.0


PREDICTIONS = (shadow_at_noon,)
''',
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A copy of the package with the lessons in it, and the four new files."""
    root = tmp_path_factory.mktemp("package")
    package = Path(curriculum.__file__).parent
    shutil.copytree(package, root / "mmdl", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(curriculum.folder(), root / "mmdl" / "lessons", dirs_exist_ok=True)
    for name, text in FILES.items():
        assert not (root / name).exists()
        (root / name).write_text(text)
    (root / "learner").mkdir()
    return root


def mmdl(place, *arguments):
    """What a command prints, and its exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "mmdl", *arguments],
        cwd=place / "learner",
        env=os.environ | {"PYTHONPATH": str(place), "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout + done.stderr, done.returncode


def test_it_is_listed_and_runs(place):
    out, code = mmdl(place, "lesson")
    assert code == 0 and "90  Shadows" in out and "How long is a shadow?" in out
    out, code = mmdl(place, "lesson", "90")
    assert code == 0 and "shadow: 6.0" in out


def test_its_exercises_are_written_graded_and_noted(place):
    out, code = mmdl(place, "check", "--new")
    assert code == 0 and "Shadows" in out
    out, code = mmdl(place, "check", "--new", "90")
    assert code == 0 and (place / "learner" / f"{NAME}.py").exists()
    wrong = "def shadow(x, slope):\n    return x * slope**-1\n\n\ndef shadow_at_noon():\n    return 0\n"
    (place / "learner" / f"{NAME}.py").write_text(wrong)
    out, code = mmdl(place, "check", f"{NAME}.py")
    assert code == 1 and "shadows shrink where they should grow" in " ".join(out.split())
    assert "straight above" in out
    (place / "learner" / f"{NAME}.py").write_text(wrong.replace("**-1", ""))
    out, code = mmdl(place, "check", f"{NAME}.py")
    assert code == 0 and "All 2 pass." in out
    out, code = mmdl(place, "progress")
    assert code == 0 and any("Shadows" in line and line.startswith("✓") for line in out.splitlines())


def test_no_other_file_names_it(place):
    """What was there before is as it was: the lesson was found, not listed."""
    package = Path(curriculum.__file__).parent
    for path in package.rglob("*.py"):
        if package / "lessons" not in path.parents:
            assert (place / "mmdl" / path.relative_to(package)).read_bytes() == path.read_bytes()
