"""Lesson 06: optimizers, one step of each."""

import numpy as np

from mmdl.check.exercise import Exercise


def momentum_step(p, g, v, rate=0.01, momentum=0.9):
    """v ← momentum · v + g,   p ← p − rate · v"""
    v = momentum * v + g
    return p - rate * v, v


def adam_step(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²,   p ← p − rate · m̂ / (√v̂ + ε)"""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    corrected_m, corrected_v = m / (1 - beta1**step), v / (1 - beta2**step)
    return p - rate * corrected_m / (np.sqrt(corrected_v) + epsilon), m, v


def heavy_ball(draws):
    """A parameter, its gradient and its velocity."""
    return draws.arrays(p="N D", g="N D", v="N D") | {"rate": draws.of(0.5, 0.1), "momentum": draws.of(0.9, 0.5, 0.0)}


def moments(draws):
    """A parameter, its gradient and its moments, before one of the first steps."""
    settings = {"step": draws.of(1, 2, 10), "rate": draws.of(0.5, 0.1), "epsilon": draws.of(1e-2, 1e-8)}
    settings |= {"beta1": draws.of(0.9, 0.5), "beta2": draws.of(0.99, 0.9)}
    return draws.arrays(p="N D", g="N D", m="N D") | {"v": draws.rng.uniform(0.1, 2, draws.shape("N D"))} | settings


EXERCISES = (
    Exercise(
        momentum_step,
        heavy_ball,
        ("p", "v"),
        (
            "First the velocity: what it was, times momentum, and the gradient on top. Then the parameter, by the new one.",
            "Make new arrays: v = momentum * v + g. With v *= momentum you would change the one that came in.",
            "return p - rate * v, v",
        ),
        axes={"p": "N D", "v": "N D"},
    ),
    Exercise(
        adam_step,
        moments,
        ("p", "m", "v"),
        (
            "m is a running mean of the gradient, v one of its square. Both use their own β.",
            "Both started at zero, so early on they are too small: divide m by 1 − β₁^step, v by 1 − β₂^step.",
            "The corrected ones serve for the step only; returned are m and v as they are.",
            "p - rate * m̂ / (np.sqrt(v̂) + ε): ε outside the root.",
        ),
        axes={"p": "N D", "m": "N D", "v": "N D"},
    ),
)
