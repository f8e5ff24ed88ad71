"""The article's three listings as they are printed, with `keras` read as `mmdl.keras`."""

import numpy as np
import pytest

from mmdl.keras.utils import to_categorical

IMAGES = """
from mmdl.keras.models import Sequential
from mmdl.keras.layers import Conv2D, MaxPooling2D, Flatten, Dense

model = Sequential()
model.add(Conv2D(32, (3, 3), activation='relu', input_shape=(28, 28, 1)))
model.add(MaxPooling2D((2, 2)))
model.add(Flatten())
model.add(Dense(10, activation='softmax'))

model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])

model.fit(x_train, y_train, epochs=10, batch_size=32)

preds = model.predict(x_test)
"""
WORDS = """
from mmdl.keras.models import Sequential
from mmdl.keras.layers import Embedding, LSTM, Dense

model = Sequential()
model.add(Embedding(vocab_size, embedding_dim, input_length=max_length))
model.add(LSTM(100, return_sequences=True))
model.add(LSTM(100))
model.add(Dense(10, activation='softmax'))

model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])

model.fit(x_train, y_train, epochs=10, batch_size=32)

preds = model.predict(x_test)
"""
FORGOTTEN = """
from mmdl import keras
"""
BOTH = """
from mmdl.keras.layers import Concatenate

model = keras.Model(inputs=[model1.input, model2.input], outputs=model1.output * model2.output)
"""
FORGOTTEN_TOO = """
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
"""
TRAINED = """
model.fit([x_train1, x_train2], y_train, epochs=10, batch_size=32)

preds = model.predict([x_test1, x_test2])
"""
DECODED = """
import numpy as np

preds = np.argmax(preds, axis=1)
"""


@pytest.fixture(scope="module")
def ran():
    """What the names stand for after each of the three programs, on pictures and words that belong together."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 200)
    images = rng.random((10, 28, 28, 1))[labels] + rng.normal(0, 0.5, (200, 28, 28, 1))
    words = (rng.integers(0, 30, (10, 8))[labels] + rng.integers(0, 2, (200, 8))) % 30
    y = to_categorical(labels)
    first = {"x_train": images[:160], "y_train": y[:160], "x_test": images[160:]}
    exec(IMAGES, first)
    second = {"x_train": words[:160], "y_train": y[:160], "x_test": words[160:]}
    second |= {"vocab_size": 30, "embedding_dim": 20, "max_length": 8}
    exec(WORDS, second)
    third = {"model1": first["model"], "model2": second["model"], "y_train": y[:160]}
    third |= {"x_train1": images[:160], "x_train2": words[:160], "x_test1": images[160:], "x_test2": words[160:]}
    exec(FORGOTTEN + BOTH + FORGOTTEN_TOO + TRAINED + DECODED, third)
    return first, second, third, labels[160:]


def test_a_network_of_images(ran):
    assert ran[0]["preds"].shape == (40, 10)
    assert np.allclose(ran[0]["preds"].sum(axis=1), 1, atol=1e-5)
    assert (ran[0]["preds"].argmax(axis=1) == ran[3]).mean() > 0.5


def test_a_network_of_words(ran):
    assert ran[1]["preds"].shape == (40, 10)
    assert np.allclose(ran[1]["preds"].sum(axis=1), 1, atol=1e-5)


def test_their_product(ran):
    assert ran[2]["preds"].shape == (40,)
    assert (ran[2]["preds"] == ran[3]).mean() > 0.5


def test_the_product_trains_both(ran):
    first, second, third, _ = ran
    shared = [id(array) for array in third["model"].weights]
    assert sorted(shared) == sorted(id(array) for each in (first, second) for array in each["model"].weights)
