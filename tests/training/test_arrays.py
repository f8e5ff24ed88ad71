"""Training on plain arrays: means, steps, validation."""

import numpy as np
import pytest

from mmdl.errors import DataError
from mmdl.layers import Dense, Graph, OnValues
from mmdl.ops.losses import mean_squared_error
from mmdl.training import SGD
from mmdl.training.arrays import ArrayBatches, OnArrays, fit_arrays, inputs_of, means_over, outputs_for, split
from tests.close import close

MEASURES = {"loss": lambda y, p: mean_squared_error(p, y), "mean": lambda y, p: np.abs(p - y).mean()}


def problem(count=50):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((count, 3)).astype(np.float32)
    return [x], x @ rng.standard_normal((3, 2)).astype(np.float32)


def linear():
    return Graph((OnValues(Dense.init(np.random.default_rng(1), 3, 2)),), ((0,),))


def fit(model, x, y, validation=0, epochs=1, size=32, shuffle=True, report=lambda what, means: None):
    optimizer, (x, y, *kept) = SGD(0.1), split(x, y, validation)
    settings = {"optimizer": optimizer, "epochs": epochs, "rng": np.random.default_rng(2)}
    batches = ArrayBatches(x, y, size, shuffle), ArrayBatches(*kept, size)
    return fit_arrays(OnArrays(model), *batches, MEASURES, report, MEASURES["loss"], **settings)


def test_it_learns_in_place():
    (x, y), model = problem(), linear()
    history = fit(model, x, y, epochs=30, size=8)
    assert list(history) == ["loss", "mean"] and len(history["loss"]) == 30
    assert means_over(model, ArrayBatches(x, y, 32), MEASURES)["loss"] < 1e-6 < history["loss"][0]
    assert close(outputs_for(model, x, 7), y, atol=1e-2)


def test_a_smaller_batch_counts_less():
    (x, y), model = problem(), linear()
    whole = means_over(model, ArrayBatches(x, y, 50), MEASURES)
    assert whole["loss"] == pytest.approx(np.square(outputs_for(model, x, 50) - y).mean(), rel=1e-5)
    assert means_over(model, ArrayBatches(x, y, 7), MEASURES) == pytest.approx(whole)
    assert whole["mean"] == pytest.approx(np.abs(outputs_for(model, x, 50) - y).mean(), rel=1e-5)


def test_as_many_batches_as_it_takes():
    for count, size, steps in ((50, 7, 8), (50, 10, 5), (3, 50, 1)):
        batches = ArrayBatches([np.zeros((count, 1))], np.zeros(count), size)
        assert len(batches) == len(list(batches())) == steps


def test_one_input_is_an_array_and_several_are_a_tuple():
    one, two = np.arange(3), np.arange(6.0).reshape(3, 2)
    assert inputs_of([one], [0, 2]).tolist() == [0, 2]
    first, second = inputs_of([one, two], [0, 2])
    assert first.tolist() == [0, 2] and second.tolist() == [[0, 1], [4, 5]]
    assert first.dtype == second.dtype == np.float32


def test_nothing_in_nothing_out():
    [x], _ = problem()
    assert outputs_for(linear(), [x[:0]], 7).shape == (0, 2)


def test_what_is_frozen_stays_as_it_is():
    (x, y), model = problem(), linear()
    dense = model.layers[0].layer
    W, b = dense.W.copy(), dense.b.copy()
    settings = {"optimizer": SGD(0.1), "epochs": 1, "rng": np.random.default_rng(2)}
    batches = ArrayBatches(x, y, 8), ArrayBatches([], y[:0], 8)
    frozen = OnArrays(model, frozenset([id(dense.W)]))
    fit_arrays(frozen, *batches, MEASURES, lambda *told: None, MEASURES["loss"], **settings)
    assert (dense.W == W).all() and not (dense.b == b).any()


def test_the_last_examples_are_kept_for_validation():
    x, y = problem()
    history = fit(linear(), x, y, validation=0.2, shuffle=False)
    assert list(history) == ["loss", "mean", "val_loss", "val_mean"]
    model = linear()
    fit(model, [x[0][:40]], y[:40], shuffle=False)
    assert history["val_loss"] == [means_over(model, ArrayBatches([x[0][40:]], y[40:], 32), MEASURES)["loss"]]
    [one], _, [other], _ = split([np.arange(2)], np.arange(2), 0.5)
    assert (one.tolist(), other.tolist()) == ([0], [1])
    for share in (1.0, 1.5, -0.1):
        with pytest.raises(DataError, match="share of the 50 examples"):
            split(x, y, share)


def test_it_reports_each_epoch():
    """Its own means, which are those of the history."""
    told = []
    history = fit(linear(), *problem(), epochs=2, report=lambda what, means: told.append((what, means)))
    for epoch in (0, 1):
        means = {name: values[epoch] for name, values in history.items()}
        assert told[epoch] == (f"Epoch {epoch + 1}/2", means) and list(means) == ["loss", "mean"]
    assert history["loss"][0] > history["loss"][1]


def test_the_optimizer_goes_on_where_it_stopped():
    (x, y), one, other = problem(), linear(), linear()
    optimizer = SGD(0.1, momentum=0.9)
    state = optimizer.start(OnArrays(one))
    for model, epochs, settings in ((one, 1, {"state": state}), (one, 1, {"state": state}), (other, 2, {})):
        settings |= {"optimizer": optimizer, "epochs": epochs, "rng": np.random.default_rng(0)}
        batches = ArrayBatches(x, y, 8), ArrayBatches([], y[:0], 8)
        fit_arrays(OnArrays(model), *batches, MEASURES, lambda *told: None, MEASURES["loss"], **settings)
    assert np.array_equal(one.layers[0].layer.W, other.layers[0].layer.W)


def test_ctrl_c_is_passed_on():
    def interrupted(what, means):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(linear(), *problem(), report=interrupted)
