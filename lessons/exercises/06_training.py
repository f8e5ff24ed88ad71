"""Exercises of lesson 06: how a gradient becomes a step.

Write what is missing, then ask `mmdl check 06_training.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.

p is a parameter, g its gradient, v and m are what the optimizer remembers of it: arrays of one shape. Make new
arrays; leave those that come in as they are.
"""

import numpy as np


def momentum_step(p, g, v, rate=0.01, momentum=0.9):
    """★ v ← momentum · v + g,   p ← p − rate · v

    p, g, v arrays of one shape -> the new p and the new v

    >>> momentum_step(np.array([1.0]), np.array([2.0]), np.array([10.0]), rate=0.1, momentum=0.5)
    (array([0.3]), array([7.]))
    """
    raise NotImplementedError


def adam_step(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """★ m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²,   p ← p − rate · m̂ / (√v̂ + ε)

    with  m̂ = m / (1 − β₁^step)  and  v̂ = v / (1 − β₂^step): both start at zero, and this makes up for it.

    p, g, m, v arrays of one shape, step a whole number from 1 -> the new p, the new m and the new v

    >>> p, m, v = adam_step(np.array([1.0]), np.array([5.0]), np.array([0.0]), np.array([0.0]), 1, rate=0.1)
    >>> p.round(6)
    array([0.9])
    """
    raise NotImplementedError


def dropout(x, mask, rate):
    """★ y = x / (1 − rate) where the mask is True, else 0: the mean over many masks is x

    x (N, D), mask (N, D) True or False, rate from 0 to 1 -> y (N, D)

    >>> dropout(np.array([[3.0, 4.0]]), np.array([[True, False]]), 0.25)
    array([[4., 0.]])
    """
    raise NotImplementedError


def dropout_backward(dy, mask, rate):
    """★★ Forward: y = x / (1 − rate) where the mask is True, else 0. Derive what comes back to x

    dy (N, D), mask (N, D), rate from 0 to 1 -> dx (N, D)

    >>> dropout_backward(np.array([[3.0, 4.0]]), np.array([[True, False]]), 0.5)
    array([[6., 0.]])
    """
    raise NotImplementedError


def momentum_step_backward(dp, dv, rate=0.01, momentum=0.9):
    """★★ Forward: v′ = momentum · v + g,   p′ = p − rate · v′. Derive what comes back to p, g and v through one step

    dp and dv, the gradients of p′ and v′, arrays of one shape -> the gradients of p, g and v

    >>> [d.tolist() for d in momentum_step_backward(np.array([10.0]), np.array([1.0]), rate=0.5, momentum=0.5)]
    [[10.0], [-4.0], [-2.0]]
    """
    raise NotImplementedError


def mixup(x, y, order, share):
    """★ Each example with a share of another one: x′ = λ x + (1 − λ) x[order],   y′ = λ y + (1 − λ) y[order]

    x (N, D), y (N, K) one-hot rows, order (N,) a permutation of the examples, share λ from 0 to 1 -> x′ and y′

    >>> x, y = mixup(np.array([[0.0], [4.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([1, 0]), 0.75)
    >>> x.tolist(), y.tolist()
    ([[1.0], [3.0]], [[0.75, 0.25], [0.25, 0.75]])
    """
    raise NotImplementedError


def first_step_of_adam():
    """★★★ Adam's very first step, m and v being 0, rate 0.01, ε tiny; the gradient is 1000. How far does p move?

    Answer with a number, without its sign.
    """
    raise NotImplementedError


def speed_with_momentum():
    """★★★ Momentum 0.9, rate 0.01, and the gradient is 1 in every step. How long is a step after hundreds of them?

    Answer with a number.
    """
    raise NotImplementedError
