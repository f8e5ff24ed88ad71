"""Right solutions of lesson 21: loops, einsum, matrices."""

import numpy as np


def _softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def look_up__einsum(h, m, Wk):
    scores = np.einsum("nth,nsd,dh->nts", h, m, Wk) * h.shape[-1] ** -0.5
    a = _softmax(scores)
    return np.einsum("nts,nsd->ntd", a, m), a


def look_up__loops(h, m, Wk):
    contexts, weights = [], []
    for states, memory in zip(h, m, strict=True):
        keys = memory @ Wk
        rows = np.array([_softmax(keys @ state / np.sqrt(len(state))) for state in states])
        weights.append(rows)
        contexts.append(rows @ memory)
    return np.array(contexts), np.array(weights)


def look_up__query_moved(h, m, Wk):
    a = _softmax((h @ Wk.T / np.sqrt(Wk.shape[1])) @ np.swapaxes(m, 1, 2))
    return a @ m, a


def look_up_backward__matrices(dc, h, m, Wk, a):
    da = dc @ m.swapaxes(1, 2)
    de = a * (da - np.sum(da * a, axis=2, keepdims=True)) / np.sqrt(h.shape[2])
    dk = de.swapaxes(1, 2) @ h
    return de @ (m @ Wk), a.swapaxes(1, 2) @ dc + dk @ Wk.T, np.tensordot(m, dk, axes=((0, 1), (0, 1)))


def look_up_backward__jacobian(dc, h, m, Wk, a):
    dh, dm, dWk = np.zeros_like(h), np.zeros_like(m), np.zeros_like(Wk)
    root = np.sqrt(h.shape[2])
    for n in range(len(h)):
        keys = m[n] @ Wk
        for t in range(h.shape[1]):
            J = np.diag(a[n, t]) - np.outer(a[n, t], a[n, t])
            de = J @ (m[n] @ dc[n, t]) / root
            dm[n] += np.outer(a[n, t], dc[n, t])
            dh[n, t] = de @ keys
            dk = np.outer(de, h[n, t])
            dWk += m[n].T @ dk
            dm[n] += dk @ Wk.T
    return dh, dm, dWk


def look_up_backward__einsum(dc, h, m, Wk, a):
    da = np.einsum("ntd,nsd->nts", dc, m)
    de = a * da - a * np.einsum("nts,nts->nt", a, da)[..., None]
    de = de / h.shape[-1] ** 0.5
    dh = np.einsum("nts,nsd,dh->nth", de, m, Wk)
    dm = np.einsum("nts,ntd->nsd", a, dc) + np.einsum("nts,nth,dh->nsd", de, h, Wk)
    return dh, dm, np.einsum("nts,nsd,nth->dh", de, m, h)


def token_loss_gradient__one_hot(logits, targets, mask):
    y = np.eye(logits.shape[-1])[targets]
    return (_softmax(logits) - y) * mask[..., None] / mask.sum()


def token_loss_gradient__only_what_is_there(logits, targets, mask):
    d = np.zeros_like(logits)
    p = _softmax(logits[mask])
    p[np.arange(len(p)), targets[mask]] -= 1
    d[mask] = p / len(p)
    return d


def token_loss_gradient__loops(logits, targets, mask):
    d = np.zeros_like(logits)
    count = np.count_nonzero(mask)
    for n, t in zip(*np.nonzero(mask), strict=True):
        d[n, t] = _softmax(logits[n, t]) / count
        d[n, t, targets[n, t]] -= 1 / count
    return d


def best_of_beam__unravel(log_p, log_q):
    total = log_p[:, np.newaxis] + log_q
    order = np.argsort(total, axis=None)[::-1][: len(log_p)]
    beginning, token = np.unravel_index(order, total.shape)
    return beginning, token, total[beginning, token]


def best_of_beam__sorted(log_p, log_q):
    every = [(p + q, b, k) for b, (p, row) in enumerate(zip(log_p, log_q, strict=True)) for k, q in enumerate(row)]
    total, beginning, token = zip(*sorted(every, reverse=True)[: len(log_p)], strict=True)
    return np.array(beginning), np.array(token), np.array(total)


def best_of_beam__one_by_one(log_p, log_q):
    total = log_q + np.expand_dims(log_p, 1)
    found = []
    for _ in log_p:
        b, k = divmod(int(total.argmax()), total.shape[1])
        found.append((b, k, total[b, k]))
        total[b, k] = -np.inf
    beginning, token, best = (np.array(column) for column in zip(*found, strict=True))
    return beginning, token, best
