"""Losses against each other, by the chain rule."""

import numpy as np

from mmdl.ops.activations import sigmoid
from mmdl.ops.losses import (
    bernoulli_cross_entropy,
    binary_cross_entropy,
    categorical_cross_entropy,
    softmax_cross_entropy,
)
from mmdl.ops.softmax import softmax, softmax_backward
from tests.close import close


def test_the_loss_of_probabilities_is_that_of_their_logits():
    """dp/ds = p (1 − p), and clipped probabilities give no gradient."""
    logits, targets = np.array([-3.0, -0.5, 0.0, 2.0]), np.array([0.0, 1.0, 0.3, 1.0])
    p = sigmoid(logits)
    value, gradient = bernoulli_cross_entropy(p, targets)
    expected = binary_cross_entropy(logits, targets)
    assert close(value, expected.value) and close(gradient * p * (1 - p), expected.gradient)
    assert not bernoulli_cross_entropy(np.array([0.0, 1.0, 0.05, 0.95]), np.ones(4), floor=0.1).gradient.any()
    assert bernoulli_cross_entropy(np.array([0.25, 0.75]), np.ones(2), floor=0.25).gradient.all()


def test_the_loss_of_a_softmax_is_that_of_its_logits():
    logits, labels = np.random.default_rng(0).normal(size=(4, 3)), np.array([0, 2, 1, 1])
    p = softmax(logits)
    value, gradient = categorical_cross_entropy(p, np.eye(3)[labels])
    expected = softmax_cross_entropy(logits, labels)
    assert close(value, expected.value) and close(softmax_backward(gradient, p), expected.gradient)
    at_the_floor = categorical_cross_entropy(np.array([[0.25, 0.75]]), np.eye(2)[:1], floor=0.25)
    assert close(at_the_floor.gradient, [[-3, 1]])
