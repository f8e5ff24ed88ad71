"""Right solutions of lesson 20: loops, slices, einsum."""

import numpy as np


def _log_softmax(s):
    s = s - s.max(axis=-1, keepdims=True)
    return s - np.log(np.exp(s).sum(axis=-1, keepdims=True))


def moved_by_one__slices(targets):
    inputs = np.zeros_like(targets)
    inputs[:, 1:] = targets[:, :-1]
    return inputs


def moved_by_one__padded(targets):
    return np.pad(targets, ((0, 0), (1, 0)))[:, :-1]


def moved_by_one__rows(targets):
    return np.array([[0, *row[:-1]] for row in targets.tolist()])


def bits_a_letter__picked(logits, targets, mask):
    log_p = np.take_along_axis(_log_softmax(logits), targets[..., None], axis=2)[..., 0]
    return -(log_p * mask).sum() / mask.sum() / np.log(2)


def bits_a_letter__only_letters(logits, targets, mask):
    log_p = _log_softmax(logits[mask])
    return -np.mean(log_p[np.arange(len(log_p)), targets[mask]] / np.log(2.0))


def bits_a_letter__loops(logits, targets, mask):
    costs = [
        -np.log2(np.exp(_log_softmax(logits[n, t]))[targets[n, t]]) for n, t in zip(*np.nonzero(mask), strict=True)
    ]
    return sum(costs) / len(costs)


def tempered__softmax(logits, temperature):
    return np.exp(_log_softmax(logits / temperature))


def tempered__powers(logits, temperature):
    p = np.exp(_log_softmax(logits)) ** (1 / temperature)
    return p / p.sum(axis=1, keepdims=True)


def tempered__rows(logits, temperature):
    rows = []
    for s in logits:
        e = np.exp((s - s.max()) / temperature)
        rows.append(e / e.sum())
    return np.array(rows)


def tempered_backward__short(dp, p, temperature):
    return p * (dp - (dp * p).sum(axis=1, keepdims=True)) / temperature


def tempered_backward__jacobian(dp, p, temperature):
    return np.array([(np.diag(q) - np.outer(q, q)) @ d / temperature for d, q in zip(dp, p, strict=True)])


def tempered_backward__einsum(dp, p, temperature):
    return (p * dp - p * np.einsum("nk,nk->n", p, dp)[:, None]) * (1 / temperature)


def letters_loss_backward__matrices(h, V, b, targets, mask):
    ds = (np.exp(_log_softmax(h @ V + b)) - np.eye(len(b))[targets]) * mask[..., None] / mask.sum()
    return ds @ V.T, np.tensordot(h, ds, axes=((0, 1), (0, 1))), ds.sum(axis=(0, 1))


def letters_loss_backward__only_letters(h, V, b, targets, mask):
    states, said = h[mask], targets[mask]
    ds = np.exp(_log_softmax(states @ V + b))
    ds[np.arange(len(said)), said] -= 1
    ds /= len(said)
    dh = np.zeros_like(h)
    dh[mask] = ds @ V.T
    return dh, states.T @ ds, ds.sum(axis=0)


def letters_loss_backward__loops(h, V, b, targets, mask):
    dh, dV, db = np.zeros_like(h), np.zeros_like(V), np.zeros_like(b)
    for n, t in zip(*np.nonzero(mask), strict=True):
        ds = np.exp(_log_softmax(h[n, t] @ V + b))
        ds[targets[n, t]] -= 1
        ds /= np.count_nonzero(mask)
        dh[n, t] = V @ ds
        dV += np.outer(h[n, t], ds)
        db += ds
    return dh, dV, db
