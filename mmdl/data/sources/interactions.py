"""Interactions: vectors whose information about the label is redundant, unique or synergistic, by measure.

The label is a sign. Every example shows it in one of three ways, and every modality has a place for each of them:

    redundant   every modality shows the sign
    unique      one modality shows it, each as often as the others, and the others show nothing
    synergy     every modality shows a sign of its own; only the product of all of them is the label (XOR, parity)

A place that is not in use holds 0, so that an observer knows which way it is. What is shown is the truth, but the
label itself is then reversed with the probability `noise`.
"""

import math
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from mmdl.data.dataset import Dataset, Examples
from mmdl.data.kinds import Column
from mmdl.data.preprocessors.numbers import Standardizer
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.data.registry import Source
from mmdl.errors import DataError
from mmdl.shapes import Array

WAYS = ("redundant", "unique", "synergy")
MODALITIES = ("first", "second", "third")
NUMBERS = 8  # D: the three places and five numbers that mean nothing
COUNTS = {"train": 8000, "validation": 2000, "test": 4000}


def load(
    redundant: float | None = None,
    unique: float | None = None,
    synergy: float | None = None,
    modalities: int = 2,
    noise: float = 0.05,
    seed: int = 0,
) -> Dataset:
    """14,000 examples of two classes, with the best accuracy and loss that any model can reach

    Parameters
    ----------
    redundant, unique, synergy : float
        Shares of the examples, and of the information. Those not given share equally what is left of 1: `synergy=1`
        is XOR and nothing else.
    modalities : 2 or 3
    noise : float
        Probability, at most ½, with which a label is the opposite of what the inputs say.
    seed : int

    Returns
    -------
    Dataset
        Modalities "first", "second" and "third", each (N, 8) float32: the three places and five Gaussian numbers,
        turned by a rotation, which loses nothing. `about` has "way"; `best` is what `best_possible` says.

    Raises
    ------
    DataError
        If the shares do not add up to 1, or another number is out of range.
    """
    best = best_possible(redundant, unique, synergy, modalities, noise)
    shares = shares_of(redundant, unique, synergy)
    rng = np.random.default_rng(seed)
    rotations = {name: np.linalg.qr(rng.normal(size=(NUMBERS, NUMBERS)))[0] for name in MODALITIES[:modalities]}
    drawn = {split: sample(rng, count, shares, rotations, noise) for split, count in COUNTS.items()}
    preprocessors: dict[str, Preprocessor] = {name: Standardizer.fit(x) for name, x in drawn["train"].inputs.items()}
    splits: dict[str, Any] = {
        split: replace(examples, inputs={name: preprocessors[name].encode(x) for name, x in examples.inputs.items()})
        for split, examples in drawn.items()
    }
    limits = [
        f"with {' and '.join(names)} no model is right more often than {limit['accuracy']:.3f}, "
        f"or has a smaller loss than {limit['loss']:.3f}"
        for names, limit in best.items()
    ]
    widest = 2 * math.sqrt(0.5 * (1 - 0.5) / COUNTS["test"])  # two standard deviations, of a coin
    scatter = f"on {COUNTS['test']:,} test examples, chance moves an accuracy by up to {widest:.3f} up or down"
    notes = (*limits, scatter)
    return Dataset("interactions", ("minus", "plus"), **splits, preprocessors=preprocessors, notes=notes, best=best)


def best_possible(
    redundant: float | None = None,
    unique: float | None = None,
    synergy: float | None = None,
    modalities: int = 2,
    noise: float = 0.05,
) -> dict[tuple[str, ...], dict[str, float]]:
    """accuracy(S) = q (1 − noise) + (1 − q) / 2,  loss(S) = q h(noise) + (1 − q) log 2,  for every set S of modalities

    q(S) = redundant + unique |S| / M + synergy [S is all M] is the share of the examples in which S shows the sign.
    There the label is what is shown with probability 1 − noise, and no rule can be right more often, nor have a smaller
    loss than the entropy h(ε) = −ε log ε − (1 − ε) log(1 − ε). In the other examples both labels are equally probable
    given all that S shows: a sign that S does not see is drawn evenly and on its own, and it turns the label around.
    The numbers that mean nothing are independent of all this. So the information of S about the label is
    log 2 − loss(S) = q (log 2 − h(noise)).

    Parameters as in `load`.

    Returns
    -------
    dict of tuple of str to dict
        {("first",): {"loss": ..., "accuracy": ...}, ..., ("first", "second"): ...}; losses in nats
    """
    if modalities not in (2, 3):
        raise DataError(f"there are interactions of 2 or 3 modalities, not of {modalities}")
    if not 0 <= noise <= 0.5:
        raise DataError(f"the noise is a probability from 0 to 0.5, not {noise}")
    redundant, unique, synergy = shares_of(redundant, unique, synergy)
    entropy = -sum(p * math.log(p) for p in (noise, 1 - noise) if p)
    best: dict[tuple[str, ...], dict[str, float]] = {}
    for size in range(1, modalities + 1):
        q = redundant + unique * size / modalities + synergy * (size == modalities)
        limits = {"loss": q * entropy + (1 - q) * math.log(2), "accuracy": q * (1 - noise) + (1 - q) / 2}
        best |= dict.fromkeys(combinations(MODALITIES[:modalities], size), limits)
    return best


def shares_of(*shares: float | None) -> tuple[float, ...]:
    """The shares of the three ways; those that are None share equally what the others leave of 1."""
    given = [share for share in shares if share is not None]
    rest = 1 - sum(given)
    if not all(share >= 0 for share in given) or rest < -1e-9 or (len(given) == len(shares) and rest > 1e-9):
        told = ", ".join(f"{way} {share}" for way, share in zip(WAYS, shares, strict=True) if share is not None)
        raise DataError(f"the shares of {', '.join(WAYS)} lie between 0 and 1 and add up to 1; given was {told}")
    return tuple(max(rest, 0) / (len(shares) - len(given)) if share is None else share for share in shares)


def sample(
    rng: np.random.Generator, count: int, shares: tuple[float, ...], rotations: dict[str, Array], noise: float
) -> Examples:
    """Examples whose inputs are not yet standardised, and whose `about` tells the way of each."""
    places, labels, way = draw(rng, count, shares, len(rotations), noise)
    meaningless = rng.normal(size=(count, len(rotations), NUMBERS - len(WAYS)))
    x = np.concatenate([places, meaningless], axis=2)
    inputs: dict[str, Column] = {name: x[:, m] @ rotation for m, (name, rotation) in enumerate(rotations.items())}
    return Examples(inputs, labels, about={"way": np.array(WAYS)[way]})


def draw(
    rng: np.random.Generator, count: int, shares: tuple[float, ...], modalities: int, noise: float
) -> tuple[Array, Array, Array]:
    """What the places show, (N, M, 3) of −1, 0 and 1, labels (N,) of 0 and 1, and the way of each example (N,)."""
    way = rng.choice(len(WAYS), count, p=shares)
    owner = rng.integers(modalities, size=count)
    sign = rng.choice([-1, 1], count)
    parts = rng.choice([-1, 1], (count, modalities))
    parts[:, -1] = sign * parts[:, :-1].prod(axis=1)  # so that the product of all is the sign
    redundant, unique, synergy = (np.flatnonzero(way == each) for each in range(len(WAYS)))
    places = np.zeros((count, modalities, len(WAYS)))
    places[redundant, :, 0] = sign[redundant, None]
    places[unique, owner[unique], 1] = sign[unique]
    places[synergy, :, 2] = parts[synergy]
    label = np.where(rng.random(count) < noise, -sign, sign)
    return places, (label > 0).astype(int), way


SOURCE = Source(
    load,
    MODALITIES[:2],
    "generated vectors; what each modality knows of the label, alone and together, is known exactly",
    "free: made on this machine",
)
