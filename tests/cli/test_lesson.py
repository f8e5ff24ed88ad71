"""`mmdl lesson` lists, runs and converts the lessons."""

import json
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

from mmdl import curriculum
from mmdl.cli import main
from mmdl.errors import DataError


def test_the_list_has_every_lesson_with_question_and_time(capsys):
    assert main(["lesson"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for each in curriculum.lessons():
        assert each.title in printed and f"{each.seconds} s" in printed
        assert " ".join(each.question.split()) in printed


def test_a_lesson_runs(monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("MMDL_FIGURES", str(tmp_path))
    assert main(["lesson", "0"]) == 0
    out = capfd.readouterr().out
    assert "00 One number" in out and "dx =" in out
    assert (tmp_path / "00_one_number.png").exists()


def test_without_permission_for_figures_it_goes_on_with_one_sentence(monkeypatch, tmp_path, capfd):
    file = tmp_path / "taken"
    file.write_text("no folder")
    monkeypatch.setenv("MMDL_FIGURES", str(file))
    assert main(["lesson", "0"]) == 0
    [line] = capfd.readouterr().err.splitlines()
    assert line.startswith("The figure is not saved: ")


def test_a_lesson_tells_its_story(monkeypatch, tmp_path, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MMDL_FIGURES", "elsewhere")
    assert main(["lesson", "0", "--out", "pictures"]) == 0
    out = capfd.readouterr().out
    prose, printed, end = "What you now know", "dx =", f"Its figure is in {Path('pictures') / '00_one_number.png'}"
    assert out.index("00 One number") < out.index(printed) < out.index(prose)
    assert out.endswith(f"{end}\nIts exercises: mmdl check --new 0\n") and Path("pictures/00_one_number.png").exists()
    assert "$" not in out and "**" not in out and "\\frac" not in out


def test_the_figure_is_opened(monkeypatch, tmp_path, capsys):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setenv("MMDL_FIGURES", str(tmp_path))
    assert main(["lesson", "0", "--show"]) == 0
    assert opened == [(tmp_path / "00_one_number.png").as_uri()]


@pytest.fixture
def short(monkeypatch, tmp_path):
    """A course of one lesson, whose code can be chosen."""

    def write(code, prose="Words.\n#\n" * 30):
        (tmp_path / "00_short.py").write_text(
            "# %% [markdown]\n# # 00 Short\n#\n# **Question.** Why?\n#\n# Needs: nothing; about 1 s.\n#\n# .\n\n"
            f"# %%\n{code}\n\n# %% [markdown]\n# {prose.replace('Words', '# Words').lstrip('# ')}"
        )

    monkeypatch.setattr(curriculum, "folder", lambda: tmp_path)
    return write


def test_code_that_raises_is_one_line_with_its_place(short, tmp_path, capsys):
    short("two = 1 + 1\nassert two == 3, two")
    assert main(["lesson", "0"]) == 1
    assert capsys.readouterr().err == f"mmdl: {tmp_path / '00_short.py'}, line 12: AssertionError: 2\n"


def test_the_code_stands_where_a_script_stands(short, capsys):
    program = sys.modules["__main__"]
    short("def f(): pass\nprint(f.__module__, __file__, __import__('sys').modules['__main__'].f is f)")
    assert main(["lesson", "0"]) == 0
    assert "__main__ " in (out := capsys.readouterr().out) and "00_short.py True" in out
    assert sys.modules["__main__"] is program


@pytest.mark.parametrize(("keys", "whole"), [(["", "", "", ""], True), (["", "q"], False), ([""], False)])
def test_a_terminal_is_given_screen_by_screen(short, monkeypatch, capsys, keys, whole):
    short("print('said')", "Words.\n#\n" * 30 + "The end.")
    left = list(keys)

    def key(prompt):
        if not left:
            raise EOFError
        return left.pop(0)

    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("LINES", "24")
    monkeypatch.setattr("mmdl.cli.telling.is_shared", lambda: True)
    monkeypatch.setattr("builtins.input", key)
    assert main(["lesson", "0"]) == 0
    out = capsys.readouterr().out
    assert "said" in out and ("The end." in out) == whole and (not left or whole)


def test_a_notebook(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["lesson", "8", "--notebook"]) == 0
    assert capsys.readouterr().out == "Lesson 8 is in 08_lstm.ipynb.\n"
    written = Path("08_lstm.ipynb").read_text(encoding="utf-8")
    ours, theirs = nbformat.reads(written, 4), jupytext.read(curriculum.lesson(8).path)
    nbformat.validate(ours)
    assert [(cell.cell_type, cell.source) for cell in ours.cells] == [
        (cell.cell_type, cell.source.strip("\n")) for cell in theirs.cells
    ]
    assert main(["lesson", "8", "--notebook"]) == 1
    assert "is there already" in capsys.readouterr().err and Path("08_lstm.ipynb").read_text("utf-8") == written


def test_as_json(capsys):
    assert main(["lesson", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1 and [each["number"] for each in found["lessons"]] == [
        each.number for each in curriculum.lessons()
    ]
    assert main(["lesson", "2", "--json"]) == 0
    lesson = json.loads(capsys.readouterr().out)["lesson"]
    lines = Path(lesson["path"]).read_text(encoding="utf-8").split("\n")
    for cell in lesson["cells"]:
        assert lines[cell["line"] - 1].removeprefix("# " * (cell["kind"] == "prose")) == cell["text"].split("\n")[0]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["99"], 1, "there is no lesson 99; "),
        (["-1"], 2, ""),
        (["eight"], 2, "a whole number of at least 0 is needed, not eight"),
        (["--notebook", "x.ipynb"], 2, "--notebook needs the number of a lesson"),
        (["--notebook"], 2, "--notebook needs the number of a lesson"),
        (["--show"], 2, "--show needs the number of a lesson"),
        (["8", "--notebook", "/nowhere/x.ipynb"], 1, "/nowhere/x.ipynb cannot be written: No such file or directory"),
    ],
)
def test_wrong_calls(arguments, code, sentence, capsys):
    assert main(["lesson", *arguments]) == code
    assert sentence in capsys.readouterr().err


def test_a_lesson_without_its_first_lines(monkeypatch, tmp_path):
    (tmp_path / "00_empty.py").write_text("# %% [markdown]\n# # 00 Title\n")
    monkeypatch.setattr(curriculum, "folder", lambda: tmp_path)
    with pytest.raises(DataError, match="a lesson opens with its number and title"):
        curriculum.lessons()
