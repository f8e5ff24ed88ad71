"""Keras's callbacks: what is done after each epoch of `fit`."""

import numpy as np

from mmdl.errors import DataError
from mmdl.training import Callback


class Watching(Callback):
    """Looks whether a measure becomes better: smaller, or larger if it is an accuracy; `fit` says of which `model`"""

    def __init__(self, monitor="val_loss", min_delta=0.0):
        self.monitor, self.min_delta = monitor, abs(min_delta)

    def start(self, training):
        self.best, self.wait, self.weights = np.inf, 0, None

    def improved(self, training):
        """Whether this epoch's is the best so far"""
        if self.monitor not in training.history:
            raise DataError(f"there is no {self.monitor} to watch; there is {', '.join(training.history)}")
        value = training.history[self.monitor][-1] * (-1 if "acc" in self.monitor else 1)
        better = value + self.min_delta < self.best
        self.best = value if better else self.best
        return better


class EarlyStopping(Watching):
    """Ends training after `patience` epochs that are no better"""

    def __init__(self, monitor="val_loss", min_delta=0.0, patience=0, *, restore_best_weights=False):
        super().__init__(monitor, min_delta)
        self.patience, self.restore = patience, restore_best_weights

    def epoch(self, training):
        better = self.improved(training)
        self.wait = 0 if better else self.wait + 1
        self.weights = self.model.get_weights() if better else self.weights
        training.stopped |= not better and self.wait >= self.patience

    def end(self, training):
        if self.restore and self.weights:
            self.model.set_weights(self.weights)


class ModelCheckpoint(Watching):
    """Saves the model after every epoch, or after every one that is better; `{epoch}` in the path is its number"""

    def __init__(self, filepath, monitor="val_loss", *, save_best_only=False):
        super().__init__(monitor)
        self.filepath, self.best_only = filepath, save_best_only

    def epoch(self, training):
        if not self.best_only or self.improved(training):
            now = {name: values[-1] for name, values in training.history.items()}
            self.model.save(str(self.filepath).format(epoch=training.epoch, **now))
