"""Backward passes check what forward passes check: no wrong argument is broadcast in silence."""

import inspect

import numpy as np
import pytest

from mmdl.errors import DataError, ShapeError
from mmdl.ops.attention import attention, multi_head_attention_backward
from mmdl.ops.convolution import conv2d_backward
from mmdl.ops.dropout import dropout_backward
from mmdl.ops.fusion import (
    bottleneck_attention_backward,
    concatenate_backward,
    gated_backward,
    low_rank_fusion_backward,
    tensor_fusion_backward,
)
from mmdl.ops.pooling import avg_pool2d_backward, global_max_pool_backward, max_pool2d_backward
from mmdl.ops.sequence_pooling import masked_max_backward
from mmdl.verify.batching import parts
from mmdl.verify.catalogue import CATALOGUE
from mmdl.verify.draws import Draws
from tests.close import close

WITH_BACKWARD = [name for name, entry in CATALOGUE.items() if entry.backward and entry.differentiable]
X, A_HALF = np.zeros((1, 4, 4, 1)), np.ones((1, 2, 2, 1))


def given_to_backward(entry, seed):
    """What the backward pass of one drawn case is called with."""
    rng = np.random.default_rng(seed)
    arguments = entry.arguments(Draws(lambda options: options[rng.integers(len(options))], seed))
    results = entry.results(**arguments)
    upstream = {f"d{name}": rng.standard_normal(np.shape(results[name])) for name in entry.outputs}
    known = arguments | results | upstream
    return {name: known[name] for name in inspect.signature(entry.backward).parameters if name in known}


@pytest.mark.parametrize("op", WITH_BACKWARD)
def test_an_axis_twice_as_long_is_refused_or_fits(op):
    """For a broadcast argument it may fit; then its gradient is as long."""
    entry = CATALOGUE[op]
    for seed in range(15):
        given = given_to_backward(entry, seed)
        for name, value in given.items():
            for axis in range(value.ndim if isinstance(value, np.ndarray) else 0):
                wrong = given | {name: np.repeat(value, 2, axis)}
                try:
                    gradients = entry.backward(**wrong)
                except (ShapeError, DataError):
                    continue
                gradients = (gradients,) if len(entry.differentiable) == 1 else gradients
                for place, gradient in zip(entry.differentiable, gradients, strict=False):
                    if place in wrong and wrong[place] is not None:
                        assert [g.shape for g in parts(gradient)] == [x.shape for x in parts(wrong[place])], name


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: avg_pool2d_backward(A_HALF, X, window=1),
            "avg_pool2d_backward: the window makes 4 x 4 stops but dy (N, P, Q, ...) = (1, 2, 2, 1)",
        ),
        (
            lambda: max_pool2d_backward(A_HALF, X, A_HALF.astype(int), window=2, stride=1),
            "max_pool2d_backward: the window makes 3 x 3 stops",
        ),
        (
            lambda: max_pool2d_backward(A_HALF, X, 4 * A_HALF.astype(int)),
            "max_pool2d_backward: winner must lie in 0..3 but reaches from 4 to 4",
        ),
        (
            lambda: global_max_pool_backward(np.ones((1, 1)), X, np.full((1, 1), -1)),
            "global_max_pool_backward: winner must lie in 0..15 but reaches from -1 to -1",
        ),
        (
            lambda: masked_max_backward(np.ones((1, 1)), np.ones((1, 2, 1)), np.full((1, 1), 2)),
            "masked_max_backward: winner must lie in -1..1",
        ),
        (lambda: conv2d_backward(A_HALF, X, np.ones((1, 1, 1, 1))), "conv2d_backward: the window makes 4 x 4 stops"),
        (
            lambda: dropout_backward(np.ones(2), np.ones(2, bool), 1.0),
            "dropout_backward: rate must be at least 0 and less than 1, not 1.0",
        ),
        (
            lambda: multi_head_attention_backward(*[np.ones((1, 2, 3))] * 4, np.ones((1, 2, 2, 2))),
            "multi_head_attention_backward: 2 heads do not divide D = 3 and V = 3",
        ),
        (
            lambda: bottleneck_attention_backward(*[np.ones((1, 3, 2))] * 4, (np.ones((1, 1, 3, 3)),), (1, 1)),
            "bottleneck_attention_backward: 1 weights for 2 lengths",
        ),
        (
            lambda: concatenate_backward(np.ones((1, 4)), (np.ones((1, 2)), np.ones((1, 1)))),
            "concatenate_backward: the features have 3 columns but dy (*, _) = (1, 4)",
        ),
        (
            lambda: tensor_fusion_backward(np.ones((1, 5)), (np.ones((1, 2)), np.ones((1, 1)))),
            "tensor_fusion_backward: the features have 6 products but dy (*, _) = (1, 5)",
        ),
        (
            lambda: gated_backward(np.ones(2), *[(np.ones(2), np.ones(2))] * 4),
            "gated_backward: 2 features need 1 scores but there are 2",
        ),
        (
            lambda: low_rank_fusion_backward(np.ones(1), (np.ones(2),), (np.ones((2, 1, 1)),), (np.ones((1, 1)),)),
            "low_rank_fusion_backward: factors[0] has 2 rows, but features[0] has 2 entries and a 1",
        ),
    ],
    ids=lambda value: value.split(":")[0] if isinstance(value, str) else "",
)
def test_wrong_settings_are_refused(call, sentence):
    with pytest.raises((ShapeError, DataError)) as error:
        call()
    assert str(error.value).startswith(sentence)


def test_a_shared_key_gathers_the_gradients_of_all_values():
    """q and k without leading axes, v with one: what arrives at the weights is summed."""
    q, k, v = np.random.default_rng(0).standard_normal((3, 2, 3))
    y, weights = attention(q, k, np.stack([v, 2 * v]))
    entry = CATALOGUE["attention"]
    dy = np.random.default_rng(1).standard_normal(y.shape)
    dq, dk, dv = entry.backward(dy, q, k, np.stack([v, 2 * v]), weights)
    alone = [entry.backward(dy[m], q, k, (m + 1) * v, weights) for m in range(2)]
    assert close(dq, alone[0][0] + alone[1][0]) and close(dk, alone[0][1] + alone[1][1])
    assert close(dv, np.stack([alone[0][2], alone[1][2]]))
