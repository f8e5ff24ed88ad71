"""Mistakes that students make in the exercises of lesson 17."""

import numpy as np

FITTING = {
    "occlusion__cover_stays_on": ("covered", "copy", "restor"),
    "principal_components__mean_left_in": ("mean", "centre", "center"),
}


def occlusion__cover_stays_on(f, x, size=2, fill=0.0):
    """One copy serves for all squares and is never restored: the picture gets ever more covered."""
    whole = f(x)
    covered = x.copy()
    drops = []
    for top in range(0, x.shape[0], size):
        line = []
        for left in range(0, x.shape[1], size):
            covered[top : top + size, left : left + size] = fill
            line.append(whole - f(covered))
        drops.append(line)
    return np.array(drops)


def principal_components__mean_left_in(x, components=2):
    """The directions are right, but the rows are projected with their mean still in them."""
    covariance = np.cov(x, rowvar=False).reshape(x.shape[1], x.shape[1])
    _, vectors = np.linalg.eigh(covariance)
    return x @ vectors[:, ::-1][:, :components]
