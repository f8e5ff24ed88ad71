"""Every fusion in a classifier of two and of three modalities, some of which are absent."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from mmdl import data, tree
from mmdl.data.batches import batches
from mmdl.fusion import FUSIONS
from mmdl.models import multimodal_classifier
from mmdl.ops.losses import softmax_cross_entropy
from tests.layer_checks import scattered

PRESENT = np.array([[1, 1, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 0]], bool)
MANY = [(name, count) for name in FUSIONS for count in (2, 3)]


@cache
def interactions(count):
    return data.load("interactions", modalities=count)


@pytest.fixture(scope="module", params=MANY, ids=lambda many: f"{many[0]} of {many[1]}")
def trial(request):
    """A classifier of interactions, and a batch of seven with all kinds of absences."""
    name, count = request.param
    dataset, rng = interactions(count), np.random.default_rng(0)
    examples = dataset.train.select(np.arange(7))
    present = dict(zip(examples.inputs, PRESENT.T, strict=False))
    model = scattered(multimodal_classifier(rng, dataset, name, width=8), rng)
    return model, next(iter(batches(replace(examples, present=present), 7)))


def test_what_is_absent_has_no_influence(trial):
    model, batch = trial
    logits = model(batch)
    assert logits.shape == (7, 2) and np.isfinite(logits).all()
    for name, x in batch.inputs.items():
        x[~batch.present[name]] = 1e3
    assert np.array_equal(model(batch), logits)


def test_who_is_absent_learns_a_stand_in_and_nothing_else(trial):
    model, batch = trial
    logits, trace = model.forward(batch)
    dx, gradient = model.backward(softmax_cross_entropy(logits, batch.labels).gradient, trace)
    for name, modality in gradient.modalities.items():
        assert not dx[name][~batch.present[name]].any() and dx[name][batch.present[name]].any()
        assert modality.absent is None or modality.absent.any()
    assert all(np.isfinite(array).all() for _, array in tree.leaves(gradient))
