"""Right solutions of lesson 09: filled arrays, lists, one-hot products, counts."""

import itertools

import numpy as np


def pad_sequences__filled(sequences):
    T = max(map(len, sequences))
    ids, mask = np.zeros((len(sequences), T), int), np.zeros((len(sequences), T), bool)
    for n, words in enumerate(sequences):
        ids[n, : len(words)] = words
        mask[n, : len(words)] = True
    return ids, mask


def pad_sequences__lists(sequences):
    T = max(len(words) for words in sequences)
    ids = [list(words) + [0] * (T - len(words)) for words in sequences]
    lengths = np.array([len(words) for words in sequences])
    return np.array(ids, dtype=np.int64).reshape(len(sequences), T), np.arange(T) < lengths[:, None]


def pad_sequences__zipped(sequences):
    rows = list(zip(*itertools.zip_longest(*sequences, fillvalue=-1), strict=True)) or [()] * len(sequences)
    ids = np.array(rows, dtype=int)
    return np.maximum(ids, 0), ids >= 0


def embedding__rows(ids, E):
    return E[ids]


def embedding__one_hot(ids, E):
    return np.eye(len(E))[ids] @ E


def embedding__loops(ids, E):
    y = np.empty((*ids.shape, E.shape[1]))
    for n, t in np.ndindex(*ids.shape):
        y[n, t] = E[ids[n, t]]
    return y


def embedding_backward__add_at(dy, ids, E):
    dE = np.zeros(E.shape)
    np.add.at(dE, ids, dy)
    return dE


def embedding_backward__one_hot(dy, ids, E):
    return np.einsum("nta,ntd->ad", np.eye(len(E))[ids], dy)


def embedding_backward__each_word(dy, ids, E):
    return np.stack([dy[ids == a].sum(axis=0) for a in range(len(E))])


def masked_mean__product(x, mask):
    return (x * mask[:, :, None]).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)[:, None]


def masked_mean__each_text(x, mask):
    return np.stack([x[n][mask[n]].mean(axis=0) if mask[n].any() else np.zeros(x.shape[2]) for n in range(len(x))])


def masked_mean__einsum(x, mask):
    count = mask.sum(axis=1, keepdims=True)
    share = np.divide(mask, count, out=np.zeros(mask.shape), where=count > 0)
    return np.einsum("nt,ntd->nd", share, x)


def masked_mean_backward__product(dy, x, mask):
    count = np.maximum(mask.sum(axis=1), 1)
    return mask[:, :, None] * (dy / count[:, None])[:, None, :]


def masked_mean_backward__where(dy, x, mask):
    with np.errstate(divide="ignore", invalid="ignore"):
        each = dy / mask.sum(axis=1, keepdims=True)
    return np.where(mask[..., None], each[:, None], 0.0)


def masked_mean_backward__loops(dy, x, mask):
    dx = np.zeros_like(x)
    for n in range(len(x)):
        for t in np.flatnonzero(mask[n]):
            dx[n, t] = dy[n] / np.count_nonzero(mask[n])
    return dx


def text_cnn__sums(x, w3, w4, w5):
    found = []
    for w in (w3, w4, w5):
        P = x.shape[1] - len(w) + 1
        found.append(sum(x[:, i : i + P] @ w[i] for i in range(len(w))).max(axis=1))
    return np.concatenate(found, axis=1)


def text_cnn__windows(x, w3, w4, w5):
    def maxima(w):
        windows = np.lib.stride_tricks.sliding_window_view(x, len(w), axis=1)  # (N, P, D, I)
        return np.einsum("npdi,idk->npk", windows, w).max(axis=1)

    return np.hstack([maxima(w3), maxima(w4), maxima(w5)])


def text_cnn__loops(x, w3, w4, w5):
    (N, T, _), K = x.shape, w3.shape[2]
    y = np.full((N, 3, K), -np.inf)
    for n, (j, w) in itertools.product(range(N), enumerate((w3, w4, w5))):
        for t in range(T - len(w) + 1):
            y[n, j] = np.maximum(y[n, j], np.tensordot(x[n, t : t + len(w)], w, 2))
    return y.reshape(N, 3 * K)


def max_over_time_backward__equal(dy, c):
    return dy[:, None] * (c == c.max(axis=1, keepdims=True))


def max_over_time_backward__put(dy, c):
    dc = np.zeros(c.shape)
    np.put_along_axis(dc, c.argmax(axis=1)[:, None], dy[:, None], axis=1)
    return dc


def max_over_time_backward__loops(dy, c):
    dc = np.zeros_like(c)
    for n, k in np.ndindex(dy.shape):
        dc[n, int(np.argmax(c[n, :, k])), k] = dy[n, k]
    return dc
