"""Backward passes that no op of the catalogue has are the gradients of the forward passes that the exercises state."""

import numpy as np
import pytest

from mmdl.check.library import EXERCISES
from mmdl.check.teachers.lesson_01_checking_gradients import complex_step

RNG = np.random.default_rng(4)


def draw(*shape):
    return RNG.standard_normal(shape)


def without(weights, s=1):
    y = weights / (1 - weights[:, :, s : s + 1])
    y[:, :, s] = 0
    return y


PRESENT = np.array([[True, True, False], [False, False, False]])
MASK = np.array([[True, False, True], [False, True, True]])  # one for each number

# name: forward pass, its arguments in the order of the gradients, settings of the backward pass, what it is given
FORWARD = {
    "row_products_backward": (lambda x: x.prod(axis=1), {"x": draw(3, 4)}, {}, ("x",)),
    "neighbours_backward": (lambda x: x[:, 1:] * x[:, :-1], {"x": draw(3, 4)}, {}, ("x",)),
    "difference_backward": (lambda x: x[1:] - x[:-1], {"x": draw(6)}, {}, ()),
    "correlation1d_backward": (
        lambda x, w: np.stack([x[p : p + 3] @ w for p in range(5)]),
        {"x": draw(7), "w": draw(3)},
        {},
        ("x", "w"),
    ),
    "dropout_backward": (lambda x: x * MASK / 0.75, {"x": draw(2, 3)}, {"mask": MASK, "rate": 0.25}, ()),
    "blend_backward": (
        lambda z, h, g: z * h + (1 - z) * g,
        {"z": draw(2, 3), "h": draw(2, 3), "g": draw(2, 3)},
        {},
        ("z", "h", "g"),
    ),
    "distances_backward": (
        lambda q, k: -((q[:, :, None] - k[:, None]) ** 2).sum(axis=3) / 2,
        {"q": draw(2, 3, 4), "k": draw(2, 5, 4)},
        {},
        ("q", "k"),
    ),
    "weights_without_backward": (without, {"weights": draw(2, 3, 4) / 9}, {"s": 1}, ("weights",)),
    "present_mean_backward": (
        lambda x: (x * PRESENT[:, :, None]).sum(axis=1) / np.maximum(PRESENT.sum(axis=1), 1)[:, None],
        {"x": draw(2, 3, 4)},
        {"present": PRESENT},
        ("x",),
    ),
    "pooled_logits_backward": (
        lambda r, W: r.mean(axis=(1, 2)) @ W,
        {"r": draw(2, 3, 4, 5), "W": draw(5, 2)},
        {},
        ("r", "W"),
    ),
    "squared_distances_backward": (
        lambda x, c: ((x[:, None] - c[None]) ** 2).sum(axis=2),
        {"x": draw(3, 4), "c": draw(2, 4)},
        {},
        ("x", "c"),
    ),
}


@pytest.mark.parametrize("name", FORWARD)
def test_it_is_the_gradient(name):
    forward, arguments, settings, given = FORWARD[name]
    dy = draw(*forward(**arguments).shape)
    parameters = EXERCISES[name].parameters
    upstream = next(iter(parameters))
    found = EXERCISES[name].reference(**{upstream: dy}, **settings, **{each: arguments[each] for each in given})
    found = found if isinstance(found, tuple) else (found,)
    for gradient, argument in zip(found, arguments, strict=True):
        truth = complex_step(lambda x, a=argument: forward(**arguments | {a: x}), arguments[argument], dy)
        np.testing.assert_allclose(gradient, truth, rtol=1e-10, atol=1e-12)


def test_one_step_of_a_recurrent_network():
    x, h, W, U, b, dy = draw(2, 3), draw(2, 4), draw(3, 4), draw(4, 4), draw(4), draw(2, 4)
    arguments = {"x": x, "h": h, "W": W, "U": U, "b": b}

    def forward(x, h, W, U, b):
        return np.tanh(x @ W + h @ U + b)

    found = EXERCISES["rnn_step_backward"].reference(dy, x, h, W, U, forward(**arguments))
    for gradient, argument in zip(found, arguments, strict=True):
        truth = complex_step(lambda a, name=argument: forward(**arguments | {name: a}), arguments[argument], dy)
        np.testing.assert_allclose(gradient, truth, rtol=1e-10, atol=1e-12)


def test_one_step_with_momentum():
    p, g, v, dp, dv = (draw(3) for _ in range(5))
    arguments = {"p": p, "g": g, "v": v}

    def forward(p, g, v):
        v = 0.5 * v + g
        return np.stack([p - 0.1 * v, v])

    found = EXERCISES["momentum_step_backward"].reference(dp, dv, rate=0.1, momentum=0.5)
    for gradient, argument in zip(found, arguments, strict=True):
        truth = complex_step(
            lambda a, name=argument: forward(**arguments | {name: a}), arguments[argument], np.stack([dp, dv])
        )
        np.testing.assert_allclose(gradient, truth, rtol=1e-10, atol=1e-12)
