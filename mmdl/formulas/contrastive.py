"""What makes two towers agree: unit vectors, their similarity, and a loss that asks each to find its partner."""

import math

import numpy as np

from mmdl.formulas.softmax import log_softmax
from mmdl.shapes import Array


def normalize(x: Array) -> Array:
    """(60)  y_d = x_d / √(Σ_j x_j²)

    x (D,) -> y (D,), of length one; zeros stay zeros, which have no direction.
    """
    length = math.sqrt(sum(value**2 for value in x))
    return np.array([value / length if length else 0.0 for value in x])


def similarity(a: Array, b: Array, log_scale: Array) -> Array:
    """(61)  s_nm = e^λ Σ_d a_nd b_md

    a (N, D), b (S, D), log_scale λ (1,) -> s (N, S). Of unit vectors the sum is the cosine of their angle, and e^λ is
    one over the temperature of the softmax that follows.
    Source: Radford et al., Learning transferable visual models from natural language supervision, 2021, figure 3.
    """
    scale = math.exp(log_scale[0])
    return np.array([[scale * sum(x[d] * y[d] for d in range(len(x))) for y in b] for x in a]).reshape(len(a), len(b))


def contrastive_loss(s: Array) -> float:
    """(62)  L = −Σ_n (log p_nn + log q_nn) / 2N  with  p_n = softmax of row n of s,  q_n = softmax of column n

    s (N, N), where row n and column n belong together -> L.
    Source: van den Oord, Li, Vinyals, Representation learning with contrastive predictive coding, 2018, equation (4);
    both ways as in Radford et al. 2021.
    """
    total = 0.0
    for n in range(len(s)):
        total -= log_softmax(s[n])[n] + log_softmax(s[:, n])[n]
    return total / (2 * len(s))
