"""Recipes: with which numbers each fusion learns well; what differs from one to the next stands beside the fusion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from numpy.random import Generator

from mmdl import tree
from mmdl.data import Dataset
from mmdl.fusion import FUSIONS
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.training.callbacks import Callback, EarlyStopping, Validation
from mmdl.training.loop import Epochs, Fitted, Training, fitted
from mmdl.training.losses import classification
from mmdl.training.optimizers import Adam
from mmdl.training.schedules import cosine


@dataclass(frozen=True)
class Recipe:
    """Adam with one cycle of the learning rate: up in a straight line, down along half a cosine.

    Parameters
    ----------
    epochs, batch_size : int
    learning_rate : float
        The highest, at the end of the warm-up.
    warm_up : float
        Share of all steps in which the learning rate rises.
    modality_dropout : float
        Probability with which an example loses a whole modality, so that the model learns to do without.
    smoothing : float
        Share of each target that is spread over all classes.
    early_stopping : bool
        Whether what is kept is the model after the epoch of the smallest validation loss, and not after the last. For
        this the dataset must have validation examples.
    patience : int, optional
        Epochs in a row without a smaller validation loss after which training ends. Without it all epochs are trained:
        the learning rate is to fall to zero.
    """

    epochs: int = 6
    batch_size: int = 64
    learning_rate: float = 3e-3
    warm_up: float = 0.3
    modality_dropout: float = 0.15
    smoothing: float = 0.1
    early_stopping: bool = True
    patience: int | None = None

    def fit(self, model: Any, dataset: Dataset, rng: Generator, callbacks: Sequence[Callback] = ()) -> Fitted:
        """Train a copy of the model on a dataset, thinned out as it asks for.  -> Fitted, see `mmdl.training.fit`"""
        return fitted(self.training(tree.copy(model), dataset, rng, callbacks).run())

    def training(self, model: Any, dataset: Dataset, rng: Generator, callbacks: Sequence[Callback] = ()) -> Training:
        """The training that `fit` runs, which changes the model in place.  -> Training"""
        loss = partial(softmax_cross_entropy, smoothing=self.smoothing)
        augment = {"modality_dropout": self.modality_dropout} | dataset.augment
        watching: list[Callback] = [] if dataset.validation is None else [Validation(dataset.validation, loss)]
        if watching and self.early_stopping:
            watching.append(EarlyStopping(self.patience or self.epochs))
        return Training(
            model,
            Epochs(dataset.train, self.batch_size, settings=augment),
            optimizer=Adam(self.learning_rate),
            epochs=self.epochs,
            rng=rng,
            schedule=partial(cosine, warm_up=self.warm_up),
            loss=classification(loss),
            callbacks=[*watching, *callbacks],
        )


RECIPES = {name: replace(Recipe(), **kind.recipe) for name, kind in FUSIONS.items()}
