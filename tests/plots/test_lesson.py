"""Guesses and saved figures of lessons."""

import builtins
import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from mmdl.errors import DataError
from mmdl.plots import guess, mark_guess, save, save_figure


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def typed(monkeypatch):
    """Someone at a terminal who types these lines; -> the prompts that were shown"""

    def answer(*lines):
        prompts, left = [], list(lines)

        def read(prompt):
            prompts.append(prompt)
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.delenv("CI", raising=False)
        monkeypatch.setattr("sys.stdin", Terminal())
        monkeypatch.setattr("sys.stdout", Terminal())
        monkeypatch.setattr(builtins, "input", read)
        return prompts

    return answer


@pytest.mark.parametrize(
    ("lines", "expected", "asked"),
    [
        (["0.8"], 0.8, 1),
        ([" 1e-3 "], 1e-3, 1),
        (["0,25"], 0.25, 1),
        (["80 %"], 80, 1),
        (["many", "7"], 7, 2),
        (["many", "nan"], None, 2),
        (["inf", "x", "3"], None, 2),
        ([""], None, 1),
        ([], None, 1),
    ],
)
def test_a_guess_is_asked_for_at_a_terminal(typed, lines, expected, asked):
    prompts = typed(*lines)
    assert guess("How many?", "%") == expected and len(prompts) == asked
    assert prompts[0].startswith("How many?") and "in %" in prompts[0]


def test_nobody_is_asked_without_a_terminal(typed, monkeypatch):
    prompts = typed("1", "2", "3")
    monkeypatch.setenv("CI", "true")
    assert guess("?") is None
    monkeypatch.delenv("CI")
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert guess("?") is None
    monkeypatch.setattr("sys.stdin", None)
    assert guess("?") is None and not prompts


def axes(scale="linear", limits=(1, 3)):
    ax = Figure().subplots()
    ax.set(yscale=scale, ylim=limits, xscale=scale, xlim=limits)
    return ax


@pytest.mark.parametrize("axis", ["x", "y"])
def test_a_guess_is_marked(axis):
    ax = axes()
    mark_guess(ax, None, axis)
    assert not ax.lines and not ax.texts
    mark_guess(ax, 1.5, axis)
    (line,), (text,) = ax.lines, ax.texts
    assert list(getattr(line, f"get_{axis}data")()) == [1.5, 1.5]
    assert line.is_dashed() and text.get_text() == "your guess: 1.5"
    assert getattr(ax, f"get_{axis}lim")() == (1, 3)
    with pytest.raises(DataError, match="axis"):
        mark_guess(ax, 1, "z")


@pytest.mark.parametrize(
    ("scale", "limits", "value", "line", "after"),
    [
        ("linear", (1, 3), 3.5, 3.5, (1, 3.6)),
        ("linear", (1, 3), 0.5, 0.5, (0.4, 3)),
        ("linear", (3, 1), 3.5, 3.5, (3.6, 1)),  # an axis that runs downwards
        ("linear", (1, 3), 1e9, 3, (1, 3)),
        ("log", (1e-4, 1), 1e-5, 1e-5, (10**-5.2, 1)),
        ("log", (1e-4, 1), 0, 1e-4, (1e-4, 1)),
        ("log", (1e-4, 1), -3, 1e-4, (1e-4, 1)),
    ],
)
def test_a_guess_beyond_the_axis(scale, limits, value, line, after):
    ax = axes(scale, limits)
    mark_guess(ax, value)
    assert ax.lines[0].get_ydata()[0] == line and ax.get_ylim() == pytest.approx(after)
    assert ("off this axis" in ax.texts[0].get_text()) == (line != value)


def picture(noise=0):
    figure = Figure(figsize=(8, 4))
    figure.subplots().imshow(np.random.default_rng(0).random((noise or 2, noise or 2)), interpolation="nearest")
    return figure


def test_a_file_is_whole_or_as_it_was(tmp_path, monkeypatch):
    path = save(picture(), tmp_path / "new" / "a.png")
    assert path.read_bytes() == save(picture(), tmp_path / "b.png").read_bytes()
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(DataError, match=r"a\.png cannot be written: No space left on device"):
        save(picture(9), path)
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataError, match="cannot be written"):
        save(picture(), tmp_path / "file" / "a.png")
    with pytest.raises(DataError, match=r"saved as \.png, not as a\.pdf"):
        save(picture(), tmp_path / "a.pdf")


def test_a_large_figure_gets_fewer_colours_or_is_refused(tmp_path):
    figure = Figure(figsize=(8, 4))
    ax = figure.subplots()
    ax.imshow(np.random.default_rng(0).random((200, 400, 3)))
    whole = save(figure, tmp_path / "whole.png").stat().st_size
    reduced = save(figure, tmp_path / "reduced.png", limit=whole - 1)
    assert reduced.stat().st_size < whole
    assert reduced.read_bytes() == save(figure, tmp_path / "again.png", limit=whole - 1).read_bytes()
    with pytest.raises(DataError, match="more than 10"):
        save(figure, tmp_path / "small.png", limit=10_000)
    assert not (tmp_path / "small.png").exists()


def test_figures_go_to_the_current_folder_or_where_the_reader_wants_them(tmp_path, monkeypatch):
    """Run in the repository, a lesson left its reader's guess in a figure of the repository."""
    monkeypatch.delenv("MMDL_FIGURES", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "figures").mkdir()
    assert save_figure(picture(), "10_attention") == Path("10_attention.png") and not list(Path("figures").iterdir())
    monkeypatch.setenv("MMDL_FIGURES", str(tmp_path / "there"))
    assert save_figure(picture(), "10_attention") == tmp_path / "there" / "10_attention.png"


def test_a_saved_figure_is_a_path_that_shows_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("MMDL_FIGURES", str(tmp_path))
    saved = save_figure(picture(), "a")
    assert saved._repr_png_() == (tmp_path / "a.png").read_bytes() and saved._repr_png_().startswith(b"\x89PNG")
    assert os.fspath(saved) == str(tmp_path / "a.png") and saved.with_suffix(".gif") == tmp_path / "a.gif"
    assert saved.parent._repr_png_() is None


class Kernel:
    """IPython as a kernel has it: whoever sits at the notebook answers, or nobody can be asked."""

    def __init__(self, kernel=True):
        self.kernel = kernel

    def get_ipython(self):
        return self if self.kernel else object()


def test_the_front_end_of_a_notebook_is_asked(typed, monkeypatch):
    typed("7", "8")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert guess("?") is None
    monkeypatch.setitem(sys.modules, "IPython", Kernel(kernel=False))
    assert guess("?") is None
    monkeypatch.setitem(sys.modules, "IPython", Kernel())
    assert guess("?") == 7
    monkeypatch.setattr("sys.platform", "emscripten")
    assert guess("?") is None


def test_a_notebook_that_runs_by_itself_is_not_asked(monkeypatch):
    def refuse(prompt):
        raise NotImplementedError("raw_input was called, but this frontend does not support input requests.")

    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setitem(sys.modules, "IPython", Kernel())
    monkeypatch.setattr(builtins, "input", refuse)
    assert guess("?") is None


def test_a_figure_that_cannot_be_saved_is_one_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "figures").write_text("in the way")
    monkeypatch.setenv("MMDL_FIGURES", str(tmp_path / "figures"))
    assert save_figure(picture(), "10_attention") is None
    said = capsys.readouterr().err
    assert said.startswith("The figure is not saved: ") and said.count("\n") == 1 and "Traceback" not in said
