"""What passes is noted beside the learner's file, and shown lesson by lesson; grades can be had as data."""

import json
from pathlib import Path

import pytest

from mmdl.check.files import exercise_files, tasks
from mmdl.check.progress import FILE, by_lesson, passed, record
from mmdl.cli import main
from mmdl.errors import DataError

HALF = """
def affine(x, W, b):
    return x @ W + b

def relu(x):
    return abs(x)

def first_loss():
    return 2.3
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").write_text(HALF)
    return tmp_path


class TestNotes:
    def test_days_stay_and_new_ones_are_added(self, tmp_path):
        assert passed(tmp_path) == {}
        record(tmp_path, [])
        assert not (tmp_path / FILE).exists()
        (tmp_path / FILE).write_text('{"passed": {"affine": "2001-02-03"}}')
        record(tmp_path, ["affine", "relu"])
        found = passed(tmp_path)
        assert found["affine"] == "2001-02-03" and list(found) == ["affine", "relu"]

    @pytest.mark.parametrize("text", ["", "[]", '{"passed": 3}', '{"passed": {"affine": 1}}', '{"other": {}}'])
    def test_another_file_of_that_name(self, tmp_path, text):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(DataError, match="is not as `mmdl check` writes it"):
            passed(tmp_path)

    def test_lesson_by_lesson(self):
        counts = dict(by_lesson({"affine", "affine_dx", "unknown"}))
        assert list(counts) == list(exercise_files())
        assert [counts[0][stars][0] for stars in (1, 2, 3)] == [1, 1, 0]
        assert sum(asked for lesson in counts.values() for _, asked in lesson.values()) == sum(
            len(tasks(file)) for file in exercise_files().values()
        )


class TestCommands:
    def test_checking_notes_what_passes(self, here, capsys):
        assert main(["check", "my.py"]) == 1
        assert set(passed(here)) == {"affine", "first_loss"}
        capsys.readouterr()
        assert main(["progress"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "One number" in lines[0] and "★   1/" in lines[0]
        assert "Multimodal classifier" in lines[15] and "★★★ 1/" in lines[15]
        assert lines[-1].startswith("2 of ")

    def test_a_folder_without_notes(self, here, capsys):
        (here / "empty").mkdir()
        assert main(["progress", "empty"]) == 0
        assert capsys.readouterr().out.splitlines()[-1].endswith("`mmdl check --new 0` writes the first.")
        assert main(["progress", "nowhere"]) == 2

    def test_a_folder_that_cannot_be_written(self, here, capsys):
        (here / FILE).mkdir()
        assert main(["check", "my.py:affine"]) == 0
        assert "Progress is not noted" in capsys.readouterr().err

    def test_progress_as_data(self, here, capsys):
        record(here, ["affine"])
        assert main(["progress", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert list(found["passed"]) == ["affine"] and found["schema"] == 1
        assert found["lessons"][0]["stars"]["1"]["passed"] == 1

    def test_grades_as_data(self, here, capsys):
        assert main(["check", "my.py", "--json"]) == 1
        found = json.loads(capsys.readouterr().out)
        assert found["score"] == found["extra_data"]["passed"] == 2 and found["extra_data"]["asked"] == 3
        tests = {test["name"]: test for test in found["tests"]}
        assert [test["status"] for test in found["tests"]] == ["passed", "failed", "passed"]
        assert tests["first_loss"]["tags"] == ["★★★"] and "log 10" in tests["first_loss"]["output"]
        wrong = tests["relu"]["extra_data"]
        assert wrong["lesson"] == 5 and wrong["input"] and wrong["sentence"]
        assert {"name", "shows", "hint", "outputs", "known"} == set(wrong["diagnoses"][0])
        assert "\x1b" not in tests["relu"]["output"]

    def test_every_field_is_explained(self, here, capsys):
        from mmdl.check import report

        main(["check", "my.py", "--json"])
        found = json.loads(capsys.readouterr().out)
        fields = {*found, *found["extra_data"], *found["tests"][0], *found["tests"][0]["extra_data"]}
        assert [field for field in fields if field not in report.__doc__] == []

    def test_exercises_are_listed(self, here, capsys):
        assert main(["check", "--new"]) == 0
        out = capsys.readouterr().out
        assert "The transformer block" in out and "★★★ answer" in " ".join(out.split())
        assert len(out.splitlines()) >= 20
        assert sorted(path.name for path in Path(here).iterdir()) == ["my.py"]
