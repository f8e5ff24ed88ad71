"""Pointing, drawn: pictures with boxes and dots, and the shares."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl import data
from mmdl.cli.classify import measure, report
from mmdl.cli.figures import display, drawable
from mmdl.models import multimodal_classifier
from mmdl.plots import PointingDisplay
from mmdl.training.pointing import pointing


@pytest.fixture(scope="module")
def few():
    scenes = data.load("scenes", pictures=30)
    return multimodal_classifier(np.random.default_rng(0), scenes, "attention", 8), scenes.test.select(np.arange(60))


def test_three_pictures_that_name_much(few):
    model, examples = few
    shown = PointingDisplay.from_model(model, examples)
    assert shown.shares == pointing(model, examples)
    for image, text, names in shown.shown:
        assert image.shape == (64, 64, 3) and text.startswith("is the ") and len(names) == 2
        assert all(boxes.shape == (1, 4) and weights.shape == (8, 8) for boxes, weights in names)
    *pictures, bars = shown.plot(color="black").axes_
    for ax, (_, _, names) in zip(pictures, shown.shown, strict=True):
        boxes = [(*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in ax.patches]
        for (left, top, width, height), (box, _) in zip(boxes, names, strict=True):
            assert [top + 0.5, left + 0.5, top + 0.5 + height, left + 0.5 + width] == box[0].tolist()
        for line, (_, weights) in zip(ax.lines, names, strict=True):
            [column], [row] = line.get_data()
            assert weights[int(row) // 8, int(column) // 8] == weights.max()
    assert [bar.get_width() for bar in bars.patches] == pytest.approx([100 * share for share in shown.shares[:3]])


def test_it_is_drawn_where_it_can_be(few):
    model, examples = few
    assert drawable(model, examples) == ["history", "confusion", "kernels", "images", "attention", "pointing"]
    assert isinstance(display("pointing", model, examples=examples), PointingDisplay)


def test_it_is_told_after_training(few, capsys):
    model, examples = few
    dataset = replace(data.load("scenes", pictures=30), test=examples)
    found = measure(model, dataset)
    assert found["pointing"] == pointing(model, examples)._asdict()
    report(
        {**found, "seconds": {"train": 1.0}, "out": "runs/a", "epochs": 1},
        ["pointing.png"],
        dataset,
        {"data": "scenes"},
    )
    trained, untrained, chance = (f"{100 * share:.1f} %" for share in pointing(model, examples)[:3])
    line = f"words that look at what they name  {trained}  (untrained: {untrained}, at random: {chance})"
    assert line in capsys.readouterr().out.splitlines()
    silent = multimodal_classifier(np.random.default_rng(0), dataset, "product", 8)
    assert "pointing" not in measure(silent, dataset)
