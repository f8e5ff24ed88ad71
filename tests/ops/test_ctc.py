"""CTC, by hand where it is small, against PyTorch where it is not."""

import numpy as np
import pytest

from mmdl.errors import DataError, ShapeError
from mmdl.ops.ctc import ctc_loss


def test_two_frames_and_one_label_by_hand():
    """Of the nine paths "a a", "a -" and "- a" say a: three of nine where all classes are alike."""
    value, gradient, gamma = ctc_loss(np.zeros((1, 2, 3)), np.array([[1]]))
    assert value == pytest.approx(np.log(3))
    np.testing.assert_allclose(gamma, [[[1 / 3, 2 / 3, 0], [0, 2 / 3, 1 / 3]]], atol=1e-15)
    np.testing.assert_allclose(gradient, [[[0, -1 / 3, 1 / 3]] * 2], atol=1e-15)


def test_a_repeat_needs_a_blank_between():
    value, _, gamma = ctc_loss(np.zeros((1, 3, 2)), np.array([[1, 1]]))
    assert value == pytest.approx(3 * np.log(2))
    np.testing.assert_allclose(gamma[0], [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]], atol=1e-15)


def test_an_empty_label_is_all_blank():
    value, gradient, _ = ctc_loss(np.zeros((1, 3, 2)), np.zeros((1, 0), int))
    assert value == pytest.approx(3 * np.log(2))
    np.testing.assert_allclose(gradient, [[[-0.5, 0.5]] * 3])


def test_too_few_frames_name_the_example():
    logits, labels = np.zeros((2, 3, 4)), np.array([[1, 2, 3], [1, 2, 2]])
    with pytest.raises(
        DataError, match="example 1 has 3 frames, too few for 3 labels with a blank in each of 1 repeats"
    ):
        ctc_loss(logits, labels)
    with pytest.raises(DataError, match=r"example 0 has 2 frames, too few for 3 labels$"):
        ctc_loss(logits, labels, mask=np.arange(3) < np.array([[2], [3]]))


@pytest.mark.parametrize("label", [-1, 0, 4])
def test_labels_are_classes_and_not_the_blank(label):
    with pytest.raises(DataError, match=r"labels must lie in 0\.\.3 and not be the blank 0, but one is"):
        ctc_loss(np.zeros((1, 3, 4)), np.array([[label]]))


def test_a_loss_over_nothing():
    with pytest.raises(ShapeError, match="no examples"):
        ctc_loss(np.zeros((0, 3, 4)), np.zeros((0, 2), int))


def test_a_word_that_is_impossible_costs_infinitely_much():
    logits = np.zeros((1, 3, 3))
    logits[:, :, 1] = -np.inf
    value, gradient, _ = ctc_loss(logits, np.array([[1]]))
    assert value == np.inf
    assert np.isfinite(gradient).all() and not gradient[:, :, 1].any()


def test_long_sequences_stay_finite_in_single_precision():
    logits = 50 * np.random.default_rng(0).standard_normal((2, 1000, 11)).astype(np.float32)
    value, gradient, gamma = ctc_loss(logits, np.array([[1, 2, 3], [4, 4, 5]]))
    assert np.isfinite(value) and np.isfinite(gradient).all()
    double = ctc_loss(logits.astype(float), np.array([[1, 2, 3], [4, 4, 5]]))
    assert value == pytest.approx(double.value, rel=1e-6)
    np.testing.assert_allclose(gamma, double.gamma, atol=1e-3)


def test_it_agrees_with_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    logits, labels = rng.standard_normal((32, 80, 11)), rng.integers(1, 11, (32, 20))
    frames, lengths = rng.integers(60, 81, 32), rng.integers(0, 21, 32)
    mask, label_mask = np.arange(80) < frames[:, None], np.arange(20) < lengths[:, None]
    value, gradient, _ = ctc_loss(logits, labels, mask, label_mask)
    scores = torch.tensor(logits, requires_grad=True)
    given = torch.from_numpy(labels), torch.from_numpy(frames), torch.from_numpy(lengths)
    theirs = torch.nn.functional.ctc_loss(torch.log_softmax(scores, -1).transpose(0, 1), *given, reduction="sum") / 32
    theirs.backward()
    assert value == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, scores.grad, atol=1e-12)
