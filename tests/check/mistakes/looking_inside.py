"""Mistakes that students make in the exercises of lesson 17."""

import numpy as np

FITTING = {
    "occlusion__cover_stays_on": ("covered", "copy", "restor"),
    "principal_components__mean_left_in": ("mean", "centre", "center"),
    "saliency__of_all_classes": ("label", "logit", "class"),
    "saliency__signed": ("sign", "abs"),
    "occlusion__gain": ("wrong sign",),
    "principal_components__smallest_first": ("smallest", "order"),
    "pooled_logits_backward__undivided": ("p · q", "number of places", "whole gradient"),
    "pooled_logits_backward__first_place": ("place", "zero"),
    "squared_distances_backward__half": ("half",),
    "squared_distances_backward__same_direction": ("wrong sign",),
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


def saliency__of_all_classes(backward, logits, labels):
    """All logits at once."""
    every = np.full(logits.shape, 1.0)
    gradient = backward(every)
    return np.maximum(gradient, -gradient)


def saliency__signed(backward, logits, labels):
    """The sign is kept."""
    return backward(1.0 * (np.arange(logits.shape[1])[None] == np.asarray(labels)[:, None]))


def occlusion__gain(f, x, size=2, fill=0.0):
    """f(covered) − f(x)."""
    base, rows = f(x), []
    for top in range(0, len(x), size):
        row = []
        for left in range(0, x.shape[1], size):
            other = np.array(x)
            other[top : top + size, left : left + size] = fill
            row.append(f(other) - base)
        rows.append(row)
    return np.array(rows)


def principal_components__smallest_first(x, components=2):
    """eigh sorts upwards."""
    covariance = np.cov(x, rowvar=False).reshape(x.shape[1], -1)
    _, directions = np.linalg.eigh(covariance)
    return (x - x.mean(axis=0)) @ directions[:, :components]


def pooled_logits_backward__undivided(dlogits, r, W):
    """All places get all of it."""
    return np.zeros(r.shape) + (dlogits @ W.T)[:, None, None], np.einsum("npqd,nk->dk", r, dlogits) / r[0, :, :, 0].size


def pooled_logits_backward__first_place(dlogits, r, W):
    """Only the first place gets something."""
    dr = np.zeros_like(r)
    dr[:, 0, 0] = dlogits @ W.T / (r.shape[1] * r.shape[2])
    return dr, r.mean((1, 2)).T @ dlogits


def squared_distances_backward__half(dd, x, c):
    """x − c, without the 2."""
    apart = (x[:, None] - c) * dd[..., None]
    return apart.sum(axis=1), -apart.sum(axis=0)


def squared_distances_backward__same_direction(dd, x, c):
    """Both are pushed alike."""
    apart = 2 * (x[:, None] - c) * dd[..., None]
    return apart.sum(axis=1), apart.sum(axis=0)
