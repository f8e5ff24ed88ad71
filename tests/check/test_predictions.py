"""Questions that take an answer: they are asked in the exercise files, answered by computing, and judged."""

import inspect

import pytest

from mmdl.check.files import exercise_files, tasks
from mmdl.check.grade import FAILS, NOT_DONE, PASSES
from mmdl.check.library import EXERCISES, PREDICTIONS
from mmdl.check.prediction import Prediction, judge
from mmdl.check.solution import solution
from mmdl.cli import main


@pytest.mark.parametrize("name", PREDICTIONS)
def test_the_answer_is_of_the_kind_that_is_asked_for(name):
    asked = PREDICTIONS[name]
    assert 1 <= len(asked.hints) <= 3 and asked.because.endswith((".", ")"))
    (text,) = (path.read_text() for path in exercise_files().values() for task in tasks(path) if task.name == name)
    text = text.split(f"def {name}(")[1].split("raise NotImplementedError")[0]
    kind = {str: "Answer with a letter", tuple: "Answer with a tuple"}.get(type(asked.answer), "Answer with a")
    assert kind in " ".join(text.split())
    if isinstance(asked.answer, str):
        assert f"\n    {asked.answer}   " in text and text.count("\n    a   ") == text.count("\n    c   ") == 1
    else:
        assert "number" in text or "tuple" in text or "exponent" in text


@pytest.mark.parametrize("name", PREDICTIONS)
def test_its_own_answer_is_right_and_another_is_not(name):
    asked = PREDICTIONS[name]
    grade = judge(asked, asked.reference)
    assert grade.state == PASSES and grade.because == asked.because
    other = {str: "z", tuple: (1,)}.get(type(asked.answer), 0.123)
    grade = judge(asked, lambda: other)
    assert grade.state == FAILS and not grade.because and "it is not" in grade.sentence


def ten():
    """Ten fingers."""
    return 10.0


def letter():
    """It is b."""
    return "b"


def shape():
    """Two and three."""
    return 2, 3


@pytest.mark.parametrize(
    ("of", "answer", "words"),
    [
        (ten, 10.1, ""),
        (ten, 11, "it is not 11"),
        (ten, None, "None: is there a `return`?"),
        (ten, "b", "one number"),
        (ten, True, "one number"),
        (letter, " B ", ""),
        (letter, "a", "it is not 'a'"),
        (letter, 2, "the letter of a statement"),
        (shape, [2, 3], ""),
        (shape, (3, 2), "it is not (3, 2)"),
        (shape, 6, "the answer is a shape"),
    ],
)
def test_what_is_said_of_an_answer(of, answer, words):
    grade = judge(Prediction(of, ("Think.",)), lambda: answer)
    assert words in grade.sentence and (grade.state == PASSES) == (words == "")


def test_an_answer_that_is_not_given_or_stops():
    def later():
        raise NotImplementedError

    def stops():
        return 1 / 0

    assert judge(PREDICTIONS["first_loss"], later).state == NOT_DONE
    grade = judge(PREDICTIONS["first_loss"], stops)
    assert grade.state == FAILS and "ZeroDivisionError" in grade.sentence and grade.line
    assert judge(PREDICTIONS["first_loss"], lambda classes: 2.3).state == FAILS


def test_exercises_and_predictions_are_told_apart():
    assert not set(EXERCISES) & set(PREDICTIONS)
    assert not any(inspect.signature(asked.reference).parameters for asked in PREDICTIONS.values())
    with pytest.raises(KeyError):
        EXERCISES["first_loss"]
    with pytest.raises(KeyError):
        PREDICTIONS["attention"]


def test_from_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").write_text(
        "def first_loss():\n    return 2.3\n\ndef branch_that_gets_nothing():\n    return 'a'\n"
    )
    assert main(["check", "my.py"]) == 1
    out = capsys.readouterr().out
    assert "★★★" in out and "log 10 = 2.303" in out and "it is not 'a'" in out and "dV = zᵀ" not in out
    assert main(["check", "my.py:branch_that_gets_nothing", "--solution"]) == 1
    assert "The answer is b." in capsys.readouterr().out
    assert solution("first_loss")[0] == "The answer is 2.303."
