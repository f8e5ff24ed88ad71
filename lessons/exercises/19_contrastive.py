"""Exercises of lesson 19: two towers that learn to find each other.

Write what is missing, then ask `mmdl check 19_contrastive.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.
"""

import numpy as np


def normalize(x):
    """★ y = x / ‖x‖: every row gets the length one; a row of zeros stays zero

    x (N, D) -> y (N, D) and the lengths (N, 1)

    >>> y, length = normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
    >>> y.tolist(), length.tolist()
    ([[0.6, 0.8], [0.0, 0.0]], [[5.0], [0.0]])
    """
    raise NotImplementedError


def normalize_backward(dy, y, length):
    """★★ Forward: y = x / ‖x‖, row by row, and 0 where x is 0. Derive what comes back to x; 0 where the length is 0

    dy (N, D), y (N, D) and length (N, 1) from the forward pass -> dx (N, D)

    >>> normalize_backward(np.array([[1.0, 1.0]]), np.array([[1.0, 0.0]]), np.array([[2.0]]))
    array([[0. , 0.5]])
    """
    raise NotImplementedError


def similarity(a, b, log_scale):
    """★ s = e^λ a bᵀ: how well each a fits each b

    a (N, D), b (S, D), log_scale λ (1,) -> s (N, S)

    >>> similarity(np.array([[1.0, 0.0]]), np.array([[0.6, 0.8], [0.0, 1.0]]), np.log([10.0])).round(3)
    array([[6., 0.]])
    """
    raise NotImplementedError


def similarity_backward(ds, a, b, log_scale, s):
    """★★ Forward: s = e^λ a bᵀ  with  λ = log_scale. Derive what a, b and λ get

    ds (N, S), a, b, log_scale and the result s of the forward pass -> da (N, D), db (S, D), dlog_scale (1,)

    >>> a, b = np.array([[1.0, 0.0]]), np.array([[0.5, 2.0]])
    >>> [d.tolist() for d in similarity_backward(np.array([[3.0]]), a, b, np.zeros(1), np.array([[0.5]]))]
    [[[1.5, 6.0]], [[3.0, 0.0]], [1.5]]
    """
    raise NotImplementedError


def contrastive_loss(s):
    """★ loss = mean of −log p_nn and −log q_nn,  p = softmax of every row, q = softmax of every column.

    Safe for ±10,000

    s (N, N), row n and column n belong together -> the loss, and its gradient ds (N, N)

    >>> loss, gradient = contrastive_loss(np.zeros((4, 4)))
    >>> round(float(loss), 3), gradient[0].tolist()
    (1.386, [-0.1875, 0.0625, 0.0625, 0.0625])
    """
    raise NotImplementedError


def recall_at(similarity, k):
    """★ The share of the rows whose own column is among the k best of the row; whoever is just as good comes before it

    similarity (N, N), k a whole number -> a number from 0 to 1

    >>> recall_at(np.array([[0.9, 0.1, 0.9], [0.2, 0.8, 0.3], [0.7, 0.6, 0.5]]), 2)
    0.6666666666666666
    """
    raise NotImplementedError


def loss_of_a_blank_tower():
    """★★★ A batch of 64 pairs, and all similarities are 0. What is the contrastive loss? Answer with a number"""
    raise NotImplementedError


def loss_of_perfect_pairs():
    """★★★ 64 pairs, perfectly matched: 1 with the own partner, 0 with all others, at temperature 1. What is the loss?

    Answer with a number. (It is far from 0.)
    """
    raise NotImplementedError


def exchanged_towers():
    """★★★ The two towers are exchanged: s is transposed. What happens to the contrastive loss?

    a   it changes: rows and columns ask different questions
    b   it stays: it is the mean of both questions
    c   it changes its sign

    Answer with a letter.
    """
    raise NotImplementedError
