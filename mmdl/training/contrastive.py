"""Contrastive training: with which numbers two towers learn to agree, and what is done besides."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.random import Generator

from mmdl import tree
from mmdl.data import Dataset, Examples
from mmdl.data.distinct import first_of_each, pairs
from mmdl.ops.contrastive import contrastive_loss
from mmdl.shapes import Array
from mmdl.training.callbacks import Callback
from mmdl.training.loop import Epochs, Fitted, Training, fitted
from mmdl.training.losses import BatchLoss
from mmdl.training.optimizers import Adam
from mmdl.training.retrieval import evaluate_retrieval, gallery
from mmdl.training.schedules import cosine

LARGEST_SCALE = 100


@dataclass(frozen=True)
class ContrastiveRecipe:
    """Adam with one cycle of the learning rate, on batches that hold nothing twice.

    Parameters
    ----------
    epochs, batch_size : int
        In a larger batch there are more wrong answers to tell the right one from; it has no more examples than there
        are different things to learn from.
    learning_rate : float
        The highest, at the end of the warm-up.
    warm_up : float
        Share of all steps in which the learning rate rises.
    word_dropout : float
        Probability with which a name loses each of its words: who searches rarely gives all of them.
    """

    epochs: int = 8
    batch_size: int = 128
    learning_rate: float = 5e-3
    warm_up: float = 0.2
    word_dropout: float = 0.2

    def fit(self, model: Any, dataset: Dataset, rng: Generator, callbacks: Sequence[Callback] = ()) -> Fitted:
        """Train a copy of a ContrastiveModel on a dataset.  -> Fitted, see `mmdl.training.fit`

        Accuracy is the share of the first modality's examples that find their partner: in training among those of the
        batch, in validation among all.
        """
        return fitted(self.training(tree.copy(model), dataset, rng, callbacks).run())

    def training(self, model: Any, dataset: Dataset, rng: Generator, callbacks: Sequence[Callback] = ()) -> Training:
        """The training that `fit` runs, which changes the model in place.  -> Training"""
        size = min(self.batch_size, len(first_of_each(dataset.train)))  # a batch holds nothing twice
        return Training(
            model,
            Epochs(dataset.train, size, pairs, {"word_dropout": self.word_dropout}),
            optimizer=Adam(self.learning_rate),
            epochs=self.epochs,
            rng=rng,
            schedule=partial(cosine, warm_up=self.warm_up),
            loss=matching,
            callbacks=[ScaleLimit(), RetrievalValidation(dataset.validation), *callbacks],
        )


def matching(s: Array, batch: Any) -> BatchLoss:
    """The contrastive loss of similarities s (N, N), and how many rows find their own column; labels are places

    Of several ranks each computes all of it from the whole batch, and counts the examples of its share.
    """
    value, ds = contrastive_loss(s)
    right = int((s[batch.labels].argmax(axis=1) == batch.labels).sum())
    return BatchLoss(float(value), ds, len(batch), {"accuracy": right})


class ScaleLimit(Callback):
    """Holds e^λ at 100 at most after each step, in place; without a limit training may become unstable.

    Source: Radford et al. 2021, section 2.5.
    """

    def step(self, training: Training) -> None:
        scale = training.model.log_scale
        np.minimum(scale, math.log(LARGEST_SCALE), out=scale)


class RetrievalValidation(Callback):
    """Adds to the history how often the first answer is right on these examples, and the temperature e^−λ."""

    def __init__(self, examples: Examples | None) -> None:
        self.examples = examples if examples is not None and len(gallery(examples)) else None

    def epoch(self, training: Training) -> None:
        model = training.model
        training.record({"temperature": math.exp(-model.log_scale[0])})
        if self.examples is not None:
            found = evaluate_retrieval(model, self.examples, at=(1,))
            training.record({"validation_accuracy": found[tuple(model.towers)][1]})
