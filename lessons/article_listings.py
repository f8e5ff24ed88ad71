# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The article's own programs
#
# **Question.** Do the article's three programs work, and is the model of both modalities better than either alone?
#
# Needs: lessons 05, 09, 12; about 25 s.
#
# The article ends with three programs for Keras. Here they stand word for word, with `keras` read as `mmdl.keras`: the
# same names, but behind them are the layers of these lessons. Only `Sequential` is given a generator beforehand, from
# which it draws first weights and the order of examples, so that every run gives the same numbers.

# %%
from functools import partial

import numpy as np

from mmdl import data, keras
from mmdl.data.batches import drop_words
from mmdl.keras.layers import LSTM, Concatenate, Conv2D, Dense, Embedding, Flatten, MaxPooling2D
from mmdl.keras.utils import pad_sequences, to_categorical

rng = np.random.default_rng(0)
Sequential = partial(keras.models.Sequential, rng=rng)

# %% [markdown]
# ## Pictures and captions
#
# Glyphs in one font, ten families; captions that have lost half of their words. Keras wants arrays: pictures from 0 to
# 1, captions filled up in front with zeros to one length, classes as rows with a single one.

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans",))
vocab_size, max_length = glyphs.preprocessors["text"].entries, glyphs.preprocessors["text"].length


def arrays(examples, words):
    """Pictures, ids of words, and classes."""
    sentences = [ids[there] for ids, there in zip(*words, strict=True)]
    return examples.inputs["image"] / 255, pad_sequences(sentences, max_length), to_categorical(examples.labels, 10)


x_train1, x_train2, y_train = arrays(glyphs.train, drop_words(glyphs.train.inputs["text"], 0.5, rng))
x_test1, x_test2, y_test = arrays(glyphs.test, glyphs.test.inputs["text"])
print(f"{len(y_train)} examples to learn from, {len(y_test)} to test: {x_train1.shape[1:]} and {x_train2.shape[1:]}")

# %% [markdown]
# ## The first program: a network of images

# %%
x_train, x_test = x_train1, x_test1

# %% article
model = Sequential()
model.add(Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)))
model.add(MaxPooling2D((2, 2)))
model.add(Flatten())
model.add(Dense(10, activation="softmax"))

model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])

model.fit(x_train, y_train, epochs=10, batch_size=32)

preds = model.predict(x_test)

# %%
model1 = model
model1.summary()
_, image_alone = model1.evaluate(x_test, y_test, verbose=0)

# %% [markdown]
# ## The second: a network of words
#
# The embedding has no mask, so the zeros in front are read like words. The article does not say how wide a word is;
# 100 here.

# %%
x_train, x_test, embedding_dim = x_train2, x_test2, 100

# %% article
model = Sequential()
model.add(Embedding(vocab_size, embedding_dim, input_length=max_length))
model.add(LSTM(100, return_sequences=True))
model.add(LSTM(100))
model.add(Dense(10, activation="softmax"))

model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])

model.fit(x_train, y_train, epochs=10, batch_size=32)

preds = model.predict(x_test)

# %%
model2 = model
_, text_alone = model2.evaluate(x_test, y_test, verbose=0)

# %% [markdown]
# ## The third: both together
#
# As printed it forgets `import keras` and `compile`. With them it is the product of experts of lesson 12: the outputs
# are two rows of probabilities, their product has no longer the sum one, and Keras's cross-entropy divides by the sum
# without a word. Both experts have learned already, each for itself, so we can ask the product before it learns.

# %% article
model = keras.Model(inputs=[model1.input, model2.input], outputs=model1.output * model2.output)

# %%
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
_, product_at_once = model.evaluate([x_test1, x_test2], y_test, verbose=0)

# %% article
model.fit([x_train1, x_train2], y_train, epochs=10, batch_size=32)

preds = model.predict([x_test1, x_test2])

# %%
_, product = model.evaluate([x_test1, x_test2], y_test, verbose=0)

# %% [markdown]
# The article imports `Concatenate` for this and does not use it. It belongs to its other way, fusion of features: what
# both models have made of their inputs before they decide is put side by side, and one dense layer decides.

# %%
features = Concatenate()([model1.layers[-2].output, model2.layers[-2].output])
judge = keras.Model(inputs=[model1.input, model2.input], outputs=Dense(10, activation="softmax")(features))
judge.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
judge.fit([x_train1, x_train2], y_train, epochs=3, batch_size=32)
_, side_by_side = judge.evaluate([x_test1, x_test2], y_test, verbose=0)

# %% [markdown]
# ## What came of it
#
# The article's last lines turn probabilities into classes.

# %% article
preds = np.argmax(preds, axis=1)

# %%
print("truth:     ", [glyphs.classes[label] for label in y_test.argmax(axis=1)[::150]])
print("prediction:", [glyphs.classes[label] for label in preds[::150]])
print(f"images alone              {image_alone:.3f}")
print(f"words alone               {text_alone:.3f}")
print(f"product, at once          {product_at_once:.3f}")
print(f"product, trained          {product:.3f}")
print(f"features side by side     {side_by_side:.3f}")

# %%
assert min(image_alone, text_alone) > 0.5
assert product_at_once > max(image_alone, text_alone)
assert min(product, side_by_side) > max(image_alone, text_alone)

# %% [markdown]
# - The article's three programs run; what is behind every name you have built yourself.
# - Two experts who never learned together are, multiplied, better than either.
# - The embedding reads padding as words, and the product of probabilities is no probability: both work, and both are
#   the reason for masks (lesson 08) and for log-probabilities (lesson 12).
