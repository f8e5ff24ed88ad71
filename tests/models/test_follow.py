"""One number through a model: the chain of stages is the model, and the gradient keeps its promise."""

from pathlib import Path

import numpy as np
import pytest

import mmdl
from mmdl import data, tree
from mmdl.errors import DataError
from mmdl.fusion import FUSIONS
from mmdl.models import multimodal_classifier
from mmdl.models.follow import follow
from mmdl.models.stages import stages_of


@pytest.fixture(scope="module")
def glyphs():
    return data.load("glyphs", fonts=("DejaVuSans",))


@pytest.fixture(params=FUSIONS)
def model(request, glyphs):
    return multimodal_classifier(np.random.default_rng(0), glyphs, request.param)


@pytest.fixture
def batch(glyphs):
    rich = glyphs.test.inputs["text"].mask.sum(axis=1) >= 3
    return next(data.batches(glyphs.test.select(np.flatnonzero(rich)[:1]), 1))


def test_the_stages_are_the_model(model, batch):
    x = batch["image"]
    for stage in stages_of(model, batch, "image"):
        x, _ = stage.forward(x)
    assert np.allclose(x, model(batch), atol=1e-5)


def test_the_promise_is_kept(model, batch):
    r, c = np.argwhere(batch["image"][0, :, :, 0] > 0.5)[0]
    way = follow(model, batch, int(batch.labels[0]), (r, c), nudge=1e-6)
    assert way.promised != 0
    assert way.measured == pytest.approx(way.promised, rel=1e-3)


def test_the_gradient_of_the_pixel_is_that_of_backward(model, batch):
    from mmdl.ops.losses import softmax_cross_entropy

    exact = tree.map(lambda array: array.astype(np.float64), model)
    logits, trace = exact.forward(batch)
    dx, _ = exact.backward(softmax_cross_entropy(logits, batch.labels).gradient, trace)
    way = follow(model, batch, int(batch.labels[0]), (12, 13))
    assert way.stops[0].gradient == pytest.approx(dx["image"][0, 12, 13, 0], rel=1e-5, abs=1e-12)


def test_places_are_lines_of_files(model, batch):
    root = Path(mmdl.__file__).parents[1]
    for stop in follow(model, batch, 0, (12, 13)).stops[1:]:
        for place in (stop.place, stop.back):
            file, line = place.split(":")
            assert len((root / file).read_text(encoding="utf-8").splitlines()) >= int(line)


def test_numbers_add_up(model, batch):
    for stop in follow(model, batch, 0, (12, 13)).stops[1:]:
        assert f"{stop.value:.4f}" in stop.numbers


@pytest.mark.parametrize("pixel", [(28, 0), (0, 28), (-1, 3)])
def test_a_pixel_outside(model, batch, pixel):
    with pytest.raises(DataError, match="the picture has 28 rows and 28 columns"):
        follow(model, batch, 0, pixel)


def test_a_modality_that_is_not_there(model, batch):
    with pytest.raises(DataError, match="no sound to follow"):
        follow(model, batch, 0, (1, 1), modality="sound")
