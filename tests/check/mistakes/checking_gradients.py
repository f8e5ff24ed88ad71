"""Mistakes that students make in the exercises of lesson 01."""

import numpy as np

FITTING = {
    "central_difference__divided_by_h": ("twice", "2h", "factor"),
    "central_difference__entry_not_put_back": ("argument", "changed", "changes", "changes its argument"),
    "adjoint_gap__relative": ("ratio", "relative", "divided"),
    "central_difference__sum_forgotten": ("dy", "factor", "upstream"),
    "complex_step__real_part": ("real", "zero", "imag", "nan", "infinity"),
    "complex_step__all_entries_at_once": ("same", "sum", "entry", "entries"),
    "adjoint_gap__signed": ("sign", "abs", "magnitude"),
    "adjoint_gap__without_upstream": ("dy", "upstream"),
    "row_products_backward__by_division": ("where a factor is 0",),
    "row_products_backward__sum_of_the_others": ("product of the others", "nudge"),
    "neighbours_backward__one_way": ("right neighbour", "left neighbour"),
    "neighbours_backward__set_twice": ("left", "overwrit", "+="),
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


def central_difference__sum_forgotten(f, x, dy, h=1e-5):
    """The upstream gradient is left out: all outputs count the same."""
    dx = np.empty_like(x)
    for place in np.ndindex(x.shape):
        nudge = np.zeros_like(x)
        nudge[place] = h
        dx[place] = (f(x + nudge) - f(x - nudge)).sum() / (2 * h)
    return dx


def complex_step__real_part(f, x, dy, h=1e-30):
    """The real part is taken, which is the value and not the slope."""
    dx = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        z = x + 0j
        z[place] += 1j * h
        dx[place] = (dy * f(z)).sum().real
    return dx


def complex_step__all_entries_at_once(f, x, dy, h=1e-30):
    """All entries move together, so that every entry is told the slope along the diagonal."""
    slope = np.sum(dy * f(x + 1j * h)).imag / h
    return np.full(x.shape, slope)


def adjoint_gap__signed(f, x, dx, dy, v, h=1e-30):
    """The gap may be negative."""
    return (dy * f(x + 1j * h * v).imag).sum() / h - (dx * v).sum()


def adjoint_gap__without_upstream(f, x, dx, dy, v, h=1e-30):
    """J v is added up without dy."""
    return np.abs(np.sum(f(x + 1j * h * v).imag / h) - np.vdot(dx, v))


def row_products_backward__by_division(dy, x):
    """The product over its own factor."""
    return np.einsum("n,nd->nd", dy * np.prod(x, axis=1), 1 / x)


def row_products_backward__sum_of_the_others(dy, x):
    """The others are added up, not multiplied."""
    return dy[:, None] * (x.sum(axis=1)[:, None] - x)


def neighbours_backward__one_way(dy, x):
    """Only to the left factor of each product."""
    dx = 0 * x
    for d in range(dy.shape[1]):
        dx[:, d] += dy[:, d] * x[:, d + 1]
    return dx


def neighbours_backward__set_twice(dy, x):
    """The second = overwrites what the first has set."""
    dx = np.zeros(x.shape)
    dx[:, :-1] = dy * x[:, 1:]
    dx[:, 1:] = dy * x[:, :-1]
    return dx
