"""`mmdl predict`: a picture, a text or both, and what is said of strange ones; sounds and numbers: test_own_data."""

import json
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw

from mmdl.cli import main
from mmdl.training import load, save


@pytest.fixture
def pictures(tmp_path):
    letter = Image.new("RGB", (60, 60), "white")
    ImageDraw.Draw(letter).line([(10, 50), (30, 10), (50, 50)], "black", 5)
    letter.save(tmp_path / "letter.png")
    Image.new("L", (60, 60), "white").save(tmp_path / "blank.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "letter.png").read_bytes()[:80])
    return tmp_path


@pytest.fixture
def predict(finished_run, capsys):
    def run(*arguments):
        assert main(["predict", str(finished_run), *map(str, arguments)]) == 0
        return capsys.readouterr()

    return run


def test_top_classes_are_aligned_and_in_order(predict, pictures):
    said = predict("--image", pictures / "letter.png", "--text", "capital letter a", "--top", 4)
    assert said.err == ""
    rows = [line.rsplit("  ", 1) for line in said.out.splitlines()]
    assert len(rows) == 4
    assert len({len(name) for name, _ in rows}) == 1
    probabilities = [float(probability) for _, probability in rows]
    assert probabilities == sorted(probabilities, reverse=True)


def test_the_models_own_answer_comes_first(predict, pictures, finished_run):
    model, _ = load(finished_run / "model.npz")
    for given in ({"text": "SMALL LETTER A"}, {"image": str(pictures / "letter.png")}):
        [(name, value)] = given.items()
        said = json.loads(predict(f"--{name}", value, "--json", "--top", 100).out)
        assert said["classes"][0]["name"] == model.predict(**given)[0]
        assert {each["name"] for each in said["classes"]} == set(model.classes)
        assert sum(each["probability"] for each in said["classes"]) == pytest.approx(1)


def test_the_file_is_as_good_as_its_folder(finished_run, predict, capsys):
    assert main(["predict", str(finished_run / "model.npz"), "--text", "ARROW"]) == 0
    assert capsys.readouterr().out == predict("--text", "ARROW").out


def test_unknown_words_are_named(predict):
    said = predict("--text", "small frobnicated letter frobnicated")
    assert said.err == "mmdl: not known: FROBNICATED\n"
    said = json.loads(predict("--text", "small frobnicated", "--json").out)
    assert said["text"] == {"words": ["SMALL", "FROBNICATED"], "unknown": ["FROBNICATED"], "cut": []}


def test_a_text_of_unknown_words_alone_works(predict):
    said = predict("--text", "xyzzy plugh")
    assert said.err == "mmdl: no word is known; not known: XYZZY, PLUGH\n"
    assert len(said.out.splitlines()) == 5


def test_a_long_text_is_cut_and_says_so(predict, finished_run):
    length = load(finished_run / "model.npz")[0].preprocessors["text"].length
    assert predict("--text", "SMALL " * length + "LETTER A").err == "mmdl: too long; left out: LETTER, A\n"


def test_an_empty_text_counts_as_absent(predict, pictures):
    said = predict("--image", pictures / "letter.png", "--text", " ")
    assert said.err == "mmdl: the text has no words and counts as absent\n"
    assert said.out == predict("--image", pictures / "letter.png").out


def test_a_blank_picture_is_pointed_out(predict, pictures):
    assert predict("--image", pictures / "blank.png").err.endswith("blank.png is blank\n")


def test_nothing_to_go_by(finished_run, complaint):
    code, sentence = complaint("predict", finished_run, "--text", "")
    assert code == 1
    assert "nothing to go by" in sentence
    code, sentence = complaint("predict", finished_run)
    assert code == 2
    assert sentence.startswith("--image, --text, --audio or --numbers is needed")


@pytest.mark.parametrize(
    ("name", "reason"), [("missing.png", "there is no picture"), ("broken.png", "cannot be read as a picture")]
)
def test_missing_and_broken_pictures(name, reason, finished_run, pictures, complaint):
    code, sentence = complaint("predict", finished_run, "--image", pictures / name)
    assert code == 1
    assert reason in sentence
    assert name in sentence


def test_files_that_are_no_models(finished_run, pictures, complaint, tmp_path):
    (tmp_path / "half.npz").write_bytes((finished_run / "model.npz").read_bytes()[:5000])
    (tmp_path / "empty.npz").touch()
    for given in ("missing.npz", "half.npz", "empty.npz", "letter.png", "."):
        code, sentence = complaint("predict", tmp_path / given, "--text", "A")
        assert code == 1
        assert str(tmp_path) in sentence


def test_a_model_without_numbers_says_what_it_takes(finished_run, complaint):
    code, sentence = complaint("predict", finished_run, "--numbers", "1")
    assert code == 1
    assert "it takes image, text" in sentence


def test_class_names_of_a_stranger_are_shown_and_not_obeyed(finished_run, capsys, tmp_path):
    model, extras = load(finished_run / "model.npz")
    names = ["\x1b[2Jclear", "two\nlines", "\u202eturned", *model.classes[3:]]
    save(tmp_path / "model.npz", replace(model, classes=tuple(names)), **extras)
    assert main(["predict", str(tmp_path / "model.npz"), "--text", "ARROW", "--top", str(len(names))]) == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) == len(names) and all(line.isprintable() for line in out.splitlines())
    assert r"\x1b[2Jclear" in out and r"two\nlines" in out
