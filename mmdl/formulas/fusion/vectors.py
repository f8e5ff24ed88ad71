"""From several vectors to one: side by side, added, multiplied."""

import math

import numpy as np

from mmdl.shapes import Array, Arrays


def concatenate(features: Arrays) -> Array:
    """(35)  y = (x_1, x_2, ..., x_M)

    features: M vectors x_m (D_m,) -> y (Σ D_m,).
    Source: Ngiam et al., Multimodal deep learning, 2011.
    """
    return np.array([value for x in features for value in x])


def elementwise_sum(features: Arrays) -> Array:
    """(36)  y_d = Σ_m x_md

    features: M vectors x_m (D,) -> y (D,).
    Source: Feichtenhofer, Pinz, Zisserman, Convolutional two-stream network fusion, 2016.
    """
    return np.array([sum(x[d] for x in features) for d in range(len(features[0]))])


def elementwise_product(features: Arrays) -> Array:
    """(37)  y_d = Π_m x_md

    features: M vectors x_m (D,) -> y (D,).
    Source: Antol et al., VQA: visual question answering, 2015.
    """
    return np.array([math.prod(x[d] for x in features) for d in range(len(features[0]))])
