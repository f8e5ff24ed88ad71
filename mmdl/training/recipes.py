"""Recipes: with which numbers each fusion learns well; what differs from one to the next stands beside the fusion."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.random import Generator

from mmdl import tree
from mmdl.data import Dataset, Examples
from mmdl.data.kinds import of_kind
from mmdl.errors import DataError
from mmdl.fusion import FUSIONS
from mmdl.models.text_cnn import is_text_cnn
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.shapes import Array
from mmdl.training.callbacks import Callback, EarlyStopping, Validation
from mmdl.training.loop import Epochs, Fitted, Training, fitted
from mmdl.training.losses import Loss, balanced, classification, weighted_classification, weighted_loss
from mmdl.training.optimizers import Adam
from mmdl.training.schedules import cosine

AUGMENTATIONS = "flip", "shift", "mixup"
SHIFT = 0.1  # of a picture's shorter side
MIXUP = 0.2  # α: most mixtures are close to one of the two


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
    class_weight : "balanced", or sequence of float, optional
        Whether rare classes count for as much as frequent ones, see `mmdl.training.losses.balanced`; or how much an
        example of each class counts.
    augment : sequence of "flip", "shift", "mixup"
        What else examples are made of in training, see `augmentation`.
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
    class_weight: str | Sequence[float] | None = None
    augment: Sequence[str] = ()
    early_stopping: bool = True
    patience: int | None = None

    def fit(self, model: Any, dataset: Dataset, rng: Generator, callbacks: Sequence[Callback] = ()) -> Fitted:
        """Train a copy of the model on a dataset, thinned out as it asks for.  -> Fitted, see `mmdl.training.fit`"""
        return fitted(self.training(tree.copy(model), dataset, rng, callbacks).run())

    def training(self, model: Any, dataset: Dataset, rng: Generator, callbacks: Sequence[Callback] = ()) -> Training:
        """The training that `fit` runs, which changes the model in place.  -> Training"""
        of_batch, validation = self.losses(model, dataset)
        augment = {"modality_dropout": self.modality_dropout} | dataset.augment | augmentation(dataset, self.augment)
        watching: list[Callback] = [] if dataset.validation is None else [validation(dataset.validation)]
        if watching and self.early_stopping:
            watching.append(EarlyStopping(self.patience or self.epochs))
        return Training(
            model,
            Epochs(dataset.train, self.batch_size, settings=augment),
            optimizer=Adam(self.learning_rate),
            epochs=self.epochs,
            rng=rng,
            schedule=partial(cosine, warm_up=self.warm_up),
            loss=of_batch,
            callbacks=[*watching, *callbacks],
        )

    def losses(self, model: Any, dataset: Dataset) -> tuple[Loss, Callable[[Examples], Validation]]:
        """The loss of a batch, and what measures the validation examples after each epoch."""
        loss: Callable[..., Any] = partial(softmax_cross_entropy, smoothing=self.smoothing)
        of_batch = classification(loss)
        if self.class_weight or "mixup" in self.augment:
            weights = class_weights(self.class_weight, dataset)
            loss = partial(weighted_loss, weights=weights, smoothing=self.smoothing)
            of_batch = weighted_classification(weights, self.smoothing)
        return of_batch, partial(Validation, loss=loss)


def adapted(recipe: Recipe, dataset: Dataset, reader: str | None) -> Recipe:
    """The recipe with the numbers that the data needs in place of its own, and what reads its words

    A text CNN learns single words by heart: it is taught more gently, and where examples are many, for a shorter time.
    """
    numbers: dict[str, Any] = dataset.recipe
    recipe = replace(recipe, **numbers)
    if is_text_cnn(dataset, reader):
        recipe = replace(recipe, learning_rate=1e-3, epochs=max(4, recipe.epochs - 2))
    return recipe


def augmentation(dataset: Dataset, names: Sequence[str]) -> dict[str, Any]:
    """The settings of `mmdl.data.batches` for some of AUGMENTATIONS

    flip    y[r, c] = x[r, C − 1 − c] for one half of the pictures
    shift   y[r, c] = x[r − d, c − e] with |d| and |e| at most a tenth of a picture's shorter side
    mixup   x̃ = λ xᵢ + (1 − λ) xⱼ,  ỹ = λ yᵢ + (1 − λ) yⱼ  with  λ ~ Beta(0.2, 0.2)

    Raises
    ------
    DataError
        If one of them is unknown, or not for data of this kind.

    Source of mixup: Zhang et al. 2018.
    """
    if unknown := [name for name in names if name not in AUGMENTATIONS]:
        raise DataError(f'there is no augmentation "{unknown[0]}"; there are {", ".join(AUGMENTATIONS)}')
    kinds = dataset.train.kinds
    for name in {"flip", "shift"}.intersection(names):
        if "image" not in kinds.values():
            raise DataError(f"{name} is for pictures, and {dataset.name} has none")
    if "mixup" in names and "text" in kinds.values():
        raise DataError(f"mixup adds up pictures, sounds and numbers, and {dataset.name} has words as well")
    found: dict[str, Any] = {"flip": True} if "flip" in names else {}
    if "shift" in names:
        pictures: list[Any] = [dataset.train.inputs[name] for name in of_kind(kinds, "image")]
        sides = [min(each.shape[1:3]) for each in pictures]
        found["picture_shift"] = max(1, round(SHIFT * min(sides)))
    return found | ({"mixup": MIXUP} if "mixup" in names else {})


def class_weights(how: str | Sequence[float] | None, dataset: Dataset) -> Array:
    """What an example of each class counts.  -> (K,)"""
    classes = len(dataset.classes)
    if isinstance(how, str):
        if how != "balanced":
            raise DataError(f'class weights are "balanced" or numbers, not "{how}"')
        return balanced(dataset.train.labels, classes)
    return np.ones(classes) if how is None else np.asarray(how, float)


RECIPES = {name: replace(Recipe(), **kind.recipe) for name, kind in FUSIONS.items()}
