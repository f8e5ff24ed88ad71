"""What letters cannot say is checked by name, and said in one sentence."""

import numpy as np
import pytest

from mmdl.errors import DataError, ShapeError
from mmdl.ops.attention import attention, multi_head_attention
from mmdl.ops.convolution import conv1d, conv2d, conv2d_backward
from mmdl.ops.dropout import dropout
from mmdl.ops.embedding import embedding
from mmdl.ops.fusion import bottleneck_attention, gated, low_rank_fusion, tensor_fusion
from mmdl.ops.losses import (
    binary_cross_entropy,
    categorical_cross_entropy,
    mean_squared_error,
    softmax_cross_entropy,
)
from mmdl.ops.normalization import batch_norm
from mmdl.ops.pooling import avg_pool2d, max_pool2d
from mmdl.ops.positions import sinusoidal_positions
from mmdl.ops.rnn import rnn, rnn_backward
from mmdl.ops.softmax import softmax


def zeros(*shape):
    return np.zeros(shape)


X, W = zeros(2, 5, 5, 1), zeros(3, 3, 1, 4)

SHAPE_ERRORS = {
    "kernel larger than its image": (
        lambda: conv2d(zeros(1, 2, 5, 1), W),
        "conv2d: a kernel that reaches over 3 does not fit into R = 2 with padding 0 + 0",
    ),
    "dilated kernel larger than its sequence": (
        lambda: conv1d(zeros(1, 4, 1), zeros(3, 1, 1), dilation=2),
        "conv2d: a kernel that reaches over 5 does not fit into C = 4",
    ),
    "no stride": (lambda: conv2d(X, W, stride=0), "conv2d: window 3, stride 0 and dilation 1 must be at least 1"),
    "negative padding": (lambda: conv2d(X, W, padding=-1), "conv2d: padding (-1, -1) must not be negative"),
    "gradient of another size": (
        lambda: conv2d_backward(zeros(2, 4, 3, 4), X, W),
        "the window makes 3 x 3 stops but dy (N, P, Q, ...) = (2, 4, 3, 4)",
    ),
    "window of padding only": (
        lambda: max_pool2d(X, window=2, padding=2),
        "max_pool2d: padding 2 must be smaller than the window 2",
    ),
    "window larger than its image": (lambda: avg_pool2d(X, window=6), "avg_pool2d: a kernel that reaches over 6"),
    "no heads": (
        lambda: multi_head_attention(zeros(1, 2, 6), zeros(1, 2, 6), zeros(1, 2, 6), heads=0),
        "multi_head_attention: 0 heads do not divide D = 6 and V = 6",
    ),
    "heads that do not divide": (
        lambda: multi_head_attention(zeros(1, 2, 6), zeros(1, 2, 6), zeros(1, 2, 6), heads=4),
        "multi_head_attention: 4 heads do not divide D = 6 and V = 6",
    ),
    "attention without keys": (
        lambda: attention(zeros(2, 3), zeros(0, 3), zeros(0, 3)),
        "attention: S must be at least 1 in k (..., S, D) = (0, 3)",
    ),
    "two gates for two": (
        lambda: gated((zeros(2, 3),) * 2, (zeros(2, 3),) * 2),
        "gated: 2 features need 1 scores but there are 2",
    ),
    "one gate for three": (
        lambda: gated((zeros(2, 3),) * 3, (zeros(2, 3),)),
        "gated: 3 features need 3 scores but there are 1",
    ),
    "a tensor too large": (
        lambda: tensor_fusion((zeros(2, 64),) * 3),
        "tensor_fusion: 65 · 65 · 65 = 274,625 products for each example are more than 100,000",
    ),
    "a factor without a row for the 1": (
        lambda: low_rank_fusion((zeros(2, 3), zeros(2, 4)), (zeros(4, 2, 5), zeros(4, 2, 5))),
        "low_rank_fusion: factors[1] has 4 rows, but features[1] has 4 entries and a 1",
    ),
    "factors of different rank": (
        lambda: low_rank_fusion((zeros(2, 3), zeros(2, 4)), (zeros(4, 2, 5), zeros(5, 3, 5))),
        "low_rank_fusion: F is 2 in factors[0]",
    ),
    "more tokens than there are": (
        lambda: bottleneck_attention(zeros(1, 3, 2), zeros(1, 3, 2), zeros(1, 3, 2), (2, 2)),
        "bottleneck_attention: lengths (2, 2) do not fit into T = 3",
    ),
    "fewer tokens than none": (
        lambda: bottleneck_attention(zeros(1, 3, 2), zeros(1, 3, 2), zeros(1, 3, 2), (-1, 3)),
        "bottleneck_attention: lengths (-1, 3) do not fit into T = 3",
    ),
    "a bottleneck of nobody": (
        lambda: bottleneck_attention(zeros(1, 3, 2), zeros(1, 3, 2), zeros(1, 3, 2), ()),
        "bottleneck_attention: lengths () do not fit into T = 3",
    ),
    "softmax over nothing": (lambda: softmax(zeros(2, 0)), "softmax: K must be at least 1"),
    "loss over nothing": (
        lambda: softmax_cross_entropy(zeros(0, 3), np.zeros(0, int)),
        "softmax_cross_entropy: a loss over no examples has no value",
    ),
    "loss over masked examples only": (
        lambda: softmax_cross_entropy(zeros(2, 3), np.zeros(2, int), mask=np.zeros(2, bool)),
        "softmax_cross_entropy: a loss over no examples has no value",
    ),
    "labels that would broadcast": (
        lambda: softmax_cross_entropy(zeros(2, 3), np.zeros(1, int)),
        "softmax_cross_entropy: the leading axes are (2,) in logits (*, K) = (2, 3) but (1,) in labels (*) = (1,)",
    ),
    "targets that would broadcast": (
        lambda: mean_squared_error(zeros(2, 1), zeros(2)),
        "mean_squared_error: the leading axes are (2, 1) in y (*) = (2, 1) but (2,) in targets (*) = (2,)",
    ),
    "binary targets that would broadcast": (
        lambda: binary_cross_entropy(zeros(2, 1), zeros(2)),
        "binary_cross_entropy: the leading axes are (2, 1) in logits (*) = (2, 1) but (2,) in targets (*) = (2,)",
    ),
    "distributions that would broadcast": (
        lambda: categorical_cross_entropy(zeros(2, 3), zeros(1, 3)),
        "categorical_cross_entropy: the leading axes are (2,) in p (*, K) = (2, 3) but (1,) in targets (*, K) = (1, 3)",
    ),
    "statistics of nobody": (
        lambda: batch_norm(zeros(2, 3), zeros(3), zeros(3), mask=np.zeros(2, bool)),
        "batch_norm: there is no example in x (..., D) = (2, 3)",
    ),
    "negative positions": (lambda: sinusoidal_positions(-1, 4), "sinusoidal_positions: T = -1 and D = 4"),
    "negative columns": (lambda: sinusoidal_positions(3, -1), "sinusoidal_positions: T = 3 and D = -1"),
}

SHAPE_ERRORS |= {
    "a stride for three axes": (
        lambda: conv2d(X, W, stride=(1, 2, 3)),
        "conv2d: stride must be one whole number or two, not (1, 2, 3)",
    ),
    "a stride for one axis": (
        lambda: max_pool2d(X, stride=(1,)),
        "max_pool2d: stride must be one whole number or two, not (1,)",
    ),
    "half a stride": (lambda: conv2d(X, W, stride=0.5), "conv2d: stride must be one whole number or two, not 0.5"),
    "a window for three axes": (
        lambda: avg_pool2d(X, (1, 2, 3)),
        "avg_pool2d: window must be one whole number or two, not (1, 2, 3)",
    ),
    "padding for three axes": (
        lambda: conv2d(X, W, padding=(1, 2, 3)),
        "conv2d: padding must be one whole number or two, not (1, 2, 3)",
    ),
}

DATA_ERRORS = {
    "padding by an unknown name": (
        lambda: conv2d(X, W, padding="full"),
        'conv2d: padding must be "valid", "same" or numbers, not "full"',
    ),
    "ids that are no rows": (
        lambda: embedding(np.array([0, 3]), zeros(3, 2)),
        "embedding: ids must lie in 0..2 but reach from 0 to 3",
    ),
    "negative ids, which would wrap": (
        lambda: embedding(np.array([-1, 1]), zeros(3, 2)),
        "embedding: ids must lie in 0..2 but reach from -1 to 1",
    ),
    "ids that are no integers": (
        lambda: embedding(zeros(2), zeros(3, 2)),
        "embedding: ids must be integers, not float64",
    ),
    "labels that are no classes": (
        lambda: softmax_cross_entropy(zeros(2, 3), np.array([0, 3])),
        "softmax_cross_entropy: labels must be integers in 0..2, not int64 from 0 to 3",
    ),
    "a label below the first": (
        lambda: softmax_cross_entropy(zeros(2, 3), np.array([-1, 0])),
        "softmax_cross_entropy: labels must be integers in 0..2, not int64 from -1 to 0",
    ),
    "labels that are no integers": (
        lambda: softmax_cross_entropy(zeros(0, 3), zeros(0)),
        "softmax_cross_entropy: labels must be integers, not float64",
    ),
    "a rate of one": (
        lambda: dropout(zeros(2), np.ones(2, bool), 1.0),
        "dropout: rate must be at least 0 and less than 1, not 1.0",
    ),
    "an unknown f": (
        lambda: rnn(zeros(1, 2, 3), zeros(3, 4), zeros(4, 4), zeros(4), f="sine"),
        'rnn: f must be one of tanh, relu, sigmoid, not "sine"',
    ),
    "an unknown f on the way back": (
        lambda: rnn_backward(zeros(1, 3, 4), zeros(1, 2, 3), zeros(3, 4), zeros(4, 4), zeros(1, 3, 4), f="sine"),
        'rnn_backward: f must be one of tanh, relu, sigmoid, not "sine"',
    ),
}


@pytest.mark.parametrize("mistake", SHAPE_ERRORS)
def test_shape_error(mistake):
    call, sentence = SHAPE_ERRORS[mistake]
    with pytest.raises(ShapeError) as caught:
        call()
    assert sentence in str(caught.value)


@pytest.mark.parametrize("mistake", DATA_ERRORS)
def test_data_error(mistake):
    call, sentence = DATA_ERRORS[mistake]
    with pytest.raises(DataError) as caught:
        call()
    assert sentence in str(caught.value)
    assert not isinstance(caught.value, ShapeError)


def test_a_tensor_may_have_as_many_products_as_it_is_said():
    assert tensor_fusion((zeros(1, 99), zeros(1, 999))).shape == (1, 100_000)
