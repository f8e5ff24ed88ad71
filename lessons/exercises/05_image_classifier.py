"""Exercises of lesson 05: what stands between two convolutions.

Write what is missing, then ask `mmdl check 05_image_classifier.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.
"""

import numpy as np


def relu(x):
    """★ y = max(x, 0)

    x (N, D) -> y (N, D)

    >>> relu(np.array([[-1.5, 2.0]]))
    array([[0., 2.]])
    """
    raise NotImplementedError


def relu_backward(dy, y):
    """★★ Forward: y = max(x, 0). Derive what comes back to x; the slope at x = 0 is taken to be 0

    dy (N, D), y (N, D), the result of the forward pass -> dx (N, D)

    >>> relu_backward(np.array([[3.0, 4.0]]), np.array([[0.0, 2.0]]))
    array([[0., 4.]])
    """
    raise NotImplementedError


def max_pool2d(x, window=2):
    """★ y[p, q] = the largest value in window p, q; windows do not overlap, and what is left at the edge is left out

    x (N, R, C, D), window a whole number or a pair (rows, columns)
    -> y (N, P, Q, D)  and  winner (N, P, Q, D), the winner's number in its window, counted row by row from 0;
    of equal values the first wins

    >>> y, winner = max_pool2d(np.array([[1.0, 5.0], [5.0, 2.0]]).reshape(1, 2, 2, 1))
    >>> y.item(), winner.item()
    (5.0, 1)
    """
    raise NotImplementedError


def max_pool2d_backward(dy, x, winner, window=2):
    """★★ Forward: y[p, q] = the largest value of window p, q; `winner` says which. Derive what comes back to x

    dy (N, P, Q, D), x (N, R, C, D), winner (N, P, Q, D), window as above -> dx shaped as x

    >>> max_pool2d_backward(np.full((1, 1, 1, 1), 3.0), np.full((1, 2, 2, 1), 7.0), np.array([[[[1]]]])).ravel()
    array([0., 3., 0., 0.])
    """
    raise NotImplementedError


def columns_before_the_head():
    """★★★ A picture (1, 28, 28, 1) goes through a 3 × 3 convolution to 32 channels, ReLU and 2 × 2 max pooling

    How many columns has the flattened result? Answer with a whole number.
    """
    raise NotImplementedError


def same_shuffle_for_all():
    """★★★ All pixels are shuffled, in the same way in every picture, for training and for testing. Who can tell?

    a   neither: the information is all there
    b   both: no network recognises noise
    c   a multilayer perceptron cannot, it has a weight for each pixel anyway; a convolution can, it bets on neighbours

    Answer with a letter.
    """
    raise NotImplementedError
