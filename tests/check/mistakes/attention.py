"""Mistakes that students make in the exercises of lesson 10."""

import numpy as np

FITTING = {
    "attention_weights__divided_by_the_width": ("√", "divisor", "scale"),
    "attention_backward__one_mean_for_all_queries": ("softmax", "row", "each query"),
    "sinusoidal_positions__sines_then_cosines": ("alternat", "even", "column"),
}


def attention_weights__divided_by_the_width(q, k):
    """The scores are divided by D, not by its root."""
    scores = np.einsum("ntd,nsd->nts", q, k) / k.shape[-1]
    scores -= scores.max(axis=-1, keepdims=True)
    e = np.exp(scores)
    return e / e.sum(axis=-1, keepdims=True)


def attention_backward__one_mean_for_all_queries(dy, q, k, v, weights):
    """In the softmax one number is subtracted for all queries, where each query has a sum of its own."""
    dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    root = q.shape[2] ** 0.5
    for n in range(len(q)):
        a = weights[n]
        da = dy[n] @ v[n].T
        ds = a * (da - (a * da).sum()) / root
        dq[n] = ds @ k[n]
        dk[n] = ds.T @ q[n]
        dv[n] = a.T @ dy[n]
    return dq, dk, dv


def sinusoidal_positions__sines_then_cosines(T, D):
    """The sines fill the left half and the cosines the right half; they should alternate."""
    frequency = 10000.0 ** (-np.arange(0, D, 2) / D)
    angle = np.outer(np.arange(T), frequency)
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)[:, :D]
