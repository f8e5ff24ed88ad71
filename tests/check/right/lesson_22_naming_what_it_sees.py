"""Right solutions of lesson 22: loops, einsum, matrices."""

import numpy as np


def _softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def additive__broadcast(q, k, v, w):
    z = np.tanh(q[:, :, np.newaxis, :] + k[:, np.newaxis, :, :])
    a = _softmax(z @ w)
    return a @ v, a, z


def additive__loops(q, k, v, w):
    z = np.zeros((*q.shape[:2], k.shape[1], len(w)))
    for n, t, s in np.ndindex(z.shape[:3]):
        z[n, t, s] = np.tanh(q[n, t] + k[n, s])
    a = np.array([[_softmax(pairs @ w) for pairs in rows] for rows in z])
    return np.array([weights @ values for weights, values in zip(a, v, strict=True)]), a, z


def additive__einsum(q, k, v, w):
    z = np.tanh(np.expand_dims(q, 2) + np.expand_dims(k, 1))
    a = _softmax(np.einsum("ntsk,k->nts", z, w))
    return np.einsum("nts,nsv->ntv", a, v), a, z


def additive_backward__matrices(dy, q, k, v, w, a, z):
    da = dy @ v.swapaxes(1, 2)
    de = a * (da - np.sum(da * a, axis=2, keepdims=True))
    du = de[..., np.newaxis] * w * (1 - z**2)
    return du.sum(axis=2), du.sum(axis=1), a.swapaxes(1, 2) @ dy, np.tensordot(de, z, axes=3)


def additive_backward__loops(dy, q, k, v, w, a, z):
    dq, dk, dv, dw = (np.zeros_like(each) for each in (q, k, v, w))
    for n in range(len(q)):
        for t in range(q.shape[1]):
            J = np.diag(a[n, t]) - np.outer(a[n, t], a[n, t])
            de = J @ (v[n] @ dy[n, t])
            dv[n] += np.outer(a[n, t], dy[n, t])
            for s in range(k.shape[1]):
                dw += de[s] * z[n, t, s]
                du = de[s] * w * (1 - z[n, t, s] ** 2)
                dq[n, t] += du
                dk[n, s] += du
    return dq, dk, dv, dw


def additive_backward__einsum(dy, q, k, v, w, a, z):
    da = np.einsum("ntv,nsv->nts", dy, v)
    de = a * da - a * np.einsum("nts,nts->nt", a, da)[:, :, None]
    slope = 1 - np.tanh(q[:, :, None] + k[:, None]) ** 2
    dq, dk = np.einsum("nts,k,ntsk->ntk", de, w, slope), np.einsum("nts,k,ntsk->nsk", de, w, slope)
    return dq, dk, np.einsum("nts,ntv->nsv", a, dy), np.einsum("nts,ntsk->k", de, z)


def attentive_backward__carried(dh, h, v, Wq, w, C, U, a, z):
    T = a.shape[1]
    dx, D = np.zeros((len(h), T, h.shape[2])), dh[:, T]
    for t in range(T - 1, -1, -1):
        dx[:, t] = (1 - h[:, t + 1] ** 2) * D
        da = np.einsum("nsv,nv->ns", v, dx[:, t] @ C.T)
        de = a[:, t] * (da - (da * a[:, t]).sum(axis=1, keepdims=True))
        dq = np.einsum("ns,k,nsk->nk", de, w, 1 - z[:, t] ** 2)
        D = dh[:, t] + dx[:, t] @ U.T + dq @ Wq.T
    return dx, D


def attentive_backward__one_by_one(dh, h, v, Wq, w, C, U, a, z):
    dx, first = np.zeros_like(h[:, 1:]), np.zeros_like(h[:, 0])
    for n in range(len(h)):
        whole = dh[n].copy()
        for t in reversed(range(a.shape[1])):
            dx[n, t] = whole[t + 1] * (1 - h[n, t + 1]) * (1 + h[n, t + 1])
            de = (np.diag(a[n, t]) - np.outer(a[n, t], a[n, t])) @ v[n] @ (C @ dx[n, t])
            whole[t] += U @ dx[n, t]
            for s in range(len(de)):
                whole[t] += Wq @ (de[s] * w * (1 - z[n, t, s] ** 2))
        first[n] = whole[0]
    return dx, first


def attentive_backward__jacobian(dh, h, v, Wq, w, C, U, a, z):
    """The Jacobian of each step by the state before, as one matrix."""
    D, dx = dh[:, -1], []
    for t in reversed(range(a.shape[1])):
        inner = np.einsum("hk,k,nsk->nhs", Wq, w, 1 - z[:, t] ** 2)
        soft = a[:, t, :, None] * (np.eye(a.shape[2]) - a[:, t, None, :])
        J = U + inner @ soft @ v @ C
        dx.insert(0, D * (1 - h[:, t + 1] ** 2))
        D = dh[:, t] + np.einsum("nij,nj->ni", J, dx[0])
    return np.stack(dx, axis=1), D
