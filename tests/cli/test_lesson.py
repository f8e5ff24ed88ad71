"""`mmdl lesson` lists, runs and converts the lessons."""

import json

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
    assert "Lesson 00: One number" in out and "dx =" in out
    assert (tmp_path / "00_one_number.png").exists()


def test_without_permission_for_figures_it_goes_on_with_one_sentence(monkeypatch, tmp_path, capfd):
    file = tmp_path / "taken"
    file.write_text("no folder")
    monkeypatch.setenv("MMDL_FIGURES", str(file))
    assert main(["lesson", "0"]) == 0
    [line] = capfd.readouterr().err.splitlines()
    assert line.startswith("The figure is not saved: ")


def test_a_notebook(tmp_path, capsys):
    path = tmp_path / "lesson.ipynb"
    assert main(["lesson", "8", "--notebook", str(path)]) == 0
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert {cell["cell_type"] for cell in cells} == {"markdown", "code"}
    assert main(["lesson", "8", "--notebook", str(path)]) == 1
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["99"], 1, "there is no lesson 99; "),
        (["-1"], 2, ""),
        (["eight"], 2, "a whole number of at least 0 is needed, not eight"),
        (["--notebook", "x.ipynb"], 2, "--notebook needs the number of a lesson"),
        (["8", "--notebook", "/nowhere/x.ipynb"], 1, "/nowhere/x.ipynb: No such file or directory"),
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
