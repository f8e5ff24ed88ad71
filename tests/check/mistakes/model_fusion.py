"""Mistakes that students make in the exercises of lesson 12."""

import numpy as np

FITTING = {
    "average_of_experts__mean_of_logarithms": ("logarithm", "geometric", "product"),
    "average_of_experts_backward__stops_at_the_logarithm": ("softmax", "add to zero", "sum to zero"),
    "product_of_experts__root_of_the_product": ("mean", "average", "root"),
    "average_of_experts__not_divided": ("not divided", "sums to m"),
    "average_of_experts__overflow": ("large", "infinity", "logarithm"),
    "average_of_experts_backward__share_of_all": ("same share", "1 / m"),
    "product_of_experts__unnormalised": ("sum to one", "normalis"),
    "product_of_experts_backward__each_a_part": ("divided by the number of experts",),
}


def average_of_experts__mean_of_logarithms(logits):
    """The logarithms are averaged, where the probabilities should be: that is a geometric mean."""
    logs = []
    for s in logits:
        s = s - s.max(axis=1, keepdims=True)
        logs.append(s - np.log(np.exp(s).sum(axis=1, keepdims=True)))
    return np.mean(logs, axis=0)


def average_of_experts_backward__stops_at_the_logarithm(dl, logits, l):
    """This is the gradient of each expert's log-probabilities; the way on to its logits is missing."""
    grads = []
    for s in logits:
        z = s - s.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        share = np.exp(log_p - l) / len(logits)
        grads.append(dl * share)
    return tuple(grads)


def product_of_experts__root_of_the_product(logits):
    """The logits are averaged, not added: of the product of M experts the M-th root is left."""
    score = np.mean(np.array(logits), axis=0)
    top = score.max(axis=1, keepdims=True)
    return score - top - np.log(np.sum(np.exp(score - top), axis=1, keepdims=True))


def average_of_experts__not_divided(logits):
    """logaddexp of all, and no more."""
    from functools import reduce

    log_p = [s - np.logaddexp.reduce(s, axis=1)[:, None] for s in logits]
    return reduce(np.logaddexp, log_p)


def average_of_experts__overflow(logits):
    """Probabilities first, the logarithm at the end."""
    p = 0
    for s in logits:
        e = np.exp(s)
        p = p + e / e.sum(axis=1, keepdims=True)
    return np.log(p / len(logits))


def average_of_experts_backward__share_of_all(dl, logits, l):
    """Everybody gets the same."""
    grads = []
    for s in logits:
        e = np.exp(s - s.max(1, keepdims=True))
        p = e / e.sum(1, keepdims=True)
        grads.append((dl - p * dl.sum(1)[:, None]) / len(logits))
    return tuple(grads)


def product_of_experts__unnormalised(logits):
    """The logarithms are added and left so."""
    return np.sum([s - np.logaddexp.reduce(s, axis=1)[:, None] for s in logits], axis=0)


def product_of_experts_backward__each_a_part(dl, logits, l):
    """Shared fairly."""
    d = dl - np.exp(l) * np.sum(dl, axis=1, keepdims=True)
    return tuple([d / len(logits)] * len(logits))
