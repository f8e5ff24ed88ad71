"""The transformer block against its two lines."""

from dataclasses import replace

import numpy as np

from mmdl import tree
from mmdl.layers import TransformerBlock
from mmdl.tokens import Tokens
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


def test_causal():
    block = TransformerBlock.init(RNG, 4, 2, 6, causal=True)
    assert not np.triu(block.forward(X)[1].attention.weights, k=1).any()


def test_hidden_units():
    assert BLOCK.feed_forward.widen.W.shape == (4, 6) and BLOCK.feed_forward.narrow.W.shape == (6, 4)
