"""Exercises of lesson 10: every query takes a weighted mean of the values.

Write what is missing, then ask `mmdl check 10_attention.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.
"""

import numpy as np


def attention_weights(q, k):
    """★ a = softmax(q kᵀ / √D): a softmax over the keys for every query

    q (N, T, D), k (N, S, D) -> a (N, T, S), each row sums to one

    >>> attention_weights(np.array([[[2.0]]]), np.array([[[1.0], [0.5], [0.0]]])).round(3)
    array([[[0.665, 0.245, 0.09 ]]])
    """
    raise NotImplementedError


def attention(q, k, v):
    """★ y = a v  with  a = softmax(q kᵀ / √D): the article's equation (3)

    q (N, T, D), k (N, S, D), v (N, S, V) -> y (N, T, V) and the weights a (N, T, S)

    >>> y, weights = attention(np.array([[[0.0]]]), np.array([[[1.0], [9.0]]]), np.array([[[10.0], [20.0]]]))
    >>> y.item(), weights.tolist()
    (15.0, [[[0.5, 0.5]]])
    """
    raise NotImplementedError


def attention_backward(dy, q, k, v, weights):
    """★★ Forward: y = a v  with  a = softmax(q kᵀ / √D). Derive all three gradients

    dy (N, T, V), the arguments q, k, v of the forward pass, its weights a (N, T, S) -> dq, dk, dv

    >>> q, k, v = np.ones((1, 1, 1)), np.array([[[0.0], [1.0]]]), np.array([[[0.0], [4.0]]])
    >>> [d.ravel().tolist() for d in attention_backward(np.ones((1, 1, 1)), q, k, v, np.full((1, 1, 2), 0.5))]
    [[1.0], [-1.0, 1.0], [0.5, 0.5]]
    """
    raise NotImplementedError


def sinusoidal_positions(T, D):
    """★ y[t, 2i] = sin(t / 10000^(2i/D)),   y[t, 2i + 1] = cos(t / 10000^(2i/D)): a clock with many hands

    T, D whole numbers -> y (T, D)

    >>> sinusoidal_positions(2, 2).round(3)
    array([[0.   , 1.   ],
           [0.841, 0.54 ]])
    """
    raise NotImplementedError


def distances_backward(ds, q, k):
    """★★ Forward: s[n, t, s] = −‖q[n, t] − k[n, s]‖² / 2, the scores of kernel regression. Derive what q and k get

    ds (N, T, S), q (N, T, D), k (N, S, D) -> dq, dk

    >>> q, k = np.array([[[1.0]]]), np.array([[[0.0], [4.0]]])
    >>> [d.ravel().tolist() for d in distances_backward(np.ones((1, 1, 2)), q, k)]
    [[2.0], [1.0, -3.0]]
    """
    raise NotImplementedError


def variance_of_a_score():
    """★★★ q and k have 64 independent entries each, with mean 0 and variance 1.

    What is the variance of q · k before scaling?

    Answer with a number.
    """
    raise NotImplementedError


def shuffled_keys():
    """★★★ Keys and values are shuffled, in the same way. What happens to y?

    a   its rows are shuffled in the same way
    b   nothing: a sum does not care for the order of its terms
    c   it changes in a way that depends on the scores

    Answer with a letter.
    """
    raise NotImplementedError
