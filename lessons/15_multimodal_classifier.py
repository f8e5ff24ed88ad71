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
# # 15 Multimodal classifier
#
# **Question.** Can I hold the whole model in my head, from the pixels to the loss and back?
#
# Needs: lessons 00 to 09, 12, 13; about 15 s.
#
# A picture of a character and some words of its name; which of ten families is it from? We have met every part. Now
# they stand on one page, forward, backward and update, with nothing between you and the arrays. Then the same again in
# ten lines, and then we let it learn.

# %%
import math
import textwrap

import numpy as np

from mmdl import data, tree
from mmdl.data import batches
from mmdl.formulas.activations import relu as relu_loops
from mmdl.formulas.convolution import conv2d as conv2d_loops
from mmdl.formulas.dense import affine as affine_loops
from mmdl.formulas.embedding import embedding as embedding_loops
from mmdl.formulas.lstm import lstm as lstm_loops
from mmdl.formulas.pooling import max_pool2d as max_pool2d_loops
from mmdl.fusion import Concatenate
from mmdl.layers import LSTM, Conv2D, Dense, Embedding, Flatten, MaxPool2D, ReLU, SequencePool, Sequential
from mmdl.layers.initial import glorot_uniform, orthogonal
from mmdl.models import Modality, MultimodalClassifier
from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.ops.embedding import embedding, embedding_backward
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.lstm import lstm, lstm_backward
from mmdl.ops.pooling import max_pool2d, max_pool2d_backward
from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import guess, mark_guess, save_figure
from mmdl.plots.style import BLUE, GREEN, VERMILLION, grid_on, picture_on, styled
from mmdl.training import Adam, fit, predictions
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formulas
#
# A batch has $N$ examples. $x$ is $(N, 28, 28, 1)$, the pictures; $ids$ is $(N, T)$, the names as word numbers, $T$ at
# most; the mask, $(N, T)$, is True where there is a word (lesson 09).
#
# | | | shape |
# |---|---|---|
# | $a = x * w + b$ | convolution (02), 16 kernels of 3 × 3 | $(N, 26, 26, 16)$ |
# | $r = \max(a, 0)$ | ReLU (05) | $(N, 26, 26, 16)$ |
# | $y$ = largest of each 2 × 2 of $r$ | max-pooling (05) | $(N, 13, 13, 16)$ |
# | $u$ = all of $y$ in one row | the picture as a vector | $(N, 2704)$ |
# | $e = E_{ids}$ | a vector for each word (09) | $(N, T, 32)$ |
# | $h$ = LSTM of $e$ with $W$, $U$, $c$ | reading in order (08) | $(N, T + 1, 32)$ |
# | $v = h_T$ | the name as a vector | $(N, 32)$ |
# | $z = (u, v)$ | fusion: concatenation (13) | $(N, 2736)$ |
# | $s = z V + d$ | the head: a score for each class (00) | $(N, 10)$ |
# | $L$ = mean of $-\log \mathrm{softmax}(s)_{truth}$ | loss (04) | one number |
#
# $w, b, E, W, U, c, V, d$ are the parameters. We keep them in a dictionary $p$.


# %%
def start(rng, side, filters, words, width, units, classes, dtype=np.float32):
    """Parameters to begin with, for pictures of side × side pixels."""
    cells = ((side - 2) // 2) ** 2 * filters
    return {
        "w": glorot_uniform(rng, (3, 3, 1, filters), dtype),
        "b": np.zeros(filters, dtype),
        "E": rng.uniform(-0.05, 0.05, (words, width)).astype(dtype),
        "W": glorot_uniform(rng, (width, 4 * units), dtype),
        "U": orthogonal(rng, (units, 4 * units), dtype),
        "c": np.repeat(np.array([0, 1, 0, 0], dtype), units),  # the forget gate starts open
        "V": glorot_uniform(rng, (cells + units, classes), dtype),
        "d": np.zeros(classes, dtype),
    }


glyphs = data.load("glyphs", fonts=("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif"))
words, K = glyphs.preprocessors["text"].entries, len(glyphs.classes)
p = start(np.random.default_rng(15), 28, 16, words, 32, 32, K)

# %% [markdown]
# ## By hand
#
# How many numbers are there to learn?
#
# - the picture's reader: 3 · 3 · 1 · 16 = 144 in $w$ and 16 in $b$;
# - the name's reader: 32 in $E$ for each word; 32 · 128 = 4096 in $W$ and as many in $U$; 128 in $c$;
# - the head: (13 · 13 · 16 + 32) · 10 = 27,360 in $V$ and 10 in $d$.
#
# Without the words that makes 35,850.

# %%
print("parameters:", {name: array.size for name, array in p.items()})
print(f"together: {tree.count(p):,}")
assert tree.count(p) == 35_850 + 32 * words

# %% [markdown]
# ## Loops
#
# The formulas of the lessons before, as loops over scalars, are kept in `mmdl.formulas`. Threaded together for one
# example they are the whole model, and slow:


# %%
def classifier_loops(p, picture, ids):
    """One example: picture (28, 28, 1), the ids of its words (T,) -> scores (10,)"""
    a = conv2d_loops(picture, p["w"], p["b"])
    u = max_pool2d_loops(relu_loops(a.ravel()).reshape(a.shape)).ravel()
    h, _ = lstm_loops(embedding_loops(ids, p["E"]), p["W"], p["U"], p["c"])
    return affine_loops(np.concatenate([u, h[-1]]), p["V"], p["d"])


# %% [markdown]
# ## Forward, with ops
#
# All $N$ examples at once. What the way back will need goes into the **trace**.


# %%
def forward(p, x, ids, mask):
    a = conv2d(x, p["w"], p["b"])
    r = relu(a)
    y, winner = max_pool2d(r)
    u = y.reshape(len(y), -1)
    e = embedding(ids, p["E"])
    h, cell, gates = lstm(e, p["W"], p["U"], p["c"], mask=mask)
    v = h[:, -1]  # where there is no word, a state is kept: so the last one is that of the last word
    z = np.concatenate([u, v], axis=1)
    s = affine(z, p["V"], p["d"])
    return s, {"r": r, "y": y, "winner": winner, "e": e, "h": h, "cell": cell, "gates": gates, "z": z}


batch = next(batches(glyphs.train, 32, np.random.default_rng(0), **glyphs.augment))  # loses half of the words
x, (ids, mask), labels = batch["image"], batch["text"], batch.labels
s, trace = forward(p, x, ids, mask)
loss, ds = softmax_cross_entropy(s, labels)
print(f"{len(x)} examples: loss {loss:.3f}; log 10 = {math.log(10):.3f}")
assert np.allclose(s[0], classifier_loops(p, x[0], ids[0][mask[0]]), rtol=0, atol=1e-5)
assert abs(loss - math.log(10)) < 0.3

# %% [markdown]
# The first loss is near $\log 10$, the price of knowing nothing (lesson 04). If it is not, something is wrong already.
#
# ## Backward
#
# The forward pass, read upwards. For every line that made something there is a line that takes its gradient apart.
# Beside each one stands what it undoes.


# %%
def backward(ds, p, x, ids, mask, trace):
    r, y, winner, e, h, cell, gates, z = trace.values()
    dz, dV, dd = affine_backward(ds, z, p["V"])  #                   s = z V + d
    du, dv = np.split(dz, [z.shape[1] - h.shape[2]], axis=1)  #      z = (u, v): cut where they were joined
    dh = np.zeros_like(h)  #                                         v = h_T: from above, only the last state
    dh[:, -1] = dv  #                                                         hears anything
    de, dW, dU, dc, _, _ = lstm_backward(dh, None, e, p["W"], p["U"], h, cell, gates, mask)  # h = LSTM(e)
    dE = embedding_backward(de, ids, p["E"])  #                      e = E[ids]: repeated words add up
    dy = du.reshape(y.shape)  #                                      u = y in one row
    dr = max_pool2d_backward(dy, r, winner)  #                       y = the winners of r
    da = relu_backward(dr, r)  #                                     r = max(a, 0)
    _, dw, db = conv2d_backward(da, x, p["w"])  #                    a = x * w + b
    return {"w": dw, "b": db, "E": dE, "W": dW, "U": dU, "c": dc, "V": dV, "d": dd}


def update(p, gradient, rate):
    return {name: p[name] - rate * gradient[name] for name in p}


# %% [markdown]
# ## Checked
#
# Against complex steps, in a small edition of the model: pictures of 6 × 6, five words, two or three of everything
# else. It has all the same lines.

# %%
rng = np.random.default_rng(1)
small = start(rng, 6, 2, 5, 3, 3, 3, float)
x6, ids6 = rng.random((2, 6, 6, 1)), np.array([[1, 2, 1], [4, 0, 0]])
mask6 = ids6 > 0
s6, trace6 = forward(small, x6, ids6, mask6)
ds6 = rng.standard_normal(s6.shape)
gradient = backward(ds6, small, x6, ids6, mask6, trace6)
for place, name in enumerate(small):
    nudges = complex_step_gradient(
        lambda *arrays: forward(dict(zip(small, arrays, strict=True)), x6, ids6, mask6)[0],
        list(small.values()),
        place,
        ds6,
    )
    assert np.allclose(gradient[name], nudges, rtol=0, atol=1e-12), name

# %% [markdown]
# ## Does it learn? Twenty pairs
#
# The oldest test of a new model: it must be able to learn a few examples by heart.


# %%
def learn(p, steps, backward=backward, rate=0.3):
    """Gradient descent on the first twenty pairs -> the parameters and the loss"""
    few = x[:20], ids[:20], mask[:20]
    for _ in range(steps):
        s, trace = forward(p, *few)
        loss, ds = softmax_cross_entropy(s, labels[:20])
        p = update(p, backward(ds, p, *few, trace), rate)
    return p, loss


_, by_heart = learn(p, 100)
print(f"twenty pairs after 100 steps: loss {by_heart:.3f}")
assert by_heart < 0.1

# %% [markdown]
# **A trap.** That test is weaker than it looks. Suppose that one line is wrong, and $dv$ never reaches the LSTM:


# %%
def forgetful_backward(ds, p, x, ids, mask, trace):
    deaf = p | {"V": p["V"].copy()}
    deaf["V"][-trace["h"].shape[2] :] = 0  # so dv is zero
    return backward(ds, deaf, x, ids, mask, trace)


_, by_heart_too = learn(p, 100, forgetful_backward)
print(f"without the gradient of the name: loss {by_heart_too:.3f}")
print("largest gradient     ", "      ".join(p))
for kind, its_backward in (("as it should be", backward), ("forgetful", forgetful_backward)):
    gradient = its_backward(ds, p, x, ids, mask, trace)
    print(f"{kind:16s}", *(f"{np.abs(g).max():6.0e}" for g in gradient.values()))
assert by_heart_too < 0.1
assert not any(gradient[name].any() for name in "EWUc")

# %% [markdown]
# The picture alone is enough to learn twenty pairs by heart. So print the size of *every* parameter's gradient, once:
# where a zero stands, nobody is listening.
#
# ## The same in ten lines
#
# A layer of the library is its parameters, with `forward` and `backward`. Here are the ten:

# %%
picture_reader = Sequential((Conv2D(p["w"], p["b"]), ReLU(), MaxPool2D(2), Flatten()))
name_reader = Sequential((Embedding(p["E"]), LSTM(p["W"], p["U"], p["c"]), SequencePool("last")))
model = MultimodalClassifier(
    modalities={"image": Modality(picture_reader, None), "text": Modality(name_reader, None)},
    fusion=Concatenate(),
    head=Dense(p["V"], p["d"]),
    classes=glyphs.classes,
    preprocessors=glyphs.preprocessors,
)
logits, model_trace = model.forward(batch)
model_gradient = model.gradient(ds, model_trace)
moved = tree.map(lambda array, g: array - 0.3 * g, model, model_gradient)

gradient = backward(ds, p, x, ids, mask, trace)
by_hand = [s, *gradient.values(), *update(p, gradient, 0.3).values()]
by_layers = [logits, *(array for half in (model_gradient, moved) for _, array in tree.leaves(half))]
apart = max(np.abs(ours - theirs).max() for ours, theirs in zip(by_hand, by_layers, strict=True))
print(f"scores, gradients and updated parameters differ by at most {apart:.0e}")
assert apart < 1e-5

# %% [markdown]
# ## An experiment: what is the second modality worth?
#
# Now to real learning: three models, one for the picture alone, one for the name alone, one for both, each with the
# same readers and 6 rounds (**epochs**) through the glyphs of three fonts. `fit` is the loop of lesson 06 with Adam.
# The names lose half of their words, others in every round. The glyphs that we test with are of characters that no
# model has seen.


# %%
def classifier_of(names):
    """The same model with fewer modalities, and a head that fits."""
    rows = {"image": p["V"][:-32], "text": p["V"][-32:]}
    head = Dense(np.concatenate([rows[name] for name in names]), p["d"])
    return MultimodalClassifier(
        {name: model.modalities[name] for name in names}, Concatenate(), head, glyphs.classes, {}
    )


def trained(*names):
    return fit(
        classifier_of(names),
        glyphs.train,
        glyphs.test,  # to look at only: nothing is chosen by it
        optimizer=Adam(2e-3),
        epochs=6,
        rng=np.random.default_rng(16),
        **glyphs.augment,
    )


fits = {"picture": trained("image"), "name": trained("text")}
curves = {kind: fitted.history["validation_accuracy"] for kind, fitted in fits.items()}
print("\n".join(f"{kind:8s} {curve[-1]:.3f} right" for kind, curve in curves.items()))
question = "Picture alone is right in {:.2f}, name alone in {:.2f}. Both together?"
guessed = guess(question.format(*(curve[-1] for curve in curves.values())))
fits["both"] = trained("image", "text")
curves["both"] = fits["both"].history["validation_accuracy"]
print(f"both     {curves['both'][-1]:.3f} right, of {len(glyphs.test)} unseen glyphs")
assert curves["both"][-1] > 0.04 + max(curves["picture"][-1], curves["name"][-1])

# %% [markdown]
# Where does the gain come from? We sort the unseen glyphs by who is right alone.

# %%
truth = glyphs.test.labels
p_of = {kind: predictions(fitted.model, glyphs.test) for kind, fitted in fits.items()}
right = {kind: p_kind.argmax(axis=1) == truth for kind, p_kind in p_of.items()}
kinds = {
    "both": right["picture"] & right["name"],
    "only the picture": right["picture"] & ~right["name"],
    "only the name": ~right["picture"] & right["name"],
    "neither": ~right["picture"] & ~right["name"],
}
together = {kind: right["both"][rows].mean() for kind, rows in kinds.items()}
print("right alone        glyphs   together right")
for kind, rows in kinds.items():
    print(f"{kind:17s} {rows.mean():7.0%} {together[kind]:12.0%}")
assert together["both"] > 0.95 and min(together["only the picture"], together["only the name"]) > 0.7
assert 0.03 < together["neither"] < 0.3

rescued = kinds["neither"] & right["both"]
of_picture, of_name = p_of["picture"][rescued], p_of["name"][rescued]
rows = np.arange(rescued.sum())
doubts = of_picture[rows, of_name.argmax(axis=1)], of_name[rows, of_picture.argmax(axis=1)]
print(
    "of the last line: the picture gives the name's answer {:.2f}, the name the picture's {:.2f} (medians)".format(
        *np.median(doubts, axis=1)
    )
)
assert np.median(doubts) < 0.15

# %% [markdown]
# Where one modality is right and the other wrong, the model mostly believes the right one: it has learned which of
# them can know what, and how sure each is. And sometimes **both are wrong alone, and together right**: the picture
# rules out the name's answer, and the name the picture's.
#
# ## The picture


# %%
def corrected(rows):
    """Of these glyphs, which the model gets right: the one where alone the mistake was surest."""
    mistakes = [np.where(right[kind], 1, p_of[kind].max(axis=1)) for kind in ("picture", "name")]
    known = (glyphs.test.inputs["text"].values != 1).all(axis=1)  # 1 is a word that was never seen
    return np.argmax(np.where(rows & right["both"] & known, np.minimum(*mistakes), 0))


@styled
def draw():
    figure = figure_of(None, 4.4)
    left, side = figure.subfigures(1, 2, width_ratios=(1, 1.15))
    ax = left.subplots()
    x = np.arange(1, 7)
    colours = dict(zip(curves, (BLUE, VERMILLION, GREEN), strict=True))
    for kind, curve in curves.items():
        ax.plot(x, curve, "o-", color=colours[kind], markersize=4)
        words = "picture and name" if kind == "both" else f"{kind} alone"
        ax.text(6, curve[-1] + 0.012, f"{words}: {curve[-1]:.2f}", color=colours[kind], ha="right", va="bottom")
    ax.set(xlabel="epoch", ylabel="share of unseen glyphs that are right", xticks=x, ylim=(0.4, 0.9))
    grid_on(ax, "y")
    mark_guess(ax, guessed)

    axes = side.subplots(3, 2, width_ratios=(1, 2.1))
    for (picture, bars), (kind, rows) in zip(axes, list(kinds.items())[1:], strict=True):
        n = corrected(rows)
        name = " ".join(glyphs.preprocessors["text"].words_of(glyphs.test.inputs["text"].values[n]))
        picture_on(picture, glyphs.test.inputs["image"][n, ..., 0])
        picture.set_xlabel(textwrap.fill(f"“{name}”", 20), fontsize=8)
        for place, (who, p_who) in enumerate(p_of.items()):
            answer = p_who[n].argmax()
            bars.barh(place, p_who[n, answer], color=colours[who], alpha=0.6 if answer == truth[n] else 0.2)
            mark = "right" if answer == truth[n] else "wrong"
            bars.text(0.02, place, f"{glyphs.classes[answer]} ({mark})", va="center", fontsize=8)
        bars.set(xlim=(0, 1), xticks=[])
        bars.set_title(f"right alone: {kind}; together: {together[kind]:.0%}", fontsize=9, loc="right")
        bars.set_yticks(range(3), p_of)
        bars.invert_yaxis()
        bars.tick_params(length=0)
    bars.set(xticks=(0, 0.5, 1), xlabel="how sure it is of its answer")
    figure.suptitle("Picture and name together know more than either")
    return figure


save_figure(draw(), "15_multimodal_classifier")

# %% [markdown]
# ## Exercises
#
# `mmdl check lessons/exercises/15_multimodal_classifier.py`
#
# - `head` and `head_backward`: concatenation and a matrix, and the gradient cut in two.
# - `image_branch_backward` and `text_branch_backward`: from $du$ and $dv$ down to the parameters (with an RNN in the
#   place of the LSTM).
# - `classifier`, `classifier_backward`, `sgd_update`: the whole page, by you.
#
# ## What you now know
#
# - A model is a chain of ops; its backward pass is the same chain read upwards, with a trace to read from.
# - Where two branches meet, the gradient is cut, and each branch gets its piece. A branch that gets none stays as it
#   was born, and the loss may fall all the same: look at every gradient once.
# - Before any training the loss is about $\log K$; twenty examples must be learned by heart.
# - Layers add nothing but order: the same numbers, up to rounding.
# - Two modalities together beat each alone: where one is wrong, the other is mostly believed.
