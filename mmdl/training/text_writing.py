"""Learning to write: the recipe, what a trained model writes, and how often it is right."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations
from operator import mul
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from mmdl import tree
from mmdl.data.batches import batches
from mmdl.models import Transcriber
from mmdl.ops.softmax import log_softmax
from mmdl.shapes import Array, Ids
from mmdl.tokens import Tokens
from mmdl.training.callbacks import Callback
from mmdl.training.decoding import beam_labels, decode, greedy_labels
from mmdl.training.edit_distance import error_rate, exact_match
from mmdl.training.loop import Epochs, Fitted, Training, fitted
from mmdl.training.losses import transcription, writing
from mmdl.training.optimizers import Adam
from mmdl.training.schedules import cosine

AT_ONCE = 250  # examples that are written of together
PREFIXES = 8  # that a transcriber follows at least, when it is asked for probabilities


@dataclass(frozen=True)
class WritingRecipe:
    """Adam with one cycle of the learning rate, on whole targets at once: every token from the true ones before it.

    Parameters
    ----------
    epochs, batch_size : int
    learning_rate : float
        The highest, at the end of the warm-up.
    warm_up : float
        Share of all steps in which the learning rate rises.
    modality_dropout : float
        Probability with which an example loses a whole modality, where there are several.
    smoothing : float
        Share of each target that is spread over all tokens.
    picture_shift : int
        Pixels by which pictures are moved at most.
    clip : float
        Largest norm of the gradient.
    """

    epochs: int = 15
    batch_size: int = 64
    learning_rate: float = 3e-3
    warm_up: float = 0.1
    modality_dropout: float = 0.2
    smoothing: float = 0.0
    picture_shift: int = 0
    clip: float = 1.0

    def fit(self, model: Any, dataset: Any, rng: Generator, callbacks: Sequence[Any] = ()) -> Fitted:
        """Train a copy of a Writer or a Transcriber on a dataset with targets.  -> Fitted, see `mmdl.training.fit`"""
        return fitted(self.training(tree.copy(model), dataset, rng, callbacks).run())

    def training(self, model: Any, dataset: Any, rng: Generator, callbacks: Sequence[Any] = ()) -> Training:
        """The training that `fit` runs, which changes the model in place.  -> Training"""
        several = len(dataset.modalities) > 1
        augment = {"modality_dropout": self.modality_dropout if several else 0.0, "picture_shift": self.picture_shift}
        validation = [] if dataset.validation is None else [WritingValidation(dataset.validation)]
        return Training(
            model,
            Epochs(dataset.train, self.batch_size, settings=augment | dataset.augment),
            optimizer=Adam(self.learning_rate),
            epochs=self.epochs,
            rng=rng,
            schedule=partial(cosine, warm_up=self.warm_up),
            loss=transcription if isinstance(model, Transcriber) else writing(self.smoothing),
            clip=self.clip,
            callbacks=[*validation, *callbacks],
        )


class WritingValidation(Callback):
    """Adds to the history what other examples say after each epoch: validation_loss, what the loss counts, such as
    validation_accuracy, token by token, and validation_exact, the share of whole texts."""

    def __init__(self, examples: Any) -> None:
        self.examples = examples

    def epoch(self, training: Training) -> None:
        loss = transcription if isinstance(training.model, Transcriber) else writing()
        parts = batches(training.ranks.part(self.examples), AT_ONCE)
        measured = [loss(training.model.forward(batch)[0], batch) for batch in parts]
        mine = [(each.count, each.value, each.sums) for each in measured]
        counts, values, sums = zip(*chain.from_iterable(training.ranks.gathered(mine)), strict=True)
        found = {name: sum(each[name] for each in sums) / sum(counts) for name in sums[0]}
        found["loss"] = sum(map(mul, counts, values)) / sum(counts)
        found["exact"] = training.ranks.means(partial(evaluate_writing, training.model), self.examples)["exact"]
        training.record({f"validation_{name}": value for name, value in found.items()})


class Text(NamedTuple):
    """What a model wrote of one example."""

    text: str
    probability: float  # of this text among all; NaN of a transcriber's best path, which is not one text
    weights: Array | None = None  # (T, S): where in the memory each token was looked for
    ids: Ids | None = None  # (T,) its tokens, END last unless the limit came first; None of a transcriber

    @property
    def target(self) -> Tokens:
        """The text as the target of a batch of one, to be followed token by token."""
        ids = np.asarray(self.ids)[None]
        return Tokens(ids, np.ones(ids.shape, bool))


def write(model: Any, batch: Any, beams: int = 1, penalty: float = 0.7, best: int | None = None) -> list[list[Text]]:
    """The texts that a Writer or a Transcriber finds best for each example of a batch, best first

    Parameters
    ----------
    beams : int
        Beginnings that are followed; 1 is greedy.
    penalty : float
        Of length, see `decode`.
    best : int, optional
        How many texts are returned, by default one for each beam.
    """
    if isinstance(model, Transcriber):
        logits = model(batch)
        if beams == 1:
            return [[Text(model.target.text(row), np.nan)] for row in greedy_labels(logits.values, logits.full_mask)]
        log_p = [log_softmax(frames[there]) for frames, there in zip(logits.values, logits.full_mask, strict=True)]
        found = [beam_labels(each, max(beams, PREFIXES))[: best or beams] for each in log_p]
        return [[Text(model.target.text(row), float(np.exp(p))) for row, p in rows] for rows in found]
    answers = decode(model.decoder, model.read(batch), model.target.length, beams, penalty, best)
    return [
        [Text(model.target.text(each.ids), each.probability, each.weights, each.ids) for each in row] for row in answers
    ]


def texts(model: Any, examples: Any, beams: int = 1) -> list[str]:
    """The best text for each example, in order."""
    return [best.text for batch in batches(examples, AT_ONCE) for best, *_ in write(model, batch, beams)]


def evaluate_writing(model: Any, examples: Any, beams: int = 1) -> dict[str, float]:
    """The share of texts that are right to the letter, and edits for each unit of the truth (words or letters)

    Returns
    -------
    dict : "exact" and "error_rate"
    """
    written, truth = texts(model, examples, beams), model.target.texts(examples.targets)
    split = model.target.split
    rate = error_rate([split(each) for each in written], [split(each) for each in truth])
    return {"exact": exact_match(written, truth), "error_rate": rate}


def evaluate_writing_subsets(model: Any, examples: Any) -> dict[tuple[str, ...], dict[str, float]]:
    """What `evaluate_writing` says with every set of modalities alone, the others being absent; small sets first"""
    names = list(examples.inputs)
    subsets = [subset for size in range(1, len(names) + 1) for subset in combinations(names, size)]
    return {subset: evaluate_writing(model, examples.only(*subset)) for subset in subsets}
