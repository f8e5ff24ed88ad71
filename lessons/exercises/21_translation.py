"""Exercises of lesson 21: a decoder that looks again, what it is told, and how it writes.

Write what is missing, then ask `mmdl check 21_translation.py`. For the next step of help add `--hint`.
"""

import numpy as np


def look_up(h, m, Wk):
    """★ k = m Wk,   a = softmax(h kᵀ / √H),   c = a m: what the states h look up in the memory m

    h (N, T, H), m (N, S, D), Wk (D, H) -> context c (N, T, D), weights a (N, T, S)

    >>> c, a = look_up(np.array([[[np.log(3) / 4]]]), np.array([[[4.0], [8.0]]]), np.array([[-1.0]]))
    >>> c.round(3).tolist(), a.round(3).tolist()
    ([[[5.0]]], [[[0.75, 0.25]]])
    """
    raise NotImplementedError


def look_up_backward(dc, h, m, Wk, a):
    """★★ Forward: k = m Wk,   a = softmax(h kᵀ / √H),   c = a m. Derive what h, m and Wk get

    dc (N, T, D), h (N, T, H), m (N, S, D), Wk (D, H), weights a (N, T, S) -> dh, dm, dWk

    >>> one = np.array([[[1.0]]])
    >>> m, Wk, a = np.array([[[1.0], [3.0]]]), np.array([[0.0]]), np.array([[[0.5, 0.5]]])
    >>> dh, dm, dWk = look_up_backward(2 * one, one, m, Wk, a)
    >>> dh.tolist(), dm.tolist(), dWk.tolist()
    ([[[0.0]]], [[[1.0], [1.0]]], [[2.0]])
    """
    raise NotImplementedError


def token_loss_gradient(logits, targets, mask):
    """★★ Forward: L = the mean, over all tokens of all texts, of −log softmax(logits)[target]. Derive dlogits

    Texts have unequal lengths; where mask is False there is no token.
    logits (N, T, K), targets (N, T) ids, mask (N, T) bool -> dlogits (N, T, K)

    >>> logits, targets = np.zeros((1, 3, 2)), np.array([[0, 1, 0]])
    >>> dlogits = token_loss_gradient(logits, targets, np.array([[True, True, False]]))
    >>> (dlogits + 0.0).tolist()
    [[[-0.25, 0.25], [0.25, -0.25], [0.0, 0.0]]]
    """
    raise NotImplementedError


def best_of_beam(log_p, log_q):
    """★ Of all beginnings continued by all tokens the B likeliest, best first

    log_p (B,) of the beginnings, log_q (B, K) of every next token, given the beginning -> beginning (B,) its number,
    token (B,), and their log probabilities (B,)

    >>> log_q = np.array([[-1.0, -3.0, -4.0], [-0.5, -9.0, -9.0]])
    >>> beginning, token, total = best_of_beam(np.array([-1.0, -2.0]), log_q)
    >>> beginning.tolist(), token.tolist(), total.tolist()
    ([0, 1], [0, 0], [-2.0, -2.5])
    """
    raise NotImplementedError


def likeliest_text():
    """★★★ First A (0.5), B (0.3) or C (0.2). After A: five letters, 0.2 each. After B: 0.6, 0.4. After C: only one

    What probability has the likeliest text of two letters?

    Answer with a number
    """
    raise NotImplementedError


def mean_of_letters():
    """★★★ A text of 2 letters costs 3 each; a text of 8 letters costs 1 each. What is the mean over all letters?

    Answer with a number
    """
    raise NotImplementedError
