"""Exercises of lesson 06: how a gradient becomes a step.

Write what is missing, then ask `mmdl check 06_training.py`. For the next step of help add `--hint`.

p is a parameter, g its gradient, v and m are what the optimizer remembers of it: arrays of one shape. Make new
arrays; leave those that come in as they are.
"""

import numpy as np


def momentum_step(p, g, v, rate=0.01, momentum=0.9):
    """v ← momentum · v + g,   p ← p − rate · v

    p, g, v arrays of one shape -> the new p and the new v

    >>> momentum_step(np.array([1.0]), np.array([2.0]), np.array([10.0]), rate=0.1, momentum=0.5)
    (array([0.3]), array([7.]))
    """
    raise NotImplementedError


def adam_step(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²,   p ← p − rate · m̂ / (√v̂ + ε)

    with  m̂ = m / (1 − β₁^step)  and  v̂ = v / (1 − β₂^step): both start at zero, and this makes up for it.

    p, g, m, v arrays of one shape, step a whole number from 1 -> the new p, the new m and the new v

    >>> p, m, v = adam_step(np.array([1.0]), np.array([5.0]), np.array([0.0]), np.array([0.0]), 1, rate=0.1)
    >>> p.round(6)
    array([0.9])
    """
    raise NotImplementedError


def dropout(x, mask, rate):
    """y = x / (1 − rate) where the mask is True, else 0: the mean over many masks is x

    x (N, D), mask (N, D) True or False, rate from 0 to 1 -> y (N, D)

    >>> dropout(np.array([[3.0, 4.0]]), np.array([[True, False]]), 0.25)
    array([[4., 0.]])
    """
    raise NotImplementedError
