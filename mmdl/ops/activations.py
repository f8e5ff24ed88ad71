"""Activation functions: one number in, one number out, applied to every entry."""

import math
from typing import Annotated

import numpy as np

from mmdl.shapes import Array, shapes


@shapes
def relu(x: Annotated[Array, "..."]) -> Array:
    """y = max(x, 0).  x any shape -> the same shape"""
    if x.dtype.kind == "c":  # `np.maximum` would break the tie at 0 by the imaginary part
        return np.where(x.real > 0, x, 0)
    return np.maximum(x, np.zeros_like(x))  # with one 0 for all, NumPy takes twice as long


@shapes
def relu_backward(dy: Annotated[Array, "*"], y: Annotated[Array, "*"]) -> Array:
    """dx = dy where y > 0, else 0: at x = 0 the gradient is taken to be 0"""
    return dy * (y.real > 0)


@shapes
def leaky_relu(x: Annotated[Array, "..."], slope: float = 0.01) -> Array:
    """y = x where x > 0, else slope · x

    Source: Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.
    """
    return np.where(x.real > 0, x, slope * x)


@shapes
def leaky_relu_backward(dy: Annotated[Array, "*"], x: Annotated[Array, "*"], slope: float = 0.01) -> Array:
    """dx = dy where x > 0, else slope · dy"""
    return np.where(x.real > 0, dy, slope * dy)


@shapes
def sigmoid(x: Annotated[Array, "..."]) -> Array:
    """y = 1 / (1 + e⁻ˣ)"""
    decay = np.exp(_minus_absolute(x))  # at most 1, so that nothing overflows
    return np.where(x.real > 0, 1, decay) / (1 + decay)


@shapes
def sigmoid_backward(dy: Annotated[Array, "*"], y: Annotated[Array, "*"]) -> Array:
    """dx = dy y (1 − y)"""
    return dy * y * (1 - y)


@shapes
def tanh(x: Annotated[Array, "..."]) -> Array:
    """y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)"""
    return np.tanh(x)


@shapes
def tanh_backward(dy: Annotated[Array, "*"], y: Annotated[Array, "*"]) -> Array:
    """dx = dy (1 − y²)"""
    return dy * (1 - y * y)


@shapes
def gelu(x: Annotated[Array, "..."]) -> Array:
    """y = x Φ(x)  with the normal distribution's Φ(x) = ½ (1 + erf(x / √2))

    Source: Hendrycks, Gimpel, Gaussian error linear units, 2016.
    """
    return x * _normal_probability(x)


@shapes
def gelu_backward(dy: Annotated[Array, "*"], x: Annotated[Array, "*"]) -> Array:
    """dx = dy (Φ(x) + x φ(x))  with  φ = Φ′,  φ(x) = e^(−x²/2) / √(2π)"""
    return dy * (_normal_probability(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi))


@shapes
def softplus(x: Annotated[Array, "..."]) -> Array:
    """y = log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|)"""
    return relu(x) + np.log1p(np.exp(_minus_absolute(x)))


@shapes
def softplus_backward(dy: Annotated[Array, "*"], x: Annotated[Array, "*"]) -> Array:
    """dx = dy σ(x)"""
    return dy * sigmoid(x)


def _normal_probability(x: Array) -> Array:
    from scipy.special import erf  # here, because the import takes a tenth of a second

    return (1 + erf(x / math.sqrt(2))) / 2


def _minus_absolute(x: Array) -> Array:
    """−|x|, but analytic: complex steps pass through it"""
    return np.where(x.real > 0, -x, x)
