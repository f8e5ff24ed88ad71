"""`mmdl plot`: every figure, beside the model or where it is asked for."""

import os
import shutil
import subprocess
import sys

import pytest

from mmdl.cli import main
from mmdl.cli.figures import FIGURES, wordy_example
from mmdl.training import load, save


@pytest.fixture
def run_folder(finished_run, tmp_path):
    """A run of one's own, without its figures."""
    shutil.copy(finished_run / "model.npz", tmp_path / "model.npz")
    return tmp_path


OTHERS = {"similarity", "alignment", "posteriors", "regression", "pointing"}  # of other models, or of scenes


@pytest.mark.parametrize("figure", [name for name in FIGURES if name not in OTHERS])
def test_every_figure_is_drawn_beside_the_model(figure, few, run_folder, capsys):
    assert main(["plot", figure, str(run_folder)]) == 0
    path = run_folder / f"{figure}.png"
    assert capsys.readouterr().out == f"{path}\n"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_given_words_and_examples_change_the_figure(few, run_folder, finished_run):
    picture = str(finished_run / "kernels.png")
    drawn = {}
    for name, given in {
        "a": ["--image", picture, "--text", "SMALL LETTER"],
        "b": ["--image", picture, "--text", "CAPITAL LETTER"],
        "c": [],
    }.items():
        out = run_folder / "new folder" / f"{name}.png"
        assert main(["plot", "attention", str(run_folder), "--out", str(out), *given]) == 0
        drawn[name] = out.read_bytes()
    assert len(set(drawn.values())) == 3


def test_an_example_by_its_number(few, run_folder, few_glyphs):
    number = wordy_example(few_glyphs("glyphs").test)
    for given in (["--example", str(number)], []):
        assert main(["plot", "attention", str(run_folder), "--out", str(run_folder / f"{len(given)}.png"), *given]) == 0
    assert (run_folder / "0.png").read_bytes() == (run_folder / "2.png").read_bytes()


def test_the_example_shown_has_a_picture_and_words(few_glyphs):
    test = few_glyphs("glyphs").test
    place = wordy_example(test)
    assert all(present[place] for present in test.present.values())
    words = test.inputs["text"].mask.sum(axis=1)
    assert words[place] == words[words <= 7].max()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nonsense"], 1, "there are feature-maps, kernels, attention, history, confusion"),
        (["kernels", "--example", "1"], 2, "are for attention and feature-maps"),
        (["history", "--text", "A"], 2, "are for attention and feature-maps"),
        (["attention", "--text", "A", "--example", "1"], 2, "--example takes the place"),
        (["attention", "--example", "-1"], 2, "a whole number of at least 0"),
        (["attention", "--example", "99999"], 1, "there is no example 99999"),
        (["feature-maps", "--text", "SMALL"], 1, "no image"),
        (["attention", "--image", "missing.png"], 1, "there is no picture missing.png"),
        (["kernels", "--out", "kernels.jpg"], 1, "saved as .png"),
        (["kernels", "--out", "/dev/null/kernels.png"], 1, "cannot be written"),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments, code, said, few, run_folder, complaint):
    figure, *rest = arguments
    found, sentence = complaint("plot", figure, run_folder, *rest)
    assert found == code
    assert said in sentence


def test_a_model_of_unknown_data(few, run_folder, complaint):
    model, _ = load(run_folder / "model.npz")
    save(run_folder / "model.npz", model)
    assert complaint("plot", "confusion", run_folder)[0] == 1
    assert complaint("plot", "history", run_folder) == (1, "the history has no epoch, so there is nothing to draw")
    assert main(["plot", "kernels", str(run_folder)]) == 0


def test_letters_that_a_terminal_lacks_are_spelled_out(run_folder):
    command = [sys.executable, "-m", "mmdl", "plot", "kernels", str(run_folder), "--out", str(run_folder / "λ.png")]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0
    assert done.stdout.endswith("\\u03bb.png\n")
    assert (run_folder / "λ.png").exists()
