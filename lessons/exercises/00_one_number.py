"""Exercises of lesson 00: one number through y = x W + b, and back.

Write what is missing, then ask `mmdl check 00_one_number.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.
"""

import numpy as np


def affine(x, W, b):
    """★ y = x W + b: every row of x is an example

    x (N, D), W (D, K), b (K,) -> y (N, K)

    >>> affine(np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, 2.0], [3.0, 1.0, -1.0]]), np.array([0.0, 1.0, 0.0]))
    array([[7., 3., 0.]])
    """
    raise NotImplementedError


def affine_db(dy):
    """★ db = Σ dy over the examples: the adjoint of a broadcast is a sum

    dy (N, K) -> db (K,)

    >>> affine_db(np.array([[1, -1, 2], [10, 10, 10]]))
    array([11,  9, 12])
    """
    raise NotImplementedError


def affine_dW(dy, x):
    """★★ Forward: y[n, k] = Σ_d x[n, d] W[d, k] + b[k]. Derive what comes back to W

    dy (N, K), x (N, D) -> dW (D, K), shaped as W

    >>> affine_dW(np.array([[1, -1, 2]]), np.array([[1, 2]]))
    array([[ 1, -1,  2],
           [ 2, -2,  4]])
    """
    raise NotImplementedError


def affine_dx(dy, W):
    """★★ Forward: y[n, k] = Σ_d x[n, d] W[d, k] + b[k]. Derive what comes back to x

    dy (N, K), W (D, K) -> dx (N, D)

    >>> affine_dx(np.array([[1, -1, 2]]), np.array([[1, 0, 2], [3, 1, -1]]))
    array([[5, 0]])
    """
    raise NotImplementedError


def affine_backward(dy, x, W):
    """★ All three at once, in the order dx, dW, db

    dy (N, K), x (N, D), W (D, K) -> dx (N, D), dW (D, K), db (K,)

    >>> affine_backward(np.array([[1.0, -1.0]]), np.array([[3.0]]), np.array([[1.0, 2.0]]))
    (array([[-1.]]), array([[ 3., -3.]]), array([ 1., -1.]))
    """
    raise NotImplementedError


def shape_of_the_jacobian():
    """★★★ y = x W maps x (1, 100) to y (1, 50). Written out, dy/dW has one number for each entry of y and each of W

    What is its shape, the axes of y first? Answer with a tuple. (The backward pass never builds it.)
    """
    raise NotImplementedError


def moved_by_a_nudge():
    """★★★ x = (1, 2), W = ((1, 0, 2), (3, 1, −1)), b = (0, 1, 0), and the loss is ⟨dy, y⟩ with dy = (1, −1, 2)

    By how much does the loss move if W[1, 2] grows by 0.01? Answer with a number, found without computing y again.
    """
    raise NotImplementedError
