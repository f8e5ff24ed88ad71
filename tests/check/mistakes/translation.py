"""Mistakes that students make in the exercises of lesson 21."""

import numpy as np

FITTING = {
    "look_up__context_of_keys": ("keys", "shape"),
    "look_up__no_divisor": ("√h", "divided"),
    "look_up_backward__value_only": ("value",),
    "look_up_backward__no_divisor": ("√h", "divisor"),
    "token_loss_gradient__text_by_text": ("text", "mean"),
    "token_loss_gradient__all_places": ("padding",),
    "best_of_beam__each_its_own": ("beginning",),
    "best_of_beam__without_the_past": ("beginning",),
}


def _softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def look_up__context_of_keys(h, m, Wk):
    k = np.einsum("nsd,dh->nsh", m, Wk)
    a = _softmax(np.einsum("nth,nsh->nts", h, k) / np.sqrt(h.shape[2]))
    return np.einsum("nts,nsh->nth", a, k), a


def look_up__no_divisor(h, m, Wk):
    a = _softmax(np.einsum("nth,nsh->nts", h, m @ Wk))
    return a @ m, a


def look_up_backward__value_only(dc, h, m, Wk, a):
    da = np.einsum("ntd,nsd->nts", dc, m)
    de = a * (da - (a * da).sum(2, keepdims=True)) / np.sqrt(h.shape[2])
    return de @ (m @ Wk), np.einsum("nts,ntd->nsd", a, dc), np.einsum("nts,nsd,nth->dh", de, m, h)


def look_up_backward__no_divisor(dc, h, m, Wk, a):
    da = np.einsum("ntd,nsd->nts", dc, m)
    de = a * (da - (a * da).sum(2, keepdims=True))
    dm = np.einsum("nts,ntd->nsd", a, dc) + np.einsum("nts,nth,dh->nsd", de, h, Wk)
    return de @ (m @ Wk), dm, np.einsum("nts,nsd,nth->dh", de, m, h)


def token_loss_gradient__text_by_text(logits, targets, mask):
    y = np.eye(logits.shape[2])[targets]
    d = (_softmax(logits) - y) * mask[:, :, None]
    return d / mask.sum(axis=1)[:, None, None] / len(mask)


def token_loss_gradient__all_places(logits, targets, mask):
    y = np.eye(logits.shape[2])[targets]
    return (_softmax(logits) - y) * mask[:, :, None] / mask.size


def best_of_beam__each_its_own(log_p, log_q):
    found = sorted(
        ((p + row.max(), b, row.argmax()) for b, (p, row) in enumerate(zip(log_p, log_q, strict=True))), reverse=True
    )
    return np.array([b for _, b, _ in found]), np.array([k for *_, k in found]), np.array([t for t, *_ in found])


def best_of_beam__without_the_past(log_p, log_q):
    order = np.argsort(-log_q, axis=None, kind="stable")[: len(log_p)]
    b, k = np.unravel_index(order, log_q.shape)
    return b, k, log_q[b, k]
