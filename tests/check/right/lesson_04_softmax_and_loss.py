"""Right solutions of lesson 04: by exponentials, by differences of scores, by logarithms, by the whole Jacobian."""

import math

import numpy as np


def softmax__shifted(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax__differences(s):
    return 1 / np.exp(np.minimum(s[:, None, :] - s[:, :, None], 700)).sum(axis=2)


def softmax__logarithms(s):
    return np.exp(s - np.logaddexp.reduce(s, axis=1)[:, None])


def softmax__loops(s):
    p = np.zeros(s.shape)
    for n, row in enumerate(s):
        top = max(row)
        parts = [math.exp(value - top) for value in row]
        for k, part in enumerate(parts):
            p[n, k] = part / math.fsum(parts)
    return p


def softmax_backward__formula(dp, p):
    return p * (dp - (dp * p).sum(axis=1, keepdims=True))


def softmax_backward__jacobian(dp, p):
    jacobian = np.stack([np.diag(row) - np.outer(row, row) for row in p])
    return np.einsum("nk,nkj->nj", dp, jacobian)


def softmax_backward__pairs(dp, p):
    ds = np.zeros(p.shape)
    for n, K in enumerate([p.shape[1]] * len(p)):
        for k in range(K):
            ds[n, k] = sum(p[n, k] * p[n, j] * (dp[n, k] - dp[n, j]) for j in range(K))
    return ds


def softmax_cross_entropy__one_hot(logits, labels):
    p = softmax__shifted(logits)
    y = np.eye(logits.shape[1])[labels]
    top = logits.max(axis=1)
    loss = np.mean(np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top - (y * logits).sum(axis=1))
    return loss, (p - y) / len(y)


def softmax_cross_entropy__logaddexp(logits, labels):
    rows = np.arange(len(logits))
    l = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    gradient = np.exp(l) / len(logits)
    gradient[rows, labels] -= 1 / len(logits)
    return -l[rows, labels].mean(), gradient


def softmax_cross_entropy__loops(logits, labels):
    loss, gradient = 0.0, np.zeros(logits.shape)
    for n, (row, label) in enumerate(zip(logits, labels, strict=True)):
        gaps = [float(value - row[label]) for value in row]  # −log p = log Σ e^gap
        top = max(gaps)
        total = sum(math.exp(gap - top) for gap in gaps)
        loss += (top + math.log(total)) / len(labels)
        for k, gap in enumerate(gaps):
            gradient[n, k] = (math.exp(gap - top) / total - (k == label)) / len(labels)
    return loss, gradient


def log_softmax_backward__rows(dl, l):
    return np.stack([d - np.exp(row) * d.sum() for d, row in zip(dl, l, strict=True)])


def log_softmax_backward__jacobian(dl, l):
    p = np.exp(l)
    jacobian = np.eye(l.shape[1]) - p[:, None, :]
    return np.einsum("nj,njk->nk", dl, jacobian)


def log_softmax_backward__by_the_softmax(dl, l):
    p = np.exp(l)
    e = p / p.sum(axis=1, keepdims=True)
    return dl - e * np.sum(dl, axis=-1)[:, np.newaxis]
