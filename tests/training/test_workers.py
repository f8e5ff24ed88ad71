"""Batches in parts on threads: the same gradient, the same bits every time, and nothing left running."""

import threading
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from mmdl import tree
from mmdl.data import Batch, batches
from mmdl.errors import DataError, TrainingError
from mmdl.layers import BatchNorm, Dropout, Sequential
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.tokens import Tokens
from mmdl.training import SGD, Adam, BatchLoss, classification, evaluate, fit, loss_and_gradient
from mmdl.training.workers import shared_gradient


@pytest.fixture
def exact(model):
    return tree.map(lambda array: array.astype(np.float64), model)


@pytest.mark.parametrize("count", [2, 3, 7])
@pytest.mark.parametrize("size", [1, 2, 31])
def test_loss_and_gradient_are_those_of_the_whole_batch(exact, train, count, size):
    batch = next(batches(train, size))
    batch = replace(batch, inputs=batch.inputs | {"image": batch["image"].astype(np.float64)})
    loss = classification(partial(softmax_cross_entropy, smoothing=0.1))
    whole, gradient = loss_and_gradient(exact, batch, loss)
    with shared_gradient(exact, np.random.default_rng(0), count) as gradients:
        shared, together = gradients.of(batch, loss)
    assert shared.value == pytest.approx(whole.value, rel=1e-12)
    assert shared.count == whole.count and shared.sums == whole.sums
    for (path, ours), (_, whole) in zip(tree.leaves(together), tree.leaves(gradient), strict=True):
        np.testing.assert_allclose(ours, whole, atol=1e-12, err_msg=path)


@pytest.mark.parametrize("count", [2, 3])
def test_parts_count_by_what_their_means_are_over(exact, train, count):
    """A loss over words, of which the parts of a batch do not have equally many."""
    batch = next(batches(train, 20))
    batch = replace(batch, inputs=batch.inputs | {"image": batch["image"].astype(np.float64)})

    def over_words(logits, batch):
        words = batch["text"].mask.sum(axis=1)
        return BatchLoss(
            float(words @ logits[:, 0] / words.sum()), words[:, None] * [[1.0, 0, 0]] / words.sum(), words.sum(), {}
        )

    whole, gradient = loss_and_gradient(exact, batch, over_words)
    with shared_gradient(exact, np.random.default_rng(0), count) as gradients:
        shared, together = gradients.of(batch, over_words)
    assert shared.value == pytest.approx(whole.value, rel=1e-12) and shared.count == batch["text"].mask.sum()
    for (path, ours), (_, theirs) in zip(tree.leaves(together), tree.leaves(gradient), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12, err_msg=path)


def test_a_batch_can_be_cut(train):
    batch = next(batches(train, 10))
    some = batch.select(slice(3, 7))
    assert len(some) == 4
    np.testing.assert_array_equal(some["image"], batch["image"][3:7])
    np.testing.assert_array_equal(some["text"].mask, batch["text"].mask[3:7])
    np.testing.assert_array_equal(some.labels, batch.labels[3:7])


def test_same_seed_same_bits_with_dropout(model, train):
    model = replace(model, head=Sequential((Dropout(0.5), model.head)))
    train_it = partial(fit, model, train, optimizer=Adam(0.01), epochs=2, batch_size=16, workers=2)
    first, again = (train_it(rng=np.random.default_rng(3)) for _ in range(2))
    other = train_it(rng=np.random.default_rng(4))
    assert tree.equal(first.model, again.model)
    assert not tree.equal(first.model, other.model)


def test_threads_drop_different_numbers(model):
    model = replace(model, head=Sequential((Dropout(0.5), model.head)))
    drawn = []

    class Recorded(type(model.head)):
        def forward(self, x):
            drawn.append(self.layers[0].rng)
            return super().forward(x)

    model = replace(model, head=Recorded(model.head.layers))
    examples = some_of(model)
    with shared_gradient(model, np.random.default_rng(0), 2) as gradients:
        gradients.of(examples, classification())
    assert len(drawn) == 2
    assert drawn[0] is not drawn[1]
    assert drawn[0].random() != drawn[1].random()


def some_of(model):
    """A batch of eight that fits the model."""
    rng = np.random.default_rng(0)
    everywhere = np.ones(8, bool)
    inputs = {
        "image": rng.random((8, 6, 6, 1), np.float32),
        "text": Tokens(rng.integers(2, 7, (8, 4)).astype(np.int32), np.ones((8, 4), bool)),
    }
    return Batch(inputs, dict.fromkeys(inputs, everywhere), rng.integers(3, size=8))


def test_two_workers_learn_as_well(model, train, validation):
    fitted = fit(model, train, optimizer=Adam(0.01), epochs=6, rng=np.random.default_rng(0), workers=2)
    assert evaluate(fitted.model, validation)["accuracy"] > 0.9


def test_no_thread_stays(model, train):
    before = threading.active_count()
    fit(model, train, optimizer=SGD(0.1), epochs=1, rng=np.random.default_rng(0), workers=3)
    assert threading.active_count() == before


def test_what_overflows_on_a_thread_is_named_without_a_warning(model, train):
    model = tree.map(lambda array: array * np.float32(1e30), model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TrainingError, match="epoch 1, step 1"):
            fit(model, train, optimizer=SGD(0.1), epochs=1, rng=np.random.default_rng(0), workers=2)


def test_batch_normalisation_needs_whole_batches(model, train):
    model = replace(model, head=Sequential((BatchNorm.init(16), model.head)))
    with pytest.raises(DataError, match="whole batches"):
        fit(model, train, optimizer=SGD(0.1), epochs=1, rng=np.random.default_rng(0), workers=2)


def test_no_worker_is_too_few(model, train):
    with pytest.raises(DataError, match="at least one worker, not 0"):
        fit(model, train, optimizer=SGD(0.1), epochs=1, rng=np.random.default_rng(0), workers=0)
