"""Mistakes that students make in the exercises of lesson 09."""

import numpy as np

FITTING = {
    "pad_sequences__zeros_in_front": ("behind", "front", "left"),
    "embedding_backward__mean_of_the_places": ("repeat", "mean", "average"),
    "masked_mean__divided_by_all_places": ("count", "number of tokens", "divid"),
    "masked_mean_backward__padding_gets_its_share": ("mask", "padding"),
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
