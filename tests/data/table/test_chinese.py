"""Chinese titles, where one character of ten decides: read character by character without being told."""

import csv

import numpy as np
import pytest

from mmdl.cli import main
from mmdl.training import load
from mmdl.training.evaluation import evaluate

FILLING = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜"
DECIDING = {"水果": "果", "动物": "兽", "车辆": "车", "房屋": "屋"}


def titles(path, seed, count=1200):
    """A title of ten characters, one of which decides its class.  -> the table's path"""
    rng = np.random.default_rng(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["标题", "类别"])
        for n in range(count):
            kind = [*DECIDING][n % len(DECIDING)]
            letters = rng.choice([*FILLING], 10)
            letters[rng.integers(10)] = DECIDING[kind]
            writer.writerow(["".join(letters), kind])
    return path


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:no font that is installed here")
@pytest.mark.parametrize("seed", range(3))
def test_a_new_user_reaches_95_per_cent(seed, tmp_path, capsys):
    table, run = titles(tmp_path / "titles.csv", seed), str(tmp_path / "run")
    arguments = ["--text", "标题", "--label", "类别", "--fusion", "concatenate", "--seed", str(seed)]
    assert main(["train", "--data", str(table), *arguments, "--out", run, "--json"]) == 0
    model, _ = load(f"{run}/model.npz")
    assert set(model.classes) == set(DECIDING) and model.preprocessors["text"].split("天果") == ["天", "果"]
    capsys.readouterr()
    from mmdl.cli.dataset import dataset_of

    test = dataset_of(load(f"{run}/model.npz")[1]).test
    assert evaluate(model, test)["accuracy"] >= 0.95
