"""Activation functions: one number in, one number out, applied to every entry."""

import math

import numpy as np

from mmdl.shapes import shapes


def relu(x):
    """y = max(x, 0).  x any shape -> the same shape"""
    if x.dtype.kind == "c":  # `np.maximum` would break the tie at 0 by the imaginary part
        return np.where(x.real > 0, x, 0)
    return np.maximum(x, 0)


@shapes(dy="...", y="...")
def relu_backward(dy, y):
    """dx = dy where y > 0, else 0: at x = 0 the gradient is taken to be 0"""
    return dy * (y.real > 0)


def leaky_relu(x, slope=0.01):
    """y = x where x > 0, else slope · x

    Source: Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.
    """
    return np.where(x.real > 0, x, slope * x)


@shapes(dy="...", x="...")
def leaky_relu_backward(dy, x, slope=0.01):
    """dx = dy where x > 0, else slope · dy"""
    return np.where(x.real > 0, dy, slope * dy)


def sigmoid(x):
    """y = 1 / (1 + e⁻ˣ)"""
    decay = np.exp(_minus_absolute(x))  # at most 1, so that nothing overflows
    return np.where(x.real > 0, 1, decay) / (1 + decay)


@shapes(dy="...", y="...")
def sigmoid_backward(dy, y):
    """dx = dy y (1 − y)"""
    return dy * y * (1 - y)


def tanh(x):
    """y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)"""
    return np.tanh(x)


@shapes(dy="...", y="...")
def tanh_backward(dy, y):
    """dx = dy (1 − y²)"""
    return dy * (1 - y * y)


def gelu(x):
    """y = x Φ(x)  with the normal distribution's Φ(x) = ½ (1 + erf(x / √2))

    Source: Hendrycks, Gimpel, Gaussian error linear units, 2016.
    """
    return x * _normal_probability(x)


@shapes(dy="...", x="...")
def gelu_backward(dy, x):
    """dx = dy (Φ(x) + x φ(x))  with  φ = Φ′,  φ(x) = e^(−x²/2) / √(2π)"""
    return dy * (_normal_probability(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi))


def softplus(x):
    """y = log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|)"""
    return relu(x) + np.log1p(np.exp(_minus_absolute(x)))


@shapes(dy="...", x="...")
def softplus_backward(dy, x):
    """dx = dy σ(x)"""
    return dy * sigmoid(x)


def _normal_probability(x):
    from scipy.special import erf  # here, because the import takes a tenth of a second

    return (1 + erf(x / math.sqrt(2))) / 2


def _minus_absolute(x):
    """−|x|, but analytic: complex steps pass through it"""
    return np.where(x.real > 0, -x, x)
