"""Graphs and what joins their branches, where they do more than every layer does."""

import numpy as np
import pytest

from mmdl import tree
from mmdl.errors import DataError, ShapeError
from mmdl.layers import (
    GRU,
    Dense,
    Embedding,
    Flatten,
    Graph,
    Lookup,
    Merge,
    MultiHeadAttention,
    OnValues,
    Reversed,
    SequencePool,
    Sequential,
    Tanh,
    TimeDistributed,
)
from mmdl.layers.graph import Node, example_inputs, graph_between
from mmdl.tokens import Tokens
from tests.close import close

RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 3, 4))
MASK = np.array([[True, True, False], [False, True, True]])
OTHER = np.array([[True, False, False], [True, True, True]])


def node(shape):
    return Node(examples=example_inputs(shape))


class TestNode:
    def test_shapes_are_seen_from_examples(self):
        x = node((None, 4))
        y = Node(GRU.init(RNG, 4, 3), (x,))
        assert x.shape == (None, None, 4) and y.shape == (None, None, 3) and not y.masked
        assert Node(SequencePool("last"), (y,)).shape == (None, 3)
        assert Node(OnValues(Flatten()), (y,)).shape == (None, None)
        assert Node(Lookup(np.ones((5, 2)), mask_zero=True), (node((7,)),)).masked

    def test_which_arrays_have_it(self):
        x = node((None, 4))
        assert x.fits(np.ones((2, 9, 4))) and x.fits(np.ones((1, 1, 4)))
        assert not any(map(x.fits, (np.ones((2, 9, 3)), np.ones((2, 4)), np.ones((2, 9, 4, 1)))))


class TestGraph:
    def test_between_nodes(self):
        a, b = node((4,)), node((3,))
        first, second = (Node(OnValues(Dense.init(RNG, D, 2)), (x,)) for D, x in ((4, a), (3, b)))
        both = Node(OnValues(Merge("product")), (first, second))
        graph, made = graph_between([a, b], both)
        assert made == [first, second, both] and graph.sources == ((0,), (1,), (2, 3)) and graph.inputs == 2
        x, y = RNG.standard_normal((5, 4)), RNG.standard_normal((5, 3))
        assert close(graph((x, y)).values, first.layer.layer(x) * second.layer.layer(y))
        part, _ = graph_between([first, second], both)
        assert part.sources == ((0, 1),)
        with pytest.raises(DataError, match="none of the graph's inputs"):
            graph_between([a], both)

    def test_a_layer_that_stands_twice_is_saved_once(self):
        shared = OnValues(Dense.init(RNG, 4, 4))
        graph = Graph((shared, shared), ((0,), (1,)))
        assert len(list(tree.distinct(graph))) == 2 and len(list(tree.leaves(graph))) == 4

    def test_unneeded_gradients_of_inputs_are_not_computed(self):
        class First(Tanh):
            def backward(self, dy, y, input_gradient=True):
                assert not input_gradient, "dx of the first layer"
                return None, self

        graph = Graph((OnValues(First()), OnValues(Dense.init(RNG, 4, 2))), ((0,), (1,)))
        y, trace = graph.forward(X)
        graph.gradient(np.ones_like(y.values), trace)
        with pytest.raises(AssertionError):
            graph.backward(np.ones_like(y.values), trace)


class TestBranches:
    def test_masks_are_joined(self):
        layer = OnValues(Merge("sum"))
        assert np.array_equal(layer((Tokens(X, MASK), Tokens(X, OTHER))).mask, MASK | OTHER)
        assert layer((Tokens(X, MASK), Tokens(X, None))).mask is None
        assert OnValues(Merge("sum"), keeps=False)((Tokens(X, MASK), Tokens(X, MASK))).mask is None

    def test_a_blank_takes_the_place_of_what_is_masked(self):
        y, mask = OnValues(Merge("product"), blank=1)((Tokens(X, MASK), Tokens(X, OTHER)))
        for place in np.ndindex(mask.shape):
            assert close(y[place], X[place] ** (int(MASK[place]) + int(OTHER[place])) * mask[place])

    def test_the_mean(self):
        assert close(Merge("mean")((X, 2 * X, 6 * X)), 3 * X)

    def test_wrong_merges(self):
        with pytest.raises(DataError, match="sum, mean, product, concatenate"):
            Merge("maximum")
        with pytest.raises(ShapeError, match="several arrays"):
            Merge()(X)
        with pytest.raises(ShapeError, match="elementwise_sum"):
            Merge()((X, X[..., :2]))

    def test_reversed_twice_is_nothing(self):
        y, mask = Sequential((Reversed(), Reversed()))(Tokens(X, MASK))
        assert np.array_equal(y, X) and np.array_equal(mask, MASK)
        assert Reversed()(Tokens(X, None)).mask is None


class TestWithoutAMask:
    """None in the place of a mask means that every place counts."""

    @pytest.mark.parametrize("layer", [TimeDistributed(Dense.init(RNG, 4, 2)), GRU.init(RNG, 4, 3), SequencePool()])
    def test_it_is_a_mask_of_ones(self, layer):
        (y, trace), (expected, other) = (layer.forward(Tokens(X, mask)) for mask in (None, np.ones((2, 3), bool)))
        y, expected = (getattr(each, "values", each) for each in (y, expected))
        assert close(y, expected)
        dy = RNG.standard_normal(y.shape)
        for mine, theirs in zip(layer.backward(dy, trace), layer.backward(dy, other), strict=True):
            for (_, a), (_, b) in zip(tree.leaves(mine), tree.leaves(theirs), strict=True):
                assert close(a, b)

    def test_a_lookup_is_an_embedding(self):
        E, ids = RNG.standard_normal((5, 2)), np.array([[1.0, 0.0, 4.0]])
        y, mask = Lookup(E, mask_zero=True)(Tokens(ids, None))
        assert np.array_equal(y, Embedding(E)(Tokens(ids.astype(int), mask)).values)
        assert np.array_equal(mask, [[True, False, True]])


def test_heads_are_views():
    layer = MultiHeadAttention.init(RNG, 4, heads=2, width=6, value_width=10)
    shapes = [(4, 2, 3), (2, 3), (4, 2, 3), (2, 3), (4, 2, 5), (2, 5), (2, 5, 4), (4,)]
    assert [array.shape for array in layer.by_head()] == shapes
    layer.by_head()[0][:, 1] = 7
    assert np.all(layer.Wq[:, 3:] == 7) and not np.any(layer.Wq[:, :3] == 7)
