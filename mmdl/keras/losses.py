"""Losses and metrics by Keras's names: (truth, prediction) in, in this order."""

from dataclasses import dataclass

import numpy as np

from mmdl.errors import DataError
from mmdl.ops import losses as ops


@dataclass(frozen=True)
class CategoricalCrossentropy:
    """−Σ_k t_k log p_k, with p brought to sum one and clipped at 1e-7"""

    from_logits: bool = False

    def __call__(self, y_true, y_pred):
        """-> Loss(value, gradient with respect to the prediction)"""
        targets = np.asarray(y_true, y_pred.dtype)
        if self.from_logits:
            return ops.softmax_cross_entropy(y_pred, targets.argmax(axis=-1))
        return ops.categorical_cross_entropy(y_pred, targets)
