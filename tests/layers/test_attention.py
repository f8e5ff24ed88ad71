"""Self-attention layers: who looks at whom."""

import numpy as np
import pytest

from mmdl.errors import ShapeError
from mmdl.layers import MultiHeadAttention, SelfAttention
from mmdl.tokens import Tokens
from tests.close import close
from tests.layer_checks import scattered
from tests.layers.cases import tokens

RNG = np.random.default_rng(0)
X = tokens(RNG)
LAYERS = {
    "one": scattered(SelfAttention.init(RNG, 4, 3), RNG),
    "heads": scattered(MultiHeadAttention.init(RNG, 4, 2), RNG),
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
class TestBoth:
    def test_weights(self, layer):
        _, trace = layer.forward(X)
        weights = trace.weights if trace.weights.ndim == 4 else trace.weights[:, None]
        assert weights.shape[-2:] == (5, 5)
        assert close(weights.sum(axis=-1) - X.mask.any(axis=1)[:, None, None], 0)
        assert not np.where(X.mask[:, None, None], 0, weights).any()

    def test_order_does_not_matter(self, layer):
        """Attention alone does not know where a token stands."""
        order = RNG.permutation(5)
        turned = layer(Tokens(X.values[:, order], X.mask[:, order]))
        assert close(turned.values, layer(X).values[:, order])


@pytest.mark.parametrize(
    "layer",
    [SelfAttention.init(RNG, 4, 3, causal=True), MultiHeadAttention.init(RNG, 4, 2, causal=True)],
    ids=LAYERS,
)
def test_causal_means_that_later_keys_are_not_seen(layer):
    _, trace = layer.forward(X)
    assert not np.triu(trace.weights, k=1).any()
    y, trace = layer.forward(X)
    assert layer.gradient(y.values, trace).causal


def test_one_head_that_mixes_nothing_is_self_attention():
    one = LAYERS["one"]
    zero = np.zeros(3)
    heads = MultiHeadAttention(one.Wq, zero, one.Wk, zero, one.Wv, zero, np.eye(3), zero, heads=1)
    assert close(heads(X).values, one(X).values)


def test_heads_have_columns_of_their_own():
    """What the first head sees does not depend on the second one's columns."""
    layer = LAYERS["heads"]
    _, trace = layer.forward(X)
    Wq = layer.Wq.copy()
    Wq[:, 2:] += 1
    other = MultiHeadAttention(Wq, layer.bq, layer.Wk, layer.bk, layer.Wv, layer.bv, layer.Wo, layer.bo, 2)
    _, changed = other.forward(X)
    assert np.array_equal(trace.weights[:, 0], changed.weights[:, 0])
    assert np.array_equal(trace.heads[..., :2], changed.heads[..., :2])
    assert not close(trace.weights[:, 1], changed.weights[:, 1])


def test_who_has_nothing_to_look_at_gets_the_bias():
    layer = LAYERS["heads"]
    assert close(layer(X).values[3] - layer.bo, 0)
    assert not LAYERS["one"](X).values[3].any()


def test_width_of_all_heads():
    layer = MultiHeadAttention.init(RNG, 4, 3, width=6)
    assert layer.Wq.shape == layer.Wk.shape == layer.Wv.shape == (4, 6)
    assert layer.Wo.shape == (6, 4) and layer.bo.shape == (4,)
    assert layer(X).values.shape == X.values.shape


def test_heads_that_do_not_divide():
    with pytest.raises(ShapeError) as error:
        MultiHeadAttention.init(RNG, 4, 3)(X)
    assert str(error.value) == "multi_head_attention: 3 heads do not divide D = 4 and V = 4"
