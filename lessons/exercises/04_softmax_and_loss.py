"""Exercises of lesson 04: scores become probabilities, and probabilities a loss.

Write what is missing, then ask `mmdl check 04_softmax_and_loss.py`. For the next step of help add `--hint`.
"""

import numpy as np


def softmax(s):
    """p = e^s / Σ e^s along the last axis, for scores as large as 10,000 too

    s (N, K) -> p (N, K), each row sums to one

    >>> softmax(np.array([[2.0, 1.0, 0.0]])).round(3)
    array([[0.665, 0.245, 0.09 ]])
    """
    raise NotImplementedError


def softmax_backward(dp, p):
    """ds[k] = p[k] (dp[k] − ⟨dp, p⟩): raising one score lowers all other probabilities

    dp (N, K), p (N, K) -> ds (N, K)

    >>> softmax_backward(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))
    array([[ 0.25, -0.25]])
    """
    raise NotImplementedError


def softmax_cross_entropy(logits, labels):
    """loss = mean over the examples of −log p[label]  with  p = softmax(logits)

    logits (N, K), labels (N,) whole numbers from 0 to K − 1
    -> the loss, a number, and its gradient with respect to the logits (N, K)

    >>> loss, gradient = softmax_cross_entropy(np.array([[2.0, 1.0, 0.0]]), np.array([1]))
    >>> print(loss.round(3), gradient.round(3))
    1.408 [[ 0.665 -0.755  0.09 ]]
    """
    raise NotImplementedError
