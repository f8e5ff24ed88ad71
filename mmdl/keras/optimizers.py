"""Keras's optimizers: those of `training`, with Keras's names, defaults and place of ε."""

from mmdl.training import optimizers as core


def SGD(learning_rate=0.01, momentum=0.0, nesterov=False):
    """v ← μ v + g,   p ← p − η v"""
    return core.SGD(learning_rate, momentum, nesterov)


def RMSprop(learning_rate=1e-3, rho=0.9, epsilon=1e-7):
    """v ← ρ v + (1 − ρ) g²,   p ← p − η g / √(v + ε)"""
    return core.RMSprop(learning_rate, rho, epsilon, early_epsilon=True)


def Adam(learning_rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """p ← p − η m̂ / √v̂, but that ε is added to √v before the correction"""
    return core.Adam(learning_rate, beta_1, beta_2, epsilon, early_epsilon=True)


OPTIMIZERS = {"adam": Adam, "rmsprop": RMSprop, "sgd": SGD}
