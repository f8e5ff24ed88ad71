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
from mmdl.training.callbacks import Callback, Validation
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
    """

    epochs: int = 6
    batch_size: int = 64
    learning_rate: float = 3e-3
    warm_up: float = 0.3
    modality_dropout: float = 0.15
    smoothing: float = 0.1

    def fit(self, model: Any, dataset: Dataset, rng: Generator, callbacks: Sequence[Callback] = ()) -> Fitted:
        """Train a copy of the model on a dataset, thinned out as it asks for.  -> Fitted, see `mmdl.training.fit`"""
        return fitted(self.training(tree.copy(model), dataset, rng, callbacks).run())

    def training(self, model: Any, dataset: Dataset, rng: Generator, callbacks: Sequence[Callback] = ()) -> Training:
        """The training that `fit` runs, which changes the model in place.  -> Training"""
        loss = partial(softmax_cross_entropy, smoothing=self.smoothing)
        augment = {"modality_dropout": self.modality_dropout} | dataset.augment
        validation = [] if dataset.validation is None else [Validation(dataset.validation, loss)]
        return Training(
            model,
            Epochs(dataset.train, self.batch_size, settings=augment),
            optimizer=Adam(self.learning_rate),
            epochs=self.epochs,
            rng=rng,
            schedule=partial(cosine, warm_up=self.warm_up),
            loss=classification(loss),
            callbacks=[*validation, *callbacks],
        )


RECIPES = {name: replace(Recipe(), **kind.recipe) for name, kind in FUSIONS.items()}
