"""Mistakes that students make in the exercises of lesson 04."""

import numpy as np

FITTING = {
    "softmax__largest_of_each_column": ("row", "axis", "maximum"),
    "softmax_backward__plain_mean": ("⟨dp, p⟩", "weighted", "mean"),
    "softmax_cross_entropy__labels_of_everybody": ("label", "index"),
    "softmax__powers_of_two": ("nearly", "base", "log", "row"),
    "softmax__without_the_shift": ("overflow", "too large"),
    "softmax_backward__diagonal": ("diagonal", "add up to zero"),
    "softmax_cross_entropy__sum_of_gradients": ("n times", "number of examples"),
    "softmax_cross_entropy__sign_lost": ("wrong sign", "sign"),
    "log_softmax_backward__as_softmax": ("Σ", "sum of dl", "dl − p"),
    "log_softmax_backward__shape_of_a_mean": ("k", "mean", "sum"),
}


def softmax__largest_of_each_column(s):
    """The largest score of each class, not of each example, is subtracted: that is no common shift of a row."""
    shifted = s - np.max(s, axis=0)
    powers = np.exp(shifted)
    return powers / np.sum(powers, axis=1)[:, np.newaxis]


def softmax_backward__plain_mean(dp, p):
    """The plain mean of dp is subtracted where the mean weighted with p belongs."""
    ds = np.empty(p.shape)
    for row in range(len(p)):
        ds[row] = p[row] * (dp[row] - dp[row].mean())
    return ds


def softmax_cross_entropy__labels_of_everybody(logits, labels):
    """p[:, labels] takes, for every example, the labels of all examples."""
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z)
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[:, labels]).mean()
    grad = p.copy()
    grad[:, labels] -= 1
    return loss, grad / len(labels)


def softmax__powers_of_two(s):
    """2 to the power of the scores."""
    e = 2.0 ** (s - s.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def softmax__without_the_shift(s):
    """e^s as it is."""
    return np.stack([np.exp(row) / np.exp(row).sum() for row in s])


def softmax_backward__diagonal(dp, p):
    """Each probability by itself, like a sigmoid."""
    ds = []
    for d, q in zip(dp, p, strict=True):
        ds.append(np.diag(np.diag(q) - np.diag(q * q)) * d)
    return np.array(ds)


def softmax_cross_entropy__sum_of_gradients(logits, labels):
    """The loss is a mean but the gradient is not divided."""
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    grad = np.exp(log_p)
    loss = 0.0
    for n, label in enumerate(labels):
        loss -= log_p[n, label] / len(labels)
        grad[n, label] -= 1
    return loss, grad


def softmax_cross_entropy__sign_lost(logits, labels):
    """The mean log-probability, which should be as large as possible, is returned as the loss."""
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    one_hot = np.eye(logits.shape[1])[labels]
    return (log_p * one_hot).sum() / len(labels), (np.exp(log_p) - one_hot) / len(labels)


def log_softmax_backward__as_softmax(dl, l):
    """The backward pass of softmax itself."""
    p = np.exp(l)
    return p * (dl - (dl * p).sum(axis=1, keepdims=True))


def log_softmax_backward__shape_of_a_mean(dl, l):
    """A mean where the sum belongs."""
    return dl - np.exp(l) * dl.mean(axis=1)[:, None]
