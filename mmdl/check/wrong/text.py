"""Mistakes with words and with sequences of different lengths."""

import numpy as np

from mmdl.check.wrong.known import mistakes_in
from mmdl.ops.embedding import embedding_backward

MISTAKES = []
in_embedding_backward = mistakes_in(MISTAKES, "embedding_backward")
in_masked_mean = mistakes_in(MISTAKES, "masked_mean")
in_masked_mean_backward = mistakes_in(MISTAKES, "masked_mean_backward")


@in_embedding_backward(
    "A word that stands twice gets two gradients: np.add.at(dE, ids, dy) adds, dE[ids] += dy overwrites."
)
def repeats_overwrite(dy, ids, E, padding_id=None):
    """It is wrong only for words that stand at several places: the last place counts, the others are lost."""
    dE = np.zeros_like(E)
    dE[ids] += dy
    return dE


@in_embedding_backward("Add up what all places send; do not average.")
def repeats_averaged(dy, ids, E, padding_id=None):
    """It is wrong only for words that stand at several places: they get the mean of the gradients, not the sum."""
    counts = np.bincount(ids.ravel(), minlength=len(E))
    return embedding_backward(dy, ids, E) / np.maximum(counts, 1)[:, None]


@in_masked_mean("Divide by the number of tokens that are there, mask.sum(axis=1), and not by T.")
def padding_counted(x, mask=None):
    """Padding adds nothing, but it is counted: the sum is divided by T."""
    return (x * _there(x, mask)[:, :, None]).sum(axis=1) / x.shape[1]


@in_masked_mean("Only tokens that are there count: multiply by the mask before you add up.")
def mask_ignored(x, mask=None):
    """The mask is not used: padding takes part in the mean."""
    return x.mean(axis=1)


@in_masked_mean("A text without tokens has a count of 0: divide by np.maximum(count, 1).")
def nothing_divided_by_nothing(x, mask=None):
    """It is right but for a text without tokens, where it divides 0 by 0."""
    return (x * _there(x, mask)[:, :, None]).sum(axis=1) / _there(x, mask).sum(axis=1, keepdims=True)


@in_masked_mean_backward("Divide by the number of tokens that are there, as forward, and not by T.")
def divided_by_the_length(dy, x, mask=None):
    """dx is divided by T instead of by the number of tokens that are there."""
    return _there(x, mask)[:, :, None] * dy[:, None] / x.shape[1]


@in_masked_mean_backward("The tokens shared one mean: each gets dy divided by their number.")
def share_left_out(dy, x, mask=None):
    """Every token gets the whole dy; it should be divided by the number of tokens."""
    return _there(x, mask)[:, :, None] * dy[:, None]


@in_masked_mean_backward("Where there is no token there is no gradient: multiply by the mask.")
def padding_gets_a_gradient(dy, x, mask=None):
    """Padding gets a gradient, too; the tokens' is right."""
    count = np.maximum(_there(x, mask).sum(axis=1), 1)[:, None, None]
    return np.broadcast_to(dy[:, None] / count, x.shape).copy()


@mistakes_in(MISTAKES, "pad_sequences")("The words come first and the zeros after them.")
def zeros_in_front(sequences):
    """The zeros stand in front of the words; they belong behind them."""
    T = max(map(len, sequences), default=0)
    mask = np.array([[t >= T - len(sequence) for t in range(T)] for sequence in sequences], bool)
    ids = np.zeros(mask.shape, int)
    ids[mask] = [word for sequence in sequences for word in sequence]
    return ids, mask


@mistakes_in(MISTAKES, "last_valid")("Padding may stand at the end: take the last place where the mask is True.")
def last_place(x, mask=None):
    """The last place is taken, whether there is a token or not."""
    return x[:, -1]


def _there(x, mask):
    return np.ones(x.shape[:2], bool) if mask is None else mask
