"""`mmdl follow` tells the way of one pixel, and refuses in one sentence."""

import numpy as np
import pytest

from mmdl import data
from mmdl.cli import main
from mmdl.models import multimodal_classifier
from mmdl.training import save


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    glyphs = data.load("glyphs", fonts=("DejaVuSans",))
    path = tmp_path_factory.mktemp("run") / "model.npz"
    save(path, multimodal_classifier(np.random.default_rng(0), glyphs, "concatenate"))
    return str(path)


@pytest.fixture
def picture(tmp_path):
    from PIL import Image, ImageDraw

    image = Image.new("L", (28, 28), 255)
    ImageDraw.Draw(image).ellipse((6, 6, 20, 20), outline=0, width=3)
    image.save(tmp_path / "ring.png")
    return str(tmp_path / "ring.png")


def test_there_and_back(model, picture, capsys):
    arguments = ["--pixel", "12,9", "--image", picture, "--text", "SMALL LETTER O", "--label", "Greek"]
    assert main(["follow", *arguments, model]) == 0
    told = capsys.readouterr().out
    for word in ("Greek", "Conv2D", "MaxPool2D", "Concatenate", "mmdl/ops/convolution.py:", "loss = −log p"):
        assert word in told
    promised, measured = (float(line.split()[-1].rstrip(".")) for line in told.splitlines()[-2:])
    assert measured == pytest.approx(promised, rel=0.05, abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--pixel", "12"], 2, "a pixel is two whole numbers such as 12,9, not 12"),
        (["--pixel", "1,1", "--label", "Greek"], 2, "--text and --label go with --image"),
        (["--pixel", "1,1", "--image", "PICTURE", "--example", "3"], 2, "--example takes the place of --image"),
        (["--pixel", "40,1", "--image", "PICTURE"], 1, "28 rows and 28 columns, and no pixel (40, 1)"),
        (["--pixel", "1,1", "--image", "PICTURE", "--label", "Runes"], 1, "there is no class 'Runes'; there are Latin"),
        (["--pixel", "1,1"], 1, "does not say on which data it was trained"),
    ],
)
def test_wrong_calls(arguments, code, sentence, model, picture, capsys):
    given = [picture if each == "PICTURE" else each for each in arguments]
    assert main(["follow", *given, model]) == code
    [line] = capsys.readouterr().err.splitlines()
    assert sentence in line
