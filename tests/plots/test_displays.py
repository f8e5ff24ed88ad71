"""What every display keeps to: it draws where it is told, keeps what it drew, and gives the same file twice."""

import os
import subprocess
import sys

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from mmdl.errors import DataError
from mmdl.layers import LSTM
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.plots import (
    AlignmentDisplay,
    AttentionDisplay,
    ConfusionDisplay,
    ExamplesDisplay,
    FeatureMapsDisplay,
    GazeDisplay,
    GradientNormDisplay,
    GradientThroughTimeDisplay,
    HistoryDisplay,
    ImagesDisplay,
    KernelsDisplay,
    PosteriorsDisplay,
    SpectrogramDisplay,
    WordAttentionDisplay,
    subplots,
)
from mmdl.plots.posteriors import peaks
from mmdl.tokens import Tokens

HISTORY = {
    "loss": [1.2, 0.7, 0.6],
    "accuracy": [0.5, 0.7, 0.8],
    "validation_loss": [0.9, 0.6, 0.7],
    "validation_accuracy": [0.6, 0.75, 0.72],
    "learning_rate": [1e-3, 2e-3, 0],
    "seconds": [1, 1, 1],
}


def gradient(model, batch):
    logits, trace = model.forward(batch)
    return model.gradient(softmax_cross_entropy(logits, batch.labels).gradient, trace)


def through_time():
    rng = np.random.default_rng(0)
    tokens = Tokens(rng.normal(size=(2, 9, 3)), np.ones((2, 9), bool))
    return GradientThroughTimeDisplay.from_layer(rng, LSTM.init(rng, 3, 4, dtype=float), tokens)


ONE_AXES = {
    "kernels": lambda tiny: KernelsDisplay.from_model(tiny.attention),
    "kernels of a deeper layer": lambda tiny: KernelsDisplay.from_model(tiny.concatenate, stage=1),
    "words": lambda tiny: WordAttentionDisplay.from_model(tiny.attention, tiny.batch, 1),
    "confusion": lambda tiny: ConfusionDisplay.from_model(tiny.concatenate, tiny.dataset.test),
    "gradient by layer": lambda tiny: GradientNormDisplay.from_gradient(gradient(tiny.attention, tiny.batch)),
    "gradient through time": lambda tiny: through_time(),
    "alignment": lambda tiny: AlignmentDisplay(np.eye(3), ["drei", "und", "achtzig"], ["EIGHTY", "THREE", "."]),
}
MANY_AXES = {
    "gaze": lambda tiny: GazeDisplay(tiny.batch["image"][0, ..., 0], ["A", "WITH", "ACUTE"], np.ones((3, 2, 2)) / 4),
    "posteriors": lambda tiny: PosteriorsDisplay(np.eye(9), np.eye(3)[[0, 0, 1, 1, 0, 2]], ("a", "b"), 0.5),
    "images": lambda tiny: ImagesDisplay.from_examples(tiny.dataset.train, tiny.dataset.classes),
    "examples": lambda tiny: ExamplesDisplay.from_dataset(tiny.dataset, np.random.default_rng(0)),
    "predictions": lambda tiny: ImagesDisplay.from_model(tiny.attention, tiny.dataset.train),
    "feature maps": lambda tiny: FeatureMapsDisplay.from_model(tiny.concatenate, tiny.batch, 2),
    "attention": lambda tiny: AttentionDisplay.from_model(tiny.attention, tiny.batch, 1),
    "spectrogram": lambda tiny: SpectrogramDisplay.from_sound(np.sin(np.arange(3000) ** 1.5 / 99), 8000),
    "history": lambda tiny: HistoryDisplay.from_history(HISTORY),
}


@pytest.mark.parametrize("name", [*ONE_AXES, *MANY_AXES])
def test_it_keeps_its_figure_and_is_the_same_file_twice(tiny, tmp_path, name):
    make = {**ONE_AXES, **MANY_AXES}[name]
    display = make(tiny)
    assert display.figure_ is None and display._repr_png_() is None
    assert display.plot() is display
    assert isinstance(display.figure_, Figure) and display.figure_.get_figwidth() == 8
    first = display.save(tmp_path / "a.png").read_bytes()
    with rc_context({"font.size": 20, "axes.facecolor": "black", "lines.linewidth": 9}):
        again = make(tiny).save(tmp_path / "b.png").read_bytes()
    assert first == again == display._repr_png_()
    assert len(first) <= 150_000
    assert b"matplotlib" not in first and b"tIME" not in first


@pytest.mark.parametrize("name", ONE_AXES)
def test_it_draws_on_the_axes_that_are_given(tiny, name):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    display = ONE_AXES[name](tiny).plot(ax=right)
    assert display.ax_ is right and display.figure_ is figure
    assert right.get_title() and not left.get_title() and not left.has_data()


@pytest.mark.parametrize("name", MANY_AXES)
def test_it_draws_in_the_figure_that_is_given(tiny, name):
    figure = Figure(figsize=(8, 8), layout="constrained")
    part = figure.subfigures(1, 2)[1]
    display = MANY_AXES[name](tiny).plot(figure=part)
    assert display.figure_ is part and part.axes
    assert {ax.figure for ax in np.ravel(display.axes_)} == {part}


def test_a_new_figure_is_in_the_same_style_and_shows_itself():
    figure, axes = subplots(2, 3, height=4)
    assert axes.shape == (2, 3) and figure.get_size_inches().tolist() == [8, 4]
    assert axes[0, 0].plot([1, 2])[0].get_color() == "#0072B2"  # also outside our own functions
    assert figure._repr_png_().startswith(b"\x89PNG")
    figure, ax = subplots()
    assert ax.figure is figure


def test_no_window_system_is_asked_for():
    """Drawing and saving load no pyplot, in a program that has not done so itself."""
    program = (
        "import sys, io; from mmdl.plots import HistoryDisplay; from mmdl.plots.figure import png;"
        "png(HistoryDisplay.from_history({'loss': [1.0], 'accuracy': [0.5]}).plot().figure_);"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], env=here, timeout=60).returncode == 0


TITLED_BY_PANEL = ("images", "examples", "predictions", "attention", "gaze")  # a panel's title is part of what is shown


@pytest.mark.parametrize("name", [*ONE_AXES, *MANY_AXES])
def test_titles_are_off_by_argument(tiny, name):
    display = {**ONE_AXES, **MANY_AXES}[name](tiny).plot(title=False)
    assert display.figure_.get_suptitle() == ""
    if name not in TITLED_BY_PANEL:
        assert all(ax.get_title() == "" for ax in display.figure_.axes)


@pytest.mark.parametrize("name", ["kernels", "words", "confusion", "feature maps", "attention", "spectrogram"])
def test_a_colour_map_can_be_chosen(tiny, name):
    display = {**ONE_AXES, **MANY_AXES}[name](tiny).plot(cmap="magma")
    assert "magma" in {image.get_cmap().name for ax in display.figure_.axes for image in ax.get_images()}


@pytest.mark.parametrize("name", ["gradient by layer", "gradient through time", "history"])
def test_lines_can_be_restyled(tiny, name):
    display = {**ONE_AXES, **MANY_AXES}[name](tiny).plot(color="black", markersize=3)
    lines = [line for ax in display.figure_.axes for line in ax.get_lines()]
    assert {("black", 3)} <= {(line.get_color(), line.get_markersize()) for line in lines}


def test_numbers_can_be_written_otherwise_or_not_at_all(tiny):
    display = ConfusionDisplay.from_model(tiny.concatenate, tiny.dataset.test)
    assert any("(" in text.get_text() for text in display.plot().ax_.texts)
    assert all(text.get_text().isdigit() for text in display.plot(values_format="{count}").ax_.texts)
    assert len(display.plot(values_format="").ax_.texts) == 0


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="do not fit 1 written and 2 read tokens"):
        AlignmentDisplay(np.ones((2, 2)), ["a"], ["b", "c"])
    with pytest.raises(DataError, match=r"2 words need weights \(T, P, Q\)"):
        GazeDisplay(np.ones((4, 4)), ["a", "b"], np.ones((1, 2, 2)))
    with pytest.raises(DataError, match="1 labels and a blank"):
        PosteriorsDisplay(np.ones((3, 2)), np.ones((3, 4)), ("a",), 1.0)


def test_peaks_of_posteriors_are_one_for_each_run():
    on = np.array([0, 1, 1, 1, 0, 1], bool)
    assert peaks(on, np.array([0, 1, 3, 2, 9, 5])) == [2, 5]
    assert peaks(~on, np.arange(6)) == [0, 4]
