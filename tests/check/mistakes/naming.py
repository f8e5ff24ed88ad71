"""Mistakes that students make in the exercises of lesson 22."""

import numpy as np

FITTING = {
    "additive__linear": ("tanh",),
    "additive__over_queries": ("queries",),
    "additive_backward__no_slope": ("slope",),
    "additive_backward__diagonal": ("softmax",),
    "additive_backward__without_w": ("w",),
    "attentive_backward__nobody_asked": ("third", "question"),
    "attentive_backward__no_recurrence": ("u",),
    "attentive_backward__last_loss_only": ("last", "dh"),
    "attentive_backward__diagonal": ("softmax",),
}


def _softmax(s, axis=-1):
    e = np.exp(s - s.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def additive__linear(q, k, v, w):
    z = q[:, :, None, :] + k[:, None, :, :]
    a = _softmax(np.einsum("ntsk,k->nts", z, w))
    return np.einsum("nts,nsv->ntv", a, v), a, z


def additive__over_queries(q, k, v, w):
    z = np.tanh(q[:, :, None, :] + k[:, None, :, :])
    a = _softmax(np.einsum("ntsk,k->nts", z, w), axis=1)
    return np.einsum("nts,nsv->ntv", a, v), a, z


def _de(dy, v, a):
    da = np.einsum("ntv,nsv->nts", dy, v)
    return a * (da - (a * da).sum(2, keepdims=True))


def _rest(dy, a, z, de, du):
    return du.sum(2), du.sum(1), np.einsum("nts,ntv->nsv", a, dy), np.einsum("nts,ntsk->k", de, z)


def additive_backward__no_slope(dy, q, k, v, w, a, z):
    de = _de(dy, v, a)
    return _rest(dy, a, z, de, np.einsum("nts,k->ntsk", de, w))


def additive_backward__diagonal(dy, q, k, v, w, a, z):
    de = np.einsum("ntv,nsv->nts", dy, v) * (a - a**2)
    return _rest(dy, a, z, de, np.einsum("nts,k,ntsk->ntsk", de, w, 1 - z**2))


def additive_backward__without_w(dy, q, k, v, w, a, z):
    de = _de(dy, v, a)
    return _rest(dy, a, z, de, np.einsum("nts,ntsk->ntsk", de, 1 - z**2))


def _unroll(dh, h, v, Wq, w, C, U, a, z, loss, recurrence, question, diagonal=False):
    dx, D = [], dh[:, -1]
    for t in range(a.shape[1])[::-1]:
        dx.append(D - D * h[:, t + 1] ** 2)
        da = np.einsum("nsv,vh,nh->ns", v, C, dx[-1])
        mean = da * a[:, t] if diagonal else np.einsum("ns,ns->n", da, a[:, t])[:, None]
        dq = np.einsum("ns,k,nsk->nk", a[:, t] * (da - mean), w, 1 - z[:, t] ** 2)
        D = loss * dh[:, t] + recurrence * (dx[-1] @ U.T) + question * (dq @ Wq.T)
    return np.stack(dx[::-1], axis=1), D


def attentive_backward__nobody_asked(dh, h, v, Wq, w, C, U, a, z):
    return _unroll(dh, h, v, Wq, w, C, U, a, z, 1, 1, 0)


def attentive_backward__no_recurrence(dh, h, v, Wq, w, C, U, a, z):
    return _unroll(dh, h, v, Wq, w, C, U, a, z, 1, 0, 1)


def attentive_backward__last_loss_only(dh, h, v, Wq, w, C, U, a, z):
    return _unroll(dh, h, v, Wq, w, C, U, a, z, 0, 1, 1)


def attentive_backward__diagonal(dh, h, v, Wq, w, C, U, a, z):
    return _unroll(dh, h, v, Wq, w, C, U, a, z, 1, 1, 1, diagonal=True)
