"""`mmdl train --objective contrastive` and `mmdl search`: files, answers, and what is refused."""

import csv
import json
import os
import re
import signal
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmdl import data, training
from mmdl.cli import main
from mmdl.cli.contrastive import WHOLE
from mmdl.cli.search import LONGEST
from mmdl.training.retrieval import evaluate_retrieval, gallery

FILES = {"model.npz", "history.json", "predictions.csv", "history.png", "similarity.png"}


@pytest.fixture(scope="module")
def fewer_glyphs(few_glyphs):
    """`data.load` with a sixth of the characters to learn from."""

    def load(name, **options):
        found = few_glyphs(name, **options)
        return replace(found, train=found.train.select(slice(None, None, 6)))

    return load


@pytest.fixture
def few(monkeypatch, fewer_glyphs, tmp_path):
    monkeypatch.setattr(data, "load", fewer_glyphs)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def towers(fewer_glyphs, tmp_path_factory):
    """The folder of a contrastive training; tests write pages into it, and nothing else."""
    folder = tmp_path_factory.mktemp("runs") / "towers"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "load", fewer_glyphs)
        code = main(["train", "--objective", "contrastive", "--epochs", "2", "--out", str(folder), "--json"])
    assert code == 0
    return folder


@pytest.fixture
def search(few, towers, capsys):
    def run(*arguments):
        assert main(["search", str(towers), *map(str, arguments)]) == 0
        return capsys.readouterr()

    return run


@pytest.fixture
def pictures(tmp_path):
    letter = Image.new("RGB", (60, 60), "white")
    ImageDraw.Draw(letter).line([(10, 50), (30, 10), (50, 50)], "black", 5)
    letter.save(tmp_path / "letter.png")
    Image.new("L", (60, 60), "white").save(tmp_path / "blank.png")
    return tmp_path


class TestTrain:
    def test_a_run_keeps_model_history_and_figures(self, towers):
        assert {file.name for file in towers.iterdir()} >= FILES
        _, extras = training.load(towers / "model.npz")
        assert (extras["data"], extras["objective"], extras["seed"]) == ("glyphs", "contrastive", 0)
        assert extras["options"] == {"whole_names": True, "word_dropout": 0.0}
        assert extras["recipe"]["epochs"] == 2
        assert extras["history"] == json.loads((towers / "history.json").read_text())

    def test_json_holds_recall_as_the_library_finds_it(self, few, fewer_glyphs, capsys):
        settings = ["--epochs", "1", "--batch-size", "64", "--learning-rate", "0.003", "--seed", "3"]
        assert main(["train", "--objective", "contrastive", *settings, "--out", "run", "--json"]) == 0
        captured = capsys.readouterr()
        result = json.loads(captured.out)
        assert list(result) == ["recall", "among", "seconds", "epochs", "parameters", "out"]
        model, extras = training.load("run/model.npz")
        assert extras["recipe"]["batch_size"] == 64 and extras["recipe"]["learning_rate"] == 0.003
        test = fewer_glyphs("glyphs", **WHOLE["glyphs"]).test
        found = evaluate_retrieval(model, test)
        assert result["among"] == len(gallery(test))
        assert result["recall"]["image to text"] == {str(k): share for k, share in found["image", "text"].items()}
        assert result["recall"]["text to image"] == {str(k): share for k, share in found["text", "image"].items()}
        assert "epoch 1/1: loss " in captured.err

    def test_ranks_and_nearest_stand_beside_the_run(self, towers, fewer_glyphs):
        with (towers / "predictions.csv").open(encoding="utf-8") as file:
            names, *rows = csv.reader(file)
        assert names == ["example", "image", "text", "rank of text", "nearest text", "rank of image", "nearest image"]
        model, _ = training.load(towers / "model.npz")
        test = fewer_glyphs("glyphs", **WHOLE["glyphs"]).test
        found = evaluate_retrieval(model, test)
        for column, way in ((3, ("image", "text")), (5, ("text", "image"))):
            ranks = np.array([int(row[column]) for row in rows])
            assert {k: (ranks <= k).mean() for k in (1, 5, 10)} == found[way]
        assert all(row[1] == test.about["name"][int(row[0])] for row in rows)
        assert all((row[1] == row[4]) == (row[3] == "1") for row in rows)

    def test_words_name_recall_and_files(self, few, capsys, tmp_path):
        assert main(["train", "--objective", "contrastive", "--epochs", "1"]) == 0
        said = capsys.readouterr().out
        [folder] = (tmp_path / "runs").iterdir()
        assert folder.name.endswith("-contrastive")
        for way in ("image to text", "text to image", "chance"):
            assert re.search(rf"{way}( +\d+\.\d %){{3}}", said)
        assert f'mmdl search runs/{folder.name} "LEFTWARDS DOUBLE ARROW"' in said

    def test_ctrl_c_keeps_what_was_learned(self, few, monkeypatch, tmp_path, capsys):
        monkeypatch.setattr(training.Progress, "epoch", lambda *about: os.kill(os.getpid(), signal.SIGTERM))
        assert main(["train", "--objective", "contrastive", "--epochs", "5", "--out", "run"]) == 143
        assert "interrupted after 1 of 5 epochs; what was learned so far is in run" in capsys.readouterr().err
        files = {"model.npz", "history.json", "checkpoint.npz"}
        assert {file.name for file in (tmp_path / "run").iterdir()} == files

    def test_what_is_refused(self, few, complaint):
        assert complaint("train", "--objective", "frob") == (
            1,
            'there is no objective "frob"; there are classify, contrastive, write',
        )
        code, sentence = complaint("train", "--objective", "contrastive", "--fusion", "sum")
        assert code == 2 and "--fusion is for classifiers" in sentence
        code, sentence = complaint("train", "--objective", "contrastive", "--modalities", "image")
        assert code == 1 and sentence == "contrastive learning compares two modalities, and glyphs has image"


class TestSearch:
    def test_answers_are_in_order_with_characters_and_names(self, search, fewer_glyphs, towers):
        said = search("LEFTWARDS ARROW", "--top", 4)
        *rows, _, last = said.out.splitlines()
        test = fewer_glyphs("glyphs", **WHOLE["glyphs"]).test
        names = dict(zip(test.about["character"].tolist(), test.about["name"].tolist(), strict=True))
        assert len(rows) == 4
        scores = []
        for row in rows:
            character, score, name = row.split("  ")
            assert names[character] == name
            scores.append(float(score))
        assert scores == sorted(scores, reverse=True)
        page = towers / "search-leftwards-arrow.png"
        assert last == f"found among {len(gallery(test))} unseen characters; drawn on {page}"
        assert page.read_bytes().startswith(b"\x89PNG")

    def test_json_says_the_same(self, search):
        result = json.loads(search("small letter frob", "--top", 3, "--json").out)
        assert list(result) == ["text", "image", "unknown", "among", "found", "page"]
        assert result["unknown"] == ["FROB"] and len(result["found"]) == 3
        assert list(result["found"][0]) == ["character", "name", "score"]
        rows = search("small letter frob", "--top", 3).out.splitlines()
        assert [row.split("  ")[0] for row in rows[:3]] == [each["character"] for each in result["found"]]

    def test_by_a_picture(self, search, pictures, towers):
        said = search("--image", pictures / "letter.png", "--top", 2)
        assert len(said.out.splitlines()) == 4
        assert (towers / "search-letter.png").exists()

    def test_scores_are_cosines_of_the_model(self, search, towers, fewer_glyphs, pictures):
        model, _ = training.load(towers / "model.npz")
        test = fewer_glyphs("glyphs", **WHOLE["glyphs"]).test
        for given in ({"text": "GREEK SMALL LETTER ALPHA"}, {"image": str(pictures / "letter.png")}):
            [(kind, value)] = given.items()
            result = json.loads(search(*([value] if kind == "text" else ["--image", value]), "--json", "--top", 1).out)
            [best] = result["found"]
            place = test.about["character"].tolist().index(best["character"])
            other = {"text": test.about["name"][place]} if kind == "image" else {"image": test.inputs["image"][place]}
            other = {name: str(each) if name == "text" else each for name, each in other.items()}
            score = float((model.embed(**given) @ model.embed(**other).T)[0, 0])
            assert best["score"] == pytest.approx(score, abs=1e-5)

    def test_among_all_there_is_more(self, search):
        few = json.loads(search("GREEK LETTER", "--json").out)
        many = json.loads(search("GREEK LETTER", "--json", "--among", "all", "--top", 1).out)
        count = re.compile(r"(?:all )?([\d,]+)")
        assert int(count.match(many["among"])[1].replace(",", "")) > 1.5 * int(count.match(few["among"])[1])
        assert many["found"][0]["score"] >= few["found"][0]["score"]

    def test_a_name_that_was_learned_from_is_pointed_out(self, search, fewer_glyphs):
        known = fewer_glyphs("glyphs", **WHOLE["glyphs"]).train.about["name"][0]
        assert f"mmdl: {known} itself was there in training" in search(known.lower()).err
        assert search(known, "--among", "all").err == ""

    def test_unknown_words_are_named(self, search):
        assert search("small frobnicated letter").err == "mmdl: not known: FROBNICATED\n"

    def test_the_page_goes_where_it_is_wanted(self, search, tmp_path):
        assert search("ARROW", "--out", tmp_path / "page.png").out.endswith(f"drawn on {tmp_path / 'page.png'}\n")
        assert (tmp_path / "page.png").exists()

    def test_a_long_question_makes_no_long_name(self, search, towers):
        page = json.loads(search("SMALL LETTER " * 20, "--json").out)["page"]
        assert len(page) <= len(str(towers)) + len("/search-.png") + LONGEST

    def test_what_is_refused(self, few, towers, finished_run, pictures, complaint):
        cases = {
            (towers, "xyzzy plugh"): "the model knows none of these words: XYZZY, PLUGH",
            (towers, " "): "a text without words",
            (towers, "--image", pictures / "blank.png"): "blank.png is blank",
            (towers, "--image", pictures / "missing.png"): "there is no picture",
            (finished_run, "ARROW"): "was not trained for this: it takes a model that matches pictures and words",
            (pictures / "missing.npz", "ARROW"): "cannot be read",
        }
        for arguments, reason in cases.items():
            code, sentence = complaint("search", *arguments)
            assert code == 1 and reason in sentence
        for arguments in ((towers,), (towers, "ARROW", "--image", "x.png"), (towers, "A", "--top", "0")):
            assert complaint("search", *arguments)[0] == 2

    @pytest.mark.parametrize(
        "command", [["predict", "--text", "A"], ["plot", "kernels"], ["follow", "--pixel", "3,3"]], ids=lambda c: c[0]
    )
    def test_other_commands_say_that_it_is_no_classifier(self, command, few, towers, complaint):
        where = 2 if command[0] == "plot" else 1
        code, sentence = complaint(*command[:where], towers, *command[where:])
        assert code == 1 and "was not trained for this: it takes a classifier" in sentence

    @pytest.mark.parametrize("figure", ["similarity", "history"])
    def test_its_figures_can_be_drawn_again(self, figure, few, towers, tmp_path, capsys):
        out = tmp_path / "again.png"
        assert main(["plot", figure, str(towers), "--out", str(out)]) == 0
        with Image.open(out) as again, Image.open(towers / f"{figure}.png") as first:
            assert np.array_equal(np.asarray(again), np.asarray(first))

    def test_similarity_is_no_figure_of_a_classifier(self, few, finished_run, complaint):
        code, sentence = complaint("plot", "similarity", finished_run)
        assert code == 1 and "it takes a model that matches pictures and words" in sentence
