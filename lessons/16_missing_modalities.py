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
#
# A file has no caption, a microphone is off, a name has been lost. A model of two modalities should then do what it can
# with one. How well does it?

# %%
from dataclasses import replace

import numpy as np

from mmdl import data
from mmdl.data.batches import batches, drop_words
from mmdl.data.batches import drop_modalities as library_drop_modalities
from mmdl.fusion import Concatenate
from mmdl.layers import Conv2D, Dense, Dropout, Embedding, Flatten, MaxPool2D, ReLU, SequencePool, Sequential
from mmdl.models import Modality, MultimodalClassifier
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.missing_modalities import draw
from mmdl.training import Adam, fit, predictions
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# The fusion expects one vector from each modality, for every example. If a modality is absent, something must stand in
# for its vector. For one modality, $N$ examples, and vectors of $D$ numbers:
#
# $$z_n = \text{encoder}(x_n) \qquad y_n = a_n\, z_n + (1 - a_n)\, v$$
#
# - $x_n$ is what the encoder reads of example $n$, $z_n$, $(D)$, what it makes of it, and $y_n$, $(D)$, what is fused;
# - $a_n$ is 1 if example $n$ has the modality, and 0 if not; in the code it is `present`, $(N)$, True or False;
# - $v$, $(D)$, is the stand-in, the same for all: zeros, or the mean of all $z_n$, or *learned* like a weight.
#
# ## Loops, and by hand
#
# Three examples, two numbers each; the second has lost this modality. So $y = ((1, 2), (8, 9), (5, 6))$.


# %%
def replace_absent_loops(z, present, v):
    y = np.zeros(z.shape)
    for n in range(z.shape[0]):
        for d in range(z.shape[1]):
            y[n, d] = z[n, d] if present[n] else v[d]
    return y


z, v = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([8.0, 9.0])
present = np.array([True, False, True])
y = replace_absent_loops(z, present, v)
print("y =", y.tolist())
assert np.array_equal(y, [[1, 2], [8, 9], [5, 6]])

# %% [markdown]
# ## Vectorised, and backward
#
# From above comes $dy$, $(N, D)$. Each row goes where $y_n$ came from: a row of the encoder to the encoder, all others
# to $v$. That was copied to every absent row, and a copy forward is a sum backward (lesson 00).


# %%
def replace_absent(z, present, v):
    return np.where(present[:, None], z, v)


def replace_absent_backward(dy, present):
    dz = np.where(present[:, None], dy, 0)  #    dzₙ = aₙ dyₙ
    dv = dy[~present].sum(axis=0)  #             dv  = Σ (1 − aₙ) dyₙ, over n
    return dz, dv


assert np.array_equal(replace_absent(z, present, v), y)
dz, dv = replace_absent_backward(np.array([[1.0, -1.0], [2.0, 3.0], [0.5, 0.0]]), present)
print("dz =", dz.tolist(), " dv =", dv.tolist())
assert np.array_equal(dz, [[1, -1], [0, 0], [0.5, 0]]) and np.array_equal(dv, [2, 3])

# %% [markdown]
# ## Checked
#
# With an encoder below, $z = x W + b$: against complex steps, and against the library's `Modality`, an encoder with a
# stand-in. It does not even *run* the encoder for absent rows, so these may hold anything, here "not a number".


# %%
def forward(x, W, b, v):
    return replace_absent(x @ W + b, present, v)


rng = np.random.default_rng(0)
x, W, b, v, dy = (rng.standard_normal(shape) for shape in ((3, 4), (4, 2), (2,), (2,), (3, 2)))
dz, dv = replace_absent_backward(dy, present)
gradients = dz @ W.T, x.T @ dz, dz.sum(axis=0), dv
y, trace = Modality(Dense(W, b), v).forward(np.where(present[:, None], x, np.nan), present)
dx, theirs = Modality(Dense(W, b), v).backward(dy, trace)
assert np.allclose(y, forward(x, W, b, v), rtol=0, atol=1e-12)
for place, library in enumerate((dx, theirs.encoder.W, theirs.encoder.b, theirs.absent)):
    assert np.allclose(library, gradients[place], rtol=0, atol=1e-12)
    nudges = complex_step_gradient(forward, [x, W, b, v], place, dy)
    assert np.allclose(gradients[place], nudges, rtol=0, atol=1e-12)

# %% [markdown]
# **A trap.** Let absent pictures be black ($x_n = 0$), and forget the mask: send $dy$ itself down to the encoder. Now
# $dW = x^\mathsf{T} dy$ is *right*, since rows of zeros add nothing. But $db = \sum_n dy_n$ is wrong: the encoder
# learns from pictures that were never there, and nothing crashes. When you test, look at the smallest parameter too.

# %%
black = np.where(present[:, None], x, 0)
print("db:", dz.sum(axis=0).round(3), "  db without the mask:", dy.sum(axis=0).round(3))
assert np.allclose(black.T @ dy, black.T @ dz) and not np.allclose(dy.sum(axis=0), dz.sum(axis=0))

# %% [markdown]
# ## An experiment: take the name away
#
# Pictures of characters, and their names with half of the words lost by chance (in training: other words in every
# epoch). Each modality has a small encoder that ends in 32 numbers. They are put side by side, and a **head** with one
# hidden layer gives the scores (lesson 15). We train with the picture alone, with the name alone, and **jointly**, with
# zeros for what is absent; three times each, from different random numbers, and look at the mean.

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans",))
test, D, SEEDS, NAMES = glyphs.test, 32, range(3), ("image", "text")


def head(rng, features):
    return Sequential((Dense.init(rng, features, 64), ReLU(), Dense.init(rng, 64, len(glyphs.classes))))


def train(seed, names=NAMES, modality_dropout=0.0, learned=False):
    rng = np.random.default_rng(seed)
    look = Conv2D.init(rng, 1, 16, (5, 5), stride=2), MaxPool2D(2), ReLU(), Flatten(), Dropout(0.5)
    read = Embedding.init(rng, glyphs.preprocessors["text"].entries, D, padding_id=0), SequencePool("mean")
    image, text = (Sequential((*each, Dense.init(rng, n, D), ReLU())) for each, n in ((look, 576), (read, D)))
    v = np.zeros(D, np.float32) if learned else None  # a v of None: always zeros
    modalities = {name: Modality({"image": image, "text": text}[name], v) for name in names}
    preprocessors = {name: glyphs.preprocessors[name] for name in names}
    model = MultimodalClassifier(modalities, Concatenate(), head(rng, D * len(names)), glyphs.classes, preprocessors)
    settings = {"batch_size": 64, "modality_dropout": modality_dropout, **glyphs.augment}
    return fit(model, glyphs.train, optimizer=Adam(3e-3), epochs=10, rng=np.random.default_rng(seed), **settings).model


def answers(models, given=NAMES):
    """(runs, glyphs): the family that each model names for each unseen glyph if it gets only these modalities."""
    return np.array([predictions(model, test, only=given).argmax(axis=1) for model in models])


joint = [train(seed) for seed in SEEDS]
alone = {name: np.mean(answers([train(seed, (name,)) for seed in SEEDS], name) == test.labels) for name in NAMES}
together = np.mean(answers(joint) == test.labels)
print("trained alone: picture {image:.3f}, name {text:.3f}".format(**alone), f"  jointly: both {together:.3f}")
assert together > alone["text"] + 0.03 > alone["image"] + 0.05

guessed = guess(
    f"Trained alone, the picture is right in {alone['image']:.0%}; jointly, picture and name are in {together:.0%}.\n"
    "In how many per cent is the joint model right when it gets the picture without the name?",
    "%",
)
inside = {name: np.mean(answers(joint, name) == test.labels) for name in NAMES}
print("inside the joint model: picture {image:.3f}, name {text:.3f}".format(**inside))
assert inside["image"] < alone["image"] - 0.06 and inside["text"] < alone["text"] - 0.02

# %% [markdown]
# **Without the name, the joint model is much worse than the model that never knew names.** Who is to blame? Either the
# picture's *encoder*, which left to the name what the name could do. Or the *head*, which has learned to expect a name.
# We can ask: keep the encoder as it is, and train a new head for it alone.

# %%
shorter = drop_words(glyphs.train.inputs["text"], 0.5, np.random.default_rng(0))
practice = data.Examples(glyphs.train.inputs | {"text": shorter}, glyphs.train.labels)


def encodings(model, name, examples):
    batch = next(batches(examples, len(examples)))
    return model.modalities[name].forward(batch.inputs[name], batch.present[name])[0]


def with_new_head(model, name):
    new, optimizer, z = head(np.random.default_rng(0), D), Adam(0.01), encodings(model, name, practice)
    state = optimizer.start(new)
    for _ in range(200):
        s, trace = new.forward(z)
        optimizer.step(new, new.gradient(softmax_cross_entropy(s, practice.labels).gradient, trace), state)
    return np.mean(new(encodings(model, name, test)).argmax(axis=1) == test.labels)


probed = {name: np.mean([with_new_head(model, name) for model in joint]) for name in NAMES}
print("joint encoder, new head: picture {image:.3f}, name {text:.3f}".format(**probed))
assert all(probed[name] > inside[name] + 0.02 and abs(probed[name] - alone[name]) < 0.06 for name in NAMES)

# %% [markdown]
# The encoder is nearly as good as one that learned alone. **It is the head.** What does it take zeros for? It has met
# them: by chance some names lose all their words in training. Whose names?

# %%
canadian = glyphs.classes.index("Canadian syllabics")
groups = practice.labels, practice.labels[~practice.present["text"]], answers(joint, "image")
shares = [np.mean(families == canadian) for families in groups]
print(
    "Canadian syllabics are {:.0%} of all, {:.0%} of the nameless, {:.0%} of the answers without names".format(*shares)
)
words = glyphs.train.inputs["text"].mask.sum(axis=1)
lengths = [words[its].mean() for its in (glyphs.train.labels == canadian, glyphs.train.labels != canadian)]
print("words in a Canadian name {:.1f}, in another {:.1f}".format(*lengths))
assert shares[0] < 0.15 < 0.18 < shares[2] and shares[1] > 0.3 and lengths[0] < 0.7 * lengths[1]

# %% [markdown]
# Short names lose all their words more often. So the head has learned that *no name* means *probably Canadian*: true in
# training, false when all names are gone. **What is missing is rarely missing by pure chance, and a model notices.**
#
# ## Three cures
#
# 1. **The mean** of all encodings in place of zeros: an "average name". It takes no training.
# 2. **Modality dropout**: in training, every modality of every example draws a number between 0 and 1. It stays if that
#    is at least $\rho$, or the largest: one always stays, because from nothing there is nothing to learn.
# 3. Modality dropout, and a **learned** $v$. Where nothing is ever missing $dv = 0$: it needs the practice, too.


# %%
def drop_modalities(present, draw, rate):
    """present (N, M), draw (N, M) from 0 to 1 -> (N, M): what stays"""
    draw = np.where(present, draw, -1)
    return present & ((draw >= rate) | (draw == draw.max(axis=1, keepdims=True)))


both = np.ones((20000, 2), bool)
stays = drop_modalities(both, np.random.default_rng(0).random((20000, 2)), 0.3)
theirs = library_drop_modalities({"image": both[:, 0], "text": both[:, 1]}, 0.3, np.random.default_rng(0))
assert np.array_equal(stays, np.stack(list(theirs.values()), axis=1)) and stays.any(axis=1).all()
assert abs(stays.all(axis=1).mean() - 0.7 * 0.7) < 0.02


def with_mean(model):
    means = {name: encodings(model, name, practice)[practice.present[name]].mean(axis=0) for name in NAMES}
    return replace(model, modalities={name: replace(model.modalities[name], absent=means[name]) for name in NAMES})


models = {
    "joint": joint,
    "joint, mean": [with_mean(model) for model in joint],
    "practised": [train(seed, modality_dropout=0.3) for seed in SEEDS],
    "practised, learned v": [train(seed, modality_dropout=0.3, learned=True) for seed in SEEDS],
}
said = {cure: {given: answers(runs, given) for given in (NAMES, *NAMES)} for cure, runs in models.items()}
score = {cure: {given: np.mean(said[cure][given] == test.labels) for given in said[cure]} for cure in said}
print(f"{'':21} both  picture  name")
for cure, of in score.items():
    print(f"{cure:20} {of[NAMES]:.3f}   {of['image']:.3f}  {of['text']:.3f}")
assert score["joint, mean"]["image"] < score["joint"]["image"] + 0.08
assert score["joint, mean"][NAMES] < score["joint"][NAMES]
for cure in ("practised", "practised, learned v"):
    assert score[cure]["image"] > inside["image"] + 0.04 and score[cure]["text"] > inside["text"] + 0.02
    assert score[cure][NAMES] > together - 0.04 and abs(score[cure]["image"] - score["practised"]["image"]) < 0.05

# %% [markdown]
# The mean is no cure: the head has met particular names, and zeros, but never an average name. Practice helps much, and
# costs next to nothing where both are there. What stands in then, zeros or something learned, matters less. **The
# stand-in is a word; it means what the head has learned that it means.**
#
# ## The picture
#
# And in between, when a share $r$ of the names is missing? The network treats every glyph by itself. So we give each a
# number $u_n$ from 0 to 1, and count its answer without the name if $u_n < r$, with the name otherwise.

# %%
rates, u = np.linspace(0, 1, 11), np.random.default_rng(0).permutation(len(test)) / len(test)
curves = [
    {
        cure: np.array([np.mean(np.where(u < r, given[left], given[NAMES]) == test.labels) for r in rates])
        for cure, given in said.items()
    }
    for left in NAMES
]
rivals = np.array([said[cure]["image"][0] for cure in ("joint", "practised, learned v")])
differ = np.flatnonzero(np.sum(rivals == test.labels, axis=0) == 1)
some, families = np.sort(np.random.default_rng(0).permutation(differ)[:6]), np.array(glyphs.classes)
shown = test.inputs["image"][some, ..., 0], families[test.labels[some]], families[rivals[:, some]]
counts = (rivals[:, differ] == test.labels[differ]).sum(axis=1)
heads = {"trained alone": alone, "joint encoder": probed, "joint model": inside}
heads = {who: np.array([right[name] for name in NAMES]) for who, right in heads.items()}
save_figure(draw(*shown, counts, rates, curves, heads, guessed), "16_missing_modalities")

# %% [markdown]
# ## Exercises
#
# `mmdl check lessons/exercises/16_missing_modalities.py`
#
# - `present_rows`: which texts of a batch have a word at all? One without words counts as absent.
# - `replace_absent` and `replace_absent_backward`: the stand-in, and what it learns from.
# - `drop_modalities`: who goes, and who always stays.
#
# ## What you now know
#
# - A missing modality is replaced by a stand-in, row by row; backward, the mask decides who hears the gradient.
# - A joint model that loses one modality is worse than a model that has only ever had the other.
# - Most of that is not lost knowledge: the encoders are fine, the head misreads the stand-in.
# - Where data are not missing by pure chance, absence itself tells something, and the head learns it.
# - Modality dropout is the practice that a head needs. Which stand-in you choose matters less.
