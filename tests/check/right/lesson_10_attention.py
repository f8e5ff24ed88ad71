"""Right solutions of lesson 10: the scores divided before, after and on both sides of the product; loops; sums."""

import math

import numpy as np


def _softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention_weights__divided_late(q, k):
    return _softmax(q @ k.mT / np.sqrt(q.shape[-1]))


def attention_weights__divided_on_both_sides(q, k):
    root = q.shape[-1] ** -0.25
    s = np.einsum("ntd,nsd->nts", q * root, k * root)
    return np.exp(s - np.logaddexp.reduce(s, axis=-1, keepdims=True))


def attention_weights__loops(q, k):
    N, T, D = q.shape
    a = np.zeros((N, T, k.shape[1]))
    for n, t in np.ndindex(N, T):
        s = [math.fsum(q[n, t] * key) / math.sqrt(D) for key in k[n]]
        e = [math.exp(each - max(s)) for each in s]
        a[n, t] = np.array(e) / sum(e)
    return a


def attention__divided_late(q, k, v):
    a = attention_weights__divided_late(q, k)
    return a @ v, a


def attention__divided_early(q, k, v):
    a = _softmax((q / np.sqrt(q.shape[2])) @ np.swapaxes(k, 1, 2))
    return np.einsum("nts,nsv->ntv", a, v), a


def attention__normalised_at_the_end(q, k, v):
    s = (k @ q.transpose(0, 2, 1)).transpose(0, 2, 1) * q.shape[-1] ** -0.5
    e = np.exp(s - s.max(axis=-1)[..., None])
    total = e.sum(axis=-1, keepdims=True)
    return e @ v / total, e / total


def attention__products_summed_by_hand(q, k, v):
    s = (q[:, :, None, :] * k[:, None, :, :] / math.sqrt(q.shape[-1])).sum(axis=-1)
    a = _softmax(s)
    return (a[..., None] * v[:, None]).sum(axis=2), a


def attention_backward__formula(dy, q, k, v, weights):
    da = dy @ v.mT
    ds = weights * (da - (da * weights).sum(axis=-1, keepdims=True)) / np.sqrt(q.shape[-1])
    return ds @ k, ds.mT @ q, weights.mT @ dy


def attention_backward__einsum(dy, q, k, v, weights):
    da = np.einsum("ntv,nsv->nts", dy, v)
    ds = weights * da - weights * np.einsum("nts,nts->nt", da, weights)[:, :, None]
    root = math.sqrt(q.shape[-1])
    dq, dk = np.einsum("nts,nsd->ntd", ds, k), np.einsum("nts,ntd->nsd", ds, q)
    return dq / root, dk / root, np.einsum("nts,ntv->nsv", weights, dy)


def attention_backward__each_query(dy, q, k, v, weights):
    dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    for n, t in np.ndindex(*q.shape[:2]):
        a = weights[n, t]
        ds = (np.diag(a) - np.outer(a, a)) @ (v[n] @ dy[n, t]) * q.shape[2] ** -0.5
        dq[n, t] = k[n].T @ ds
        dk[n] += np.outer(ds, q[n, t])
        dv[n] += np.outer(a, dy[n, t])
    return dq, dk, dv


def sinusoidal_positions__columns(T, D):
    y = np.zeros((T, D))
    for d in range(D):
        angle = np.arange(T) / 10000 ** ((d - d % 2) / D)
        y[:, d] = np.cos(angle) if d % 2 else np.sin(angle)
    return y


def sinusoidal_positions__pairs(T, D):
    angle = np.outer(np.arange(T), np.exp(-math.log(10000) * np.arange(0, D, 2) / D))
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(T, -1)[:, :D]


def sinusoidal_positions__complex(T, D):
    turn = np.exp(1j * np.arange(T)[:, None] * 10000.0 ** (-2 * (np.arange(D) // 2) / D))
    return np.where(np.arange(D) % 2, turn.real, turn.imag)


def distances_backward__differences(ds, q, k):
    apart = k[:, None] - q[:, :, None]
    return (ds[..., None] * apart).sum(axis=2), -(ds[..., None] * apart).sum(axis=1)


def distances_backward__pair_by_pair(ds, q, k):
    dq, dk = np.zeros(q.shape), np.zeros(k.shape)
    for n, t, s in np.ndindex(ds.shape):
        push = ds[n, t, s] * (k[n, s] - q[n, t])
        dq[n, t] += push
        dk[n, s] -= push
    return dq, dk


def distances_backward__multiplied_out(ds, q, k):
    dq = np.einsum("nts,nsd->ntd", ds, k) - np.einsum("nts,ntd->ntd", ds, q)
    dk = np.einsum("nts,ntd->nsd", ds, q) - np.einsum("nts,nsd->nsd", ds, k)
    return dq, dk
