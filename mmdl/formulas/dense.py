"""The fully connected layer, one product at a time."""

import numpy as np

from mmdl.shapes import Array


def affine(x: Array, W: Array, b: Array | None) -> Array:
    """(4)  y_k = Σ_d x_d W_dk + b_k

    x (D,), W (D, K), b (K,) -> y (K,).
    Source: Rumelhart, Hinton, Williams, Learning representations by back-propagating errors, 1986, eq. (1).
    """
    D, K = W.shape
    return np.array([sum(x[d] * W[d, k] for d in range(D)) + (0 if b is None else b[k]) for k in range(K)])
