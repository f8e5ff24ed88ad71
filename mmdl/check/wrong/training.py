"""Mistakes in the steps of optimizers, and in the checks of gradients."""

import numpy as np

from mmdl.check.wrong.known import mistakes_in

MISTAKES = []
in_momentum = mistakes_in(MISTAKES, "momentum_step")
in_adam = mistakes_in(MISTAKES, "adam_step")
in_differences = mistakes_in(MISTAKES, "central_difference")


@in_momentum("v adds up whole gradients: v = momentum · v + g.")
def gradient_dampened(p, g, v, rate=0.01, momentum=0.9):
    """v is a running mean, with (1 − momentum) g, as in Adam; here g is added whole."""
    v = momentum * v + (1 - momentum) * g
    return p - rate * v, v


@in_momentum("The parameter moves along the velocity, not along the gradient.")
def velocity_not_used(p, g, v, rate=0.01, momentum=0.9):
    """v is right, but p moves along g as in plain gradient descent."""
    return p - rate * g, momentum * v + g


@in_momentum("First the velocity, then the parameter by the new velocity.")
def old_velocity_used(p, g, v, rate=0.01, momentum=0.9):
    """v is right, but p moves along the velocity of the step before."""
    return p - rate * v, momentum * v + g


@in_momentum("Against the gradient: p − rate · v.")
def uphill(p, g, v, rate=0.01, momentum=0.9):
    """p moves along the gradient, uphill, instead of against it."""
    v = momentum * v + g
    return p + rate * v, v


@in_adam("Divide m by 1 − β₁^step and v by 1 − β₂^step: both started at zero.")
def bias_correction_left_out(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """p moves by them uncorrected: the first steps have the wrong size."""
    return _adam(p, g, m, v, step, rate, beta1, beta2, lambda v: np.sqrt(v) + epsilon, first=False, second=False)


@in_adam("ε stands outside the root: √v̂ + ε.")
def epsilon_inside_the_root(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """In the step ε is added under the root."""
    return _adam(p, g, m, v, step, rate, beta1, beta2, lambda v: np.sqrt(v + epsilon))


@in_adam("The step is divided by √v̂, not by v̂.")
def root_left_out(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """The step is divided by v̂ instead of its root."""
    return _adam(p, g, m, v, step, rate, beta1, beta2, lambda v: v + epsilon)


def _adam(p, g, m, v, step, rate, beta1, beta2, root, first=True, second=True):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat, v_hat = m / (1 - beta1**step if first else 1), v / (1 - beta2**step if second else 1)
    return p - rate * m_hat / root(v_hat), m, v


@mistakes_in(MISTAKES, "complex_step")(
    "Write ih into a complex copy: x.astype(complex). A float array keeps only the real part."
)
def through_a_float_buffer(f, x, dy, h=1e-30):
    """It is zero everywhere: the imaginary part is lost in an array of floats (NumPy warns of that)."""
    return np.zeros(x.shape)


@in_differences("Both sides, and twice h: (f(x + h) − f(x − h)) / 2h.")
def divided_by_h(f, x, dy, h=1e-5):
    """It is twice as large as it should be: the two points lie 2h apart."""
    return 2 * _one_sided(f, x, dy, h, 1)


@in_differences("One side alone is off by h; take both: (f(x + h) − f(x − h)) / 2h.")
def one_side_only(f, x, dy, h=1e-5):
    """It is right to five digits only: the difference is taken on one side."""
    return _one_sided(f, x, dy, h, 0)


def _one_sided(f, x, dy, h, other):
    dx = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[i] += h
        below[i] -= other * h
        dx[i] = np.sum(dy * (f(above) - f(below))) / (h * (1 + other))
    return dx
