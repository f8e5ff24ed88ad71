"""Dropout: silence some features, and raise the others so that the expected sum stays."""

import numpy as np

from mmdl.shapes import Array, Mask


def dropout(x: Array, mask: Mask, rate: float) -> Array:
    """(30)  y_d = x_d mask_d / (1 − rate)

    x (D,), mask (D,) True where the feature is kept, rate in [0, 1) the probability to drop it -> y (D,).
    Source: Srivastava et al., Dropout, 2014; scaled in training rather than in use.
    """
    return np.array([x[d] * mask[d] / (1 - rate) for d in range(len(x))])
