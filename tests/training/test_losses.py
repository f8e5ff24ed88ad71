"""Losses of batches: class weights, smoothing and mixtures against their loops, and gradients against complex steps."""

from typing import NamedTuple

import numpy as np
import pytest

from mmdl.data.augment import Mixture
from mmdl.formulas import log_softmax
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.training.losses import balanced, classification, weighted_classification, weighted_loss

N, K = 5, 3
RNG = np.random.default_rng(0)
LOGITS, LABELS = RNG.standard_normal((N, K)), np.array([0, 2, 1, 2, 2])
MIXTURE = Mixture(np.array([1, 2, 0, 1, 0]), np.array([0.9, 0.3, 0.5, 1.0, 0.0]))
WEIGHTS = np.array([0.5, 2.0, 1.5])


class Some(NamedTuple):
    labels: np.ndarray
    mixture: Mixture | None = None

    def __len__(self):
        return len(self.labels)


def test_nothing_is_smoothed_unless_it_is_asked_for():
    plain = weighted_loss(LOGITS, LABELS, WEIGHTS, 0.0)
    assert weighted_loss(LOGITS, LABELS, WEIGHTS).value == plain.value
    assert weighted_classification(WEIGHTS)(LOGITS, Some(LABELS)).value == plain.value


@pytest.mark.parametrize("mixture", [None, MIXTURE])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_weighted_loss_is_its_formula(mixture, smoothing):
    total = 0.0
    for n in range(N):
        partner, share = (LABELS[n], 1.0) if mixture is None else (mixture.labels[n], mixture.shares[n])
        log_p = log_softmax(LOGITS[n])
        for label, part in ((LABELS[n], share), (partner, 1 - share)):
            for k in range(K):
                target = (1 - smoothing) * (k == label) + smoothing / K
                total -= part * WEIGHTS[label] * target * log_p[k] / N
    value, gradient = weighted_loss(LOGITS, LABELS, WEIGHTS, smoothing, mixture)
    assert value == pytest.approx(total, rel=1e-12)

    for place in np.ndindex(N, K):
        step = LOGITS.astype(complex)
        step[place] += 1e-30j
        found = weighted_loss(step, LABELS, WEIGHTS, smoothing, mixture).value.imag / 1e-30
        assert gradient[place] == pytest.approx(found, abs=1e-14)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_with_weights_of_one_it_is_the_plain_loss(smoothing):
    plain = classification(lambda s, labels: softmax_cross_entropy(s, labels, smoothing))(LOGITS, Some(LABELS))
    found = weighted_classification(np.ones(K), smoothing)(LOGITS, Some(LABELS))
    assert found.value == pytest.approx(plain.value, rel=1e-12)
    np.testing.assert_allclose(found.gradient, plain.gradient, atol=1e-14)
    assert (found.count, found.sums) == (plain.count, plain.sums)


def test_an_answer_is_right_as_far_as_the_example_is_of_that_class():
    logits = np.eye(K)[[0, 2, 0, 0, 2]]
    found = weighted_classification(np.ones(K))(logits, Some(LABELS, MIXTURE))
    assert found.sums["accuracy"] == pytest.approx(0.9 + 1.0 + 0.5 + 0 + 0)  # its partner is of the same class, too


def test_balanced_classes_count_alike():
    weights = balanced(LABELS, K)
    np.testing.assert_allclose(weights, [5 / 3, 5 / 3, 5 / 9])
    np.testing.assert_allclose(np.bincount(LABELS, weights[LABELS]), [5 / 3] * 3)
    assert weights[LABELS].mean() == pytest.approx(1)
    assert balanced(np.array([0, 0]), 2)[1] == 1


def test_single_precision_stays():
    assert weighted_loss(LOGITS.astype("f4"), LABELS, WEIGHTS, 0.1, MIXTURE).gradient.dtype == np.float32
