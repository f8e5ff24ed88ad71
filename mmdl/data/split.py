"""Splits that hold every class in the proportion of the whole."""

from collections.abc import Sequence

import numpy as np

from mmdl.shapes import Array


def stratified(labels: Array, sizes: Sequence[int], rng: np.random.Generator) -> list[Array]:
    """Deal out examples into splits of these sizes.

    Parameters
    ----------
    labels : array of ints (N,)
    sizes : sequence of int
        Together at most N; what is left over is in no split.
    rng : numpy.random.Generator

    Returns
    -------
    list of arrays of ints
        Places in `labels`, rising, one array for each split. No place is in two, and each class has its share of
        every split to within two examples.
    """
    standing = np.empty(len(labels))  # in its class, from 0 to 1: so that any stretch of it has all classes
    for members in (labels == label for label in np.unique(labels)):
        standing[members] = (rng.permutation(members.sum()) + 0.5) / members.sum()
    order = standing.argsort(kind="stable")
    ends = np.cumsum(sizes)
    return [np.sort(order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]
