"""Batches that hold nothing twice: where all others are wrong answers, none of them may be right by chance."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from mmdl.data.batches import Batch, batches
from mmdl.data.dataset import Examples
from mmdl.data.kinds import of_kind
from mmdl.data.table.deal import groups_of
from mmdl.shapes import Array


def pairs(
    examples: Examples, size: int, rng: np.random.Generator, word_dropout: float = 0.0, modality_dropout: float = 0.0
) -> Iterator[Batch]:
    """Go through all examples once, `size` at most at a time, and no two of a batch show the same thing

    Arguments as in `mmdl.data.batches`. An example that lacks a modality, or loses all its words, is left out. The
    label of each is its place in the batch: among all answers it has to find its own.
    """
    for places in apart(identities(examples), size, rng):
        [batch] = batches(examples.select(places), size, rng, word_dropout, modality_dropout)
        whole = batch.select(np.logical_and.reduce(list(batch.present.values())))
        if len(whole):
            yield replace(whole, labels=np.arange(len(whole)))


def identities(examples: Examples) -> Array:
    """A number for each example, equal where two show the same thing.  -> ints (N,)

    The same thing is a character in several fonts (`about["character"]`); where nothing is known of characters it is
    what has the same text, or the same picture or sound by the name of its file, such as two captions of one picture;
    and where there are no texts, what has the same label.
    """
    if "character" in examples.about:
        return _numbered(examples.about["character"])
    texts = of_kind(examples.kinds, "text")
    if not texts:
        return _numbered(examples.labels)
    words: Any = examples.inputs[texts[0]]
    text = _numbered(np.where(words.full_mask, words.values, 0))
    files = [
        examples.about[name]
        for kind in ("image", "audio")
        for name in of_kind(examples.kinds, kind)
        if name in examples.about
    ]
    return np.array(groups_of(list(zip(map(str, text), *files, strict=True)))) if files else text


def _numbered(key: Any) -> Array:
    """A number for each row, equal where rows are.  (N, ...) -> (N,)"""
    return np.unique(key, axis=0, return_inverse=True)[1].reshape(len(key))


def first_of_each(examples: Examples) -> Array:
    """The places of the examples that are the first of their kind, in order.  -> ints (n,)"""
    return np.sort(np.unique(identities(examples), return_index=True)[1])


def apart(identity: Array, size: int, rng: np.random.Generator) -> list[Array]:
    """Deal out all examples, like cards, so that no hand holds two of a kind and none more than `size`

    All examples of a kind go, one each, to the hands that hold the fewest; among equals, to any. So the hands stay
    equally full, and who meets whom is left to chance.

    Parameters
    ----------
    identity : ints (N,)
        Equal where two examples are of a kind. Of a kind with more examples than there are hands, some are left out.
    size : int
    rng : numpy.random.Generator

    Returns
    -------
    list of ⌈N / size⌉ arrays of places
    """
    order = rng.permutation(len(identity))
    _, kind, count = np.unique(identity[order], return_inverse=True, return_counts=True)
    kinds = np.split(order[np.argsort(kind, kind="stable")], np.cumsum(count)[:-1])
    hands: list[list[int]] = [[] for _ in range(-(-len(identity) // size))]
    held = np.zeros(len(hands))
    for k in rng.permutation(len(kinds)):
        fewest = np.argsort(held + rng.random(len(hands)))[: len(kinds[k])]
        held[fewest] += 1
        for hand, place in zip(fewest, kinds[k], strict=False):
            hands[hand].append(place)
    return [np.array(hand) for hand in hands]
