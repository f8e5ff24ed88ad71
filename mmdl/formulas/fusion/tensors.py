"""From several vectors to one by all products of their entries, whole or as a sum of few simple terms."""

import math
from itertools import product

import numpy as np

from mmdl.shapes import Array, Arrays


def tensor_fusion(features: Arrays) -> Array:
    """(52)  y_{ij...} = x'_1i x'_2j ...  with  x'_m = (x_m, 1),  the last index running fastest

    features: M vectors x_m (D_m,) -> y (Π (D_m + 1),).  By the ones y also holds the products of fewer entries.
    Source: Zadeh et al., Tensor fusion network for multimodal sentiment analysis, 2017, section 4.2.
    """
    return np.array([math.prod(entries) for entries in product(*([*x, 1.0] for x in features))])


def low_rank_fusion(features: Arrays, factors: Arrays) -> Array:
    """(53)  y_k = Σ_f Π_m Σ_i x'_mi W_mifk  with  x'_m = (x_m, 1)

    features: M vectors x_m (D_m,); factors: M arrays W_m (D_m + 1, F, K) -> y (K,).
    The same as (52) times the matrix  W_{ij...,k} = Σ_f W_1ifk W_2jfk ..., which is never written out.
    Source: Liu et al., Efficient low-rank multimodal fusion with modality-specific factors, 2018, section 3.2.
    """
    _, F, K = factors[0].shape
    y = np.zeros(K)
    for f in range(F):
        for k in range(K):
            y[k] += math.prod(
                sum(value * W[i, f, k] for i, value in enumerate([*x, 1.0]))
                for x, W in zip(features, factors, strict=True)
            )
    return y
