"""The nonlinearities between layers, each number on its own."""

import math
from collections.abc import Collection

import numpy as np

from mmdl.shapes import Array


def relu(x: Collection[float]) -> Array:
    """(5)  y = max(x, 0)

    x (D,) -> y (D,).
    Source: Nair, Hinton, Rectified linear units improve restricted Boltzmann machines, 2010.
    """
    return np.array([max(value, 0.0) for value in x])


def leaky_relu(x: Collection[float], slope: float = 0.01) -> Array:
    """(6)  y = x where x > 0, otherwise slope · x

    x (D,) -> y (D,).
    Source: Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.
    """
    return np.array([value if value > 0 else slope * value for value in x])


def sigmoid(x: Collection[float]) -> Array:
    """(7)  y = 1 / (1 + e^{−x})

    x (D,) -> y (D,).
    Source: Rumelhart, Hinton, Williams, Learning representations by back-propagating errors, 1986, eq. (2).
    """
    # Multiplied above and below by e^{min(x, 0)}: no exponential is larger than one.
    return np.array([math.exp(min(value, 0)) / (1 + math.exp(-abs(value))) for value in x])


def tanh(x: Collection[float]) -> Array:
    """(8)  y = (e^x − e^{−x}) / (e^x + e^{−x})

    x (D,) -> y (D,).
    Source: LeCun, Bottou, Orr, Müller, Efficient backprop, 1998.
    """
    return np.array([math.tanh(value) for value in x])


def gelu(x: Collection[float]) -> Array:
    """(9)  y = x Φ(x)  with the normal distribution  Φ(x) = (1 + erf(x / √2)) / 2

    x (D,) -> y (D,).
    Source: Hendrycks, Gimpel, Gaussian error linear units, 2016.
    """
    # erfc(−a) = 1 + erf(a), without losing every digit where erf(a) is near −1.
    return np.array([value * math.erfc(-value / math.sqrt(2)) / 2 for value in x])


def softplus(x: Collection[float]) -> Array:
    """(10)  y = log(1 + e^x)

    x (D,) -> y (D,).
    Source: Dugas et al., Incorporating second-order functional knowledge for better option pricing, 2000.
    """
    # For x > 0: log(1 + e^x) = x + log(1 + e^{−x}), whose exponential cannot overflow.
    return np.array([max(value, 0) + math.log1p(math.exp(-abs(value))) for value in x])
