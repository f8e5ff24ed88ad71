"""Keras on whichever backend KERAS_BACKEND names, compiled as it compiles by itself."""

import keras
import numpy as np
from keras import layers

from tests.benchmarks import works


def cnn():
    """The article's first listing."""
    image = keras.Input((works.SIDE, works.SIDE, 1))
    x = layers.MaxPooling2D(2)(layers.Conv2D(works.FILTERS, 3, activation="relu")(image))
    return keras.Model(image, layers.Dense(works.CLASSES, activation="softmax")(layers.Flatten()(x)))


def reader(length=works.T):
    """The article's second listing."""
    ids = keras.Input((length,), dtype="int32")
    x = layers.LSTM(works.H, return_sequences=True)(layers.Embedding(works.WORDS, works.D)(ids))
    return keras.Model(ids, layers.Dense(works.CLASSES, activation="softmax")(layers.LSTM(works.H)(x)))


def both():
    """The article's third listing."""
    image, text = cnn(), reader()
    return keras.Model([image.input, text.input], image.output * text.output)


def add_block(x, width, mask=None):
    """A transformer block behind the tokens x, with the norms before the steps."""
    normed = layers.LayerNormalization(epsilon=1e-5)(x)
    x = x + layers.MultiHeadAttention(works.HEADS, width // works.HEADS)(normed, normed, attention_mask=mask)
    widened = layers.Dense(4 * width, activation="relu")(layers.LayerNormalization(epsilon=1e-5)(x))
    return x + layers.Dense(width)(widened)


def block():
    """A transformer block alone."""
    tokens = keras.Input((works.TOKENS, works.WIDTH))
    return keras.Model(tokens, add_block(tokens, works.WIDTH))


def prepared(letter):
    """(model, input, target) of a piece of work, compiled; None for what has no twin here."""
    if letter == "e":
        return None
    given = works.inputs(n=1 if letter == "f" else works.N)
    build, x = {
        "a": (cnn, given.images),
        "b": (reader, given.ids),
        "c": (both, [given.images, given.ids]),
        "f": (both, [given.images, given.ids]),
        "d": (block, given.tokens),
    }[letter]
    model = build()
    model.compile("adam", "mse" if letter == "d" else "sparse_categorical_crossentropy")
    return model, x, np.zeros_like(given.tokens) if letter == "d" else given.labels


def work(letter):
    """A function that does the work once, or None."""
    made = prepared(letter[0])
    if made is None:
        return None
    model, x, target = made
    if works.WORKS[letter].what == "predict":
        return lambda: model.predict_on_batch(x)
    return lambda: model.train_on_batch(x, target)
