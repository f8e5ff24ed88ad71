"""Mistakes that students make in the exercises of lesson 20."""

import numpy as np

FITTING = {
    "moved_by_one__as_it_is": ("copy",),
    "moved_by_one__from_the_future": ("left",),
    "moved_by_one__round": ("round",),
    "bits_a_letter__nats": ("bits",),
    "bits_a_letter__over_all_places": ("padding",),
    "tempered__times": ("multiplied",),
    "tempered_backward__no_temperature": ("division", "divided"),
    "letters_loss_backward__padding": ("padding",),
    "letters_loss_backward__sum": ("sum", "mean"),
}


def _p(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def moved_by_one__as_it_is(targets):
    return np.array(targets)


def moved_by_one__from_the_future(targets):
    inputs = np.zeros_like(targets)
    inputs[:, :-1] = targets[:, 1:]
    return inputs


def moved_by_one__round(targets):
    return np.hstack([targets[:, -1:], targets[:, :-1]])


def bits_a_letter__nats(logits, targets, mask):
    p = _p(logits[mask])
    return -np.log(p[np.arange(len(p)), targets[mask]]).mean()


def bits_a_letter__over_all_places(logits, targets, mask):
    log_p = np.log2(np.take_along_axis(_p(logits), targets[..., None], axis=2)[..., 0])
    return -(log_p * mask).mean()


def tempered__times(logits, temperature):
    return _p(temperature * logits)


def tempered_backward__no_temperature(dp, p, temperature):
    return p * (dp - np.einsum("nk,nk->n", dp, p)[:, None])


def letters_loss_backward__padding(h, V, b, targets, mask):
    ds = (_p(h @ V + b) - np.eye(len(b))[targets]) / mask.sum()
    return ds @ V.T, np.einsum("nth,ntk->hk", h, ds), ds.sum(axis=(0, 1))


def letters_loss_backward__sum(h, V, b, targets, mask):
    ds = (_p(h @ V + b) - np.eye(len(b))[targets]) * mask[..., None]
    return ds @ V.T, np.einsum("nth,ntk->hk", h, ds), ds.sum(axis=(0, 1))
