"""Mistakes that students make in the exercises of lesson 06."""

import numpy as np

FITTING = {
    "momentum_step__old_velocity": ("old", "new v", "before"),
    "adam_step__corrected_moments_kept": ("corrected", "correction", "m̂"),
    "dropout__measured_share": ("rate", "1 −", "scale"),
    "momentum_step__dampened": ("running mean", "1 − momentum"),
    "adam_step__root_of_the_sum": ("ε", "root"),
    "adam_step__second_moment_raw": ("m is corrected but v is not", "corrected"),
    "adam_step__uphill": ("wrong", "sign", "uphill"),
    "dropout__not_rescaled": ("not made larger",),
    "dropout_backward__unscaled": ("1 / (1 − rate)",),
    "momentum_step_backward__velocity_alone": ("dv alone",),
    "momentum_step_backward__plus": ("against", "−rate", "sign"),
    "mixup__targets_kept": ("only x is mixed",),
    "mixup__scattered": ("another order", "partner", "inverse", "order"),
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


def momentum_step__dampened(p, g, v, rate=0.01, momentum=0.9):
    """The gradient is weighted with what momentum leaves."""
    new = v + (1 - momentum) * (g - v)
    return p - rate * new, new


def adam_step__root_of_the_sum(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """ε under the root."""
    m += 0
    m = m + (1 - beta1) * (g - m)
    v = v + (1 - beta2) * (np.square(g) - v)
    fraction = (m / (1 - beta1**step)) * (v / (1 - beta2**step) + epsilon) ** -0.5
    return p - rate * fraction, m, v


def adam_step__second_moment_raw(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Only the first moment is freed from its bias."""
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * np.square(g)
    size = rate / (1 - np.power(beta1, step))
    return p - size * m / (np.sqrt(v) + epsilon), m, v


def adam_step__uphill(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """+ for −."""
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    return p + rate * m / (1 - beta1**step) / (np.sqrt(v / (1 - beta2**step)) + epsilon), m, v


def dropout__not_rescaled(x, mask, rate):
    """Dropped and left at that."""
    y = x.copy()
    y[~mask] = 0
    return y


def dropout_backward__unscaled(dy, mask, rate):
    """Zeros, and that is all."""
    dx = np.array(dy)
    dx[np.logical_not(mask)] = 0
    return dx


def momentum_step_backward__velocity_alone(dp, dv, rate=0.01, momentum=0.9):
    """dp only goes to p."""
    return tuple(each for each in (dp, 1.0 * dv, dv * momentum))


def momentum_step_backward__plus(dp, dv, rate=0.01, momentum=0.9):
    """+ rate."""
    both = np.add(dv, rate * dp)
    return dp, both, momentum * both


def mixup__targets_kept(x, y, order, share):
    """A picture with a bit of another in it still bears its name."""
    mixed = x.copy()
    mixed += (share - 1) * (x - x[order])
    return mixed, y.copy()


def mixup__scattered(x, y, order, share):
    """The target goes to the partner, where the example comes from it."""
    mixed, targets = np.zeros(x.shape), share * y
    for n, partner in enumerate(order):
        mixed[n] = share * x[n] + (1 - share) * x[partner]
        targets[partner] += (1 - share) * y[n]
    return mixed, targets
