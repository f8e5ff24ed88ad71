"""Exercises of lesson 05: what stands between two convolutions.

Write what is missing, then ask `mmdl check 05_image_classifier.py`. For the next step of help add `--hint`.
"""

import numpy as np


def relu(x):
    """y = max(x, 0)

    x (N, D) -> y (N, D)

    >>> relu(np.array([[-1.5, 2.0]]))
    array([[0., 2.]])
    """
    raise NotImplementedError


def relu_backward(dy, y):
    """dx = dy where y > 0, else 0: at x = 0 the gradient is taken to be 0

    dy (N, D), y (N, D), the result of the forward pass -> dx (N, D)

    >>> relu_backward(np.array([[3.0, 4.0]]), np.array([[0.0, 2.0]]))
    array([[0., 4.]])
    """
    raise NotImplementedError


def max_pool2d(x, window=2):
    """y[p, q] = the largest value in window p, q; windows do not overlap, and what is left at the edge is left out

    x (N, R, C, D), window a whole number or a pair (rows, columns)
    -> y (N, P, Q, D)  and  winner (N, P, Q, D), the winner's number in its window, counted row by row from 0;
    of equal values the first wins

    >>> y, winner = max_pool2d(np.array([[1.0, 5.0], [5.0, 2.0]]).reshape(1, 2, 2, 1))
    >>> y.item(), winner.item()
    (5.0, 1)
    """
    raise NotImplementedError


def max_pool2d_backward(dy, x, winner, window=2):
    """dx = dy at the winner of each window, 0 elsewhere: one takes all

    dy (N, P, Q, D), x (N, R, C, D), winner (N, P, Q, D), window as above -> dx shaped as x

    >>> max_pool2d_backward(np.full((1, 1, 1, 1), 3.0), np.full((1, 2, 2, 1), 7.0), np.array([[[[1]]]])).ravel()
    array([0., 3., 0., 0.])
    """
    raise NotImplementedError
