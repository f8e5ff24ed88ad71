"""Right solutions of lesson 19: with norms, with roots, with loops; both softmaxes together and one by one."""

import math

import numpy as np


def normalize__where(x):
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(length > 0, length, 1), length


def normalize__divide(x):
    length = np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    return np.divide(x, length, out=np.zeros(x.shape), where=length > 0), length


def normalize__loop(x):
    y, length = np.zeros(x.shape), np.zeros((len(x), 1))
    for n, row in enumerate(x):
        length[n] = math.hypot(*row)
        if length[n] > 0:
            y[n] = row / length[n]
    return y, length


def normalize_backward__formula(dy, y, length):
    dx = dy - y * (dy * y).sum(axis=1, keepdims=True)
    return np.where(length > 0, dx / np.where(length > 0, length, 1), 0)


def normalize_backward__projection(dy, y, length):
    dx = np.zeros(dy.shape)
    for n in np.flatnonzero(length[:, 0]):
        dx[n] = (np.eye(y.shape[1]) - np.outer(y[n], y[n])) / length[n] @ dy[n]
    return dx


def normalize_backward__divide(dy, y, length):
    shorter = np.divide(dy, length, out=np.zeros(dy.shape), where=length > 0)
    return shorter - np.einsum("nd,ne,ne->nd", y, y, shorter)


def similarity__product(a, b, log_scale):
    return np.exp(log_scale) * (a @ b.T)


def similarity__scaled_first(a, b, log_scale):
    return (a * math.exp(log_scale[0])) @ b.T


def similarity__einsum(a, b, log_scale):
    root = np.exp(log_scale / 2)
    return np.einsum("nd,sd->ns", a * root, b * root)


def similarity_backward__formula(ds, a, b, log_scale, s):
    scale = np.exp(log_scale)
    return scale * (ds @ b), scale * (ds.T @ a), np.array([(ds * s).sum()])


def similarity_backward__einsum(ds, a, b, log_scale, s):
    ds_scaled = ds * np.exp(log_scale)
    return np.einsum("ns,sd->nd", ds_scaled, b), np.einsum("ns,nd->sd", ds_scaled, a), np.vdot(ds, s).reshape(1)


def similarity_backward__loops(ds, a, b, log_scale, s):
    da, db, total = np.zeros(a.shape), np.zeros(b.shape), 0.0
    for n, m in np.ndindex(*ds.shape):
        da[n] += math.exp(log_scale[0]) * ds[n, m] * b[m]
        db[m] += math.exp(log_scale[0]) * ds[n, m] * a[n]
        total += ds[n, m] * s[n, m]
    return da, db, np.full(1, total)


def contrastive_loss__logarithms(s):
    N = len(s)
    rows = s - np.logaddexp.reduce(s, axis=1, keepdims=True)
    columns = s - np.logaddexp.reduce(s, axis=0, keepdims=True)
    loss = -(np.trace(rows) + np.trace(columns)) / (2 * N)
    return loss, (np.exp(rows) + np.exp(columns) - 2 * np.eye(N)) / (2 * N)


def _loss(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    value = np.log(e.sum(axis=1)) + s.max(axis=1) - np.diagonal(s)
    return value.mean(), (p - np.eye(len(s))) / len(s)


def contrastive_loss__twice(s):
    (rows, ds), (columns, dt) = _loss(s), _loss(s.T)
    return (rows + columns) / 2, (ds + dt.T) / 2


def contrastive_loss__loops(s):
    N, loss, ds = len(s), 0.0, np.zeros(s.shape)
    for n in range(N):
        for line, gradient in ((s[n], ds[n]), (s[:, n], ds[:, n])):
            gaps = line - line[n]
            e = np.exp(gaps - gaps.max())
            loss += (gaps.max() + math.log(e.sum())) / (2 * N)
            gradient += e / e.sum() / (2 * N)
            gradient[n] -= 1 / (2 * N)
    return loss, ds


def recall_at__counts(similarity, k):
    own = np.diagonal(similarity)[:, None]
    return np.mean((similarity >= own).sum(axis=1) <= k)


def recall_at__sorted(similarity, k):
    hits = [np.sort(row)[::-1].tolist()[k:] for row in similarity]
    return float(np.mean([similarity[n, n] not in rest for n, rest in enumerate(hits)]))


def recall_at__loops(similarity, k):
    found = 0
    for n, row in enumerate(similarity):
        before = sum(1 for m, each in enumerate(row) if m != n and each >= row[n])
        found += before < k
    return found / len(similarity)
