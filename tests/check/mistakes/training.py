"""Mistakes that students make in the exercises of lesson 06."""

import numpy as np

FITTING = {
    "momentum_step__old_velocity": ("old", "new v", "before"),
    "adam_step__corrected_moments_kept": ("corrected", "correction", "m̂"),
    "dropout__measured_share": ("rate", "1 −", "scale"),
}


def momentum_step__old_velocity(p, g, v, rate=0.01, momentum=0.9):
    """The parameter moves with the velocity of the step before; the new one comes too late."""
    p_next = p - rate * v
    v_next = momentum * v + g
    return p_next, v_next


def adam_step__corrected_moments_kept(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """The corrected moments are handed on, so that the next step corrects them once more."""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m = m / (1 - beta1**step)
    v = v / (1 - beta2**step)
    return p - rate * m / (np.sqrt(v) + epsilon), m, v


def dropout__measured_share(x, mask, rate):
    """The factor is taken from how many happened to stay in this mask, not from the rate."""
    stayed = np.count_nonzero(mask) / mask.size
    y = np.zeros(x.shape)
    y[mask] = x[mask] / max(stayed, 1e-12)
    return y
