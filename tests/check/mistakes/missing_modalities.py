"""Mistakes that students make in the exercises of lesson 16."""

import numpy as np

FITTING = {
    "replace_absent__written_into_x": ("argument", "changed", "changes", "changes its argument"),
    "replace_absent_backward__mean_of_absent_rows": ("mean", "sum", "divid"),
    "drop_modalities__absent_one_comes_back": ("absent", "not there", "never there"),
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
