"""Exercises of lesson 12: several experts, one answer.

Write what is missing, then ask `mmdl check 12_model_fusion.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.

logits is a tuple of M arrays (N, K), one for each expert, who says p_m = softmax(logits_m). The answers are
log-probabilities, because those stay finite where a probability is too small for a float.
"""

import numpy as np


def average_of_experts(logits):
    """★ l = log(Σ_m p_m / M): everybody has one vote. Safe for scores of 10,000

    logits, M arrays (N, K) -> l (N, K)

    >>> np.exp(average_of_experts((np.array([[0.0, 0.0]]), np.array([[np.log(9.0), 0.0]])))).round(3)
    array([[0.7, 0.3]])
    """
    raise NotImplementedError


def average_of_experts_backward(dl, logits, l):
    """★★ Forward: l = log(Σ_m p_m / M)  with  p_m = softmax(logits_m). Derive what each expert's logits get

    dl (N, K), logits, l (N, K) the result of the forward pass -> a tuple of M gradients (N, K)

    >>> (d,) = average_of_experts_backward(np.array([[1.0, 0.0]]), (np.zeros((1, 2)),), np.log([[0.5, 0.5]]))
    >>> d.round(3)
    array([[ 0.5, -0.5]])
    """
    raise NotImplementedError


def product_of_experts(logits):
    """★ l = log(Π_m p_m / Σ_k Π_m p_m): who is sure that it is not so overrules all others

    logits, M arrays (N, K) -> l (N, K); every row of e^l sums to one

    >>> np.exp(product_of_experts((np.log([[0.7, 0.3]]), np.log([[0.7, 0.3]])))).round(3)
    array([[0.845, 0.155]])
    """
    raise NotImplementedError


def product_of_experts_backward(dl, logits, l):
    """★★ Forward: l = log_softmax(Σ_m logits_m). Derive what each expert's logits get

    dl (N, K), logits, l (N, K) the result of the forward pass -> a tuple of M gradients (N, K)

    >>> product_of_experts_backward(np.array([[1.0, 0.0]]), (np.zeros((1, 2)),), np.log([[0.25, 0.75]]))[0].round(3)
    array([[ 0.75, -0.75]])
    """
    raise NotImplementedError


def three_experts():
    """★★★ Of two classes, three independent experts give the first 0.7, 0.7 and 0.1. What does their product give it?

    Answer with a number.
    """
    raise NotImplementedError


def one_who_is_sure():
    """★★★ Nine experts give a class 0.9, a tenth gives it 0. What do the average and the product give it?

    a   the average 0.81, the product 0
    b   both 0: nobody can be overruled who is sure
    c   the average 0.81, the product nearly 1, as nine agree

    Answer with a letter.
    """
    raise NotImplementedError
