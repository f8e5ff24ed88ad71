"""Mistakes that students make in the exercises of lesson 19."""

import numpy as np

FITTING = {
    "normalize_backward__a_root_too_few": ("length",),
    "recall_at__counts_answers_not_rows": ("mean", "share"),
    "normalize__sum_of_magnitudes": ("magnitudes",),
    "normalize_backward__fixed_length": ("did not depend on x",),
    "similarity__no_scale": ("without the scale",),
    "similarity_backward__scale_forgotten": ("factor e^λ",),
    "contrastive_loss__one_way": ("only rows",),
    "contrastive_loss__twice": ("added up",),
    "recall_at__lucky_ties": ("ties",),
}


def normalize__columns_instead_of_rows(x):
    """The columns get the length one."""
    length = np.sqrt(np.square(x).sum(axis=0, keepdims=True))
    return x / np.where(length == 0, 1, length), length.T


def normalize_backward__a_root_too_few(dy, y, length):
    """Divided by the squared length."""
    push = dy - (dy * y).sum(axis=1)[:, None] * y
    return push / np.where(length == 0, np.inf, length * length)


def similarity_backward__towers_mixed_up(ds, a, b, log_scale, s):
    """The unit vectors of the wrong tower are used: each gets back itself."""
    scale = float(np.exp(log_scale)[0])
    da = scale * ds.sum(axis=1, keepdims=True) * a
    db = scale * ds.sum(axis=0)[:, None] * b
    return da, db, np.array([(ds * s).sum()])


def contrastive_loss__best_instead_of_own(s):
    """The largest score of a row is taken for the right one."""
    n = len(s)
    rows = s - s.max(axis=1, keepdims=True)
    columns = s - s.max(axis=0, keepdims=True)
    p = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
    q = np.exp(columns) / np.exp(columns).sum(axis=0, keepdims=True)
    loss = -(np.log(p.max(axis=1)).mean() + np.log(q.max(axis=0)).mean()) / 2
    return loss, (p + q - 2 * np.eye(n)) / (2 * n)


def contrastive_loss__only_the_wrong_ones_compete(s):
    """The partner is left out of the sum below the fraction."""
    n = len(s)
    masked = np.where(np.eye(n, dtype=bool), -1e300, s)
    top, side = masked.max(axis=1, keepdims=True), masked.max(axis=0, keepdims=True)
    rows = np.log(np.exp(masked - top).sum(axis=1)) + top[:, 0]
    columns = np.log(np.exp(masked - side).sum(axis=0)) + side[0]
    p, q = np.exp(masked - rows[:, None]), np.exp(masked - columns[None])
    return (rows + columns - 2 * np.diag(s)).mean() / 2, (p + q - 2 * np.eye(n)) / (2 * n)


def recall_at__counts_answers_not_rows(similarity, k):
    """How many are found, not which share of them."""
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    return float(sum(n in row for n, row in enumerate(order)))


def normalize__sum_of_magnitudes(x):
    """The rows' magnitudes add up to one."""
    total = np.linalg.norm(x, ord=1, axis=1)[:, None]
    return x / np.where(total == 0, 1, total), total


def normalize_backward__fixed_length(dy, y, length):
    """Divided by the length, and that is all."""
    return np.where(length == 0, 0, dy / np.where(length == 0, 1, length))


def similarity__no_scale(a, b, log_scale):
    """Plain inner products."""
    return np.inner(a, b)


def similarity_backward__scale_forgotten(ds, a, b, log_scale, s):
    """The scale is left out for both towers."""
    return np.dot(ds, b), np.dot(ds.T, a), np.array([np.vdot(ds, s)])


def contrastive_loss__one_way(s):
    """Only from the first tower to the second."""
    n = len(s)
    log_p = s - np.logaddexp.reduce(s, axis=1)[:, None]
    return -np.mean(np.diagonal(log_p)), (np.exp(log_p) - np.eye(n)) / n


def contrastive_loss__twice(s):
    """Both ways, added."""
    n = len(s)
    log_p = s - np.logaddexp.reduce(s, axis=1)[:, None]
    log_q = s - np.logaddexp.reduce(s, axis=0)
    return -(np.trace(log_p) + np.trace(log_q)) / n, (np.exp(log_p) + np.exp(log_q) - 2 * np.eye(n)) / n


def recall_at__lucky_ties(similarity, k):
    """Whoever is as good does not count."""
    better = [(row > row[n]).sum() for n, row in enumerate(similarity)]
    return float(np.mean(np.array(better) < k))
