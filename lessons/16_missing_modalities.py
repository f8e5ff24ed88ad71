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
# In a table of data nothing is ever missing. Outside, a file has no caption, a microphone is off, a name has been lost.
# A model of two modalities should then do what it can with one. How well does it?

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
from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import guess, mark_guess, save_figure
from mmdl.plots.style import BLUE, GREEN, PURPLE, VERMILLION, picture_on, styled
from mmdl.training import Adam, fit, predictions
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# The fusion expects one vector from each modality, for every example. If a modality is absent, something must stand in
# for its encoding. For one modality and $N$ examples, with encodings of $D$ numbers:
#
# $$y_n = a_n\, z_n + (1 - a_n)\, v \qquad z_n = \text{encoder}(x_n)$$
#
# - $a_n$ is 1 if example $n$ has the modality, and 0 if not; in the code it is `present`, $(N)$, True or False;
# - $x_n$ is what the encoder would read, and $z_n$, $(D)$, what it makes of it;
# - $v$, $(D)$, is the stand-in, the same for all: zeros, or the mean of all encodings, or *learned* like a weight.
#
# ## Loops


# %%
def replace_absent_loops(z, present, v):
    N, D = z.shape
    y = np.zeros((N, D))
    for n in range(N):
        for d in range(D):
            y[n, d] = z[n, d] if present[n] else v[d]
    return y


# %% [markdown]
# ## By hand
#
# Three examples, two numbers each; the second has lost this modality. So $y = ((1, 2), (8, 9), (5, 6))$.
# The encoder's $(3, 4)$ is gone: whatever it said of a missing picture, nobody hears it.

# %%
z, v = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([8.0, 9.0])
present = np.array([True, False, True])
y = replace_absent_loops(z, present, v)
print("y =", y.tolist())
assert np.array_equal(y, [[1, 2], [8, 9], [5, 6]])

# %% [markdown]
# ## Vectorised, and backward
#
# From above comes $dy$, $(N, D)$. Each row goes where $y_n$ came from:
#
# - $dz_n = a_n\, dy_n$: the encoder hears of its own rows only;
# - $dv = \sum_n (1 - a_n)\, dy_n$: $v$ was copied to every absent row, and a copy forward is a sum backward (00).


# %%
def replace_absent(z, present, v):
    return np.where(present[:, None], z, v)


def replace_absent_backward(dy, present):
    dz = np.where(present[:, None], dy, 0)  #    dzₙ = aₙ dyₙ
    dv = dy[~present].sum(axis=0)  #             dv  = Σ (1 − aₙ) dyₙ
    return dz, dv


assert np.array_equal(replace_absent(z, present, v), y)
dz, dv = replace_absent_backward(np.array([[1.0, -1.0], [2.0, 3.0], [0.5, 0.0]]), present)
print("dz =", dz.tolist(), " dv =", dv.tolist())
assert np.array_equal(dz, [[1, -1], [0, 0], [0.5, 0]]) and np.array_equal(dv, [2, 3])

# %% [markdown]
# ## Checked
#
# With an encoder below, $z = x W + b$, against complex steps; and against the library's `Modality`, which is an encoder
# with a stand-in. It goes one step further: the encoder is not even *run* for absent rows, so they may hold anything.


# %%
def forward(x, W, b, v):
    return replace_absent(x @ W + b, present, v)


rng = np.random.default_rng(0)
x, W, b, v, dy = (rng.standard_normal(shape) for shape in ((3, 4), (4, 2), (2,), (2,), (3, 2)))
dz, dv = replace_absent_backward(dy, present)
gradients = dz @ W.T, x.T @ dz, dz.sum(axis=0), dv
for place, gradient in enumerate(gradients):
    nudges = complex_step_gradient(forward, [x, W, b, v], place, dy)
    assert np.allclose(gradient, nudges, rtol=0, atol=1e-12)

anything = np.where(present[:, None], x, np.nan)
y, trace = Modality(Dense(W, b), v).forward(anything, present)
dx, gradient = Modality(Dense(W, b), v).backward(dy, trace)
assert np.allclose(y, forward(x, W, b, v), rtol=0, atol=1e-12)
for theirs, ours in zip((dx, gradient.encoder.W, gradient.encoder.b, gradient.absent), gradients, strict=True):
    assert np.allclose(theirs, ours, rtol=0, atol=1e-12)

# %% [markdown]
# **A trap.** Let absent pictures be black ($x_n = 0$), and forget the mask: send $dy$ itself down to the encoder. Now
# $dW = x^\mathsf{T} dy$ is *right*, since rows of zeros add nothing. But $db = \sum_n dy_n$ is wrong: the encoder
# learns from pictures that were never there. Nothing crashes. When you test, look at the smallest parameter too.

# %%
black = np.where(present[:, None], x, 0)
print("db:", dz.sum(axis=0).round(3), "  db without the mask:", dy.sum(axis=0).round(3))
assert np.allclose(black.T @ dy, black.T @ dz) and not np.allclose(dy.sum(axis=0), dz.sum(axis=0))

# %% [markdown]
# ## Glyphs: alone and together
#
# Pictures of characters, and their names with half of the words lost. Each modality has a small encoder that ends in
# 32 numbers, $z$. They are put side by side, and a head with one hidden layer gives the scores (lesson 15). We train
# with the picture alone, with the name alone, and **jointly**, where zeros stand in for what is absent. Three times
# each, from different random numbers: with 628 unseen glyphs one run can be off by some 0.02.

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans",))
D, SEEDS, NAMES = 32, (0, 1, 2), ("image", "text")


def head(rng, features):
    return Sequential((Dense.init(rng, features, 64), ReLU(), Dense.init(rng, 64, len(glyphs.classes))))


def build(seed, names, learned):
    rng = np.random.default_rng(seed)
    look = Conv2D.init(rng, 1, 16, (5, 5), stride=2), MaxPool2D(2), ReLU(), Flatten(), Dropout(0.5)
    read = Embedding.init(rng, glyphs.preprocessors["text"].entries, D, padding_id=0), SequencePool("mean")
    encoders = {
        "image": Sequential((*look, Dense.init(rng, 576, D), ReLU())),
        "text": Sequential((*read, Dense.init(rng, D, D), ReLU())),
    }
    modalities = {name: Modality(encoders[name], np.zeros(D, np.float32) if learned else None) for name in names}
    preprocessors = {name: glyphs.preprocessors[name] for name in names}
    return MultimodalClassifier(modalities, Concatenate(), head(rng, D * len(names)), glyphs.classes, preprocessors)


def train(seed, names=NAMES, modality_dropout=0.0, learned=False):
    return fit(
        build(seed, names, learned),
        glyphs.train,
        optimizer=Adam(3e-3),
        epochs=10,
        rng=np.random.default_rng(seed),
        batch_size=64,
        modality_dropout=modality_dropout,
        **glyphs.augment,
    ).model


def right(model, only=NAMES):
    """(628,): which unseen glyphs a model names rightly when it is given only these modalities."""
    return predictions(model, glyphs.test, only=only).argmax(axis=1) == glyphs.test.labels


alone = {name: [train(seed, (name,)) for seed in SEEDS] for name in NAMES}
joint = [train(seed) for seed in SEEDS]
own = {name: np.mean([right(model, name) for model in alone[name]]) for name in NAMES}
together = np.mean([right(model) for model in joint])
print(f"picture alone {own['image']:.3f}, name alone {own['text']:.3f}, jointly {together:.3f}")
assert together > own["text"] + 0.03 > own["image"] + 0.05

# %% [markdown]
# ## An experiment: take the name away
#
# Together they are clearly better. Now we keep the joint model and take the names of all unseen glyphs away.

# %%
guessed = guess(
    f"Trained alone, the picture is right in {own['image']:.0%}; jointly, picture and name are in {together:.0%}.\n"
    "In how many per cent is the joint model right when it gets the picture without the name?",
    "%",
)

inside = {name: np.mean([right(model, name) for model in joint]) for name in NAMES}
print("inside the joint model: picture {image:.3f}, name {text:.3f}".format(**inside))
assert inside["image"] < own["image"] - 0.06 and inside["text"] < own["text"] - 0.02

# %% [markdown]
# **Without the name, the joint model is much worse than the model that never knew names.** Who is to blame? Either the
# picture's *encoder*, which left to the name what the name could do. Or the *head*, which has learned to expect a name.
# We can ask: keep the encoder as it is, and train a new head for it alone.


# %%
def encodings(model, name, examples):
    batch = next(batches(examples, len(examples)))
    return model.modalities[name].forward(batch.inputs[name], batch.present[name])[0]


def with_new_head(model, name, examples, steps=200):
    """How often a new head is right that sees nothing but this encoder's z."""
    z, z_test = (encodings(model, name, each) for each in (examples, glyphs.test))
    new, optimizer = head(np.random.default_rng(0), D), Adam(0.01)
    state = optimizer.start(new)
    for _ in range(steps):
        s, trace = new.forward(z)
        optimizer.step(new, new.gradient(softmax_cross_entropy(s, examples.labels).gradient, trace), state)
    return np.mean(new(z_test).argmax(axis=1) == glyphs.test.labels)


shorter = drop_words(glyphs.train.inputs["text"], 0.5, np.random.default_rng(0))  # as in training
practice = data.Examples(glyphs.train.inputs | {"text": shorter}, glyphs.train.labels)
probed = {name: np.mean([with_new_head(model, name, practice) for model in joint]) for name in NAMES}
print("the same encoders with a new head: picture {image:.3f}, name {text:.3f}".format(**probed))
assert probed["image"] > inside["image"] + 0.05 and probed["text"] > inside["text"] + 0.02
assert abs(probed["image"] - own["image"]) < 0.06

# %% [markdown]
# The encoder is nearly as good as one that learned alone. **It is the head.** And what does the head take zeros for? It
# has met them: by chance some names lose all their words in training. Let us see whose names those are, and what the
# joint model says when *all* names are gone.

# %%
canadian = glyphs.classes.index("Canadian syllabics")
nameless = practice.labels[~practice.present["text"]]
answers = np.mean([predictions(model, glyphs.test, only="image").argmax(axis=1) == canadian for model in joint])
print(f"training glyphs that lost all words: {len(nameless) / len(practice):.0%}")
among_all, among_nameless = np.mean(practice.labels == canadian), np.mean(nameless == canadian)
words, its_own = glyphs.train.inputs["text"].mask.sum(axis=1), glyphs.train.labels == canadian
print(f"Canadian among all {among_all:.0%}, among the nameless {among_nameless:.0%}")
print(f"words in a Canadian name {words[its_own].mean():.1f}, in another {words[~its_own].mean():.1f}")
print(f"the joint model without names says Canadian to {answers:.0%}")
assert 0.09 < len(nameless) / len(practice) < 0.13
assert among_nameless > 0.3 > 0.15 > among_all and answers > 0.18
assert words[its_own].mean() < 0.7 * words[~its_own].mean()

# %% [markdown]
# Names of Canadian syllabics are short, PWOO or KWE, and are lost more often than others. So the head has learned that
# *no name* means *probably Canadian*. That is true in training, and false when all names are gone. **What is missing is
# rarely missing by pure chance, and a model notices.**
#
# ## Three cures
#
# 1. **The mean** of all encodings in place of zeros: an "average name". It takes no training.
# 2. **Modality dropout**: in training, take away each modality of each example with probability $\rho$, so that the
#    head practises. Every modality draws a number between 0 and 1, and stays if it is at least $\rho$, or the largest:
#    one always stays, because from nothing there is nothing to learn.
# 3. Modality dropout, and a **learned** $v$. Note that $dv$ is a sum over absent rows. Where nothing is ever missing it
#    is zero, and $v$ never moves: a learned $v$ needs the practice too.


# %%
def drop_modalities(present, draw, rate):
    """present (N, M), draw (N, M) from 0 to 1 -> (N, M): what stays"""
    draw = np.where(present, draw, -1)
    return present & ((draw >= rate) | (draw == draw.max(axis=1, keepdims=True)))


everything = np.ones((20000, 2), bool)
stays = drop_modalities(everything, np.random.default_rng(0).random((20000, 2)), 0.3)
theirs = library_drop_modalities(dict(zip(NAMES, everything.T, strict=True)), 0.3, np.random.default_rng(0))
assert np.array_equal(stays, np.stack([theirs[name] for name in NAMES], axis=1))
print(f"at ρ = 0.3: both stay {stays.all(axis=1).mean():.3f}, picture only {(~stays[:, 1]).mean():.3f}")
assert stays.any(axis=1).all() and abs(stays.all(axis=1).mean() - 0.7**2) < 0.02  # 0.7 · 0.7
assert abs((~stays[:, 1]).mean() - (0.7 * 0.3 + 0.3**2 / 2)) < 0.02  # or a coin decides who stays


def with_mean(model):
    """The same model with the mean encoding as stand-in."""
    means = {name: encodings(model, name, practice)[practice.present[name]].mean(axis=0) for name in NAMES}
    return replace(model, modalities={name: replace(model.modalities[name], absent=means[name]) for name in NAMES})


models = {
    "joint, zeros": joint,
    "joint, mean": [with_mean(model) for model in joint],
    "dropout, zeros": [train(seed, modality_dropout=0.3) for seed in SEEDS],
    "dropout, learned": [train(seed, modality_dropout=0.3, learned=True) for seed in SEEDS],
}
seen = {
    cure: {given: np.array([right(model, given) for model in trained]) for given in (NAMES, *NAMES)}
    for cure, trained in models.items()
}
print("                   both   picture   name")
for cure, hits in seen.items():
    print(f"{cure:17s} {hits[NAMES].mean():.3f} {hits['image'].mean():9.3f} {hits['text'].mean():6.3f}")
print(f"trained alone     {own['image']:15.3f} {own['text']:6.3f}")

score = {cure: {given: hits[given].mean() for given in hits} for cure, hits in seen.items()}
assert abs(score["joint, mean"]["image"] - score["joint, zeros"]["image"]) < 0.08  # an average name is no name
named = glyphs.test.present["text"]
assert np.array_equal(seen["joint, mean"][NAMES][:, named], seen["joint, zeros"][NAMES][:, named])
assert seen["joint, mean"][NAMES][:, ~named].mean() < seen["joint, zeros"][NAMES][:, ~named].mean()
for cure in ("dropout, zeros", "dropout, learned"):
    assert score[cure]["image"] > score["joint, zeros"]["image"] + 0.04
    assert score[cure]["text"] > score["joint, zeros"]["text"] + 0.02
    assert score[cure][NAMES] > score["joint, zeros"][NAMES] - 0.04
assert abs(score["dropout, learned"]["image"] - score["dropout, zeros"]["image"]) < 0.05

# %% [markdown]
# The mean helps little: a head that has only heard *particular* names does not know what to do with an average one. And
# for glyphs that have lost all their words by chance it does harm, because in training zeros stood there. Practice
# helps much, and costs nothing where both are there. What stands in then, zeros or something learned, matters little:
# encodings end in a ReLU, so a row of zeros is already unlike all others. **The stand-in is a word; it means what the
# head has learned that it means.**
#
# ## The picture
#
# How bad is it in between, when a share $r$ of the names is missing? No new runs are needed. In inference every example
# goes through the network by itself, so we draw a number $u_n$ for each, and take its answer without the name if
# $u_n < r$, with the name otherwise.

# %%
rates = np.linspace(0, 1, 11)
u = np.random.default_rng(0).permutation(len(glyphs.test)) / len(glyphs.test)


def curve(hits, left):
    """Accuracy where a share of the examples has only the modality `left`; for every rate."""
    return [np.where(u < rate, hits[left], hits[NAMES]).mean() for rate in rates]


curves = {left: {cure: curve(hits, left) for cure, hits in seen.items()} for left in NAMES}


@styled
def draw():
    figure = figure_of(None, 5.9)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 2.1))
    given_up, practised = seen["joint, zeros"]["image"][0], seen["dropout, learned"]["image"][0]
    differ = np.flatnonzero(given_up != practised)
    top.suptitle(
        f"Six of the {len(differ)} glyphs that only one of two models gets right without the name"
        f" (dropout: {practised[differ].sum()})",
        fontsize=11,
    )
    rows = np.sort(np.random.default_rng(0).permutation(differ)[:6])
    said = [
        predictions(models[cure][0], glyphs.test.select(rows), only="image").argmax(axis=1)
        for cure in ("joint, zeros", "dropout, learned")
    ]
    for ax, row, *answers in zip(top.subplots(1, 6), rows, *said, strict=True):
        picture_on(ax, glyphs.test.inputs["image"][row, ..., 0])
        ax.set_title(glyphs.classes[glyphs.test.labels[row]], fontsize=9, fontweight="bold")
        for line, (who, answer, colour) in enumerate(
            zip(("joint", "dropout"), answers, (VERMILLION, BLUE), strict=True)
        ):
            mark = "✓" if answer == glyphs.test.labels[row] else f"✗ {glyphs.classes[answer].split()[0]}"
            where = {"ha": "center", "va": "top", "transform": ax.transAxes}
            ax.text(0.5, -0.08 - 0.19 * line, f"{who} {mark}", color=colour, fontsize=8, **where)

    axes = bottom.subplots(1, 3, width_ratios=(1, 1, 0.9))
    lines = (VERMILLION, "-"), (PURPLE, "--"), (GREEN, "--"), (BLUE, "-")
    for ax, left, gone in zip(axes, NAMES, ("names", "pictures"), strict=False):
        for cure, (colour, line) in zip(curves[left], lines, strict=True):
            ax.plot(100 * rates, 100 * np.array(curves[left][cure]), line, color=colour, label=cure)
        ax.plot(100, 100 * own[left], "k*", markersize=10, clip_on=False, label="trained alone")
        ax.set(xlabel=f"missing {gone} (%)", ylim=(43, 84), xlim=(0, 100))
        gain = 100 * (score["dropout, learned"][left] - score["joint, zeros"][left])
        ax.set_title(f"{gone.capitalize()} go missing:\npractice is worth {gain:.0f} points")
    axes[0].set_ylabel("right (% of unseen glyphs)")
    axes[0].legend(loc="lower left", fontsize=8)
    mark_guess(axes[0], guessed)

    kinds = (
        (probed, BLUE, "o", "joint encoder,\nnew head", "top"),
        (inside, VERMILLION, "v", "inside the\njoint model", "center"),
        (own, "black", "*", "trained alone", "bottom"),
    )
    for values, colour, form, name, align in kinds:
        axes[2].plot([0, 1], [100 * values[left] for left in NAMES], form, color=colour, markersize=9)
        axes[2].text(0.14, 100 * values["image"], name, color=colour, fontsize=8, va=align)
    axes[2].set(title="The encoder knows enough,\nthe joint head does not", ylim=(43, 84), xlim=(-0.3, 1.3))
    axes[2].set_xticks((0, 1), ("picture\nonly", "name\nonly"))
    return figure


save_figure(draw(), "16_missing_modalities")

# %% [markdown]
# ## Exercises
#
# `mmdl check lessons/exercises/16_missing_modalities.py`
#
# - `present_rows`: which texts of a batch have a word at all? One without words counts as absent.
# - `replace_absent` and `replace_absent_backward`: the learned vector, and what it learns from. Mind that absent rows
#   send nothing to the encoder.
# - `drop_modalities`: who goes, and who always stays.
#
# ## What you now know
#
# - A missing modality is replaced by a stand-in, row by row; backward, the mask decides who hears the gradient.
# - Joint training makes a model that leans on both: with one it is worse than a model that has only ever had one.
# - Most of that is not lost knowledge. The encoders are fine; the head misreads the stand-in.
# - Absence tells something wherever data are not missing by pure chance, and the head learns it.
# - Modality dropout is the practice that a head needs. Which stand-in you choose matters less.
