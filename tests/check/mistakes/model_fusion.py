"""Mistakes that students make in the exercises of lesson 12."""

import numpy as np

FITTING = {
    "average_of_experts__mean_of_logarithms": ("logarithm", "geometric", "product"),
    "average_of_experts_backward__stops_at_the_logarithm": ("softmax", "add to zero", "sum to zero"),
    "product_of_experts__root_of_the_product": ("mean", "average", "root"),
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
