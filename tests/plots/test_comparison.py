"""Figures of a comparison: they show the numbers of its rows."""

import numpy as np
import pytest

from mmdl.plots import ComparisonDisplay, ContributionDisplay, NoiseDisplay
from mmdl.training.summary import Row, Spread

BOTH = ("image", "text")
BEST = {("image",): {"accuracy": 0.6, "loss": 0.9}, ("text",): {"accuracy": 0.5, "loss": 1.0}}
BEST |= {BOTH: {"accuracy": 0.95, "loss": 0.2}}
CURVES = {
    "image": ([0, 0.5, 2.0, None], [Spread(each, 0.01, 3) for each in (0.9, 0.8, 0.7, 0.5)]),
    "text": ([0, 0.25, 0.75, None], [Spread(each, 0.01, 3) for each in (0.9, 0.85, 0.8, 0.6)]),
}


def row(model, accuracy, loss):
    subsets = {("image",): Spread(0.6, 0.02, 3), ("text",): Spread(0.5, 0.02, 3), BOTH: accuracy}
    shares = {"image": Spread(0.3, 0.02, 3), "text": Spread(-0.1, 0.02, 3)}
    return Row(model, BOTH, subsets, loss, 1000, Spread(2.0, 0.1, 3), 0.1, shares, CURVES)


@pytest.fixture
def rows():
    alone = Row("image alone", ("image",), {("image",): Spread(0.7, 0.01, 3)}, Spread(0.5, 0.01, 3), 9,
                Spread(1.0, 0.1, 3), 0.1, {}, {})  # fmt: skip
    return [
        row("sum", Spread(0.9, 0.01, 3), Spread(0.3, 0.01, 3)),
        row("attention", Spread(0.895, 0.01, 3), Spread(0.5, 0.01, 3)),
        row("average", Spread(0.7, 0.01, 3), Spread(0.305, 0.01, 3)),
        alone,
    ]


def words(ax):
    return {(int(text.get_position()[0]), int(text.get_position()[1])): text.get_text() for text in ax.texts}


def test_the_matrix_has_numbers_and_marks(rows):
    display = ComparisonDisplay(rows, BEST).plot()
    means = np.ma.filled(display.ax_.images[0].get_array().astype(float), np.nan)
    assert means.shape == (5, 3)
    assert means[:, 2] == pytest.approx([0.9, 0.895, 0.7, np.nan, 0.95], nan_ok=True)
    found = words(display.ax_)
    assert found[2, 0] == "90.0 ±1.0 ★" and found[2, 1] == "89.5 ±1.0 ≈" and found[2, 2] == "70.0 ±1.0"
    assert found[0, 3] == "70.0 ±1.0 ★" and (1, 3) not in found
    assert found[3, 0].endswith("★") and found[3, 2].endswith("≈") and found[3, 1] == "0.500 ±0.010"
    assert found[2, 4] == "95.0" and found[3, 4] == "0.200"


def test_without_what_is_possible_there_is_no_row_for_it(rows):
    display = ComparisonDisplay(rows).plot()
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == [row.model for row in rows]


def test_contributions_are_points_in_percent(rows):
    display = ContributionDisplay(rows).plot()
    image, text = (container.lines[0] for container in display.ax_.containers)
    assert list(image.get_xdata()) == pytest.approx([30, 30, 30]) and list(text.get_xdata()) == pytest.approx([-10] * 3)
    assert len(display.ax_.get_yticks()) == 3  # none for a modality alone


def test_a_panel_for_each_modality_and_a_line_for_each_fusion(rows):
    display = NoiseDisplay(rows).plot()
    for ax, start in zip(display.axes_, ([90, 80, 70, 50], [90, 85, 80, 60]), strict=True):
        assert len(ax.lines) == 3
        assert all(list(line.get_ydata()) == pytest.approx(start) for line in ax.lines)
    image, text = display.axes_
    assert [label.get_text() for label in image.get_xticklabels()] == ["none", "0.5", "2", "missing"]
    assert image.get_xlabel() == "deviation of the noise" and text.get_xlabel() == "share that is lost"
    strokes = {line.get_label(): line.get_linestyle() for line in image.lines}
    assert strokes == {"attention": "-", "sum": "--", "average": ":"}


@pytest.mark.parametrize("kind", [ComparisonDisplay, ContributionDisplay, NoiseDisplay])
def test_saved_small_and_the_same_twice(rows, kind, tmp_path):
    first, second = (kind(rows).save(tmp_path / f"{n}.png").read_bytes() for n in (1, 2))
    assert first == second and len(first) < 150_000
