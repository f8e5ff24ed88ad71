"""Pooling layers: settings reach the op, kinds are known, order is kept."""

import numpy as np
import pytest

from mmdl.errors import DataError
from mmdl.layers import AveragePool2D, FlattenTokens, GlobalPool, MaxPool2D, Patches, SequencePool
from tests.close import close
from tests.layers.cases import tokens

IMAGE = np.arange(24.0).reshape(1, 4, 3, 2)
X = tokens(np.random.default_rng(0))


@pytest.mark.parametrize("kind", [MaxPool2D, AveragePool2D])
@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({}, (1, 2, 1, 2)),
        ({"padding": "same"}, (1, 2, 2, 2)),
        ({"window": (1, 3)}, (1, 4, 1, 2)),
        ({"window": 3, "stride": 1, "padding": 1}, (1, 4, 3, 2)),
    ],
)
def test_windows(kind, settings, shape):
    assert kind(**settings)(IMAGE).shape == shape


def test_max_and_mean():
    assert MaxPool2D()(IMAGE).ravel().tolist() == [8, 9, 20, 21]
    assert AveragePool2D()(IMAGE).ravel().tolist() == [4, 5, 16, 17]
    assert GlobalPool("max")(IMAGE).tolist() == [[22, 23]]
    assert GlobalPool()(IMAGE).tolist() == [[11, 12]]


def test_sequences():
    x, mask = X
    mean, largest, last, both = (SequencePool(kind)(X) for kind in ("mean", "max", "last", "both"))
    assert np.array_equal(both, np.concatenate([largest, mean], axis=1))
    for n in range(3):
        assert close(mean[n], x[n, mask[n]].mean(axis=0))
        assert np.array_equal(largest[n], x[n, mask[n]].max(axis=0))
        assert np.array_equal(last[n], x[n, mask[n]][-1])


@pytest.mark.parametrize("kind", ["mean", "max", "last", "both"])
def test_a_sequence_without_tokens_gives_zeros(kind):
    y, trace = SequencePool(kind).forward(X)
    dx, _ = SequencePool(kind).backward(np.ones_like(y), trace)
    assert not y[3].any() and not dx[3].any()


@pytest.mark.parametrize(
    ("kind", "known"),
    [(GlobalPool, "average, max"), (SequencePool, "mean, max, last, both")],
    ids=["image", "sequence"],
)
def test_unknown_kinds(kind, known):
    with pytest.raises(DataError) as error:
        kind("median")
    assert str(error.value) == f'{kind.__name__}: kind must be one of {known}, not "median"'


def test_patches_go_row_by_row():
    y, trace = Patches().forward(IMAGE)
    assert y.values.shape == (1, 12, 2) and y.mask.all()
    assert y.values[0, 4].tolist() == IMAGE[0, 1, 1].tolist()
    assert np.array_equal(Patches().backward(y.values, trace)[0], IMAGE)


def test_flat_tokens_are_zero_where_there_is_none():
    y = FlattenTokens()(X)
    assert y.shape == (4, 20)
    assert np.array_equal(y[0], X.values[0].ravel())
    assert np.array_equal(y[1], np.append(X.values[1, :2], np.zeros(12)))
