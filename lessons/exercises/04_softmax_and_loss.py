"""Exercises of lesson 04: scores become probabilities, and probabilities a loss.

Write what is missing, then ask `mmdl check 04_softmax_and_loss.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.
"""

import numpy as np


def softmax(s):
    """★ p = e^s / Σ e^s along the last axis, for scores as large as 10,000 too

    s (N, K) -> p (N, K), each row sums to one

    >>> softmax(np.array([[2.0, 1.0, 0.0]])).round(3)
    array([[0.665, 0.245, 0.09 ]])
    """
    raise NotImplementedError


def softmax_backward(dp, p):
    """★★ Forward: p[k] = e^s[k] / Σⱼ e^s[j], row by row. Derive what comes back to the scores

    dp (N, K), p (N, K) -> ds (N, K)

    >>> softmax_backward(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))
    array([[ 0.25, -0.25]])
    """
    raise NotImplementedError


def softmax_cross_entropy(logits, labels):
    """★ loss = mean over the examples of −log p[label]  with  p = softmax(logits)

    logits (N, K), labels (N,) whole numbers from 0 to K − 1
    -> the loss, a number, and its gradient with respect to the logits (N, K)

    >>> loss, gradient = softmax_cross_entropy(np.array([[2.0, 1.0, 0.0]]), np.array([1]))
    >>> print(loss.round(3), gradient.round(3))
    1.408 [[ 0.665 -0.755  0.09 ]]
    """
    raise NotImplementedError


def log_softmax_backward(dl, l):
    """★★ Forward: l[k] = s[k] − log Σⱼ e^s[j], row by row. Derive what comes back to the scores

    dl (N, K), l (N, K) the result of the forward pass -> ds (N, K)

    >>> log_softmax_backward(np.array([[1.0, 0.0]]), np.log([[0.25, 0.75]])).round(3)
    array([[ 0.75, -0.75]])
    """
    raise NotImplementedError


def loss_of_the_undecided():
    """★★★ All logits are equal, and there are 100 classes. What is the cross-entropy? Answer with a number"""
    raise NotImplementedError


def shifted_scores():
    """★★★ 1000 is added to all three scores (2, 1, 0). What happens to the probabilities of a safe softmax?

    a   nothing: e^1000 is a factor of the numerator and of every term of the denominator
    b   they become nearly equal: beside 1000, differences of 1 do not count
    c   the first becomes 1: large scores make a softmax sure

    Answer with a letter.
    """
    raise NotImplementedError


def sum_of_a_row():
    """★★★ What do the entries of one row of the gradient of softmax_cross_entropy add up to? Answer with a number"""
    raise NotImplementedError
