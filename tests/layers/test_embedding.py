"""The embedding layer."""

import numpy as np
import pytest

from mmdl import tree
from mmdl.errors import DataError
from mmdl.layers import Dense, Embedding, Sequential
from mmdl.tokens import Tokens
from mmdl.training import SGD, Adam, AdamW, RMSprop

E = np.arange(12.0).reshape(4, 3)
WORDS = Tokens(np.array([[2, 1, 2], [3, 0, 0]]), np.array([[1, 1, 1], [1, 0, 0]], bool))
DY = np.arange(18.0).reshape(2, 3, 3)


def test_a_row_for_each_word():
    y, _ = Embedding(E).forward(WORDS)
    assert np.array_equal(y.values, E[WORDS.values])
    assert y.mask is WORDS.mask


def test_repeated_words_add_and_padding_does_not():
    layer = Embedding(E)
    dx, gradient = layer.backward(DY, WORDS)
    assert dx is None
    assert gradient.E.tolist() == [
        [0, 0, 0],
        DY[0, 1].tolist(),
        (DY[0, 0] + DY[0, 2]).tolist(),
        DY[1, 0].tolist(),
    ]


def test_the_row_of_padding_stays():
    everywhere = Tokens(WORDS.values, np.ones_like(WORDS.mask))
    assert Embedding(E).gradient(DY, everywhere).E[0].any()
    gradient = Embedding(E, padding_id=0).gradient(DY, everywhere)
    assert not gradient.E[0].any() and gradient.padding_id == 0


@pytest.mark.parametrize(("word", "reach"), [(4, "0 to 4"), (-1, "-1 to 3")])
def test_unknown_rows(word, reach):
    values = np.where(WORDS.values == 2, word, WORDS.values)
    with pytest.raises(DataError) as error:
        Embedding(E)(Tokens(values, WORDS.mask))
    assert str(error.value) == f"embedding: ids must lie in 0..3 but reach from {reach}"


def test_words_are_integers():
    with pytest.raises(DataError, match="ids must be integers, not float64"):
        Embedding(E)(Tokens(WORDS.values * 1.0, WORDS.mask))


@pytest.mark.parametrize("optimizer", [SGD(0.1, momentum=0.9), RMSprop(0.1), Adam(0.1), AdamW(0.1, weight_decay=0.5)])
def test_the_row_of_the_padding_never_changes(optimizer):
    """Not by its gradient, not by a moment, not by weight decay, and not where the same table stands elsewhere too."""
    rng = np.random.default_rng(0)
    layer = Embedding.init(rng, 5, 3, padding_id=2)
    model = Sequential((layer, Dense(layer.E, np.zeros(3, np.float32))))
    before, state = layer.E.copy(), optimizer.start(model)
    for _ in range(3):
        gradient = tree.map(lambda array: rng.standard_normal(array.shape).astype(array.dtype), model)
        optimizer.step(model, gradient, state)
    changed = (before != layer.E).any(axis=1)
    assert changed.tolist() == [True, True, False, True, True]
