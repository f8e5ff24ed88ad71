"""Losses and metrics by Keras's names, as functions of the truth and the prediction."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from mmdl.keras.utils import to_categorical
from mmdl.ops import losses as ops
from mmdl.ops.softmax import log_softmax


def accuracy(y, p):
    """How many are right: of one column above a half or not, of several the largest, by labels or one-hot rows"""
    if p.shape[-1] == 1:
        return np.mean(_like(p, y) == (p > 0.5))
    return np.mean((y.argmax(axis=-1) if y.shape == p.shape else y.reshape(p.shape[:-1])) == p.argmax(axis=-1))


def _like(p, y):
    """The truth in the dtype of the prediction, labels (N,) as a column if that is one"""
    return np.asarray(y[..., None] if (*y.shape, 1) == p.shape else y, p.dtype)


def _absolute(p, y):
    return np.abs(p - y).mean(), np.sign(p - y) / p.size


def _of_logits(s, y):
    """−Σ_k y_k log softmax(s)_k, for rows of any sum"""
    l = log_softmax(s)
    return -(y * l).sum() / l[..., 0].size, (np.exp(l) * y.sum(axis=-1, keepdims=True) - y) / l[..., 0].size


FUNCTIONS = {  # of prediction and truth: those for probabilities, and those for logits
    "binary_crossentropy": (ops.bernoulli_cross_entropy, ops.binary_cross_entropy),
    "categorical_crossentropy": (ops.categorical_cross_entropy, _of_logits),
    "mean_absolute_error": (_absolute,),
    "mean_squared_error": (ops.mean_squared_error,),
    "sparse_categorical_crossentropy": (ops.categorical_cross_entropy, _of_logits),
}


@dataclass(frozen=True)
class Loss:
    """A loss of truth and prediction -> its mean and the gradient; predictions are probabilities, or logits"""

    name: str
    from_logits: bool = False

    def __call__(self, y, p):
        y = to_categorical(y, p.shape[-1]) if self.name.startswith("sparse") else y
        return FUNCTIONS[self.name][self.from_logits](p, _like(p, y))


BinaryCrossentropy, CategoricalCrossentropy = (
    partial(Loss, "binary_crossentropy"),
    partial(Loss, "categorical_crossentropy"),
)
SparseCategoricalCrossentropy = partial(Loss, "sparse_categorical_crossentropy")
MeanAbsoluteError, MeanSquaredError = partial(Loss, "mean_absolute_error"), partial(Loss, "mean_squared_error")
LOSSES = {name: Loss(name) for name in FUNCTIONS}
LOSSES |= {"mae": MeanAbsoluteError(), "mse": MeanSquaredError()}
METRICS = {"accuracy": accuracy, "acc": accuracy}


def weighed(loss, weights):
    """The loss with each example counted as its class says, once where it says nothing."""

    def of(y, p):
        labels = y.argmax(axis=-1) if y.shape == p.shape and p.shape[-1] > 1 else y.reshape(len(p))
        each = np.array([weights.get(int(label), 1) for label in labels], p.dtype)
        values = [loss(y[n : n + 1], p[n : n + 1])[0] for n in range(len(p))]
        return each @ values / len(p), loss(y, p)[1] * each.reshape(-1, *[1] * (p.ndim - 1))

    return of
