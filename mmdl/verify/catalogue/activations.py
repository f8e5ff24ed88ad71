"""Activation functions."""

import numpy as np

from mmdl.ops.activations import gelu, leaky_relu, relu, sigmoid, softplus, tanh
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def idempotent(entry, arguments, rng):
    """Applied twice it does what it does once."""
    y = entry(**arguments)
    return difference(entry(x=y), y)


def slope_at_zero(entry, arguments, rng):
    """At x = 0 the gradient is that of the negative side: 0 for ReLU, the slope for leaky ReLU."""
    dy = rng.standard_normal(arguments["x"].shape)
    dx = entry.pull(dy, **arguments | {"x": np.zeros_like(dy)})["x"]
    return difference(dx, arguments.get("slope", 0) * dy)


def point_symmetric(entry, arguments, rng):
    """σ(−x) = 1 − σ(x)"""
    return difference(entry(x=-arguments["x"]), 1 - entry(**arguments))


def stretched_sigmoid(entry, arguments, rng):
    """tanh(x) = 2σ(2x) − 1"""
    return difference(entry(**arguments), 2 * sigmoid(2 * arguments["x"]) - 1)


def odd_part_is_x_itself(entry, arguments, rng):
    """f(x) − f(−x) = x"""
    return difference(entry(**arguments) - entry(x=-arguments["x"]), arguments["x"])


def vectors(draws):
    """x of any shape."""
    return draws.arrays(x="... D")


def _activation(forward, *laws, draw=vectors):
    return Entry.of(forward, draw, laws=laws, extreme=("x",), contracts={"x": "..."})


ENTRIES = (
    _activation(relu, idempotent, slope_at_zero),
    _activation(leaky_relu, slope_at_zero, draw=lambda draws: vectors(draws) | {"slope": draws.of(0.01, 0.3)}),
    _activation(sigmoid, point_symmetric),
    _activation(tanh, stretched_sigmoid),
    _activation(gelu, odd_part_is_x_itself),
    _activation(softplus, odd_part_is_x_itself),
)
