"""The transformer block against its two lines."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl import tree
from mmdl.errors import ShapeError
from mmdl.layers import TransformerBlock
from mmdl.tokens import Tokens
from mmdl.verify.compare import agree
from tests.close import close
from tests.layer_checks import scattered, upstream
from tests.layers.cases import tokens

RNG = np.random.default_rng(0)
X = tokens(RNG)
BLOCK = scattered(TransformerBlock.init(RNG, 4, 2, 6), RNG)


def test_its_two_lines():
    x = X.values + BLOCK.attention(Tokens(BLOCK.norm(X.values), X.mask)).values
    x = x + BLOCK.feed_forward.narrow(np.maximum(BLOCK.feed_forward.widen(BLOCK.feed_forward.norm(x)), 0))
    assert close(BLOCK(X).values, x, rtol=0, atol=1e-14)


def test_steps_that_add_nothing_leave_the_tokens_and_their_gradient():
    attention = replace(BLOCK.attention, Wo=np.zeros((4, 4)), bo=np.zeros(4))
    idle = replace(
        BLOCK,
        attention=attention,
        feed_forward=replace(BLOCK.feed_forward, narrow=tree.zeros(BLOCK.feed_forward.narrow)),
    )
    y, trace = idle.forward(X)
    dy = upstream(y)
    assert np.array_equal(y.values, X.values)
    assert np.array_equal(idle.backward(dy, trace)[0], dy)


def test_the_trace_shows_attention():
    _, trace = BLOCK.forward(X)
    assert trace.attention.weights.shape == (4, 2, 5, 5)


def test_what_nobody_reads_is_not_computed_and_the_rest_is_the_same():
    some = slice(1, 4)
    (whole, its_trace), (y, trace) = BLOCK.forward(X), BLOCK.forward(X, some)
    agree("y", y.values, whole.values[:, some], 1e-14, "of all")
    assert np.array_equal(y.mask, X.mask[:, some]) and trace.attention.weights.shape == (4, 2, 3, 5)
    dy = np.zeros_like(whole.values)
    dy[:, some] = upstream(y)
    (dx, gradient), (expected, other) = BLOCK.backward(dy[:, some], trace), BLOCK.backward(dy, its_trace)
    agree("dx", dx, expected, 1e-14, "of all")
    for (path, found), (_, right) in zip(tree.leaves(gradient), tree.leaves(other), strict=True):
        agree(path, found, right, 1e-13, "of all")
    with pytest.raises(ShapeError, match="causal attention is read as a whole"):
        TransformerBlock.init(RNG, 4, 2, 6, causal=True).forward(X, some)


def test_causal():
    block = TransformerBlock.init(RNG, 4, 2, 6, causal=True)
    assert not np.triu(block.forward(X)[1].attention.weights, k=1).any()


def test_hidden_units():
    assert BLOCK.feed_forward.widen.W.shape == (4, 6) and BLOCK.feed_forward.narrow.W.shape == (6, 4)
