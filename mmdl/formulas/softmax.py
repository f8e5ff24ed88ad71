"""From scores to probabilities."""

import math
from collections.abc import Collection

import numpy as np

from mmdl.shapes import Array


def softmax(s: Collection[float]) -> Array:
    """(11)  p_k = e^{s_k} / Σ_j e^{s_j}

    s (K,) -> p (K,), which sums to one.
    Source: Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990.
    """
    largest = max(s)  # e^{−largest} cancels in the fraction, and no exponential is larger than one
    total = sum(math.exp(score - largest) for score in s)
    return np.array([math.exp(score - largest) / total for score in s])


def log_softmax(s: Collection[float]) -> Array:
    """(12)  l_k = s_k − log Σ_j e^{s_j}

    s (K,) -> l (K,): the logarithm of (11), finite even where the probability is too small for a float.
    Source: as (11).
    """
    largest = max(s)
    total = sum(math.exp(score - largest) for score in s)
    return np.array([score - largest - math.log(total) for score in s])
