"""Right solutions of lesson 16: logic, arithmetic with booleans, loops."""

import numpy as np


def present_rows__any(mask):
    return mask.any(axis=1)


def present_rows__count(mask):
    return mask.sum(axis=1) > 0


def present_rows__loop(mask):
    return np.array([True in row for row in mask.tolist()], dtype=bool)


def replace_absent__where(x, present, absent):
    return np.where(present[:, None], x, absent)


def replace_absent__arithmetic(x, present, absent):
    there = present.astype(float)[:, None]
    return there * x + (1 - there) * absent


def replace_absent__index(x, present, absent):
    y = x.copy()
    y[~present] = absent
    return y


def replace_absent_backward__where(dy, present):
    return np.where(present[:, None], dy, 0), np.where(present[:, None], 0, dy).sum(axis=0)


def replace_absent_backward__products(dy, present):
    return dy * present[:, None], (~present).astype(float) @ dy


def replace_absent_backward__loop(dy, present):
    dx, dabsent = np.zeros(dy.shape), np.zeros(dy.shape[1])
    for n, there in enumerate(present):
        if there:
            dx[n] = dy[n]
        else:
            dabsent += dy[n]
    return dx, dabsent


def drop_modalities__best_of_those_there(present, draw, rate):
    among = np.where(present, draw, -1)
    last = np.arange(present.shape[1]) == among.argmax(axis=1)[:, None]
    return present & ((draw >= rate) | last)


def drop_modalities__threshold(present, draw, rate):
    largest = np.max(draw, axis=1, keepdims=True, where=present, initial=-np.inf)
    return present & (draw >= np.minimum(rate, largest))


def drop_modalities__loop(present, draw, rate):
    stays = np.zeros(present.shape, bool)
    for n in range(len(present)):
        there = [m for m in range(present.shape[1]) if present[n, m]]
        keep = [m for m in there if not draw[n, m] < rate]
        if there and not keep:
            keep = [max(there, key=lambda m: draw[n, m])]
        stays[n, keep] = True
    return stays


def present_mean_backward__row_by_row(dy, x, present):
    dx = np.zeros(x.shape)
    for n in range(len(x)):
        there = np.flatnonzero(present[n])
        if len(there):
            dx[n, there] = dy[n] / len(there)
    return dx


def present_mean_backward__shares(dy, x, present):
    count = present.sum(axis=1, keepdims=True)
    share = np.divide(present, count, out=np.zeros(present.shape), where=count > 0)
    return np.einsum("nm,nd->nmd", share, dy)


def present_mean_backward__where(dy, x, present):
    count = np.maximum(present.sum(axis=1), 1)[:, None, None]
    return np.where(present[..., None], dy[:, None, :] / count, 0.0)
