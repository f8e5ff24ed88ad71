"""Words as rows of a table."""

import numpy as np

from mmdl.shapes import Array, Ids


def embedding(ids: Ids, E: Array) -> Array:
    """(22)  y_td = E_{ids_t, d}

    ids (T,) whole numbers in 0 ... A−1, E (A, D) -> y (T, D).
    Source: Bengio et al., A neural probabilistic language model, 2003.
    """
    y = np.zeros((len(ids), E.shape[1]))
    for t, d in np.ndindex(y.shape):
        y[t, d] = E[ids[t], d]
    return y
