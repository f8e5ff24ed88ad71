"""Exercises of lesson 01: three ways to find out whether a gradient is right.

Write what is missing, then ask `mmdl check 01_checking_gradients.py`. For the next step of help add `--hint`.

In all of them f takes an array x of any shape and returns an array; dy has the shape of f(x). The gradient that is
meant is that of ⟨dy, f(x)⟩, the sum of dy times f(x) over all entries.
"""

import numpy as np


def central_difference(f, x, dy, h=1e-5):
    """dx[i] = ⟨dy, f(x with x[i] + h) − f(x with x[i] − h)⟩ / 2h, for every entry i of x

    f function, x array, dy array shaped as f(x) -> dx shaped as x. Leave x as it was.

    >>> central_difference(np.square, np.array([1.0, 3.0]), np.array([1.0, 1.0])).round(6)
    array([2., 6.])
    """
    raise NotImplementedError


def complex_step(f, x, dy, h=1e-30):
    """dx[i] = the imaginary part of ⟨dy, f(x with x[i] + ih)⟩ / h: nothing is subtracted, so nothing cancels

    f function that takes complex numbers, x array, dy array shaped as f(x) -> dx shaped as x

    >>> complex_step(np.exp, np.array([0.0, 1.0]), np.array([1.0, 1.0])).round(6)
    array([1.      , 2.718282])
    """
    raise NotImplementedError


def adjoint_gap(f, x, dx, dy, v, h=1e-30):
    """|⟨dy, J v⟩ − ⟨dx, v⟩|  with  J v = the imaginary part of f(x + ihv) / h

    One evaluation of f tests all of dx: if dx is the gradient, the gap is zero for every direction v.

    f function, x, dx and v arrays of one shape, dy array shaped as f(x) -> one number

    >>> float(adjoint_gap(np.square, np.array([1.0, 3.0]), np.array([2.0, 5.0]), np.ones(2), np.ones(2)))
    1.0
    """
    raise NotImplementedError
