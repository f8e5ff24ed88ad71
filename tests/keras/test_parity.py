"""Every layer, with every option that is honoured, gives what Keras gives: outputs, gradients, numbers of weights."""

import numpy as np
import pytest

from mmdl.keras.layers import ACTIVATIONS, MERGE_MODES
from tests.keras.agreement import assert_agree, assert_close, both, keras

pytestmark = pytest.mark.parity

N, T, D = 3, 6, 5
IMAGE, SEQUENCE, VECTOR = (7, 8, 3), (T, D), (D,)
IDS = np.array([[3, 1, 0, 0, 0], [2, 0, 3, 4, 4], [0, 0, 1, 1, 2], [4, 3, 2, 1, 4]])
RECURRENT = ("SimpleRNN", "LSTM", "GRU")
LAYERS = {
    "conv2d": (IMAGE, lambda L: L.Conv2D(4, (3, 2))),
    "conv2d same, strides": (IMAGE, lambda L: L.Conv2D(4, 3, strides=(2, 3), padding="same", activation="relu")),
    "conv2d dilated, no bias": (IMAGE, lambda L: L.Conv2D(4, (2, 3), dilation_rate=2, use_bias=False)),
    "conv1d": (SEQUENCE, lambda L: L.Conv1D(4, 3, activation="tanh")),
    "conv1d same, strides": (SEQUENCE, lambda L: L.Conv1D(4, 3, 2, "same", use_bias=False)),
    "conv1d causal, dilated": (SEQUENCE, lambda L: L.Conv1D(4, 2, padding="causal", dilation_rate=2)),
    "conv1d causal, strides": (SEQUENCE, lambda L: L.Conv1D(4, 3, strides=2, padding="causal")),
    "max pooling": (IMAGE, lambda L: L.MaxPooling2D()),
    "max pooling same": (IMAGE, lambda L: L.MaxPooling2D((3, 2), strides=2, padding="same")),
    "average pooling": (IMAGE, lambda L: L.AveragePooling2D((2, 3))),
    "average pooling same": (IMAGE, lambda L: L.AveragePooling2D((3, 2), strides=(1, 2), padding="same")),
    "global average 2d": (IMAGE, lambda L: L.GlobalAveragePooling2D()),
    "global average 1d": (SEQUENCE, lambda L: L.GlobalAveragePooling1D()),
    "flatten": (IMAGE, lambda L: L.Flatten()),
    "dense": (VECTOR, lambda L: L.Dense(4)),
    "dense without bias": (VECTOR, lambda L: L.Dense(4, "relu", use_bias=False)),
    "dense on tokens": (SEQUENCE, lambda L: L.Dense(4, activation="softmax")),
    **{f"activation {name}": (VECTOR, lambda L, name=name: L.Activation(name)) for name in ACTIVATIONS},
    "dropout at rest": (VECTOR, lambda L: L.Dropout(0.5)),
    **{name: (SEQUENCE, lambda L, name=name: getattr(L, name)(4)) for name in RECURRENT},
    **{
        f"{name} without bias, sequences": (
            SEQUENCE,
            lambda L, name=name: getattr(L, name)(4, use_bias=False, return_sequences=True),
        )
        for name in RECURRENT
    },
    **{
        f"{name} backwards": (SEQUENCE, lambda L, name=name: getattr(L, name)(4, activation="tanh", go_backwards=True))
        for name in RECURRENT
    },
    "sequences backwards": (SEQUENCE, lambda L: L.GRU(4, return_sequences=True, go_backwards=True)),
    "simple rnn relu, sequences": (SEQUENCE, lambda L: L.SimpleRNN(4, "relu", return_sequences=True)),
    "simple rnn sigmoid": (SEQUENCE, lambda L: L.SimpleRNN(4, activation="sigmoid")),
    "bidirectional lstm": (SEQUENCE, lambda L: L.Bidirectional(L.LSTM(4))),
    "bidirectional gru, sequences": (SEQUENCE, lambda L: L.Bidirectional(L.GRU(4, return_sequences=True))),
    "bidirectional rnn": (SEQUENCE, lambda L: L.Bidirectional(L.SimpleRNN(4, "sigmoid", use_bias=False))),
    **{
        f"bidirectional {mode}": (SEQUENCE, lambda L, mode=mode: L.Bidirectional(L.SimpleRNN(4), merge_mode=mode))
        for mode in MERGE_MODES
    },
    "layer normalization": (SEQUENCE, lambda L: L.LayerNormalization()),
    "layer normalization, epsilon": (VECTOR, lambda L: L.LayerNormalization(epsilon=0.1)),
    "batch normalization": (IMAGE, lambda L: L.BatchNormalization(momentum=0.9, epsilon=0.01)),
}
MERGES = {
    "add": (1, lambda L, a, b: L.Add()([a, b])),
    "average": (1, lambda L, a, b: L.Average()([a, b, a])),
    "multiply": (1, lambda L, a, b: L.Multiply()([a, b, b])),
    "concatenate": (2, lambda L, a, b: L.Concatenate()([a, b])),
    "a + b": (1, lambda L, a, b: a + b),
    "a * b": (1, lambda L, a, b: a * b),
    "one layer twice": (1, lambda L, a, b: twice(L.Dense(4, activation="tanh"), a, b)),
    "a layer for both": (2, lambda L, a, b: L.Dense(3)(L.Concatenate()([a, b]))),
    "different depths": (2, lambda L, a, b: L.Add()([L.Dense(4)(L.Dense(6)(L.Dense(5)(a))), L.Dense(4)(b)])),
    "many branches": (
        2,
        lambda L, a, b: L.Concatenate()([L.Dense(2)(b), L.Dense(5)(L.Dense(3)(a)), L.Dense(4)(a), L.Dense(6)(b)]),
    ),
}
ATTENTION = {
    "attention": lambda L, x: L.MultiHeadAttention(2, 3)(x, x),
    "attention, value_dim": lambda L, x: L.MultiHeadAttention(3, 4, value_dim=2, **slowly(L))(x, x, x),
    "attention without bias": lambda L, x: L.MultiHeadAttention(2, 3, use_bias=False)(x, x),
    "attention, causal": lambda L, x: L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True),
    "one attention, causal and not": lambda L, x: causal_and_not(L.MultiHeadAttention(2, 3), x),
    "transformer": lambda L, x: L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(2, 3)(x, x)])),
}
MASKED = {
    "simple rnn": lambda L, x: L.SimpleRNN(4)(x),
    "lstm": lambda L, x: L.LSTM(4)(L.LSTM(4, return_sequences=True)(x)),
    "gru": lambda L, x: L.GRU(4, return_sequences=True)(x),
    "backwards": lambda L, x: L.LSTM(4, go_backwards=True)(x),
    "sequences backwards": lambda L, x: L.LSTM(4, go_backwards=True, return_sequences=True)(x),
    "bidirectional": lambda L, x: L.Bidirectional(L.GRU(4))(x),
    "bidirectional sequences": lambda L, x: L.Bidirectional(L.LSTM(4, return_sequences=True))(x),
    **{
        f"bidirectional sequences {mode}": lambda L, x, mode=mode: L.Bidirectional(
            L.SimpleRNN(4, return_sequences=True), merge_mode=mode
        )(x)
        for mode in MERGE_MODES
    },
    "mean": lambda L, x: L.GlobalAveragePooling1D()(L.Dropout(0.5)(L.Dense(4)(L.LayerNormalization()(x)))),
    "attention": lambda L, x: L.GlobalAveragePooling1D()(L.Add()([x, L.MultiHeadAttention(2, 3)(x, x)])),
    "batch normalization": lambda L, x: L.GlobalAveragePooling1D()(L.BatchNormalization()(x)),
    "lost": lambda L, x: L.Flatten()(x),
    "lost by a convolution": lambda L, x: L.GlobalAveragePooling1D()(L.Conv1D(3, 2)(x)),
    "lost by a + b": lambda L, x: L.GlobalAveragePooling1D()(x + x),
    "lost by a * b": lambda L, x: L.GlobalAveragePooling1D()(x * x),
}


def slowly(L):
    """Keras on JAX takes a value_dim of its own only without its fast attention, which cannot drop."""
    return {"dropout": 0.5} if keras and L is keras.layers else {}


def twice(layer, a, b):
    return layer(a) + layer(b)


def causal_and_not(layer, x):
    return layer(x, x, use_causal_mask=True) + layer(x, x)


def normal(*shapes):
    rng = np.random.default_rng(2)
    return [rng.normal(size=(N, *shape)) for shape in shapes]


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name):
    shape, make = LAYERS[name]
    assert_agree(*both(lambda L, x: make(L)(x), shape), normal(shape))


@pytest.mark.parametrize("name", MERGES)
def test_merge(name):
    widths, make = MERGES[name]
    shapes = (4,), ((4,) if widths == 1 else (3,))
    assert_agree(*both(make, *shapes), normal(*shapes))


@pytest.mark.parametrize("name", ATTENTION)
def test_attention(name):
    assert_agree(*both(ATTENTION[name], SEQUENCE), normal(SEQUENCE))


@pytest.mark.filterwarnings("ignore:.*mask")
@pytest.mark.parametrize("name", MASKED)
def test_mask(name):
    make = MASKED[name]
    assert_agree(*both(lambda L, x: make(L, L.Embedding(5, 4, mask_zero=True)(x)), (5,)), [IDS])


def test_an_embedding_without_masks():
    assert_agree(*both(lambda L, x: L.GlobalAveragePooling1D()(L.Embedding(5, 4)(x)), (5,)), [IDS])


@pytest.mark.parametrize("end", ["the values", "their mean"])
@pytest.mark.parametrize("second", ["masked too", "not masked"])
@pytest.mark.parametrize("kind", ["Add", "Multiply", "Average", "Concatenate"])
def test_masks_that_meet(kind, second, end):
    """Two sequences with masks of their own, or one of them without."""

    def make(L, a, b):
        a, b = L.Embedding(5, 4, mask_zero=True)(a), L.Embedding(5, 4, mask_zero=second == "masked too")(b)
        merged = getattr(L, kind)()([a, b])
        return L.GlobalAveragePooling1D()(merged) if end == "their mean" else merged

    assert_agree(*both(make, (5,), (5,)), [IDS, IDS[::-1]])


def test_attention_and_batch_normalization_where_there_are_tokens():
    """Elsewhere Keras looks from nowhere, and normalises what is nothing; here that is zero or another number."""
    for make in (
        lambda L, x: L.MultiHeadAttention(2, 3)(x, x),
        lambda L, x: L.BatchNormalization()(x),
    ):
        models = both(lambda L, x, make=make: make(L, L.Embedding(5, 4, mask_zero=True)(x)), (5,))
        assert_agree(*models, [IDS], where=IDS != 0)


@pytest.mark.parametrize("masked", [True, False])
def test_batch_normalization_while_it_learns(masked):
    if masked:
        theirs, mine = both(
            lambda L, x: L.GlobalAveragePooling1D()(
                L.BatchNormalization(momentum=0.8)(L.Embedding(5, 4, mask_zero=True)(x))
            ),
            (5,),
        )
        x, y = IDS, normal((4,))[0][[0, 1, 2, 0]]
    else:
        theirs, mine = both(lambda L, x: L.BatchNormalization(momentum=0.8)(x), IMAGE)
        (x,) = y, *_ = normal(IMAGE)
    assert_agree(theirs, mine, [x], training=True)
    for model in (theirs, mine):
        model.compile("sgd", "mean_squared_error")
        model.fit(x, y, epochs=3, shuffle=False, verbose=0)
    for a, b in zip(mine.get_weights(), theirs.get_weights(), strict=True):
        assert_close(a, b, 1e-5)
