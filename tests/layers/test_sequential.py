"""Layers in a row, a layer at two places, and a layer for each token."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmdl import tree
from mmdl.layers import Dense, Layer, ReLU, Sequential, Tanh, TimeDistributed
from mmdl.tokens import Tokens
from mmdl.verify.compare import agree
from mmdl.verify.oracle import complex_step_gradient
from tests.layers.cases import tokens

RNG = np.random.default_rng(0)


@dataclass(frozen=True, eq=False)
class Spy(Layer):
    """y = x, and a note of what was asked of it."""

    w: Any = None
    notes: list = field(default_factory=list)

    def forward(self, x):
        self.notes.append(("forward", x.shape))
        return x, x

    def backward(self, dy, x, input_gradient=True):
        self.notes.append(("backward" if input_gradient else "gradient", dy.shape))
        return dy, self


def dense(D, K):
    return Dense.init(RNG, D, K, np.float64)


def test_one_after_the_other():
    first, second = dense(3, 4), dense(4, 2)
    x = RNG.standard_normal((5, 3))
    y, trace = Sequential((first, ReLU(), second)).forward(x)
    assert np.array_equal(y, second(ReLU()(first(x))))
    assert len(trace) == 3
    assert trace[0] is x and np.array_equal(trace[2], ReLU()(first(x)))


def test_gradient_spares_the_first_layer_its_dx():
    spies = Spy(np.ones(1)), Spy(), Spy()
    model = Sequential((Sequential(spies[:2]), spies[2]))
    y, trace = model.forward(np.ones((2, 3)))
    model.gradient(y, trace)
    asked = [[what for what, _ in spy.notes] for spy in spies]
    assert asked == [["forward", "gradient"], ["forward", "backward"], ["forward", "backward"]]


def test_nobody_asks_for_a_gradient_before_the_first_that_learns():
    spies = Spy(), Spy(), Spy(np.ones(1)), Spy()
    model = Sequential((Sequential(spies[:1]), Sequential(spies[1:3]), spies[3]))
    y, trace = model.forward(np.ones((2, 3)))
    dx, gradient = model.backward(2 * y, trace, input_gradient=False)
    asked = [[what for what, _ in spy.notes] for spy in spies]
    assert asked == [["forward"], ["forward"], ["forward", "gradient"], ["forward", "backward"]]
    assert dx is None and [*map(type, gradient.layers)] == [Sequential, Sequential, Spy]
    assert model.backward(2 * y, trace)[0].shape == (2, 3)
    assert all("backward" in {what for what, _ in spy.notes} for spy in spies)


def test_nothing_at_all():
    x = np.ones((2, 3))
    y, trace = Sequential().forward(x)
    dx, gradient = Sequential().backward(2 * x, trace)
    assert y is x and np.array_equal(dx, 2 * x)
    assert gradient.layers == () and Sequential().gradient(x, trace).layers == ()


def test_a_layer_at_two_places():
    """Its two gradients add up to that of the one set of arrays."""
    shared = dense(3, 3)
    model = Sequential((shared, Tanh(), shared))
    x, dy = RNG.standard_normal((4, 3)), RNG.standard_normal((4, 3))
    assert tree.count(model) == 12
    assert [path for path, _ in tree.distinct(model)] == ["layers.0.W", "layers.0.b"]
    first, _, second = model.gradient(dy, model.forward(x)[1]).layers
    total = tree.add(first, second)

    def forward(W, b):
        one = Dense(W, b)
        return Sequential((one, Tanh(), one))(x)

    for place, name in enumerate(("W", "b")):
        expected = complex_step_gradient(forward, [shared.W, shared.b], place, dy)
        agree(name, getattr(total, name), expected, 1e-12, "complex steps")


def test_each_token_leaves_padding_out():
    spy, x = Spy(), tokens(RNG)
    y, trace = TimeDistributed(spy).forward(x)
    assert spy.notes == [("forward", (9, 4))]
    assert np.array_equal(y.values[x.mask], x.values[x.mask]) and not y.values[~x.mask].any()
    assert y.mask is x.mask
    dx, _ = TimeDistributed(spy).backward(np.ones_like(x.values), trace)
    assert spy.notes[1] == ("backward", (9, 4))
    assert np.array_equal(dx, np.where(x.mask[..., None], np.ones(4), 0))


def test_each_token_without_any_token():
    layer = TimeDistributed(dense(4, 2))
    nothing = Tokens(np.full((2, 3, 4), np.nan), np.zeros((2, 3), bool))
    y, trace = layer.forward(nothing)
    dx, gradient = layer.backward(np.ones((2, 3, 2)), trace)
    assert y.values.shape == (2, 3, 2) and not y.values.any()
    assert not dx.any() and not gradient.layer.W.any() and not gradient.layer.b.any()
