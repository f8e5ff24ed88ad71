"""One number through a model: the chain of stages is the model, and the gradient keeps its promise."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mmdl
from mmdl import data, tree
from mmdl.errors import DataError
from mmdl.explain.follow import derivative, follow, through
from mmdl.explain.stages import stages_of
from mmdl.fusion import FUSIONS
from mmdl.models import multimodal_classifier, writer
from tests.close import close


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
    *_, (logits,) = through(stages_of(model, batch, "image"), batch["image"])[0]
    assert close(logits, model(batch), atol=1e-5)


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


def test_places_are_the_lines_that_are_quoted(model, batch):
    root = Path(mmdl.__file__).parents[1]
    for stage in stages_of(model, batch, "image"):
        for quoted in (stage.computed, stage.returned):
            file, number = str(quoted).split(":")
            line = (root / file).read_text(encoding="utf-8").splitlines()[int(number) - 1]
            assert (quoted.words or f"def {quoted.function.__name__}(") in line


def test_each_stage_goes_back_as_complex_steps_say(model, batch):
    rng = np.random.default_rng(0)
    stages = stages_of(tree.map(lambda array: array.astype(np.float64), model), batch, "image")
    states, traces = through(stages, batch["image"].astype(np.float64))
    for stage, before, after, trace in zip(stages, states, states[1:], traces, strict=False):
        upstream = [rng.standard_normal(y.shape) for y in after]
        dx = stage.backward(upstream, trace)[0]
        at = tuple(rng.integers(before[0].shape))
        shares = derivative(stage, before, at)
        assert dx[at] == pytest.approx(sum((d * dy).sum() for d, dy in zip(shares, upstream, strict=True))), stage.name


def test_numbers_add_up(model, batch):
    for stop in follow(model, batch, 0, (12, 13)).stops[1:]:
        assert f"{stop.value:.4f}" in stop.numbers
        for sum_ in stop.numbers.split(": ")[-1].split("; "):
            if " = " in sum_:
                left, right = map(worked_out, sum_.split(" = "))
                assert left == pytest.approx(right, rel=0.02, abs=0.005), stop


@pytest.mark.parametrize("fusion", ["attention", "product", "concatenate"])
def test_a_large_picture(fusion):
    """Batch norm, coordinates and pools of places; what each says of its numbers is so."""
    scenes = data.load("scenes", pictures=10)
    rng = np.random.default_rng(0)
    model = multimodal_classifier(rng, scenes, fusion, 8)
    model = tree.map(lambda p: p + rng.normal(0, 0.02, p.shape).astype(p.dtype), model)
    one = next(data.batches(scenes.test.select([0]), 1))
    test_the_stages_are_the_model(model, one)
    way = follow(model, one, int(one.labels[0]), (20, 20), nudge=1e-6)
    assert way.promised != 0 and way.measured == pytest.approx(way.promised, rel=1e-3)
    said = {stop.stage: stop.numbers for stop in way.stops}
    for name in ("Standardize", "BatchNorm"):
        left, right = map(worked_out, said[name].split(" = "))
        assert left == pytest.approx(right, rel=0.02, abs=0.005)
    assert ("SequencePool" in said) == (fusion != "attention")


def worked_out(sum_):
    """The value of "0.5000 · (0.1000) − 0.2000 (others)"."""
    plain = re.sub(r" \([a-zβ]+\)", "", sum_).replace("·", "*").replace("−", "-")
    names = {"max": max, "exp": math.exp}
    return eval(re.sub(r"√(\d+)", r"math.sqrt(\1)", plain), names | {"math": math})


QUERY = ["query", "score", "weight", "weighted sum"]
ATTENTION = ["q, k, v", *QUERY[1:]]
FEED_FORWARD = ["norm", "widen", "relu", "narrow"]


@pytest.mark.parametrize(
    ("fusion", "steps"),
    [
        ("attention", ["norm", *ATTENTION, "output", *FEED_FORWARD, "last norm", "mean"]),
        ("cross-attention", ["norm", *QUERY, "output", *FEED_FORWARD, "last norm", "mean", *FEED_FORWARD]),
        ("bottleneck", [*(["norm", *ATTENTION, "exchange", "output", *FEED_FORWARD] * 2), "last norm", "mean"]),
    ],
)
def test_every_step_of_a_block_is_a_stop(fusion, steps, glyphs, batch):
    model = multimodal_classifier(np.random.default_rng(0), glyphs, fusion)
    stops = follow(model, batch, 0, (12, 13)).stops
    stages = [stop.stage for stop in stops]
    first = stages.index("projection")
    assert stages[first:] == ["projection", "embeddings", *steps, "Dropout", "Dense"]
    weight = stops[stages.index("weight")]
    score = stops[stages.index("score")]
    assert 0 < weight.value < 1 and abs(score.share) > 0
    assert weight.share == pytest.approx(weight.value * (1 - weight.value)) or weight.share < 0


@pytest.mark.parametrize("fusion", ["attention", "cross-attention", "bottleneck"])
def test_three_modalities(fusion, glyphs):
    """A picture, its words, and the words again: the third one tells whether every pair and part is counted."""
    train, test = (
        replace(each, inputs=each.inputs | {"words": each.inputs["text"]}, present={})
        for each in (glyphs.train, glyphs.test)
    )
    preprocessors = glyphs.preprocessors | {"words": glyphs.preprocessors["text"]}
    three = replace(glyphs, train=train, validation=train, test=test, preprocessors=preprocessors)
    model = multimodal_classifier(np.random.default_rng(0), three, fusion)
    batch = next(data.batches(test.select(slice(0, 1)), 1))
    way = follow(model, batch, 3, np.argwhere(batch["image"][0, :, :, 0] > 0.5)[0], nudge=1e-6)
    assert way.promised != 0
    assert way.measured == pytest.approx(way.promised, rel=1e-3)


@pytest.mark.parametrize("pixel", [(28, 0), (0, 28), (-1, 3)])
def test_a_pixel_outside(model, batch, pixel):
    with pytest.raises(DataError, match="the picture has 28 rows and 28 columns"):
        follow(model, batch, 0, pixel)


def test_a_modality_that_is_not_there(model, batch):
    with pytest.raises(DataError, match="no sound to follow"):
        follow(model, batch, 0, (1, 1), modality="sound")


@pytest.fixture(scope="module")
def glyph_names():
    return data.load("glyph-names")


class TestWriter:
    """Of a model that writes, one token's logits are followed."""

    @pytest.fixture(params=["transformer", "lstm", "attentive-lstm"])
    def model(self, request, glyph_names):
        return writer(np.random.default_rng(0), glyph_names, request.param, width=16)

    @pytest.fixture
    def batch(self, glyph_names):
        return next(data.batches(glyph_names.test.select([40]), 1))

    def test_the_stages_are_the_model(self, model, batch):
        logits = model(batch)
        for token in (0, 3):
            *_, (found,) = through(stages_of(model, batch, "image", token), batch["image"])[0]
            np.testing.assert_allclose(found, logits[:, token], atol=1e-5)

    def test_the_gradient_keeps_its_promise(self, model, batch):
        noisy = np.random.default_rng(0).random(batch["image"].shape)
        batch = replace(batch, inputs=batch.inputs | {"image": noisy})
        way = follow(model, batch, int(batch.targets.values[0, 3]), (12, 14), token=3)
        assert way.measured == pytest.approx(way.promised, rel=1e-3)
        assert [stop.stage for stop in way.stops][-3:] == ["projection", "embeddings", "decoder"]

    def test_a_memory_with_blocks_is_refused(self, glyph_names, batch):
        model = writer(np.random.default_rng(0), glyph_names, "lstm", width=16, blocks=1)
        with pytest.raises(DataError, match="cannot be followed"):
            stages_of(model, batch, "image")
