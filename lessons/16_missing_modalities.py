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
# # 16 Missing modalities
#
# **Question.** The model has learned from pictures with names. What if the name is gone?
#
# Needs: lessons 05, 09, 12, 13, 15; about 25 s.

# %%
from dataclasses import replace

import numpy as np

from mmdl import data
from mmdl.data.batches import drop_modalities, drop_words
from mmdl.fusion import Concatenate
from mmdl.layers import Conv2D, Dense, Dropout, Embedding, Flatten, MaxPool2D, ReLU, SequencePool, Sequential
from mmdl.models import Modality, MultimodalClassifier, multimodal_classifier
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_16_missing_modalities import draw, draw_seven
from mmdl.training import Adam, evaluate_subsets, fit, predictions
from mmdl.training.recipes import RECIPES
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula, in loops, and by hand
#
# A file has no caption, a microphone is off: where a modality is absent, something must stand in for its vector. With
# $N$ examples and vectors of $D$ numbers:
#
# $$z_n = \text{encoder}(x_n) \qquad y_n = a_n\, z_n + (1 - a_n)\, v$$
#
# - $x_n$ is what the encoder reads of example $n$, $z_n$, $(D)$, what it makes of it, and $y_n$, $(D)$, what is fused;
# - $a_n$ is 1 if example $n$ has the modality, and 0 if not; in the code it is `present`, $(N)$, True or False;
# - $v$, $(D)$, is the stand-in, the same for all: zeros, or the mean of all $z_n$, or *learned* like a weight.
#
# Three examples, two numbers each; the second has lost this modality. So $y = ((1, 2), (8, 9), (5, 6))$.


# %%
def replace_absent_loops(z, present, v):
    y = np.zeros(z.shape)
    for n, d in np.ndindex(*z.shape):
        y[n, d] = z[n, d] if present[n] else v[d]
    return y


z, v = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([8.0, 9.0])
present = np.array([True, False, True])
assert np.array_equal(replace_absent_loops(z, present, v), [[1, 2], [8, 9], [5, 6]])

# %% [markdown]
# ## Vectorised, backward, and checked
#
# From above comes $dy$, $(N, D)$. Each row goes where $y_n$ came from: a row of the encoder to the encoder, all others
# to $v$. That was copied to every absent row, and a copy forward is a sum backward (lesson 00). We check it with an
# encoder below, $z = x W + b$: against complex steps, and against the library's `Modality`, an encoder with a stand-in.
# It does not even *run* the encoder for absent rows, so these may hold anything, here "not a number".
#
# **A trap.** Let absent pictures be black ($x_n = 0$), and forget the mask: send $dy$ itself down to the encoder. Now
# $dW = x^\mathsf{T} dy$ is *right*, since rows of zeros add nothing. But $db = \sum_n dy_n$ is wrong: the encoder
# learns from pictures that were never there, and nothing crashes. When you test, look at the smallest parameter too.


# %%
def replace_absent(z, present, v):
    return np.where(present[:, None], z, v)


def replace_absent_backward(dy, present):
    dz = np.where(present[:, None], dy, 0)  #    dzₙ = aₙ dyₙ
    dv = dy[~present].sum(axis=0)  #             dv  = Σ (1 − aₙ) dyₙ, over n
    return dz, dv


assert np.array_equal(replace_absent(z, present, v), replace_absent_loops(z, present, v))
rng = np.random.default_rng(0)
x, W, b, v, dy = (rng.standard_normal(shape) for shape in ((3, 4), (4, 2), (2,), (2,), (3, 2)))
dz, dv = replace_absent_backward(dy, present)
gradients = dz @ W.T, x.T @ dz, dz.sum(axis=0), dv
y, trace = Modality(Dense(W, b), v).forward(np.where(present[:, None], x, np.nan), present)
dx, theirs = Modality(Dense(W, b), v).backward(dy, trace)
assert np.allclose(y, replace_absent(x @ W + b, present, v), rtol=0, atol=1e-12)
for place, library in enumerate((dx, theirs.encoder.W, theirs.encoder.b, theirs.absent)):
    nudges = complex_step_gradient(lambda x, W, b, v: replace_absent(x @ W + b, present, v), [x, W, b, v], place, dy)
    assert np.allclose([nudges, library], gradients[place], rtol=0, atol=1e-12)
print("db:", dz.sum(axis=0).round(3), "  db without the mask:", dy.sum(axis=0).round(3))
assert np.allclose((x * present[:, None]).T @ dy, gradients[1]) and not np.allclose(dy.sum(axis=0), gradients[2])

# %% [markdown]
# ## An experiment: take the name away
#
# Pictures of characters, and their names with half of the words lost by chance (in training: other words in every
# epoch). Each modality has a small encoder that ends in 32 numbers. They are put side by side, and a **head** with one
# hidden layer gives the scores (lesson 15). We train with the picture alone, with the name alone, and **jointly**, with
# zeros for what is absent (`None` for $v$). Each three times, from different random numbers; we look at the mean.

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans",))
test, D, SEEDS, NAMES = glyphs.test, 32, range(3), ("image", "text")


def learn(start, modalities, examples, seed, **augment):
    head = Dense.init(start, D * len(modalities), 64), ReLU(), Dense.init(start, 64, len(glyphs.classes))
    model = MultimodalClassifier(modalities, Concatenate(), Sequential(head), glyphs.classes, glyphs.preprocessors)
    rng = np.random.default_rng(seed)
    return fit(model, examples, optimizer=Adam(3e-3), epochs=10, batch_size=64, rng=rng, augment=augment).model


def train(seed, names=NAMES, learned=False, modality_dropout=0.0):
    start = np.random.default_rng(seed)
    look = Conv2D.init(start, 1, 16, (5, 5), stride=2), MaxPool2D(2), ReLU(), Flatten(), Dropout(0.5)
    read = Embedding.init(start, glyphs.preprocessors["text"].entries, D, padding_id=0), SequencePool("mean")
    look, read = (Sequential((*each, Dense.init(start, n, D), ReLU())) for each, n in ((look, 576), (read, D)))
    encoders = {"image": look, "text": read}
    modalities = {name: Modality(encoders[name], np.zeros(D, np.float32) if learned else None) for name in names}
    return learn(start, modalities, glyphs.train, seed, modality_dropout=modality_dropout, **glyphs.augment)


def answers(models, given, examples=test):
    return np.array([predictions(model, examples, only=given).argmax(axis=1) for model in models])  # (runs, glyphs)


joint = [train(seed) for seed in SEEDS]
alone = np.array([np.mean(answers([train(seed, [name]) for seed in SEEDS], name) == test.labels) for name in NAMES])
together = np.mean(answers(joint, NAMES) == test.labels)
print("trained alone: picture {:.3f}, name {:.3f};".format(*alone), f"jointly, given both: {together:.3f}")
assert together > alone[1] + 0.02 > alone[0] + 0.05

guessed = guess("How often is the joint model right when it gets the picture without the name?", "%")
inside = np.array([np.mean(answers(joint, name) == test.labels) for name in NAMES])
print("joint model, given one: picture {:.3f}, name {:.3f}".format(*inside))
assert np.all(inside < alone - [0.06, 0.02])

# %% [markdown]
# **Without the name, the joint model is much worse than the model that never knew names.** Who is to blame? Its
# *encoder* may have left to the name what the name can do, or its *head* may misread the zeros. So we keep the encoder
# as it is, and train a new head on what it says. And where has the old head met zeros? By chance some names lost all
# their words in training. Whose names?


# %%
def encodings(model, name, examples):
    batch = next(data.batches(examples, len(examples)))
    return model.modalities[name].forward(batch[name], batch.present[name])[0]


def with_new_head(model, name):
    z, z_test = (data.Examples({name: encodings(model, name, each)}, each.labels) for each in (practice, test))
    new = learn(np.random.default_rng(0), {name: Modality(Sequential(()), None)}, z, 0)  # no encoder but z itself
    return np.mean(predictions(new, z_test).argmax(axis=1) == test.labels)


names, labels, family = glyphs.train.inputs["text"], glyphs.train.labels, glyphs.classes.index("Canadian syllabics")
practice = data.Examples(glyphs.train.inputs | {"text": drop_words(names, 0.5, np.random.default_rng(0))}, labels)
renewed = np.array([np.mean([with_new_head(model, name) for model in joint]) for name in NAMES])
print("the same encoders, new heads: picture {:.3f}, name {:.3f}".format(*renewed))
assert np.all(renewed > inside + [0.08, 0.04]) and np.all(abs(renewed - alone) < 0.05)

groups = labels, labels[~practice.present["text"]], answers(joint, NAMES), answers(joint, "image")
shares = [np.mean(each == family) for each in groups]
print("Canadian: {:.0%} of all, {:.0%} of the nameless; of answers {:.0%}, without names {:.0%}".format(*shares))
words = [names.mask[its].sum(axis=1).mean() for its in (labels == family, labels != family)]
print("words in a Canadian name {:.1f}, in another {:.1f}".format(*words))
assert shares[1] > 2 * shares[0] and shares[3] > 1.4 * shares[2] and words[0] < 0.7 * words[1]

# %% [markdown]
# The encoder knows nearly as much as one that learned alone: **it is the head.** Names of Canadian syllabics are short,
# and lose all their words more often. So the head has learned that *no name* speaks for *Canadian*: true in training,
# false when all names are gone. **What is missing is rarely missing by pure chance, and a model notices.**
#
# ## Three cures
#
# 1. **The mean** of all encodings in place of zeros: an "average name". It takes no training.
# 2. **Modality dropout**: in training, every modality of every example draws a number between 0 and 1. It stays if that
#    is at least $\rho$, or the largest: one always stays, because from nothing there is nothing to learn.
# 3. Modality dropout, and a **learned** $v$. Where nothing is ever missing $dv = 0$: it needs the practice, too.


# %%
def who_stays(present, draw, rate):
    """present (N, M), draw (N, M) from 0 to 1 -> (N, M)"""
    draw = np.where(present, draw, -1)
    return present & ((draw >= rate) | (draw == draw.max(axis=1, keepdims=True)))


def with_mean(model):
    means = {name: encodings(model, name, glyphs.train).mean(axis=0) for name in NAMES}
    return replace(model, modalities={name: replace(model.modalities[name], absent=means[name]) for name in NAMES})


stays = who_stays(np.ones((5000, 2), bool), np.random.default_rng(0).random((5000, 2)), 0.3)
theirs = drop_modalities({name: np.ones(5000, bool) for name in NAMES}, 0.3, np.random.default_rng(0))
assert np.array_equal(stays, np.stack(list(theirs.values()), axis=1)) and stays.any(axis=1).all()

models = {
    "joint": joint,
    "joint, mean": [with_mean(model) for model in joint],
    "dropout": [train(seed, modality_dropout=0.3) for seed in SEEDS],
    "dropout, learned v": [train(seed, modality_dropout=0.3, learned=True) for seed in SEEDS],
}
said = {cure: np.array([answers(runs, given) for given in (NAMES, *NAMES)]) for cure, runs in models.items()}
score = {cure: (each == test.labels).mean(axis=(1, 2)) for cure, each in said.items()}
print(f"{'given':20}  both  picture  name")
for cure, of in score.items():
    print("{:20} {:.3f}   {:.3f}  {:.3f}".format(cure, *of))
assert np.all(score["joint, mean"] < score["joint"] + [0, 0.08, 0.08])
assert all(np.all(score[cure] > score["joint"] + [-0.04, 0.04, 0.02]) for cure in list(models)[2:])
assert np.all(abs(score["dropout"] - score["dropout, learned v"]) < 0.05)
save_figure(draw(test, glyphs.classes, said, score, alone, renewed, guessed), "16_missing_modalities")

# %% [markdown]
# The mean is no cure: the head has met particular names, and zeros, but never an average name. Practice helps much, and
# costs next to nothing where both are there. What stands in then, zeros or something learned, matters less. **The
# stand-in is a word; it means what the head has learned that it means.**
#
# ## Three modalities, seven ways to see
#
# The data set `interactions` is generated. In a third of its examples every modality shows the class (redundant), in a
# third just one of them does (unique), in a third only the product of all three signs is the class (synergy). So for
# every subset of modalities the best possible accuracy is known. Is practice at missing free here, too?

# %%
three, seven = data.load("interactions", modalities=3), {}


def shares(rate, seed, epochs=10):
    rng = np.random.default_rng(seed)
    recipe = replace(RECIPES["concatenate"], epochs=epochs, modality_dropout=rate)
    found = evaluate_subsets(recipe.fit(multimodal_classifier(rng, three, "concatenate"), three, rng).model, three.test)
    return [found[subset]["accuracy"] for subset in three.best]


runs = {rate: np.array([shares(rate, seed) for seed in range(3)]) for rate in (0.0, 0.3)}
seven = {rate: each.mean(axis=0) for rate, each in runs.items()}
possible = np.array([best["accuracy"] for best in three.best.values()])
for subset, *numbers in zip(three.best, possible, *seven.values(), strict=True):
    print("{:24} possible {:.3f}, without dropout {:.3f}, with {:.3f}".format(" + ".join(subset), *numbers))
assert np.all(abs(seven[0.0] - possible) < 0.03) and np.all(abs(seven[0.3] - possible)[:-1] < 0.03)
assert np.all(runs[0.3][:, -1] < possible[-1] - 0.1) and np.all(runs[0.0][:, -1] > possible[-1] - 0.05)
longer = shares(0.3, 0, epochs=30)[-1]  # or does it only take longer?
print(f"all three given, with dropout: three seeds {runs[0.3][:, -1].round(3)}; three times as long {longer:.3f}")
save_figure(draw_seven(list(three.best), possible, seven), "16_missing_modalities_three")

# %% [markdown]
# One and two modalities are used as well as can be. But the synergy is in all three or nowhere, and practice hides one
# of them in most examples: **who practises doing without hardly learns what only all together tell**, not even in three
# times the time.
#
# ## Exercises
#
# `mmdl check --new 16` writes a file to complete, `mmdl check 16_missing_modalities.py` looks at it.
#
# - `present_rows`: which texts of a batch have a word at all? One without words counts as absent.
# - `replace_absent` and `replace_absent_backward`: the stand-in, and what it learns from.
# - `drop_modalities`: who goes, and who always stays.
#
# ## What you now know
#
# - A missing modality is replaced by a stand-in, row by row; backward, the mask decides who hears the gradient.
# - A joint model that loses one modality is worse than a model that has only ever had the other; its encoder is not.
# - What "nothing" means the head learns from those who had nothing, and things are rarely missing by pure chance.
# - Modality dropout is the practice that a head needs, at the price of what only all modalities together can tell.
#
# ## Where this comes from
#
# - Rubin, [*Inference and missing data*](https://doi.org/10.1093/biomet/63.3.581), 1976: when it matters why something
#   is missing, and when it may be ignored.
# - Neverova, Wolf, Taylor, Nebout, [*ModDrop: adaptive multi-modal gesture
#   recognition*](https://arxiv.org/abs/1501.00102), 2016: modalities dropped at random in training, for gestures that
#   are seen and heard.
# - Ma, Ren, Zhao, Testuggine, Peng, [*Are multimodal transformers robust to missing
#   modality?*](https://arxiv.org/abs/2204.05454), 2022: large models that lose a modality, and how much the way of
#   fusing decides.
# - Wang, Tran, Feiszli, [*What makes training multi-modal classification networks
#   hard?*](https://arxiv.org/abs/1905.12681), 2020: why a joint model may learn less of each modality than a model of
#   its own.
