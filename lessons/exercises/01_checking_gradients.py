"""Exercises of lesson 01: three ways to find out whether a gradient is right.

Write what is missing, then ask `mmdl check 01_checking_gradients.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.

In all of them f takes an array x of any shape and returns an array; dy has the shape of f(x). The gradient that is
meant is that of ⟨dy, f(x)⟩, the sum of dy times f(x) over all entries.
"""

import numpy as np


def central_difference(f, x, dy, h=1e-5):
    """★ dx[i] = ⟨dy, f(x with x[i] + h) − f(x with x[i] − h)⟩ / 2h, for every entry i of x

    f function, x array, dy array shaped as f(x) -> dx shaped as x. Leave x as it was.

    >>> central_difference(np.square, np.array([1.0, 3.0]), np.array([1.0, 1.0])).round(6)
    array([2., 6.])
    """
    raise NotImplementedError


def complex_step(f, x, dy, h=1e-30):
    """★ dx[i] = the imaginary part of ⟨dy, f(x with x[i] + ih)⟩ / h: nothing is subtracted, so nothing cancels

    f function that takes complex numbers, x array, dy array shaped as f(x) -> dx shaped as x

    >>> complex_step(np.exp, np.array([0.0, 1.0]), np.array([1.0, 1.0])).round(6)
    array([1.      , 2.718282])
    """
    raise NotImplementedError


def adjoint_gap(f, x, dx, dy, v, h=1e-30):
    """★ |⟨dy, J v⟩ − ⟨dx, v⟩|  with  J v = the imaginary part of f(x + ihv) / h

    One evaluation of f tests all of dx: if dx is the gradient, the gap is zero for every direction v.

    f function, x, dx and v arrays of one shape, dy array shaped as f(x) -> one number

    >>> float(adjoint_gap(np.square, np.array([1.0, 3.0]), np.array([2.0, 5.0]), np.ones(2), np.ones(2)))
    1.0
    """
    raise NotImplementedError


def row_products_backward(dy, x):
    """★★ Forward: y[n] = x[n, 0] · x[n, 1] · ... Derive what comes back to x; values may be 0

    dy (N,), x (N, D) -> dx (N, D)

    >>> row_products_backward(np.array([1.0]), np.array([[2.0, 3.0, 0.0]]))
    array([[0., 0., 6.]])
    """
    raise NotImplementedError


def neighbours_backward(dy, x):
    """★★ Forward: y[n, d] = x[n, d] x[n, d + 1], for d = 0, ..., D − 2. Derive what comes back to x

    dy (N, D − 1), x (N, D) -> dx (N, D)

    >>> neighbours_backward(np.array([[1.0, 10.0]]), np.array([[2.0, 3.0, 5.0]]))
    array([[ 3., 52., 30.]])
    """
    raise NotImplementedError


def best_exponent():
    """★★★ Central differences of e^x at x = 1, in double precision, with h = 10^−1, 10^−5, 10^−10 or 10^−15

    The formula is off by about h², rounding by about 10^−16 / h. With which h is the error smallest? Answer with a
    whole number, the exponent.
    """
    raise NotImplementedError


def blind_spot():
    """★★★ A gradient check of y = x W + b with a single example (N = 1) and all of dy equal to 1 passes.

    What may be wrong?

    a   nothing any more: a check that passes is a proof
    b   db may be the first row of dy, where the sum over the rows belongs: with N = 1 they are the same
    c   db may have the wrong sign: with dy = 1 the sign cannot be seen

    Answer with a letter.
    """
    raise NotImplementedError
