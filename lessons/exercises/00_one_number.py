"""Exercises of lesson 00: one number through y = x W + b, and back.

Write what is missing, then ask `mmdl check 00_one_number.py`. For the next step of help add `--hint`.
"""

import numpy as np


def affine(x, W, b):
    """y = x W + b: every row of x is an example

    x (N, D), W (D, K), b (K,) -> y (N, K)

    >>> affine(np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, 2.0], [3.0, 1.0, -1.0]]), np.array([0.0, 1.0, 0.0]))
    array([[7., 3., 0.]])
    """
    raise NotImplementedError


def affine_db(dy):
    """db = Σ dy over the examples: the adjoint of a broadcast is a sum

    dy (N, K) -> db (K,)

    >>> affine_db(np.array([[1, -1, 2], [10, 10, 10]]))
    array([11,  9, 12])
    """
    raise NotImplementedError


def affine_dW(dy, x):
    """dW[d, k] = Σ over the examples of x[d] dy[k]: how much each weight moves what it feeds

    dy (N, K), x (N, D) -> dW (D, K), shaped as W

    >>> affine_dW(np.array([[1, -1, 2]]), np.array([[1, 2]]))
    array([[ 1, -1,  2],
           [ 2, -2,  4]])
    """
    raise NotImplementedError


def affine_dx(dy, W):
    """dx[d] = Σ over k of dy[k] W[d, k]: every output sends its gradient back along its weight

    dy (N, K), W (D, K) -> dx (N, D)

    >>> affine_dx(np.array([[1, -1, 2]]), np.array([[1, 0, 2], [3, 1, -1]]))
    array([[5, 0]])
    """
    raise NotImplementedError


def affine_backward(dy, x, W):
    """All three at once, in the order dx, dW, db

    dy (N, K), x (N, D), W (D, K) -> dx (N, D), dW (D, K), db (K,)

    >>> affine_backward(np.array([[1.0, -1.0]]), np.array([[3.0]]), np.array([[1.0, 2.0]]))
    (array([[-1.]]), array([[ 3., -3.]]), array([ 1., -1.]))
    """
    raise NotImplementedError
