"""Clipping: a gradient that is too long is shortened, and keeps its direction."""

import math

import numpy as np

from mmdl import tree


def global_norm(gradient):
    """‖g‖ = √(Σ g²) over all arrays of a tree, running statistics left out"""
    running = tree.running_momentum(gradient)
    return math.sqrt(sum(float(np.vdot(g, g)) for path, g in tree.leaves(gradient) if path not in running))


def clip_by_global_norm(gradient, limit):
    """g ← g · min(1, limit / ‖g‖)

    Parameters
    ----------
    gradient : tree
    limit : float

    Returns
    -------
    gradient, norm
        The norm is the one before. A gradient within the limit comes back as it is, running statistics always do.
        Of a shared parameter, each part counts by itself here; `optimizer.step(..., clip=limit)` adds them first.

    Source: Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks, 2013.
    """
    norm = global_norm(gradient)
    if norm <= limit:
        return gradient, norm
    running = tree.running_momentum(gradient)
    fixed = {id(g) for path, g in tree.leaves(gradient) if path in running}
    return tree.map(lambda g: g if id(g) in fixed else g * (limit / norm), gradient), norm
