"""Dense layers, activations, softmax and dropout."""

import numpy as np

from mmdl.ops.activations import gelu, leaky_relu, relu, sigmoid, softplus, tanh
from mmdl.ops.dense import affine
from mmdl.ops.dropout import dropout
from mmdl.ops.softmax import log_softmax, softmax
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def linear_in_x(entry, arguments, rng):
    """Without its bias it is linear in x."""
    x, rest = arguments["x"], {**arguments, "b": np.zeros_like(arguments["b"])}
    other = rng.standard_normal(x.shape)
    return difference(entry(**rest | {"x": 2 * x + other}), 2 * entry(**rest) + entry(**rest | {"x": other}))


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


def blind_to_shift(entry, arguments, rng):
    """Adding one number to all scores of a row changes nothing."""
    shift = 10 * rng.standard_normal((*arguments["s"].shape[:-1], 1))
    return difference(entry(s=arguments["s"] + shift), entry(**arguments))


def rows_sum_to_one(entry, arguments, rng):
    """Each row of probabilities sums to one."""
    total = entry(**arguments).sum(axis=-1)
    return difference(total, np.ones_like(total))


def is_logarithm_of_softmax(entry, arguments, rng):
    """It is the logarithm of softmax."""
    return difference(entry(**arguments), np.log(softmax(**arguments)))


def expectation_is_x(entry, arguments, rng):
    """The mean over masks, each number kept with probability 1 − rate, is x."""
    x, rate = arguments["x"], arguments["rate"]
    kept, dropped = (entry(x=x, mask=np.full(x.shape, keep), rate=rate) for keep in (True, False))
    return difference((1 - rate) * kept + rate * dropped, x)


def vectors(draws):
    """x of any shape."""
    return draws.arrays(x="... D")


def scores(draws):
    """s (..., K)"""
    return draws.arrays(s="... K")


def mask_and_rate(draws):
    """x, a mask of the same shape, and a rate."""
    x = vectors(draws)["x"]
    return {"x": x, "mask": draws.rng.random(x.shape) < 0.6, "rate": draws.of(0.5, 0.1, 0.0)}


def _activation(forward, *laws, draw=vectors):
    return Entry.of(forward, draw, laws=laws, extreme=("x",), contracts={"x": "..."})


ENTRIES = (
    Entry.of(
        affine,
        lambda draws: draws.arrays(x="... D", W="D K", b="K"),
        differentiable=("x", "W", "b"),
        laws=(linear_in_x,),
        extreme=("x",),
    ),
    _activation(relu, idempotent, slope_at_zero),
    _activation(leaky_relu, slope_at_zero, draw=lambda draws: vectors(draws) | {"slope": draws.of(0.01, 0.3)}),
    _activation(sigmoid, point_symmetric),
    _activation(tanh, stretched_sigmoid),
    _activation(gelu, odd_part_is_x_itself),
    _activation(softplus, odd_part_is_x_itself),
    Entry.of(
        softmax,
        scores,
        differentiable=("s",),
        outputs=("p",),
        laws=(blind_to_shift, rows_sum_to_one),
        extreme=("s",),
        impossible=("s",),
    ),
    Entry.of(
        log_softmax,
        scores,
        differentiable=("s",),
        outputs=("l",),
        laws=(blind_to_shift, is_logarithm_of_softmax),
        extreme=("s",),
        impossible=("s",),
    ),
    Entry.of(dropout, mask_and_rate, laws=(expectation_is_x,), extreme=("x",)),
)
