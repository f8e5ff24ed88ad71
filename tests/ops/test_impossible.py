"""−∞ is impossible, NaN shows, and what a mask or `present` excludes is never read: the values, worked out by hand."""

import numpy as np
import pytest

from mmdl.errors import DataError
from mmdl.ops.attention import attention, attention_backward
from mmdl.ops.contrastive import contrastive_loss, normalize
from mmdl.ops.fusion import (
    average_of_experts,
    average_of_experts_backward,
    mixture_of_experts,
    mixture_of_experts_backward,
    product_of_experts,
)
from mmdl.ops.losses import binary_cross_entropy, softmax_cross_entropy
from mmdl.ops.sequence_pooling import last_valid, masked_max, masked_mean
from mmdl.ops.softmax import log_softmax, softmax
from mmdl.training import clip_by_global_norm

INF, NAN = np.inf, np.nan


def rng():
    return np.random.default_rng(0)


def test_an_impossible_class_has_no_part_in_the_loss():
    value, gradient = softmax_cross_entropy(np.array([[-INF, 0, 1]]), np.array([1]))
    assert value == pytest.approx(1.3132617, abs=5e-8)
    np.testing.assert_allclose(gradient, [[0, -0.7310586, 0.7310586]], atol=5e-8)


def test_nor_in_the_smoothing():
    both = softmax_cross_entropy(np.array([[0.0, 1.0]]), np.array([0]), smoothing=0.1)
    three = softmax_cross_entropy(np.array([[-INF, 0, 1]]), np.array([1]), smoothing=0.1)
    assert three.value == pytest.approx(both.value)
    np.testing.assert_allclose(three.gradient[:, 1:], both.gradient)


def test_a_truth_that_is_impossible_costs_infinitely_much():
    value, gradient = softmax_cross_entropy(np.array([[-INF, 0.0, 0.0]]), np.array([0]))
    assert value == INF
    assert gradient.tolist() == [[0, 0.5, 0.5]]


def test_rows_of_nothing():
    nothing = np.full((1, 3), -INF)
    assert softmax(nothing).tolist() == [[0, 0, 0]]
    assert log_softmax(nothing).tolist() == nothing.tolist()


def test_a_yes_that_is_impossible():
    value, gradient = binary_cross_entropy(np.array([-INF, 0.0]), np.array([0.0, 1.0]))
    assert value == pytest.approx(np.log(2) / 2)
    np.testing.assert_allclose(gradient, [0, -0.25])


def test_a_pair_that_is_impossible():
    value, gradient = contrastive_loss(np.array([[0, -INF], [-INF, 0]]))
    assert value == 0
    assert not gradient.any()


@pytest.mark.parametrize("more", [{}, {"mask": np.ones((2, 3), bool)}, {"mask": np.array([[1, 1, 1], [1, 1, 0]]) > 0}])
def test_a_query_that_may_look_nowhere_gets_zeros_however_that_was_said(more):
    q, k, v = rng().standard_normal((3, 2, 3, 4))
    bias = np.zeros((2, 3, 3))
    bias[0, 1] = -INF
    dy = rng().standard_normal(v.shape)
    for causal in (False, True):
        y, weights = attention(q, k, v, causal=causal, bias=bias, **more)
        assert not y[0, 1].any() and not weights[0, 1].any()
        dq, dk, dv, dbias = attention_backward(dy, q, k, v, weights, bias)
        assert not dq[0, 1].any() and not dbias[0, 1].any()
        assert all(np.isfinite(each).all() for each in (y, dq, dk, dv, dbias))


def test_leading_axes_that_only_the_values_and_the_mask_have():
    generator = rng()
    q, k, v = (generator.standard_normal(shape) for shape in ((2, 4), (3, 4), (5, 3, 2)))
    some = np.arange(15).reshape(5, 3) % 2 == 0
    for mask in (np.ones((5, 3), bool), some):
        y, weights = attention(q, k, v, mask)
        assert y.shape == (5, 2, 2) and weights.shape == (5, 2, 3)
        for n in range(5):
            np.testing.assert_allclose(y[n], attention(q, k, v[n], mask[n]).y, atol=1e-15)


def test_masked_keys_are_not_read():
    q, k, v = rng().standard_normal((3, 1, 3, 4))
    mask, dy = np.array([[True, True, False]]), np.ones((1, 3, 4))
    plain = attention(q, k, v, mask)
    broken = [np.where(mask[..., None], x, NAN) for x in (k, v)]
    seen = attention(q, *broken, mask)
    np.testing.assert_array_equal(seen.y, plain.y)
    pairs = attention_backward(dy, q, *broken, seen.weights), attention_backward(dy, q, k, v, plain.weights)
    for found, expected in zip(*pairs, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_masked_examples_are_not_looked_at_and_neither_are_their_labels():
    logits, mask = np.array([[0.0, 1.0], [NAN, NAN]]), np.array([True, False])
    for label in (-1, 7):
        value, gradient = softmax_cross_entropy(logits, np.array([1, label]), mask=mask)
        assert value == softmax_cross_entropy(logits[:1], np.array([1])).value
        assert not gradient[1].any()


def test_nan_in_what_counts_shows():
    assert np.isnan(normalize(np.array([[NAN, 1.0], [3.0, 4.0]])).y[0]).all()
    assert np.isnan(softmax_cross_entropy(np.array([[NAN, 0.0]]), np.array([0])).value)
    assert np.isnan(masked_mean(np.array([[[NAN], [1.0]]]))).all()


def test_pooling_reads_no_padding():
    x, mask = np.array([[[NAN], [2.0], [4.0], [-INF]]]), np.array([[False, True, True, False]])
    assert masked_mean(x, mask) == 3 and masked_max(x, mask).y == 4 and last_valid(x, mask) == 4


def test_the_largest_of_minus_infinities_is_a_token_and_no_padding():
    y, winner = masked_max(np.array([[[5.0], [-INF]]]), np.array([[False, True]]))
    assert y == -INF and winner == 1


def test_experts_who_find_a_class_impossible():
    sure, unsure = np.array([-INF, 0.0, 0.0]), np.zeros(3)
    dl = np.array([1.0, 2.0, 3.0])
    l = average_of_experts((sure, unsure))
    np.testing.assert_allclose(np.exp(l), [1 / 6, 5 / 12, 5 / 12])
    gradients = average_of_experts_backward(dl, (sure, unsure), l)
    assert gradients[0][0] == 0 and np.isfinite(gradients).all()
    l = average_of_experts((sure, sure))
    np.testing.assert_allclose(np.exp(l), [0, 0.5, 0.5])
    assert np.isfinite(average_of_experts_backward(dl, (sure, sure), l)).all()
    scores = np.zeros(2)
    l = mixture_of_experts((sure, sure), scores).l
    np.testing.assert_allclose(np.exp(l), [0, 0.5, 0.5])
    dlogits, dscores = mixture_of_experts_backward(dl, (sure, sure), scores, l)
    assert np.isfinite(dlogits).all() and np.isfinite(dscores).all()


def test_an_absent_expert_is_not_read():
    here, gone, present = np.array([1.0, 0.0]), np.array([NAN, INF]), np.array([True, False])
    expected = log_softmax(here)
    np.testing.assert_array_equal(product_of_experts((here, gone), present), expected)
    l = average_of_experts((here, gone), present)
    np.testing.assert_allclose(l, expected, atol=1e-15)
    dhere, dgone = average_of_experts_backward(np.array([1.0, 2.0]), (here, gone), l, present)
    assert np.isfinite(dhere).all() and not dgone.any()
    l, _ = mixture_of_experts((here, gone), np.array([0.0, NAN]), present)
    np.testing.assert_allclose(l, expected, atol=1e-15)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, 1.5, NAN])
def test_smoothing_has_a_range(smoothing):
    with pytest.raises(DataError, match="smoothing must be at least 0 and less than 1"):
        softmax_cross_entropy(np.zeros((1, 2)), np.array([0]), smoothing)


def test_clipping_a_gradient_whose_squares_overflow():
    clipped, norm = clip_by_global_norm((np.array([3e20, 4e20], np.float32),), 1.0)
    np.testing.assert_allclose(clipped[0], [0.6, 0.8], rtol=1e-6)
    assert norm == pytest.approx(5e20)
