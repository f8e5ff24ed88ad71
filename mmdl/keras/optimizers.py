"""Keras's optimizers: the textbook's, but for the place of ε."""

import math

import numpy as np

from mmdl.training import optimizers as core
from mmdl.training.optimizers import blend


class SGD(core.SGD):
    """v ← μ v + g,   p ← p − η v"""

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False):
        super().__init__(learning_rate, momentum, nesterov)


class RMSprop(core.RMSprop):
    """v ← ρ v + (1 − ρ) g²,   p ← p − η g / √(v + ε): here ε stands under the root"""

    def __init__(self, learning_rate=1e-3, rho=0.9, epsilon=1e-7):
        super().__init__(learning_rate, rho, epsilon)

    def rule(self, g, moments, rate, step):
        (v,) = moments
        blend(v, np.square(g), self.decay)
        g /= np.sqrt(v + self.epsilon)
        g *= rate


class Adam(core.Adam):
    """p ← p − η m̂ / (√v̂ + ε̂)  with  ε̂ = ε / √(1 − β₂ᵗ): ε is added before v is corrected for its start at zero"""

    def __init__(self, learning_rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        super().__init__(learning_rate, beta_1, beta_2, epsilon)

    def rule(self, g, moments, rate, step):
        corrected = self.epsilon / math.sqrt(1 - self.beta2**step)
        core.Adam(rate, self.beta1, self.beta2, corrected).rule(g, moments, rate, step)


OPTIMIZERS = {"adam": Adam, "rmsprop": RMSprop, "sgd": SGD}
