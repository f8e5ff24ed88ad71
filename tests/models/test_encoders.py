"""Encoders: what they are made of, and what they yield."""

import numpy as np
import pytest

from mmdl import tree
from mmdl.errors import DataError, ShapeError
from mmdl.layers import (
    GRU,
    LSTM,
    RNN,
    Conv1D,
    Conv2D,
    MaxPool2D,
    Patches,
    ReLU,
    SelfAttention,
    SequencePool,
    Sequential,
    training_mode,
)
from mmdl.models.encoders import READERS, image_encoder, numbers_encoder, text_encoder, to_vector, tokens_of
from mmdl.tokens import Tokens
from tests import layer_checks
from tests.close import close
from tests.layer_checks import floats, scattered


def rng(seed=0):
    return np.random.default_rng(seed)


IMAGES = rng().standard_normal((3, 10, 8, 1))
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]], bool)
WORDS = Tokens(np.where(MASK, rng().integers(1, 6, MASK.shape), 0), MASK)
ENCODERS = {
    "one stage": lambda: (image_encoder(rng(), filters=(2,)), IMAGES),
    "two stages": lambda: (image_encoder(rng(), filters=(2, 3), padding="same", kernel=(3, 2)), IMAGES),
    "colour": lambda: (image_encoder(rng(), 3, (2,)), rng().standard_normal((2, 4, 4, 3))),
    **{reader: lambda reader=reader: (text_encoder(rng(), 6, 3, reader, 2), WORDS) for reader in READERS},
    "numbers": lambda: (numbers_encoder(rng(), 3, 4), rng().standard_normal((3, 3))),
    "an image's vector": lambda: (to_vector(rng(), image_encoder(rng(), filters=(2,)), (12, 2), "flatten", 3), IMAGES),
    "an image's mean": lambda: (to_vector(rng(), image_encoder(rng(), filters=(2,)), (12, 2), "mean"), IMAGES),
    "a text CNN": lambda: (to_vector(rng(), text_encoder(rng(), 6, 4, "convolution"), (4, 4), "max", 5), WORDS),
    "a text's vector": lambda: (to_vector(rng(), text_encoder(rng(), 6, 3), (4, 3), "last", 4), WORDS),
}


def build(name):
    encoder, x = ENCODERS[name]()
    return scattered(encoder, rng(1)), x


@pytest.mark.parametrize("check", layer_checks.CHECKS + layer_checks.BATCH_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoder(name, check):
    check(*build(name))


@pytest.mark.parametrize("name", [*READERS, "a text CNN", "a text's vector"])
def test_padding(name):
    layer_checks.padding_is_not_seen(*build(name))
    layer_checks.more_padding_changes_nothing(*build(name))


@pytest.mark.parametrize("name", ENCODERS)
def test_the_seed_decides(name):
    assert tree.equal(ENCODERS[name]()[0], ENCODERS[name]()[0])
    assert {array.dtype for array in floats(ENCODERS[name]()[0])} == {np.dtype("float32")}


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({"filters": (5,)}, (3 * 4, 5)),
        ({"filters": (5,), "padding": "same"}, (4 * 5, 5)),
        ({"filters": (5, 7), "padding": "same"}, (2 * 2, 7)),
        ({"filters": (5,), "kernel": (1, 3)}, (4 * 4, 5)),
        ({}, (3 * 4, 32)),
    ],
)
def test_patches_of_an_image(settings, shape):
    encoder = image_encoder(rng(), **settings)
    y = encoder(np.ones((2, 8, 10, 1), np.float32))
    assert y.values.shape == (2, *shape) and y.mask.all()
    assert tokens_of(encoder, (8, 10, 1)) == shape


def test_the_stages_of_an_image_encoder():
    encoder = image_encoder(rng(), 1, (2, 3))
    assert [type(layer) for layer in encoder.layers] == [Conv2D, MaxPool2D, ReLU] * 2 + [Patches]


def test_relu_after_the_pool_is_relu_before_it():
    """The article's order, and its gradient, at a quarter of the work."""
    encoder, x = build("one stage")
    conv, pool, relu, patches = encoder.layers
    article = Sequential((conv, relu, pool, patches))
    assert np.array_equal(article(x).values, encoder(x).values)
    dy, dx, gradient = layer_checks.backward(encoder, x)
    article_dx, article_gradient = article.backward(dy, article.forward(x)[1])
    assert np.array_equal(dx, article_dx)
    assert tree.equal(gradient.layers[0], article_gradient.layers[0])


@pytest.mark.parametrize(("reader", "kind"), [("rnn", RNN), ("lstm", LSTM), ("gru", GRU), ("attention", SelfAttention)])
def test_readers(reader, kind):
    embedding, layer = text_encoder(rng(), 6, 5, reader, embedding=2).layers
    assert type(layer) is kind
    assert embedding.E.shape == (6, 2) and embedding.padding_id == 0
    assert text_encoder(rng(), 6, 5, reader).layers[0].E.shape == (6, 5)
    assert text_encoder(rng(), 6, 5, reader, embedding=2)(WORDS).values.shape == (3, 4, 5)


def test_a_text_cnn_by_loops():
    """max over time of relu of every window, a text's neighbours and its padding seeing nothing of each other."""
    encoder = scattered(text_encoder(rng(), 6, 7, "convolution", embedding=2), rng(1))
    embedding, graph = encoder.layers
    filters = [layer for layer in graph.layers if isinstance(layer, Conv1D)]
    assert [layer.w.shape for layer in filters] == [(3, 2, 2), (4, 2, 2), (5, 2, 3)]
    y = to_vector(rng(), encoder, (4, 7), "max")(WORDS)
    for ids, mask, found in zip(WORDS.values, WORDS.mask, y, strict=True):
        x, expected = embedding.E[ids[mask]], []
        for layer in filters:
            reach = len(layer.w) - 1
            padded = np.pad(x, ((reach // 2, reach - reach // 2), (0, 0)))
            c = [np.tensordot(padded[t : t + reach + 1], layer.w, 2) + layer.b for t in range(len(x))]
            expected.append(np.maximum(np.max(c, axis=0), 0) if c else np.zeros(len(layer.b)))
        assert close(found, np.concatenate(expected), rtol=0, atol=1e-12)


def test_every_window_needs_a_filter():
    with pytest.raises(DataError, match="windows of 3 sizes need a width of at least 3, not 2"):
        text_encoder(rng(), 6, 2, "convolution")


def test_words_by_themselves():
    encoder = text_encoder(rng(), 6, 5, "none", embedding=2)
    assert len(encoder.layers) == 1
    assert np.array_equal(encoder(WORDS).values, encoder.layers[0].E[WORDS.values])


def test_lstm_is_the_default():
    assert type(text_encoder(rng(), 6).layers[1]) is LSTM
    assert text_encoder(rng(), 6)(WORDS).values.shape == (3, 4, 64)


def test_unknown_reader():
    with pytest.raises(DataError) as error:
        text_encoder(rng(), 6, reader="mamba")
    assert str(error.value) == (
        'the reader of a text encoder must be one of rnn, lstm, gru, attention, convolution, none, not "mamba"'
    )


def test_unknown_pool():
    with pytest.raises(DataError, match='kind must be one of mean, max, last, both, not "median"'):
        to_vector(rng(), text_encoder(rng(), 6, 3), (4, 3), "median")


@pytest.mark.parametrize("pool", ["mean", "max", "last"])
def test_a_vector_for_each_text(pool):
    encoder = text_encoder(rng(), 6, 3)
    assert np.array_equal(to_vector(rng(), encoder, (4, 3), pool)(WORDS), SequencePool(pool)(encoder(WORDS)))
    wider = to_vector(rng(), encoder, (4, 3), pool, 7)(WORDS)
    assert wider.shape == (3, 7) and (wider >= 0).all()


def test_patches_in_a_row():
    """Half of them are dropped, and only in training."""
    encoder, x = build("one stage")
    shape = tokens_of(encoder, x.shape[1:])
    flat = to_vector(rng(), encoder, shape, "flatten")
    assert np.array_equal(flat(x), encoder(x).values.reshape(3, -1))
    trained = training_mode(flat, rng())(x)
    kept = trained != 0
    assert close(trained[kept], 2 * flat(x)[kept])
    assert 0.3 < kept.sum() / np.count_nonzero(flat(x)) < 0.7


def test_numbers_are_one_token():
    dense, *_ = numbers_encoder(rng(), 3, 5).layers
    x = rng().standard_normal((4, 3)).astype(np.float32)
    y = numbers_encoder(rng(), 3, 5)(x)
    assert y.values.shape == (4, 1, 5) and y.mask.all()
    assert np.array_equal(y.values[:, 0], np.maximum(x @ dense.W, 0))


def test_dtype_is_passed_on():
    encoders = (
        numbers_encoder(rng(), 3, 4, np.float64),
        image_encoder(rng(), filters=(2,), dtype=np.float64),
        *(text_encoder(rng(), 6, 3, reader, dtype=np.float64) for reader in READERS),
        to_vector(rng(), Sequential(), (4, 3), "mean", 4, np.float64),
    )
    assert {array.dtype for array in floats(encoders)} == {np.dtype("float64")}


def test_an_image_that_is_too_small():
    with pytest.raises(ShapeError, match="does not fit into R = 2"):
        image_encoder(rng())(np.zeros((1, 2, 9, 1), np.float32))
