"""Numbers are promoted, ids are not: values that were wrong when somebody typed whole numbers."""

import numpy as np
import pytest

from mmdl.errors import DataError
from mmdl.layers.embedding import Embedding
from mmdl.layers.recurrent import GRU, LSTM, RNN
from mmdl.ops.attention import attention, attention_backward
from mmdl.ops.contrastive import normalize
from mmdl.ops.convolution import conv2d_backward
from mmdl.ops.embedding import embedding, embedding_backward
from mmdl.ops.filters import hertz_to_mel
from mmdl.ops.gru import gru
from mmdl.ops.losses import binary_cross_entropy, mean_squared_error, softmax_cross_entropy
from mmdl.ops.lstm import lstm
from mmdl.ops.normalization import batch_norm, layer_norm
from mmdl.ops.pooling import avg_pool2d, max_pool2d
from mmdl.ops.rnn import rnn
from mmdl.ops.softmax import softmax
from mmdl.tokens import Tokens
from mmdl.verify.batching import parts
from tests.close import close

RNG = np.random.default_rng(3)
ONE_HOT = np.eye(3, dtype=int)[[[0, 1, 2, 1]]]  # (N, T, D) = (1, 4, 3)


def weights(gates, dtype=float):
    """W, U, b of a recurrence with two units."""
    return [RNG.standard_normal(shape).astype(dtype) for shape in ((3, gates * 2), (2, gates * 2), (gates * 2,))]


def test_squared_error_of_integers():
    value, gradient = mean_squared_error(np.array([1, 2, 4]), np.array([0, 0, 0]))
    assert value == 7
    assert close(gradient, [2 / 3, 4 / 3, 8 / 3], rtol=1e-15)


def test_cross_entropy_of_integers():
    value, gradient = softmax_cross_entropy(np.array([[0, 0]]), np.array([1]))
    assert value == pytest.approx(np.log(2)) and gradient.tolist() == [[0.5, -0.5]]
    value, gradient = binary_cross_entropy(np.array([0, 0]), np.array([True, False]))
    assert value == pytest.approx(np.log(2)) and gradient.tolist() == [-0.25, 0.25]


@pytest.mark.parametrize("dtype", [int, bool, np.uint8, np.float32])
@pytest.mark.parametrize(("op", "gates"), [(rnn, 1), (lstm, 4), (gru, 3)], ids=["rnn", "lstm", "gru"])
def test_recurrences_of_one_hot_rows(op, gates, dtype):
    W, U, b = weights(gates)
    b = b if op is not gru else np.stack([b, b])
    found, expected = op(ONE_HOT.astype(dtype), W, U, b), op(ONE_HOT.astype(float), W, U, b)
    for mine, theirs in zip(parts(found), parts(expected), strict=True):
        assert mine.dtype == np.float64 and np.array_equal(mine, theirs)


@pytest.mark.parametrize("layer", [RNN, LSTM, GRU], ids=lambda layer: layer.__name__)
@pytest.mark.parametrize("dtype", [int, bool])
def test_recurrent_layers_of_one_hot_rows(layer, dtype):
    layer = layer.init(np.random.default_rng(0), 3, 2)
    mask = np.ones((1, 4), bool)
    found, trace = layer.forward(Tokens(ONE_HOT.astype(dtype), mask))
    expected, same = layer.forward(Tokens(ONE_HOT.astype(np.float32), mask))
    found, expected = (getattr(y, "values", y) for y in (found, expected))
    assert found.dtype == np.float32 and found.any() and np.array_equal(found, expected)
    dy = np.ones_like(found)
    for mine, theirs in zip(layer.backward(dy, trace), layer.backward(dy, same), strict=True):
        for name in () if isinstance(mine, np.ndarray) else ("W", "U", "b"):
            assert np.array_equal(getattr(mine, name), getattr(theirs, name))
        assert not isinstance(mine, np.ndarray) or np.array_equal(mine, theirs)


def test_average_of_bytes():
    assert avg_pool2d(np.full((1, 2, 2, 1), 200, np.uint8)).item() == 200


def test_padding_never_wins_against_negative_bytes():
    x = np.full((1, 3, 3, 1), -5, np.int8)
    assert (max_pool2d(x, 2, padding="same").y == -5).all()


def test_scores_that_are_integers():
    assert close(softmax(np.array([0, 0])), 0.5)
    assert close(normalize(np.array([3, 4])).y, [0.6, 0.8])


def test_backward_passes_of_integers():
    q, dy = np.array([[1, 0], [0, 2]]), np.array([[1, 0], [0, 1]])
    a = attention(q, q, q).weights
    found, expected = attention_backward(dy, q, q, q, a), attention_backward(*map(np.float64, (dy, q, q, q)), a)
    assert all(map(np.array_equal, found, expected))
    x, w, dy = np.arange(9).reshape(1, 3, 3, 1), np.array([[1, -1]]).reshape(1, 2, 1, 1), np.ones((1, 3, 2, 1), int)
    dx, dw, db = conv2d_backward(dy, x, w)
    assert dx[0, 0, :, 0].tolist() == [1, 0, -1] and dw.ravel().tolist() == [21, 27] and db.tolist() == [6]


def test_half_precision_is_refused():
    x = np.array([[300, -300, 200, -200]])
    with pytest.raises(DataError, match=r"^layer_norm: x is float16, whose sums overflow; make it float32 or float64$"):
        layer_norm(x.astype(np.float16), np.ones(4), np.zeros(4))
    assert close(layer_norm(x, np.ones(4), np.zeros(4)).y, [[1.1767, -1.1767, 0.7845, -0.7845]], atol=1e-4)


def test_masks_of_a_batch():
    x, mask = RNG.standard_normal((5, 3)), np.array([1, 0, 1, 1, 0])
    found, expected = (batch_norm(x, np.ones(3), np.zeros(3), each) for each in (mask, mask.astype(bool)))
    assert np.array_equal(found.y, expected.y) and np.array_equal(found.mean, x[[0, 2, 3]].mean(axis=0))
    with pytest.raises(DataError, match=r"^batch_norm: mask must be True or False, not float64$"):
        batch_norm(x, np.ones(3), np.zeros(3), mask.astype(float))


def test_ids_are_looked_at_from_both_ends():
    E = np.ones((3, 2))
    for call in (
        lambda ids: embedding(ids, E),
        lambda ids: embedding_backward(np.ones((1, 2)), ids, E),
        lambda ids: Embedding(E).forward(Tokens(ids[None], np.ones((1, 1), bool))),
    ):
        for wrong in (-1, 3):
            with pytest.raises(DataError, match=rf"ids must lie in 0..2 but reach from {wrong} to {wrong}"):
                call(np.array([wrong]))
        with pytest.raises(DataError, match="ids must be integers, not bool"):
            call(np.array([True]))
    for wrong in (-1, 3):
        with pytest.raises(DataError, match=rf"^embedding_backward: padding_id must lie in 0\.\.2, not {wrong}$"):
            embedding_backward(np.ones((1, 2)), np.array([0]), E, padding_id=wrong)


def test_a_number_is_as_good_as_an_array_where_a_function_is_of_one_number():
    assert hertz_to_mel(1000) == hertz_to_mel(1000.0) == hertz_to_mel(np.array([1000], np.uint16))[0]
