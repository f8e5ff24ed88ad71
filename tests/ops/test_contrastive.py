"""From two towers' vectors to the loss and back, against other ways to the same numbers."""

import numpy as np
import pytest
from scipy.special import log_softmax

from mmdl.errors import ShapeError
from mmdl.ops.contrastive import (
    contrastive_loss,
    normalize,
    normalize_backward,
    similarity,
    similarity_backward,
)
from mmdl.verify.oracle import complex_step_gradient
from tests.close import close

RNG = np.random.default_rng(0)


def chain(x, z, log_scale):
    """The loss of vectors as towers yield them."""
    return contrastive_loss(similarity(normalize(x).y, normalize(z).y, log_scale)).value


def test_the_whole_way_and_back():
    x, z, log_scale = RNG.standard_normal((4, 3)), RNG.standard_normal((4, 3)), np.array([1.3])
    a, b = normalize(x), normalize(z)
    s = similarity(a.y, b.y, log_scale)
    da, db, dlog_scale = similarity_backward(contrastive_loss(s).gradient, a.y, b.y, log_scale, s)
    found = normalize_backward(da, *a), normalize_backward(db, *b), dlog_scale
    for place, gradient in enumerate(found):
        expected = complex_step_gradient(chain, [x, z, log_scale], place, np.array(1.0))
        assert close(gradient, expected, rtol=0, atol=1e-14)


def test_laws_of_the_whole():
    x, z, log_scale = RNG.standard_normal((6, 3)), RNG.standard_normal((6, 3)), np.array([2.0])
    loss, order = chain(x, z, log_scale), RNG.permutation(6)
    assert np.isclose(chain(x[order], z[order], log_scale), loss, rtol=1e-13)
    assert np.isclose(chain(z, x, log_scale), loss, rtol=1e-13)
    assert not np.isclose(chain(x[order], z, log_scale), loss)
    alike = np.tile(x[:1], (6, 1))
    assert np.isclose(chain(alike, alike, log_scale), np.log(6), rtol=1e-13)


def test_by_scipy():
    s = 3 * RNG.standard_normal((5, 5))
    expected = -(np.trace(log_softmax(s, axis=1)) + np.trace(log_softmax(s, axis=0))) / 10
    assert np.isclose(contrastive_loss(s).value, expected, rtol=1e-14)


def test_perfect_pairs_pay_by_temperature():
    assert contrastive_loss(np.eye(64)).value == pytest.approx(np.log1p(63 / np.e))
    assert contrastive_loss(np.eye(64) / 0.1).value == pytest.approx(0.00286, abs=1e-5)


def test_a_row_of_zeros_has_no_direction_and_no_gradient():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    y, length = normalize(x)
    assert y.tolist() == [[0.6, 0.8], [0, 0]] and length.tolist() == [[5], [0]]
    dy = RNG.standard_normal((2, 2))
    dx = normalize_backward(dy, y, length)
    assert not dx[1].any()
    assert close(complex_step_gradient(lambda x: normalize(x).y, [x], 0, dy), dx, rtol=0, atol=1e-15)


def test_one_pair_has_nothing_to_learn():
    value, gradient = contrastive_loss(np.array([[7.0]]))
    assert value == 0 and gradient == 0


@pytest.mark.parametrize(
    ("s", "words"), [(np.zeros((0, 0)), "N must be at least 1"), (np.zeros((2, 3)), "N is 3"), (np.zeros(4), "axes")]
)
def test_what_is_no_square_is_said(s, words):
    with pytest.raises(ShapeError, match=words):
        contrastive_loss(s)


def test_vectors_of_different_widths_are_said():
    with pytest.raises(ShapeError, match="similarity: D is"):
        similarity(np.zeros((2, 3)), np.zeros((2, 4)), np.zeros(1))
