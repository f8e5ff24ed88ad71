"""The arrays behind the figures of a training: history, confusion, norms of gradients."""

import numpy as np
import pytest

from mmdl.errors import DataError
from mmdl.layers import GRU, LSTM, RNN, BatchNorm, Dense, Sequential
from mmdl.ops.gru import gru
from mmdl.ops.lstm import lstm
from mmdl.ops.rnn import rnn
from mmdl.plots import (
    ConfusionDisplay,
    GradientNormDisplay,
    GradientThroughTimeDisplay,
    HistoryDisplay,
    norms_through_time,
)
from mmdl.tokens import Tokens
from mmdl.verify.oracle import complex_step_gradient


def test_history_draws_what_there_is():
    whole = {"loss": [3, 2], "accuracy": [0.1, 0.2], "validation_accuracy": [0.4, 0.3], "learning_rate": [1, 2]}
    display = HistoryDisplay.from_history(whole).plot(learning_rate=True)
    assert len(display.axes_) == 3 and display.best == 1
    assert display.axes_[0].lines[0].get_xydata().tolist() == [[1, 3], [2, 2]]
    assert display.axes_[2].lines[0].get_ydata().tolist() == [1, 2]
    alone = HistoryDisplay.from_history({"loss": [1.0]}).plot(learning_rate=True)
    assert len(alone.axes_) == 1 and alone.best is None
    assert HistoryDisplay.from_history({"loss": [1.0], "validation_accuracy": [np.nan]}).best is None
    with pytest.raises(DataError, match="no epoch"):
        HistoryDisplay.from_history({"loss": []})


def test_the_epoch_of_the_smallest_validation_loss_is_marked():
    """Not that of the highest accuracy: the loss chooses what is kept."""
    history = {"loss": [3, 2, 1], "validation_loss": [0.9, 0.7, 0.8], "accuracy": [0, 0, 0]}
    display = HistoryDisplay.from_history(history | {"validation_accuracy": [0.1, 0.2, 0.3]}).plot()
    assert display.best == 2
    assert [ax.lines[-1].get_xydata().tolist() for ax in display.axes_] == [[[2, 0.7]], [[2, 0.2]]]
    assert "epoch 2" in display.axes_[1].lines[-1].get_label()


def test_confusion_counts_and_normalises_rows():
    labels, predictions = np.array([0, 0, 0, 1, 1, 0]), np.array([0, 0, 1, 1, 0, 3])
    display = ConfusionDisplay.from_predictions(labels, predictions, "abcd")
    assert display.counts.tolist() == [[2, 1, 0, 1], [1, 1, 0, 0], [0] * 4, [0] * 4]
    assert display.rates.sum(axis=1).tolist() == [1, 1, 0, 0] and display.rates[0, 3] == 0.25
    assert display.accuracy == 0.5
    named = ConfusionDisplay.from_predictions(list("aaabba"), list("aabbad"), "abcd")
    assert np.array_equal(named.counts, display.counts)
    shown = [text.get_text() for text in display.plot().ax_.texts]
    assert shown == ["50 %\n(2)", "25 %\n(1)", "25 %\n(1)", "50 %\n(1)", "50 %\n(1)"]
    with pytest.raises(DataError, match="6 labels but 2"):
        ConfusionDisplay.from_predictions(labels, labels[:2], "abcd")
    for wrong in ([4], [-1], ["e"]):
        with pytest.raises(DataError, match="among the 4 classes"):
            ConfusionDisplay.from_predictions([0], wrong, "abcd")


def test_confusion_of_a_model(tiny):
    display = ConfusionDisplay.from_model(tiny.concatenate, tiny.dataset.test, size=4)
    predicted = tiny.concatenate(tiny.batch).argmax(axis=1)
    assert np.array_equal(display.counts, ConfusionDisplay.from_predictions(tiny.batch.labels, predicted, "abc").counts)
    with pytest.raises(DataError, match="no examples"):
        ConfusionDisplay.from_model(tiny.concatenate, tiny.dataset.test.select([]))


def test_gradient_norms_by_layer_and_by_parameter():
    gradient = Sequential((Dense(np.full((2, 2), 1.5), np.full(4, 2.0)), Dense(np.zeros((1, 1)), np.zeros(1))))
    layers = GradientNormDisplay.from_gradient(gradient)
    assert layers.names == ["layers.0 (Dense)", "layers.1 (Dense)"] and layers.norms.tolist() == [5, 0]
    parameters = GradientNormDisplay.from_gradient(gradient, by="parameter")
    assert parameters.names == ["layers.0.W", "layers.0.b", "layers.1.W", "layers.1.b"]
    assert parameters.norms.tolist() == [3, 4, 0, 0]
    ax = layers.plot().ax_
    assert ax.get_xscale() == "log" and [text.get_text() for text in ax.texts] == ["zero"]
    assert ax.get_xlim() == (1, 10)
    assert GradientNormDisplay.from_gradient(gradient.layers[0]).names == ["layer (Dense)"]
    GradientNormDisplay.from_gradient(gradient.layers[1]).plot()  # nothing but zeros


def test_gradient_norms_leave_running_statistics_out():
    norm = BatchNorm.init(3)
    assert GradientNormDisplay.from_gradient(norm, by="parameter").names == ["gamma", "beta"]
    for wrong, words in (
        (lambda: GradientNormDisplay.from_gradient(norm, by="model"), "by"),
        (lambda: GradientNormDisplay.from_gradient(()), "no array"),
    ):
        with pytest.raises(DataError, match=words):
            wrong()


def test_arrays_beside_layers_keep_their_own_name(tiny):
    names = GradientNormDisplay.from_gradient(tiny.attention).names
    assert "modalities.image.absent" in names and "fusion.modality" in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_norms_through_time_are_those_of_complex_steps(kind):
    """‖∂⟨d, h_T⟩/∂h_t‖, found by running the rest of the sequence from a nudged state."""
    rng = np.random.default_rng(1)
    layer = kind.init(rng, 3, 4, dtype=float)
    tokens = Tokens(rng.normal(size=(2, 5, 3)), np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool))
    norms = norms_through_time(np.random.default_rng(7), layer, tokens)
    d = np.random.default_rng(7).normal(size=(2, 4))
    d /= np.sqrt((d * d).sum(axis=1, keepdims=True))
    assert norms.shape == (6,) and norms[0] == pytest.approx(1)
    for t in range(5):
        found = [
            complex_step_gradient(rest(layer, tokens, t), states(layer, tokens, t), i, d)
            for i in range(1 + (kind is LSTM))
        ]
        expected = np.sqrt(sum((g**2).sum(axis=1) for g in found).mean())
        assert norms[5 - t] == pytest.approx(expected, rel=1e-10)


def states(layer, tokens, t):
    trace = layer.forward(tokens)[1]
    if isinstance(layer, RNN):
        return [trace.h[:, t]]
    return [trace.states.h[:, t], trace.states.c[:, t]] if isinstance(layer, LSTM) else [trace.states.h[:, t]]


def rest(layer, tokens, t):
    """h_T as a function of the state after t tokens."""
    x, mask = tokens.values[:, t:], tokens.mask[:, t:]
    W, U, b = layer.W, layer.U, layer.b
    if isinstance(layer, RNN):
        return lambda h: rnn(x.astype(h.dtype), *(p.astype(h.dtype) for p in (W, U, b)), h, mask)[:, -1]
    if isinstance(layer, GRU):
        return lambda h: gru(x.astype(h.dtype), *(p.astype(h.dtype) for p in (W, U, b)), h, mask).h[:, -1]

    def run(h, c):
        dtype = np.result_type(h, c)
        arrays = (each.astype(dtype) for each in (x, W, U, b, h, c))
        return lstm(*arrays, mask).h[:, -1]

    return run


def test_norms_through_time_draw():
    norms = {"RNN": [1, 0.5, 0.0], "LSTM": [1, 0.9, 0.8]}
    ax = GradientThroughTimeDisplay.from_norms(norms).plot().ax_
    assert ax.get_yscale() == "log" and len(ax.get_legend().get_texts()) == 2
    assert np.isnan(ax.lines[1].get_ydata()[2])  # a zero has no place on a logarithmic axis
    assert GradientThroughTimeDisplay.from_norms(np.ones(3)).plot().ax_.get_legend() is None
    with pytest.raises(DataError, match="not of a Dense"):
        norms_through_time(np.random.default_rng(0), Dense(np.ones((1, 1)), np.ones(1)), None)
