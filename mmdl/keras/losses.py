"""Losses and metrics by Keras's names, as functions of the truth and the prediction."""

import numpy as np

from mmdl.keras.utils import to_categorical
from mmdl.ops import losses as ops


def accuracy(y, p):
    """How many are right: of one column above a half or not, of several the largest, by labels or one-hot rows"""
    if p.shape[-1] == 1:
        return np.mean(_like(p, y) == (p > 0.5))
    return np.mean((y.argmax(axis=-1) if y.shape == p.shape else y.reshape(p.shape[:-1])) == p.argmax(axis=-1))


def _like(p, y):
    """The truth in the dtype of the prediction, labels (N,) as a column if that is one"""
    return np.asarray(y[..., None] if (*y.shape, 1) == p.shape else y, p.dtype)


LOSSES = {
    "binary_crossentropy": lambda y, p: ops.bernoulli_cross_entropy(p, _like(p, y)),
    "categorical_crossentropy": lambda y, p: ops.categorical_cross_entropy(p, _like(p, y)),
    "mean_squared_error": lambda y, p: ops.mean_squared_error(p, _like(p, y)),
    "sparse_categorical_crossentropy": lambda y, p: ops.categorical_cross_entropy(
        p, _like(p, to_categorical(y, p.shape[-1]))
    ),
}
METRICS = {"accuracy": accuracy, "acc": accuracy}
