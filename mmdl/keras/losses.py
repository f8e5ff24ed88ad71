"""Losses and metrics by Keras's names: of the truth, then of the prediction."""

import numpy as np

from mmdl.errors import DataError
from mmdl.ops import losses as ops


def categorical_crossentropy(y_true, y_pred):
    """−Σ_k t_k log p_k of one-hot rows t, p divided by its sum and clipped at 1e-7.  -> Loss(value, gradient)"""
    return ops.categorical_cross_entropy(y_pred, np.asarray(y_true, y_pred.dtype))


def sparse_categorical_crossentropy(y_true, y_pred):
    """The same of labels (N,) or (N, 1).  -> Loss(value, gradient)"""
    classes = y_pred.shape[-1]
    labels = _labels(y_true, y_pred)
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise DataError(f"labels must lie in 0..{classes - 1} but reach from {labels.min()} to {labels.max()}")
    return categorical_crossentropy(np.eye(classes)[labels], y_pred)


def binary_crossentropy(y_true, y_pred):
    """−t log p − (1 − t) log(1 − p): two classes, p and 1 − p.  -> Loss(value, gradient)"""
    t = _targets(y_true, y_pred)
    p = np.clip(y_pred, 1e-7, 1 - 1e-7)  # before 1 − p is taken, as Keras does: in float32 it matters
    value, d = categorical_crossentropy(np.stack([t, 1 - t], axis=-1), np.stack([p, 1 - p], axis=-1))
    return ops.Loss(value, (d[..., 0] - d[..., 1]) * (p == y_pred))


def mean_squared_error(y_true, y_pred):
    """The mean of (p − t)².  -> Loss(value, gradient)"""
    return ops.mean_squared_error(y_pred, _targets(y_true, y_pred))


def accuracy(y_true, y_pred):
    """How many are right: of one column above a half or not, of several the largest, by labels or one-hot rows"""
    if y_pred.shape[-1] == 1:
        return np.mean(_targets(y_true, y_pred) == (y_pred > 0.5))
    one_hot = np.shape(y_true) == y_pred.shape
    return np.mean((np.argmax(y_true, axis=-1) if one_hot else _labels(y_true, y_pred)) == y_pred.argmax(axis=-1))


LOSSES = {
    each.__name__: each
    for each in (binary_crossentropy, categorical_crossentropy, mean_squared_error, sparse_categorical_crossentropy)
}
METRICS = {"accuracy": accuracy, "acc": accuracy}


def _labels(y_true, y_pred):
    labels = np.asarray(y_true, int)
    return labels[..., 0] if labels.shape == (*y_pred.shape[:-1], 1) else labels


def _targets(y_true, y_pred):
    targets = np.asarray(y_true, y_pred.dtype)
    return targets[..., None] if (*targets.shape, 1) == y_pred.shape else targets
