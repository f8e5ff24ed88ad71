"""Mistakes that students make in the exercises of lesson 09."""

import numpy as np

FITTING = {
    "pad_sequences__zeros_in_front": ("behind", "front", "left"),
    "embedding_backward__mean_of_the_places": ("repeat", "mean", "average"),
    "masked_mean__divided_by_all_places": ("count", "number of tokens", "divid"),
    "masked_mean_backward__padding_gets_its_share": ("mask", "padding"),
    "pad_sequences__one_too_long": ("too long",),
    "embedding__one_off": ("one place", "shift", "row", "earlier", "later"),
    "embedding_backward__set_not_added": ("several places", "add"),
    "masked_mean__padding_in_it": ("mask is not used", "padding"),
    "masked_mean_backward__undivided": ("whole dy", "divided"),
    "text_cnn__average": ("mean",),
    "text_cnn__one_place_too_few": ("last window",),
    "max_over_time_backward__everywhere": ("every place",),
    "max_over_time_backward__one_winner": ("all filters",),
}


def pad_sequences__zeros_in_front(sequences):
    """The zeros stand in front of the shorter texts, where they belong behind them."""
    longest = max(map(len, sequences))
    ids, mask = [], []
    for words in sequences:
        missing = longest - len(words)
        ids.append([0] * missing + list(words))
        mask.append([False] * missing + [True] * len(words))
    return np.array(ids, dtype=int), np.array(mask, dtype=bool)


def embedding_backward__mean_of_the_places(dy, ids, E):
    """A word that stands at several places gets the mean of their gradients, where it should get the sum."""
    dE = np.zeros(E.shape)
    for word in np.unique(ids):
        dE[word] = dy[ids == word].mean(axis=0)
    return dE


def masked_mean__divided_by_all_places(x, mask):
    """The sum leaves out the padding, but the division counts it."""
    blanked = np.where(mask[..., np.newaxis], x, 0)
    return blanked.mean(axis=1)


def masked_mean_backward__padding_gets_its_share(dy, x, mask):
    """The divisor is right, but the padding gets a gradient too, although it was never read."""
    dx = np.zeros(x.shape)
    for n in range(x.shape[0]):
        words = max(int(mask[n].sum()), 1)
        dx[n, :] = dy[n] / words
    return dx


def pad_sequences__one_too_long(sequences):
    """There is always a zero at the end."""
    T = max((len(s) for s in sequences), default=0) + 1
    ids = np.array([list(s) + [0] * (T - len(s)) for s in sequences], dtype=int).reshape(len(sequences), T)
    mask = np.array([[t < len(s) for t in range(T)] for s in sequences], dtype=bool).reshape(len(sequences), T)
    return ids, mask


def embedding__one_off(ids, E):
    """Ids are counted from one."""
    return E[ids - 1]


def embedding_backward__set_not_added(dy, ids, E):
    """= in a loop."""
    dE = np.zeros_like(E)
    for n in range(ids.shape[0]):
        for t in range(ids.shape[1]):
            dE[ids[n, t]] = dy[n, t]
    return dE


def masked_mean__padding_in_it(x, mask):
    """np.mean knows nothing of masks."""
    return np.einsum("ntd->nd", x) / x.shape[1]


def masked_mean_backward__undivided(dy, x, mask):
    """Every word gets all of it."""
    return np.where(mask[:, :, None], dy[:, None, :], 0)


def text_cnn__average(x, w3, w4, w5):
    """A pool, but the other one."""
    parts = []
    for w in (w3, w4, w5):
        stops = x.shape[1] - len(w) + 1
        c = np.stack([np.tensordot(x[:, t : t + len(w)], w, 2) for t in range(stops)], axis=1)
        parts.append(c.sum(axis=1) / stops)
    return np.concatenate(parts, axis=-1)


def text_cnn__one_place_too_few(x, w3, w4, w5):
    """range(T − h)."""
    parts = []
    for w in (w3, w4, w5):
        c = [np.tensordot(x[:, t : t + len(w)], w, 2) for t in range(x.shape[1] - len(w))]
        parts.append(np.max(c, axis=0))
    return np.concatenate(parts, axis=-1)


def max_over_time_backward__everywhere(dy, c):
    """Repeated along time."""
    return np.repeat(dy[:, np.newaxis, :], c.shape[1], axis=1)


def max_over_time_backward__one_winner(dy, c):
    """The best place of a text, whichever filter found it."""
    dc = np.zeros(c.shape)
    for n in range(len(c)):
        t, _ = np.unravel_index(c[n].argmax(), c[n].shape)
        dc[n, t] = dy[n]
    return dc
