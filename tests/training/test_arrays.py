"""Training on plain arrays: means, steps, validation."""

import numpy as np
import pytest

from mmdl.errors import DataError
from mmdl.layers import Dense, Graph, OnValues
from mmdl.ops.losses import mean_squared_error
from mmdl.training import SGD
from mmdl.training.arrays import fit_arrays, means_over, outputs_for

MEASURES = {"loss": lambda y, p: mean_squared_error(p, y), "largest": lambda y, p: np.abs(p - y).max()}


def problem(count=50):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((count, 3)).astype(np.float32)
    return [x], x @ rng.standard_normal((3, 2)).astype(np.float32)


def linear():
    return Graph((OnValues(Dense.init(np.random.default_rng(1), 3, 2)),), ((0,),))


def fit(model, x, y, **settings):
    optimizer = SGD(0.1)
    rng = np.random.default_rng(2)
    return fit_arrays(model, x, y, MEASURES, optimizer, optimizer.start(model), rng, **settings)


def test_it_learns_in_place():
    (x, y), model = problem(), linear()
    history = fit(model, x, y, epochs=30, batch_size=8)
    assert list(history) == ["loss", "largest"] and len(history["loss"]) == 30
    assert means_over(model, x, y, MEASURES)["loss"] < 1e-6 < history["loss"][0]
    assert np.allclose(outputs_for(model, x, 7), y, atol=1e-2)


def test_a_smaller_batch_counts_less():
    (x, y), model = problem(), linear()
    whole = means_over(model, x, y, MEASURES, batch_size=50)
    assert means_over(model, x, y, MEASURES, batch_size=7)["loss"] == pytest.approx(whole["loss"])


def test_the_last_examples_are_kept_for_validation():
    x, y = problem()
    model, other = linear(), linear()
    shared = fit(model, x, y, validation=0.2, shuffle=False)
    given = fit(other, [x[0][:40]], y[:40], validation=([x[0][40:]], y[40:]), shuffle=False)
    assert shared == given and list(shared) == ["loss", "largest", "val_loss", "val_largest"]
    for share in (1.0, 1.5, -0.1):
        with pytest.raises(DataError, match="share of the 50 examples"):
            fit(linear(), x, y, validation=share)


def test_it_reports_each_epoch():
    told = []
    fit(linear(), *problem(), epochs=2, report=lambda what, means: told.append((what, list(means))))
    assert told == [("Epoch 1/2", ["loss", "largest"]), ("Epoch 2/2", ["loss", "largest"])]
