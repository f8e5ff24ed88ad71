"""Tables as people have them, tried as a new user would: captions of pictures, semicolons and thousands, dollars."""

import csv
import json
import re

import numpy as np
import pytest
from PIL import Image

from mmdl.cli import main
from mmdl.training import load

QUICK = ["--fusion", "concatenate", "--width", "16", "--epochs", "8"]


def write(path, names, rows, delimiter=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(names)
        writer.writerows(rows)
    return str(path)


@pytest.fixture
def journey(tmp_path, capsys):
    """Train, evaluate, predict and draw.  -> what training printed, and the accuracy on the whole table"""

    def run(table, *columns):
        folder = str(tmp_path / "run")
        assert main(["train", "--data", table, *columns, *QUICK, "--out", folder]) == 0
        said = capsys.readouterr().out
        assert main(["evaluate", folder, "--data", table, "--json"]) == 0
        accuracy = json.loads(capsys.readouterr().out)["accuracy"]["all"]
        assert main(["predict", folder, "--data", table, "--out", str(tmp_path / "answers.csv")]) == 0
        assert main(["plot", "confusion", folder, "--data", table]) == 0
        capsys.readouterr()
        return said, accuracy

    return run


def test_captions_of_pictures_stay_together(tmp_path, journey):
    rng = np.random.default_rng(0)
    rows = []
    for n in range(30):
        Image.fromarray((rng.integers(0, 90, (16, 16, 3)) + 150 * (n % 2)).astype(np.uint8)).save(tmp_path / f"{n}.png")
        rows += [[f"{n}.png", f"caption {k} of it", ("dark", "light")[n % 2]] for k in range(4)]
    table = write(tmp_path / "captions.csv", ["photo", "caption", "kind"], rows)
    said, accuracy = journey(table, "--image", "photo", "--text", "caption", "--label", "kind")
    assert "rows that share a file or a group stay in one split: 30 groups" in said
    assert "30 pictures for 120 rows" in said and accuracy >= 0.95
    with (tmp_path / "run" / "predictions.csv").open(encoding="utf-8") as file:
        tested = [int(row["line"]) for row in csv.DictReader(file)]
    whole = {(line - 2) // 4 for line in tested}  # of a picture that is tested all four rows are
    assert sorted(tested) == sorted(4 * picture + k + 2 for picture in whole for k in range(4))


def test_captions_need_no_class_to_find_their_pictures(tmp_path, capsys, complaint):
    shades, rows = (20, 90, 160, 230), []
    for n in range(48):
        Image.new("L", (16, 16), shades[n % 4] + n // 8).save(tmp_path / f"{n}.png")
        rows += [[f"{n}.png", f"{('black', 'dark', 'light', 'white')[n % 4]} {word}", n] for word in ("one", "thing")]
    table = write(tmp_path / "captions.csv", ["photo", "caption", "count"], rows)
    asked = ["train", "--objective", "contrastive", "--data", table]
    assert main([*asked, "--image", "photo", "--text", "caption", "--out", str(tmp_path / "run")]) == 0
    assert "rows that share a file or a group stay in one split: 48 groups" in capsys.readouterr().out
    with (tmp_path / "run" / "predictions.csv").open(encoding="utf-8") as file:
        found = [*csv.DictReader(file)]
    assert all(each["image"].endswith(".png") and each["nearest text"] in [row[1] for row in rows] for each in found)
    assert np.mean([int(each["rank of text"]) <= 2 for each in found]) > 0.5
    assert main(["search", str(tmp_path / "run"), "white thing", "--out", str(tmp_path / "page.png")]) == 0
    assert main([*asked, "--image", "photo", "--numbers", "count", "--epochs", "1", "--out", str(tmp_path / "b")]) == 0
    assert "66 pairs of 33 rows to learn from, 10 others for the test" in capsys.readouterr().out
    code, sentence = complaint(*asked, "--image", "photo", "--text", "caption", "--split", "count")
    assert code == 1 and "no row that can be used is for train; line 2, count: '0' is none of train" in sentence


def test_semicolons_decimal_commas_and_thousands(tmp_path, journey):
    rng = np.random.default_rng(0)
    rows = []
    for n in range(80):
        price = f"{rng.uniform(900, 1400) + 1500 * (n % 2):,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
        rows.append([f"{price} €", ("billig", "teuer")[n % 2]])
    table = write(tmp_path / "preise.csv", ["Preis", "Art"], rows, ";")
    said, accuracy = journey(table, "--numbers", "Preis", "--label", "Art")
    assert accuracy >= 0.95 and "; Preis: in €, decimal ',', between thousands '.'\n" in said
    suggested = float(re.search(r"--numbers=([\d.]+)", said)[1])  # as `mmdl predict` reads it, and no 1.234.56
    assert suggested in [float(row[0].rstrip(" €").replace(".", "").replace(",", ".")) for row in rows]
    model, _ = load(tmp_path / "run" / "model.npz")
    assert 1500 < model.preprocessors["numbers"].mean[0] < 2300


def test_dollars(tmp_path, journey):
    rows = [[f"only ${5 + n} $_${n % 7}", "$_$"] if n % 2 else [f"$$ free {n % 7}", "$$"] for n in range(80)]
    said, accuracy = journey(
        write(tmp_path / "dollars.csv", ["text", "kind"], rows), "--text", "text", "--label", "kind"
    )
    assert "$_$: 40 examples" in said and accuracy >= 0.95


def test_options_that_do_not_go_together_are_one_sentence(tmp_path, complaint):
    table = write(tmp_path / "captions.txt", ["photo", "caption"], [["a.png", "red ball"]] * 20)
    asked = ["train", "--data", table, "--text", "caption"]
    for objective in ("classify", "contrastive"):
        code, line = complaint(*asked, "--objective", objective, "--target", "photo")
        assert code == 2 and line.startswith("--target names texts that are to be written, with --objective write")
    code, line = complaint(*asked, "--objective", "write", "--target", "photo", "--label", "photo")
    assert code == 2 and "--target names what is to be written" in line
    code, line = complaint(*asked)
    assert code == 1 and line.endswith("it has photo, caption; `label` is to say which one has the class")
    rows = [[f"{kind}.png", f"a {kind}", kind] for kind in ("ball", "box")] * 10
    table = write(tmp_path / "words.csv", ["photo", "caption", "kind"], rows)
    code, line = complaint("train", "--data", table, "--text", "caption", "--numbers", "photo", "--label", "kind")
    assert code == 1 and line.endswith("there is anything in photo; line 2, photo: 'ball.png' is no number")


def test_hints(tmp_path, journey):
    rows = [[f"red {n % 5}", ("apple", "Apple", "1", "1.0")[n % 4]] for n in range(60)]
    said, _ = journey(write(tmp_path / "hints.csv", ["text", "kind"], rows), "--text", "text", "--label", "kind")
    assert "hint: classes that may be meant to be one: '1' and '1.0', 'Apple' and 'apple'" in said


def test_names_of_splits_and_a_file_on_both_sides(tmp_path, journey):
    Image.new("RGB", (16, 16), "red").save(tmp_path / "a.png")
    names = ["train", "Training", "val", "valid", "validation", "dev", "test"]
    rows = [
        ["a.png" if n < 4 else "", f"red {k}", kind, part]
        for n, part in enumerate(names)
        for k in range(3)
        for kind in "ab"
    ]
    table = write(tmp_path / "splits.csv", ["photo", "text", "kind", "part"], rows)
    said, _ = journey(table, "--image", "photo", "--text", "text", "--label", "kind", "--split", "part")
    assert "12 examples to learn from, 6 for the test" in said
    assert "warning: 1 group of rows that share a file is in more than one split, such as that of line 2" in said
