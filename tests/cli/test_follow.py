"""`mmdl follow` tells the way of one pixel, and refuses in one sentence."""

import numpy as np
import pytest

from mmdl import data
from mmdl.cli import main
from mmdl.models import multimodal_classifier, writer
from mmdl.training import save


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    glyphs = data.load("glyphs", fonts=("DejaVuSans",))
    path = tmp_path_factory.mktemp("run") / "model.npz"
    save(path, multimodal_classifier(np.random.default_rng(0), glyphs, "concatenate"))
    return str(path)


@pytest.fixture
def picture(tmp_path):
    """Noise: on blank paper pixels tie, and a maximum of equals has a gradient to one side only."""
    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    return str(tmp_path / "noise.png")


def test_there_and_back(model, picture, capsys):
    arguments = ["--pixel", "12,9", "--image", picture, "--text", "SMALL LETTER O", "--label", "Greek"]
    assert main(["follow", *arguments, model]) == 0
    told = capsys.readouterr().out
    for word in ("Greek", "Conv2D", "MaxPool2D", "Concatenate", "mmdl/ops/convolution.py:", "loss = −log p"):
        assert word in told
    assert "tie" not in told
    promised, measured = (float(line.split()[-1].rstrip(".")) for line in told.splitlines()[-2:])
    assert measured == pytest.approx(promised, rel=1e-3, abs=1e-14)


def test_a_broken_promise_is_explained(model, tmp_path, capsys):
    from PIL import Image, ImageDraw

    image = Image.new("L", (28, 28), 255)
    ImageDraw.Draw(image).ellipse((6, 6, 20, 20), outline=0, width=3)
    image.save(tmp_path / "ring.png")
    assert main(["follow", "--pixel", "12,9", "--image", str(tmp_path / "ring.png"), model]) == 0
    assert "is at a tie" in capsys.readouterr().out


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


def test_a_token_of_a_model_that_writes(tmp_path, picture, capsys, complaint):
    path = str(tmp_path / "writer.npz")
    save(path, writer(np.random.default_rng(0), data.load("glyph-names"), "lstm", width=16))
    assert main(["follow", "--pixel", "12,14", "--image", picture, path]) == 0
    told = capsys.readouterr().out
    assert "and token 0 of “" in told and "decoder" in told and "tie" not in told
    asked = ["follow", "--pixel", "1,1", "--image", picture, path]
    assert "there is no token 99" in complaint(*asked, "--token", "99")[1]
    assert "--label is for a classifier" in complaint(*asked, "--label", "A")[1]


def test_a_classifier_has_no_tokens(model, picture, complaint):
    code, sentence = complaint("follow", "--pixel", "1,1", "--token", "1", "--image", picture, model)
    assert code == 2 and sentence.startswith("--token is for a model that writes")
