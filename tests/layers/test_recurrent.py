"""Recurrent layers against runs by hand."""

import numpy as np
import pytest

from mmdl.errors import DataError
from mmdl.layers import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    Dense,
    MultiHeadAttention,
    SelfAttention,
    Sequential,
    TimeDistributed,
)
from mmdl.tokens import Tokens
from tests import layer_checks
from tests.close import close
from tests.layer_checks import scattered
from tests.layers.cases import tokens

KINDS = [RNN, LSTM, GRU]


def reader(kind, seed=0):
    rng = np.random.default_rng(seed)
    return scattered(kind.init(rng, 4, 3), rng)


def alone(layer, x):
    """The states after each token of one sequence without padding: (T, D) -> (T, H)"""
    return layer(Tokens(x[None], np.ones((1, len(x)), bool))).values[0]


def test_rnn_by_hand():
    layer, (x, mask) = reader(RNN), tokens(np.random.default_rng(1))
    h = np.zeros(3)
    for t in range(5):
        h = np.tanh(x[0, t] @ layer.W + h @ layer.U + layer.b)
        assert close(layer(Tokens(x, mask)).values[0, t], h)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_keeps_the_state(kind):
    layer, (x, mask) = reader(kind), tokens(np.random.default_rng(1))
    y = layer(Tokens(x, mask)).values
    for n in range(len(x)):
        states = np.concatenate([np.zeros((1, 3)), alone(layer, x[n, mask[n]])])
        assert close(y[n], states[mask[n].cumsum()])


@pytest.mark.parametrize("kind", KINDS)
def test_the_future_is_not_known(kind):
    layer, (x, mask) = reader(kind), tokens(np.random.default_rng(1))
    later = x.copy()
    later[:, 3:] += 1
    y, other = layer(Tokens(x, mask)).values, layer(Tokens(later, mask)).values
    assert np.array_equal(y[:, :3], other[:, :3])
    assert not close(y[0, 3:], other[0, 3:])


@pytest.mark.parametrize("kind", KINDS)
def test_traces_hold_all_states(kind):
    layer, x = reader(kind), tokens(np.random.default_rng(1))
    y, trace = layer.forward(x)
    h = trace.h if kind is RNN else trace.states.h
    assert h.shape == (4, 6, 3)
    assert not h[:, 0].any() and np.array_equal(h[:, 1:], y.values)


@pytest.mark.parametrize("kind", KINDS)
def test_bidirectional_reads_back_what_is_there(kind):
    """The second reader, by hand: each sequence without its padding, turned round, read, and turned back."""
    ahead, back = reader(kind, 0), reader(kind, 1)
    x, mask = tokens(np.random.default_rng(2))
    y, _ = Bidirectional(ahead, back).forward(Tokens(x, mask))
    assert np.array_equal(y.mask, mask)
    for n in range(len(x)):
        sequence = x[n, mask[n]]
        assert close(y.values[n, mask[n], :3], alone(ahead, sequence))
        assert close(y.values[n, mask[n], 3:], alone(back, sequence[::-1])[::-1])


def test_both_readers_learn():
    layer, x = Bidirectional(reader(GRU, 0), reader(GRU, 1)), tokens(np.random.default_rng(2))
    _, trace = layer.forward(x)
    forth = np.concatenate([np.ones((4, 5, 3)), np.zeros((4, 5, 3))], axis=2)
    gradient = layer.gradient(forth, trace)
    assert gradient.ahead.W.any() and not gradient.back.W.any()
    gradient = layer.gradient(1 - forth, trace)
    assert gradient.back.W.any() and not gradient.ahead.W.any()


def test_unknown_activation():
    layer = RNN.init(np.random.default_rng(0), 4, 3, f="swish")
    with pytest.raises(DataError) as error:
        layer(tokens(np.random.default_rng(1)))
    assert str(error.value) == 'rnn: f must be one of tanh, relu, sigmoid, not "swish"'


@pytest.mark.parametrize(
    "layers",
    [
        (Sequential((GRU.init(np.random.default_rng(0), 4, 3), LSTM.init(np.random.default_rng(1), 3, 2))),) * 2,
        (SelfAttention.init(np.random.default_rng(0), 4, 5), MultiHeadAttention.init(np.random.default_rng(1), 4, 2)),
        (TimeDistributed(Dense.init(np.random.default_rng(0), 4, 3)), RNN.init(np.random.default_rng(1), 4, 2)),
    ],
)
def test_both_ways_around_any_layers(layers):
    """The width of what each finds is found in the forward pass."""
    rng = np.random.default_rng(2)
    layer = Bidirectional(*(scattered(each, rng) for each in layers))
    for check in (layer_checks.backward_is_gradient, layer_checks.padding_is_not_seen):
        check(layer, tokens(rng))
