"""Recipes: with which numbers each fusion learns well; what differs from one to the next stands beside the fusion."""

from dataclasses import dataclass
from functools import partial

from mmdl.fusion import FUSIONS
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.training.loop import fit
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

    def fit(self, model, dataset, rng, callbacks=()):
        """Train on a dataset, thinned out as it asks for.  -> Fitted, see `mmdl.training.fit`"""
        return fit(
            model,
            dataset.train,
            dataset.validation,
            optimizer=Adam(self.learning_rate),
            epochs=self.epochs,
            rng=rng,
            batch_size=self.batch_size,
            schedule=partial(cosine, warm_up=self.warm_up),
            modality_dropout=self.modality_dropout,
            loss=partial(softmax_cross_entropy, smoothing=self.smoothing),
            callbacks=callbacks,
            **dataset.augment,
        )


RECIPES = {name: Recipe(**kind.recipe) for name, kind in FUSIONS.items()}
