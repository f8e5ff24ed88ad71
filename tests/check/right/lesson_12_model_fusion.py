"""Right solutions of lesson 12: in logarithms throughout, with the largest taken away, expert by expert."""

import functools
import math

import numpy as np


def _log_softmax(s):
    s = s - s.max(axis=-1, keepdims=True)
    return s - np.log(np.exp(s).sum(axis=-1, keepdims=True))


def average_of_experts__stacked(logits):
    l = _log_softmax(np.stack(logits))
    top = l.max(axis=0)
    return top + np.log(np.exp(l - top).sum(axis=0)) - np.log(len(logits))


def average_of_experts__logaddexp(logits):
    l = [s - np.logaddexp.reduce(s, axis=1)[:, None] for s in logits]
    return functools.reduce(np.logaddexp, l) - math.log(len(l))


def average_of_experts__loops(logits):
    N, K = logits[0].shape
    l = np.zeros((N, K))
    for n, k in np.ndindex(N, K):
        votes = []
        for s in logits:
            top = max(s[n])
            votes.append(s[n, k] - top - math.log(sum(math.exp(each - top) for each in s[n])))
        best = max(votes)
        l[n, k] = best + math.log(sum(math.exp(vote - best) for vote in votes) / len(votes))
    return l


def average_of_experts_backward__formula(dl, logits, l):
    gradients = []
    for s in logits:
        log_p = _log_softmax(s)
        d = dl * np.exp(log_p - l - np.log(len(logits)))
        gradients.append(d - np.exp(log_p) * d.sum(axis=1, keepdims=True))
    return tuple(gradients)


def average_of_experts_backward__stacked(dl, logits, l):
    log_p = _log_softmax(np.array(logits))
    share = np.exp(log_p - np.logaddexp.reduce(log_p, axis=0))
    d = share * dl
    return tuple(d - np.exp(log_p) * d.sum(axis=-1)[..., None])


def average_of_experts_backward__jacobians(dl, logits, l):
    gradients = [np.zeros(dl.shape) for _ in logits]
    for n in range(len(dl)):
        p = [np.exp(_log_softmax(s[n])) for s in logits]
        for m, mine in enumerate(p):
            share = mine / sum(p)
            gradients[m][n] = (np.eye(len(mine)) - np.outer(mine, np.ones(len(mine)))) @ (dl[n] * share)
    return gradients


def product_of_experts__sum_of_logits(logits):
    return _log_softmax(sum(logits))


def product_of_experts__logaddexp(logits):
    s = np.sum([each - np.logaddexp.reduce(each, axis=-1, keepdims=True) for each in logits], axis=0)
    return s - np.logaddexp.reduce(s, axis=-1, keepdims=True)


def product_of_experts__loops(logits):
    l = np.zeros(logits[0].shape)
    for n in range(len(l)):
        total = [math.fsum(s[n, k] for s in logits) for k in range(l.shape[1])]
        top = max(total)
        l[n] = np.array(total) - top - math.log(sum(math.exp(t - top) for t in total))
    return l


def product_of_experts_backward__formula(dl, logits, l):
    d = dl - np.exp(l) * dl.sum(axis=-1, keepdims=True)
    return tuple(d.copy() for _ in logits)


def product_of_experts_backward__jacobian(dl, logits, l):
    d = np.einsum("nj,njk->nk", dl, np.eye(l.shape[1]) - np.exp(l)[:, None, :])
    return [d for _ in logits]


def product_of_experts_backward__from_the_start(dl, logits, l):
    e = np.exp(l - l.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return tuple(dl - p * (dl @ np.ones(dl.shape[1]))[:, None] for _ in range(len(logits)))
