"""Mistakes that students make in the exercises of lesson 16."""

import numpy as np

FITTING = {
    "replace_absent__written_into_x": ("argument", "changed", "changes", "changes its argument"),
    "replace_absent_backward__mean_of_absent_rows": ("mean", "sum", "divid"),
    "drop_modalities__absent_one_comes_back": ("absent", "not there", "never there"),
    "present_rows__all_words": ("all", "any", "row"),
    "replace_absent__exchanged": ("exchanged", "true and false"),
    "replace_absent_backward__absent_send_too": ("absent rows get dy",),
    "replace_absent_backward__sum_of_all": ("all rows",),
    "drop_modalities__others_dropped": ("rate", "exchanged"),
    "present_mean_backward__all": ("divided by m",),
    "present_mean_backward__everybody": ("absent",),
    "present_mean_backward__undivided": ("1 / count", "divid", "count"),
}


def replace_absent__written_into_x(x, present, absent):
    """y is only another name for x: the caller's own rows are overwritten."""
    y = x
    for n in range(len(y)):
        if not present[n]:
            y[n] = absent
    return y


def replace_absent_backward__mean_of_absent_rows(dy, present):
    """The learned vector gets the mean of what the absent rows send; each of them used it, so it gets the sum."""
    gone = np.logical_not(present)
    dx = dy * present[:, np.newaxis]
    dabsent = (dy * gone[:, np.newaxis]).sum(axis=0) / max(gone.sum(), 1)
    return dx, dabsent


def drop_modalities__absent_one_comes_back(present, draw, rate):
    """The largest number is looked for among all modalities: one that was never there can come back."""
    stays = present & (draw >= rate)
    for n, numbers in enumerate(draw):
        stays[n, numbers.argmax()] = True
    return stays


def present_rows__all_words(mask):
    """Only where no word is missing."""
    return np.logical_and.reduce(mask, axis=1)


def replace_absent__exchanged(x, present, absent):
    """The learned vector stands where something was there."""
    return np.stack([absent if there else row for row, there in zip(x, present, strict=True)])


def replace_absent_backward__absent_send_too(dy, present):
    """dx is dy."""
    gone = present[:, None] == 0
    return np.array(dy), (gone * dy).sum(axis=0)


def replace_absent_backward__sum_of_all(dy, present):
    """Everybody sends to the learned vector."""
    dx = dy.copy()
    dx[~present] = 0
    return dx, np.einsum("nd->d", dy)


def drop_modalities__others_dropped(present, draw, rate):
    """A number below the rate stays."""
    kept = present & (draw < rate)
    best = np.where(present, draw, -np.inf).argmax(axis=1)
    kept[np.arange(len(kept)), best] = True
    return kept


def present_mean_backward__all(dy, x, present):
    """Divided by M."""
    return np.einsum("nm,nd->nmd", present / present.shape[1], dy)


def present_mean_backward__everybody(dy, x, present):
    """The absent ones, too."""
    return np.stack([dy / np.maximum(present.sum(1, keepdims=True), 1)] * x.shape[1], axis=1)


def present_mean_backward__undivided(dy, x, present):
    """Everybody gets dy."""
    return present[..., None] * dy[:, None]
