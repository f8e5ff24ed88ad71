"""Mistakes that students make in the exercises of lesson 10."""

import numpy as np

FITTING = {
    "attention_weights__divided_by_the_width": ("√", "divisor", "scale"),
    "attention_backward__one_mean_for_all_queries": ("softmax", "row", "each query"),
    "sinusoidal_positions__sines_then_cosines": ("alternat", "even", "column"),
    "attention_weights__over_queries": ("queries", "columns"),
    "attention__root_of_the_number_of_queries": ("√t", "number of queries"),
    "attention__temperature_one": ("not divided", "√d"),
    "attention_backward__divisor_gone": ("√d times",),
    "attention_backward__exchanged": ("exchanged", "is dk"),
    "sinusoidal_positions__cosine_first": ("sine", "column", "blocks", "exchang"),
    "distances_backward__inner_product": ("own length",),
    "distances_backward__away": ("wrong sign",),
    "distances_backward__doubled": ("twice",),
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


def attention_weights__over_queries(q, k):
    """Columns sum to one."""
    s = np.einsum("ntd,nsd->nts", q, k) / np.sqrt(q.shape[2])
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def attention__root_of_the_number_of_queries(q, k, v):
    """shape[1] where shape[2] belongs."""
    s = q @ k.transpose(0, 2, 1) / q.shape[1] ** 0.5
    e = np.exp(s - s.max(axis=2)[:, :, None])
    a = e / e.sum(axis=2)[:, :, None]
    return a @ v, a


def attention__temperature_one(q, k, v):
    """No divisor."""
    a = np.zeros((len(q), q.shape[1], k.shape[1]))
    for n, t in np.ndindex(a.shape[:2]):
        s = k[n] @ q[n, t]
        e = np.exp(s - s.max())
        a[n, t] = e / e.sum()
    return np.einsum("nts,nsv->ntv", a, v), a


def attention_backward__divisor_gone(dy, q, k, v, weights):
    """The softmax's gradient goes on as it is."""
    da = np.einsum("ntv,nsv->nts", dy, v)
    ds = weights * (da - np.einsum("nts,nts->nt", da, weights)[:, :, None])
    return np.einsum("nts,nsd->ntd", ds, k), np.einsum("nts,ntd->nsd", ds, q), np.einsum("nts,ntv->nsv", weights, dy)


def attention_backward__exchanged(dy, q, k, v, weights):
    """dk comes first."""
    da = dy @ v.swapaxes(1, 2)
    ds = weights * (da - (da * weights).sum(2, keepdims=True)) / np.sqrt(q.shape[2])
    return ds.swapaxes(1, 2) @ q, ds @ k, weights.swapaxes(1, 2) @ dy


def sinusoidal_positions__cosine_first(T, D):
    """Even columns hold the cosine."""
    y = np.zeros((T, D))
    for t in range(T):
        for d in range(D):
            angle = t / 10000 ** (2 * (d // 2) / D)
            y[t, d] = np.cos(angle) if d % 2 == 0 else np.sin(angle)
    return y


def distances_backward__inner_product(ds, q, k):
    """As if the score were q · k."""
    return np.einsum("nts,nsd->ntd", ds, k), np.einsum("nts,ntd->nsd", ds, q)


def distances_backward__away(ds, q, k):
    """q − k for the query, k − q for the key."""
    apart = (q[:, :, None] - k[:, None]) * ds[..., None]
    return apart.sum(axis=2), -apart.sum(axis=1)


def distances_backward__doubled(ds, q, k):
    """The half is lost."""
    apart = 2 * (k[:, None] - q[:, :, None]) * ds[..., None]
    return apart.sum(axis=2), -apart.sum(axis=1)
