"""Exercises of lesson 12: several experts, one answer.

Write what is missing, then ask `mmdl check 12_model_fusion.py`. For the next step of help add `--hint`.

logits is a tuple of M arrays (N, K), one for each expert, who says p_m = softmax(logits_m). The answers are
log-probabilities, because those stay finite where a probability is too small for a float.
"""

import numpy as np


def average_of_experts(logits):
    """l = log(Σ_m p_m / M): everybody has one vote. Safe for scores of 10,000

    logits, M arrays (N, K) -> l (N, K)

    >>> np.exp(average_of_experts((np.array([[0.0, 0.0]]), np.array([[np.log(9.0), 0.0]])))).round(3)
    array([[0.7, 0.3]])
    """
    raise NotImplementedError


def average_of_experts_backward(dl, logits, l):
    """Expert m has the share p_m / Σ p of every class: dlog p_m = dl ∘ share_m, and on through its log-softmax

    dl (N, K), logits, l (N, K) the result of the forward pass -> a tuple of M gradients (N, K)

    >>> (d,) = average_of_experts_backward(np.array([[1.0, 0.0]]), (np.zeros((1, 2)),), np.log([[0.5, 0.5]]))
    >>> d.round(3)
    array([[ 0.5, -0.5]])
    """
    raise NotImplementedError


def product_of_experts(logits):
    """l = log(Π_m p_m / Σ_k Π_m p_m): who is sure that it is not so overrules all others

    logits, M arrays (N, K) -> l (N, K); every row of e^l sums to one

    >>> np.exp(product_of_experts((np.log([[0.7, 0.3]]), np.log([[0.7, 0.3]])))).round(3)
    array([[0.845, 0.155]])
    """
    raise NotImplementedError


def product_of_experts_backward(dl, logits, l):
    """dlogits_m = dl − p Σ_k dl  with  p = e^l: the same for all experts

    dl (N, K), logits, l (N, K) the result of the forward pass -> a tuple of M gradients (N, K)

    >>> product_of_experts_backward(np.array([[1.0, 0.0]]), (np.zeros((1, 2)),), np.log([[0.25, 0.75]]))[0].round(3)
    array([[ 0.75, -0.75]])
    """
    raise NotImplementedError
