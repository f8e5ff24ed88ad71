"""Pointing: how often a word's strongest patch lies on what the word names."""

from typing import Any, NamedTuple

import numpy as np

from mmdl.data.batches import Batch, batches
from mmdl.data.dataset import Dataset, Examples
from mmdl.data.kinds import of_kind
from mmdl.errors import DataError
from mmdl.fusion import AttentionFusion, CrossAttentionFusion
from mmdl.models import multimodal_classifier
from mmdl.shapes import Array, Mask


class Pointing(NamedTuple):
    """Shares of the names that point at what they name, by who looks."""

    trained: float
    untrained: float  # a model of the same kind that has learned nothing
    chance: float  # a patch drawn at random
    names: int  # how many there were


def pointing(model: Any, examples: Examples, batch_size: int = 256) -> Pointing:
    """share of the names whose strongest patch, argmax of the mean of all heads, lies on what is named

    A patch is one cell of the last feature map, and lies where its share of the picture has its middle. A name counts
    by its last word, which has read the whole of it.

    Parameters
    ----------
    model : MultimodalClassifier
        With a fusion whose words attend to patches.
    examples : Examples
        `about["named"]` says what stands where, see `boxes_of`.
    """
    if not can_point(model, examples):
        raise DataError("pointing takes words that attend to patches, and data that says what stands where, as scenes")
    trained, chance = _pointing(model, examples, batch_size)
    untrained, _ = _pointing(_untrained(model, examples), examples, batch_size)
    return Pointing(float(np.mean(trained)), float(np.mean(untrained)), float(np.mean(chance)), len(trained))


def _pointing(model: Any, examples: Examples, batch_size: int) -> tuple[list[bool], list[float]]:
    """For each name, whether it points at what it names, and with which probability a random patch would"""
    on, shares = list[bool](), list[float]()
    names = iter(examples.about["named"].tolist())
    for batch in batches(examples, batch_size):
        [image, *_] = of_kind(batch.kinds, "image")
        for maps, named in zip(looks(model, batch), names, strict=False):
            for word, boxes in boxes_of(named):
                there = on_boxes(boxes, maps.shape[1:], batch[image].shape[1:3])
                on.append(bool(there.flat[maps[word].argmax()]))
                shares.append(float(there.mean()))
    if not on:
        raise DataError("no example names anything")
    return on, shares


def _untrained(model: Any, examples: Examples) -> Any:
    """Another model for such examples, of the same fusion and width."""
    dataset = Dataset("", model.classes, examples, None, examples, model.preprocessors, in_order=True)
    return multimodal_classifier(np.random.default_rng(0), dataset, model.fusion.name, model.fusion.modality.shape[1])


def looks(model: Any, batch: Batch) -> Array:
    """The attention of words to patches, mean of all heads.  -> (N, words, P, Q)"""
    [image, *_], [text, *_] = (of_kind(batch.kinds, kind) for kind in ("image", "text"))
    _, trace = model.forward(batch)
    weights = model.attention_weights(trace)[text, image].mean(axis=1)
    cut = trace.modalities[image].encoder[-1]  # the map that `Patches` cut up
    maps: Array = weights.reshape(*weights.shape[:2], *cut.shape[1:3])
    return maps


def can_point(model: Any, examples: Examples) -> bool:
    """Whether words attend to pictures, and it is known what stands where."""
    attends = isinstance(model.fusion, (AttentionFusion, CrossAttentionFusion))
    return attends and "named" in examples.about and {"image", "text"} <= {*examples.kinds.values()}


def boxes_of(named: str) -> list[tuple[int, Array]]:
    """ "3:10,4,25,19;0,0,9,9 8:..." -> [(3, boxes (2, 4)), ...]: the word's place, and top, left, bottom, right"""
    found = []
    for each in named.split():
        word, boxes = each.split(":")
        found.append((int(word), np.array([[int(side) for side in box.split(",")] for box in boxes.split(";")])))
    return found


def on_boxes(boxes: Array, patches: tuple[int, ...], pixels: tuple[int, ...]) -> Mask:
    """Which patches (P, Q) of a picture of (R, C) pixels have their middle in one of the boxes (B, 4)."""
    row, column = ((np.arange(count) + 0.5) * size / count for count, size in zip(patches, pixels, strict=True))
    top, left, bottom, right = boxes.T[:, :, None]
    inside: Mask = ((top <= row) & (row < bottom))[:, :, None] & ((left <= column) & (column < right))[:, None]
    return np.logical_or.reduce(inside, axis=0)
