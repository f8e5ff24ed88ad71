"""LayerNorm, and BatchNorm with its two faces."""

import numpy as np
import pytest

from mmdl import tree
from mmdl.layers import BatchNorm, LayerNorm, Sequential, TimeDistributed, training_mode
from mmdl.tokens import Tokens
from tests.close import close

RNG = np.random.default_rng(0)
X = RNG.normal(3, 2, (40, 3))


def batch_norm(**settings):
    return BatchNorm.init(3, dtype=np.float64, **settings)


def training(layer):
    return training_mode(layer, RNG)


def test_layer_norm_looks_at_each_row():
    y = LayerNorm.init(3, epsilon=0.0, dtype=np.float64)(X)
    assert close(y.mean(axis=1), 0) and close(y.var(axis=1), 1)


def test_batch_norm_looks_at_each_column():
    y = training(batch_norm(epsilon=0.0))(X)
    assert close(y.mean(axis=0), 0) and close(y.var(axis=0), 1)


def test_at_first_inference_changes_nothing():
    assert close(batch_norm(epsilon=0.0)(X), X)


def test_running_statistics_get_their_distance():
    layer = training(batch_norm())
    y, trace = layer.forward(X)
    for gradient in (layer.gradient(y, trace), layer.backward(y, trace)[1]):
        assert close(gradient.mean, -X.mean(axis=0))
        assert close(gradient.variance, 1 - X.var(axis=0))


def test_outside_training_statistics_do_not_move():
    layer = batch_norm()
    y, trace = layer.forward(X)
    gradient = layer.gradient(y, trace)
    assert not gradient.mean.any() and not gradient.variance.any()
    assert close(gradient.beta, y.sum(axis=0))


def test_moved_by_one_minus_momentum_the_statistics_arrive():
    layer = training(batch_norm(momentum=0.8, epsilon=0.0))
    for _ in range(120):
        y, trace = layer.forward(X)
        momenta, gradient = tree.running_momentum(layer), dict(tree.leaves(layer.gradient(y, trace)))
        for path, array in tree.leaves(layer):
            if path in momenta:
                array -= (1 - momenta[path]) * gradient[path]
    assert close(layer.mean, X.mean(axis=0)) and close(layer.variance, X.var(axis=0))
    assert close(training_mode(layer, None)(X), layer(X))


def test_statistics_are_found_where_they_stand():
    model = {"a": Sequential((LayerNorm.init(3), batch_norm(momentum=0.7))), "b": TimeDistributed(batch_norm())}
    assert tree.running_momentum(model) == {
        "a.layers.1.mean": 0.7,
        "a.layers.1.variance": 0.7,
        "b.layer.mean": 0.99,
        "b.layer.variance": 0.99,
    }


def test_statistics_are_not_learned():
    assert tree.count(batch_norm()) == 6


def test_padding_is_no_example():
    mask = RNG.random((4, 10)) < 0.7
    values = np.where(mask[..., None], X.reshape(4, 10, 3), 1e6)
    layer = training(TimeDistributed(batch_norm()))
    y, trace = layer.forward(Tokens(values, mask))
    gradient = layer.gradient(y.values, trace)
    assert close(gradient.layer.mean, -values[mask].mean(axis=0))
    assert close(gradient.layer.variance, 1 - values[mask].var(axis=0))
    assert not y.values[~mask].any()


@pytest.mark.parametrize("kind", [LayerNorm, BatchNorm])
def test_epsilon_keeps_constants_finite(kind):
    layer = training(kind.init(3))
    y, trace = layer.forward(np.ones((4, 3), np.float32))
    assert not y.any()
    assert np.isfinite(layer.backward(np.ones_like(y), trace)[0]).all()
