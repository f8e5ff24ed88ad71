"""Normalisation to mean zero and variance one, then a learned scale and shift."""

import math

import numpy as np

from mmdl.shapes import Array, Mask


def layer_norm(x: Array, gamma: Array, beta: Array, epsilon: float = 1e-5) -> Array:
    """(27)  y_d = γ_d (x_d − μ) / √(v + ε) + β_d  with  μ = Σ_d x_d / D,  v = Σ_d (x_d − μ)² / D

    x (D,), gamma (D,), beta (D,) -> y (D,): mean and variance over the features of one example.
    Source: Ba, Kiros, Hinton, Layer normalization, 2016.
    """
    mean = sum(x) / len(x)
    variance = sum((value - mean) ** 2 for value in x) / len(x)
    deviation = math.sqrt(variance + epsilon)
    return np.array([gamma[d] * (x[d] - mean) / deviation + beta[d] for d in range(len(x))])


def batch_norm(x: Array, gamma: Array, beta: Array, mask: Mask | None = None, epsilon: float = 1e-3) -> Array:
    """(28)  y_nd = γ_d (x_nd − μ_d) / √(v_d + ε) + β_d  with  μ_d, v_d the mean and variance of x_nd over n

    x (..., D), gamma (D,), beta (D,), mask (...) -> y (..., D); n runs over all rows of the batch.
    Rows where mask is False are left out of mean and variance, and are zero in y.
    Source: Ioffe, Szegedy, Batch normalization, 2015, algorithm 1.
    """
    rows = [row for row in np.ndindex(x.shape[:-1]) if mask is None or mask[row]]
    y = np.zeros(x.shape)
    for d in range(x.shape[-1]):
        mean = sum(x[row][d] for row in rows) / max(len(rows), 1)
        variance = sum((x[row][d] - mean) ** 2 for row in rows) / max(len(rows), 1)
        for row in rows:
            y[row][d] = gamma[d] * (x[row][d] - mean) / math.sqrt(variance + epsilon) + beta[d]
    return y


def batch_norm_inference(
    x: Array,
    gamma: Array,
    beta: Array,
    mean: Array,
    variance: Array,
    epsilon: float = 1e-3,
) -> Array:
    """(29)  y_d = γ_d (x_d − μ_d) / √(v_d + ε) + β_d  with the mean μ and variance v kept from training

    x, gamma, beta, mean, variance (D,) -> y (D,).
    Source: Ioffe, Szegedy, Batch normalization, 2015, algorithm 2.
    """
    y = np.zeros(len(x))
    for d in range(len(x)):
        y[d] = gamma[d] * (x[d] - mean[d]) / math.sqrt(variance[d] + epsilon) + beta[d]
    return y
