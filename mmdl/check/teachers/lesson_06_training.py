"""Lesson 06: one step of each optimizer, dropout, and mixup."""

import numpy as np

from mmdl.check.exercise import Exercise, backward, forward
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction


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


def momentum_step_backward(dp, dv, rate=0.01, momentum=0.9):
    """dv′ = dv − rate · dp,   then dp, dv′ and momentum · dv′"""
    back = dv - rate * dp
    return dp, back, momentum * back


def arrived(draws):
    """Gradients of the new parameter and the new velocity."""
    return draws.arrays(dp="N D", dv="N D") | {"rate": draws.of(0.5, 0.1), "momentum": draws.of(0.9, 0.5, 0.0)}


def mixup(x, y, order, share):
    """x′ = λ x + (1 − λ) x[order],   y′ = λ y + (1 − λ) y[order]

    Source: Zhang et al. 2018.
    """
    return share * x + (1 - share) * x[order], share * y + (1 - share) * y[order]


def labelled(draws):
    """Three examples or more, their one-hot rows, and a cycle of all: it is not its own inverse, none stays alone."""
    N, K = draws.size("N", (3, 4)), draws.size("K", (2, 3, 4))
    cycle, order = draws.rng.permutation(N), np.zeros(N, int)
    order[cycle] = np.roll(cycle, 1)
    y = np.eye(K)[draws.rng.permutation(np.arange(N) % K)]  # neighbours differ, as far as there are classes
    return {"x": draws.array("N D"), "y": y, "order": order, "share": draws.of(0.75, 0.3, 0.9)}


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
    forward(
        "dropout",
        "What is dropped becomes 0. What stays is made larger, so that the mean over many masks is x again.",
        "x * mask / (1 - rate)",
    ),
    backward(
        "dropout",
        "Where the mask is True, x was multiplied by a number; elsewhere it was not used.",
        "dy * mask / (1 - rate)",
    ),
    Exercise(
        momentum_step_backward,
        arrived,
        ("dp", "dg", "dv"),
        (
            "The new velocity v′ reaches the loss by itself, dv, and through the new parameter: −rate · dp.",
            "Add up both ways first. g went into v′ with the factor 1, v with the factor momentum.",
            "back = dv − rate · dp;   return dp, back, momentum · back",
        ),
        axes={"dp": "N D", "dg": "N D", "dv": "N D"},
    ),
    Exercise(
        mixup,
        labelled,
        ("x", "y"),
        (
            "x[order] are the partners: row n of it is the example that n is mixed with.",
            "What is done to x is done to y: the same partners, the same shares. λ stays with the example itself.",
            "share * x + (1 - share) * x[order], and the same of y.",
        ),
        axes={"x": "N D", "y": "N K"},
    ),
)

MISTAKES = []
in_momentum = mistakes_in(MISTAKES, "momentum_step")
in_adam = mistakes_in(MISTAKES, "adam_step")
in_mixup = mistakes_in(MISTAKES, "mixup")


@mistakes_in(MISTAKES, "dropout")("Divide by 1 − rate, so that the mean over many masks is x.")
def not_made_larger(x, mask, rate):
    """What stays is not made larger: the mean over many masks is (1 − rate) x."""
    return x * mask


def _adam(p, g, m, v, step, rate, beta1, beta2, root, first=True, second=True):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat, v_hat = m / (1 - beta1**step if first else 1), v / (1 - beta2**step if second else 1)
    return p - rate * m_hat / root(v_hat), m, v


@in_momentum("v adds up whole gradients: v = momentum · v + g.")
def gradient_dampened(p, g, v, rate=0.01, momentum=0.9):
    """v is a running mean, with (1 − momentum) g, as in Adam; here g is added whole."""
    v = momentum * v + (1 - momentum) * g
    return p - rate * v, v


@in_momentum("The parameter moves along the velocity, not along the gradient.")
def velocity_not_used(p, g, v, rate=0.01, momentum=0.9):
    """p moves along g as in plain gradient descent, not along v."""
    return p - rate * g, momentum * v + g


@in_momentum("First the velocity, then the parameter by the new velocity.")
def old_velocity_used(p, g, v, rate=0.01, momentum=0.9):
    """p moves along the velocity of the step before."""
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


@in_adam("v started at zero, too: divide it by 1 − β₂^step.")
def second_moment_not_corrected(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """In the step m is corrected but v is not."""
    return _adam(p, g, m, v, step, rate, beta1, beta2, lambda v: np.sqrt(v) + epsilon, second=False)


@in_adam("m started at zero, too: divide it by 1 − β₁^step.")
def first_moment_not_corrected(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """In the step v is corrected but m is not."""
    return _adam(p, g, m, v, step, rate, beta1, beta2, lambda v: np.sqrt(v) + epsilon, first=False)


@in_adam("Return m and v as they are; the corrected ones serve for the step only.")
def corrected_moments_returned(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """The corrected m and v are returned, so that the next step would correct them once more."""
    p, m, v = _adam(p, g, m, v, step, rate, beta1, beta2, lambda v: np.sqrt(v) + epsilon)
    return p, m / (1 - beta1**step), v / (1 - beta2**step)


@in_adam("The exponent is the number of the step: β^step.")
def first_step_forever(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """The moments are corrected as in the first step, by 1 − β, whatever step it is."""
    _, m_new, v_new = _adam(p, g, m, v, step, rate, beta1, beta2, lambda v: np.sqrt(v) + epsilon)
    m_hat, v_hat = m_new / (1 - beta1), v_new / (1 - beta2)
    return p - rate * m_hat / (np.sqrt(v_hat) + epsilon), m_new, v_new


@in_adam("Against the gradient: p − rate · m̂ / (√v̂ + ε).")
def uphill_with_adam(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """p moves uphill, along the running mean of the gradient, instead of against it."""
    new, m, v = _adam(p, g, m, v, step, rate, beta1, beta2, lambda v: np.sqrt(v) + epsilon)
    return 2 * p - new, m, v


@mistakes_in(MISTAKES, "dropout_backward")("Forward multiplied by 1 / (1 − rate); so does the way back.")
def gradient_not_made_larger(dy, mask, rate):
    """What stays passes dy on as it is, without the factor 1 / (1 − rate)."""
    return dy * mask


@mistakes_in(MISTAKES, "dropout_backward")("What was dropped moved nothing: multiply by the mask.")
def dropped_ones_get_a_gradient(dy, mask, rate):
    """The mask is not used: what was dropped gets a gradient, too."""
    return dy / (1 - rate)


@mistakes_in(MISTAKES, "momentum_step_backward")("v′ also moves the parameter: add −rate · dp to dv before it goes on.")
def way_through_the_parameter_left_out(dp, dv, rate=0.01, momentum=0.9):
    """The gradients of g and v are made from dv alone; that v′ moves the parameter is forgotten."""
    return dp, dv, momentum * dv


@mistakes_in(MISTAKES, "momentum_step_backward")("Forward took momentum · v: what comes back to v has this factor.")
def momentum_left_out_on_the_way_back(dp, dv, rate=0.01, momentum=0.9):
    """v gets the same as g; the factor momentum is missing."""
    back = dv - rate * dp
    return dp, back, back


@in_mixup("Mix the targets as well: λ y + (1 − λ) y[order].")
def targets_not_mixed(x, y, order, share):
    """Only x is mixed: the targets say that each mixture is wholly of its first class."""
    return share * x + (1 - share) * x[order], y


@in_mixup("Mix the examples as well: λ x + (1 − λ) x[order].")
def examples_not_mixed(x, y, order, share):
    """Only y is mixed: the examples are as they were."""
    return x, share * y + (1 - share) * y[order]


@in_mixup("x and y have the same partners: x[order] and y[order].")
def targets_of_other_partners(x, y, order, share):
    """The targets are mixed with the same λ but in another order, the inverse one: those of other examples."""
    return share * x + (1 - share) * x[order], share * y + (1 - share) * y[np.argsort(order)]


@in_mixup("λ belongs to the example itself, 1 − λ to its partner, in x as in y.")
def shares_of_targets_exchanged(x, y, order, share):
    """In the targets λ and 1 − λ are exchanged: what x has most of, y has least of."""
    return share * x + (1 - share) * x[order], (1 - share) * y + share * y[order]


@in_mixup("λ belongs to the example itself, 1 − λ to its partner.")
def shares_exchanged(x, y, order, share):
    """λ and 1 − λ are exchanged, in x and in y: the partner gets λ."""
    return (1 - share) * x + share * x[order], (1 - share) * y + share * y[order]


@in_mixup("What the example gives up its partner gets: λ and 1 − λ add up to 1.")
def partner_added_whole(x, y, order, share):
    """The partner is weighted with λ, too: the shares do not add up to 1."""
    return share * (x + x[order]), share * (y + y[order])


@prediction("What are m̂ and v̂ after one step?", "m̂ = g and √v̂ = |g|.")
def first_step_of_adam():
    """m̂ = g and v̂ = g², so the step is rate · g / |g| = 0.01: its length does not depend on the gradient's."""
    zero = np.zeros(1)
    return abs(adam_step(zero, np.array([1000.0]), zero, zero, 1, rate=0.01)[0].item())


@prediction("v ← 0.9 v + 1: where does that stay the same?")
def speed_with_momentum():
    """v settles where v = 0.9 v + 1, at 10: momentum 0.9 makes steps ten times as long, 0.1 each."""
    p, v = np.zeros(1), np.zeros(1)
    for _ in range(500):
        before, (p, v) = p, momentum_step(p, np.ones(1), v, rate=0.01, momentum=0.9)
    return abs((p - before).item())


PREDICTIONS = (first_step_of_adam, speed_with_momentum)
