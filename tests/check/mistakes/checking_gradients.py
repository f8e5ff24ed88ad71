"""Mistakes that students make in the exercises of lesson 01."""

import numpy as np

FITTING = {
    "central_difference__divided_by_h": ("twice", "2h", "factor"),
    "central_difference__entry_not_put_back": ("argument", "changed", "changes", "changes its argument"),
    "adjoint_gap__relative": ("ratio", "relative", "divided"),
}


def central_difference__divided_by_h(f, x, dy, h=1e-5):
    """The two points lie 2h apart, but the difference is divided by h: everything is twice too large."""
    flat = x.astype(float).ravel()
    slopes = []
    for number in range(flat.size):
        step = np.zeros(flat.size)
        step[number] = h
        right = np.sum(dy * f((flat + step).reshape(x.shape)))
        left = np.sum(dy * f((flat - step).reshape(x.shape)))
        slopes.append((right - left) / h)
    return np.array(slopes).reshape(x.shape)


def central_difference__entry_not_put_back(f, x, dy, h=1e-5):
    """Each entry of x itself is moved up and down, and then left where it is: x is no longer what it was."""
    grad = np.zeros(x.shape)
    for where in np.ndindex(*x.shape):
        x[where] += h
        plus = (dy * f(x)).sum()
        x[where] -= 2 * h
        minus = (dy * f(x)).sum()
        grad[where] = (plus - minus) / (2 * h)
    return grad


def adjoint_gap__relative(f, x, dx, dy, v, h=1e-30):
    """The gap is divided by the size of the right side, which was not asked for."""
    forward = np.vdot(dy, f(x + 1j * h * v).imag / h)
    backward = np.vdot(dx, v)
    return abs(forward - backward) / abs(backward)
