"""Exercises of lesson 20: what a language model reads, what it costs, and how it writes.

Write what is missing, then ask `mmdl check 20_writing.py`. For the next step of help add `--hint`.
"""

import numpy as np


def moved_by_one(targets):
    """★ What is read at each place: the letter before it, and in front the end, 0, which is the beginning, too

    targets (N, T) ids -> inputs (N, T) ids

    >>> moved_by_one(np.array([[3, 1, 0], [2, 0, 0]])).tolist()
    [[0, 3, 1], [0, 2, 0]]
    """
    raise NotImplementedError


def bits_a_letter(logits, targets, mask):
    """★ −mean of log₂ softmax(logits)[target], over all letters that are there

    logits (N, T, K), targets (N, T) ids, mask (N, T) bool, True where there is a letter -> bits, a number

    >>> float(bits_a_letter(np.zeros((1, 2, 4)), np.array([[3, 0]]), np.array([[True, False]])))
    2.0
    """
    raise NotImplementedError


def tempered(logits, temperature):
    """★ p = softmax(logits / τ)

    logits (N, K), temperature τ > 0 -> p (N, K)

    >>> tempered(np.log([[0.5, 0.25, 0.25]]), 0.5).round(3).tolist()
    [[0.667, 0.167, 0.167]]
    """
    raise NotImplementedError


def tempered_backward(dp, p, temperature):
    """★★ Forward: p = softmax(logits / τ). Derive what the logits get

    dp (N, K), p (N, K) of the forward pass, temperature τ -> dlogits (N, K)

    >>> tempered_backward(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]), 0.5).tolist()
    [[0.5, -0.5]]
    """
    raise NotImplementedError


def letters_loss_backward(h, V, b, targets, mask):
    """★★ Forward: s = h V + b,   L = the mean over all letters that are there of −log softmax(s)[target]. Derive all

    h (N, T, H) states, V (H, K), b (K,), targets (N, T) ids, mask (N, T) bool -> dh (N, T, H), dV (H, K), db (K,)

    >>> h, V, b = np.array([[[2.0], [5.0]]]), np.array([[0.0, 0.0]]), np.zeros(2)
    >>> dh, dV, db = letters_loss_backward(h, V, b, np.array([[1, 0]]), np.array([[True, False]]))
    >>> (dh + 0.0).tolist(), dV.tolist(), db.tolist()
    ([[[0.0], [0.0]]], [[1.0, -1.0]], [0.5, -0.5])
    """
    raise NotImplementedError


def perplexity_of_three_bits():
    """★★★ A language model needs 3 bits a letter. Its perplexity?

    Answer with a number
    """
    raise NotImplementedError


def too_good():
    """★★★ With 27 letters a new model has a loss of 0.001 after one epoch, and writes noise. What is most likely?

    a   it has learned the texts by heart
    b   the input was not moved by one
    c   the learning rate is too large

    Answer with a letter
    """
    raise NotImplementedError
