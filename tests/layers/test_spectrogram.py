"""Sequences seen as pictures."""

import numpy as np
import pytest

from mmdl.errors import ShapeError
from mmdl.layers import AsPicture, Conv2D, MaxPool2D, Sequential
from mmdl.tokens import Tokens
from tests.close import close


def rng(seed=0):
    return np.random.default_rng(seed)


def tokens(length, there, features=6):
    return Tokens(rng().standard_normal((1, length, features)), np.arange(length)[None] < there)


def test_rows_are_tokens_and_columns_have_channels():
    conv = Conv2D.init(rng(), 2, 4, (1, 2), float)
    x = tokens(5, 5)
    y = AsPicture(conv, channels=2)(x)
    assert np.array_equal(y.values.reshape(1, 5, 2, 4), conv(x.values.reshape(1, 5, 3, 2)))


def test_padding_is_the_same_as_the_end():
    halve = AsPicture(Conv2D.init(rng(), 1, 2, (3, 3), float, stride=2, padding=1), step=2)
    for there in range(1, 8):
        x = tokens(8, there)
        y, short = halve(x), halve(Tokens(x.values[:, :there], x.mask[:, :there]))
        count = (there + 1) // 2
        assert y.mask[0].tolist() == [True] * count + [False] * (4 - count)
        assert short.mask.all() and short.values.shape[1] == count
        assert close(y.values[:, :count], short.values, rtol=0, atol=1e-14)


def test_a_token_made_of_several_is_there_if_one_of_them_is():
    x = Tokens(np.ones((1, 7, 2)), np.array([[0, 0, 0, 1, 0, 0, 1]], bool))
    assert AsPicture(MaxPool2D((3, 1), padding="same"), step=3)(x).mask.tolist() == [[False, True, True]]


def test_a_layer_with_another_step():
    with pytest.raises(ShapeError) as error:
        AsPicture(MaxPool2D(2))(tokens(4, 4))
    assert str(error.value) == "AsPicture: 4 tokens became 2 rows, not 4"


def test_channels_that_do_not_divide():
    with pytest.raises(ShapeError, match="AsPicture: 4 channels do not divide the 6 features of a token"):
        AsPicture(Sequential(), channels=4)(tokens(2, 2))
