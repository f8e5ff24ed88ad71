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
# # 13 Feature fusion
#
# **Question.** When does fusion help?
#
# Needs: lessons 00, 01, 04, 12; about 12 s.
#
# Lesson 12 put opinions together. Now we meet earlier: each **encoder** (the part of a network that reads one kind of
# data) ends in a vector of **features**, the vectors become one, and a last layer, the **head**, makes scores of it.
# This is **fusion at feature level**. How the vectors are put together looks like a detail. It decides what can be
# learned.

# %%
import math
from dataclasses import dataclass, replace

import numpy as np

from mmdl import data
from mmdl.data import Examples, Tokenizer, batches
from mmdl.data.glyphs import caption
from mmdl.fusion import AttentionFusion, Average, Concatenate, Product, ProductOfExperts, Sum
from mmdl.layers import Dense, Embedding, Flatten, Layer, ReLU, SequencePool, Sequential
from mmdl.models import Modality, MultimodalClassifier
from mmdl.ops import fusion as library
from mmdl.ops.activations import softplus
from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import guess, mark_guess, save_figure
from mmdl.plots.style import LINES, MAGNITUDES, VERMILLION, readable_on, styled
from mmdl.tokens import Tokens
from mmdl.training import Adam, evaluate, fit
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formulas
#
# Two modalities, two vectors: $a$ from the picture and $b$ from the name. For a batch they are $(N, D)$, a row for
# each of $N$ examples. The fused $z$ has a row for each example, too:
#
# - **concatenation** puts them side by side: $z = (a, b)$, which is $(N, 2D)$; here the widths of $a$ and $b$ may
#   differ;
# - the **sum** adds them entry by entry: $z = a + b$, $(N, D)$;
# - the **product** multiplies them entry by entry: $z = a \circ b$, $(N, D)$. Where $a$ is zero, $b$ is switched off.
#
# ## Loops, for one example


# %%
def concatenate_loops(a, b):
    return [entry for x in (a, b) for entry in x]


def sum_loops(a, b):
    return [a[d] + b[d] for d in range(len(a))]


def product_loops(a, b):
    return [a[d] * b[d] for d in range(len(a))]


# %% [markdown]
# ## By hand
#
# $a = (1, 2)$ and $b = (3, -1)$: concatenated $(1, 2, 3, -1)$, added $(4, 1)$, multiplied $(3, -2)$.

# %%
a, b = [1, 2], [3, -1]
assert concatenate_loops(a, b) == [1, 2, 3, -1]
assert sum_loops(a, b) == [4, 1]
assert product_loops(a, b) == [3, -2]

# %% [markdown]
# ## The ops, and backward
#
# From above comes $dz$, shaped as $z$. Each backward pass is one line:
#
# - concatenation: every entry of $z$ is an entry of $a$ or of $b$, so $dz$ is **cut** where the two were joined;
# - sum: $z$ moves by as much as $a$ does, and by as much as $b$ does. Both **get all** of $dz$;
# - product: $z$ moves $b$ times as much as $a$, and $a$ times as much as $b$. Each gets **the other's** value.


# %%
def concatenate(a, b):
    return np.concatenate([a, b], axis=1)


def concatenate_backward(dz, a, b):
    return dz[:, : a.shape[1]], dz[:, a.shape[1] :]  #    z = (a, b):    da, db = the columns that they filled


def sum_backward(dz, a, b):
    return dz, dz  #                                      z = a + b:     da = dz,      db = dz


def product_backward(dz, a, b):
    return dz * b, dz * a  #                              z = a ∘ b:     da = dz ∘ b,  db = dz ∘ a


rng = np.random.default_rng(0)
a, b = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
for forward, backward, loops, op, op_backward in (
    (concatenate, concatenate_backward, concatenate_loops, library.concatenate, library.concatenate_backward),
    (np.add, sum_backward, sum_loops, library.elementwise_sum, library.elementwise_sum_backward),
    (np.multiply, product_backward, product_loops, library.elementwise_product, library.elementwise_product_backward),
):
    z = forward(a, b)
    dz = rng.standard_normal(z.shape)
    assert np.allclose(z, [loops(*rows) for rows in zip(a, b, strict=True)]) and np.array_equal(z, op((a, b)))
    for place, mine in enumerate(backward(dz, a, b)):
        assert np.allclose(mine, complex_step_gradient(forward, [a, b], place, dz), rtol=0, atol=1e-12)
        assert np.array_equal(mine, op_backward(dz, (a, b))[place])

# %% [markdown]
# **A trap.** Who lets each factor keep its *own* value, `dz * a, dz * b`, gets the right numbers in the wrong places.
# A test with $a = b$ sees nothing; with different numbers the two gradients come out exchanged.

# %%
da, db = product_backward(dz, a, b)
assert np.array_equal((dz * a, dz * b), (db, da))

# %% [markdown]
# ## Concatenation was a product of experts
#
# The usual head is affine: scores $s = z W + c$. Let $z = (a, b)$ and cut $W$ into its upper rows, which meet $a$, and
# its lower rows, which meet $b$:
#
# $$s = (a, b) \begin{pmatrix} W_a \\ W_b \end{pmatrix} + c = a W_a + (b W_b + c)$$
#
# That is the scores of one expert who knows only $a$, plus those of one who knows only $b$. A sum of scores: lesson
# 12's product of experts! Nor is the sum anything else: if both vectors go through affine layers to a common width
# first, $(a P + b Q) W = a\,(P W) + b\,(Q W)$. All three say the same: $s = f(a) + g(b)$. Call such a fusion
# **additive**.

# %%
W, c = rng.standard_normal((8, 2)), rng.standard_normal(2)
s = concatenate(a, b) @ W + c
experts = a @ W[:4], b @ W[4:] + c
log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
print("largest difference to a product of experts:", np.abs(log_p - library.product_of_experts(experts)).max())
assert np.allclose(log_p, library.product_of_experts(experts), rtol=0, atol=1e-14)

# %% [markdown]
# ## What no additive fusion can do
#
# Let $a$ and $b$ be 0 or 1, and ask: are they *different*? (This is XOR, exclusive or.) Look at the **margin** $d$,
# the score of "different" minus the score of "same". It is additive too: $d = f(a) + g(b)$. Give each of the four
# cases a sign $y$, $+1$ if "different" is right and $-1$ if not. The loss of lesson 04 with two classes is $\log(1 +
# e^{-y d})$, small where $y d$ is large. But add up the four $y d$:
#
# $$-\,(f_0 + g_0) \;+\; (f_0 + g_1) \;+\; (f_1 + g_0) \;-\; (f_1 + g_1) \;=\; 0.$$
#
# What one case wins, the others lose. And $\log(1 + e^{-u})$ is a curve that bends upwards: the mean of its values is
# never less than its value at the mean of the $u$. So **the mean loss is never less than $\log(1 + e^0) = \log 2$**,
# the price of knowing nothing, whatever $f$ and $g$ are: a table or the deepest network.
#
# The average of experts does no better. Its probabilities are additive, so the four probabilities of the truth have
# the mean ½, and $-\log$ bends upwards as well. We try 100,000 of each:

# %%
f, g = 3 * rng.standard_normal((2, 10**5, 2))
y = np.array([[-1, 1], [1, -1]])
margins = f[:, :, None] + g[:, None, :]  # (100000, 2, 2): for every f and g the four cases
added = softplus(-y * margins).mean(axis=(1, 2))  # softplus(u) = log(1 + eᵘ)
p = (1 / (1 + np.exp(-f[:, :, None])) + 1 / (1 + np.exp(-g[:, None, :]))) / 2  # the average's "different"
averaged = -np.log(np.where(y > 0, p, 1 - p)).mean(axis=(1, 2))
right = (np.sign(margins) == y).sum(axis=(1, 2))
print(f"log 2 = {math.log(2):.4f}; the best of 100,000: added {added.min():.4f}, averaged {averaged.min():.4f}")
print("how many have 0, 1, 2, 3, 4 of the four cases right:", np.bincount(right, minlength=5))
assert min(added.min(), averaged.min()) > math.log(2) - 1e-12 and right.max() == 3

# %% [markdown]
# Mind the last line: every sixth has *three of four* right, and none is worth anything. Accuracy is a bad witness
# here; the loss is a good one.
#
# A product can do it in one unit: with $a, b = \pm 1$, $a \circ b$ is $-1$ exactly if they differ. So can any head
# that bends: a hidden layer behind the concatenation sees $a$ and $b$ *together* before it decides.

# %%
signs = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
assert np.array_equal(-signs[:, 0] * signs[:, 1], y.ravel())

# %% [markdown]
# ## Three questions
#
# Now with real pictures and names, of one font: Arabic letters and Canadian syllabics. We pair every picture with
# several names, of its own script and of the other, equally often, and ask:
#
# 1. **redundant**: picture and name are of one script. Which? Both modalities know.
# 2. **unique**: any pair. Which script is the picture, and which the name (four classes)? Each knows one half.
# 3. **synergy**: any pair. Do the two belong together? That is XOR: a picture alone says *nothing* about it.

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans",))
scripts = [glyphs.classes.index(script) for script in ("Arabic", "Canadian syllabics")]
captions = [caption(character) for character in glyphs.train.about["character"]]
tokenizer = Tokenizer.fit(captions, minimum=2)  # all rarer words are "unknown", and that can be learned, too


def questions(examples):
    """The three questions about pairs of these examples, as Examples by name."""
    members = [rng.permutation(np.flatnonzero(examples.labels == script)) for script in scripts]
    n = min(map(len, members))
    cases = [(0, 0), (0, 1), (1, 0), (1, 1)] * 2
    pictures = np.concatenate([members[p][:n] for p, _ in cases])
    names = np.concatenate([rng.permutation(members[q][:n]) for _, q in cases])
    p, q = np.repeat(cases, n, axis=0).T
    words = tokenizer.encode([caption(character) for character in examples.about["character"][names]])
    pairs = {"picture": examples.inputs["image"][pictures], "name": words}
    return {
        "redundant": Examples(pairs, p).select(p == q),
        "unique": Examples(pairs, 2 * p + q),
        "synergy": Examples(pairs, (p != q).astype(int)),
    }


train, validation, test = map(questions, (glyphs.train, glyphs.validation, glyphs.test))
one_pair = next(batches(train["synergy"], 1))

# %% [markdown]
# All models get the same encoders, small but deep: two dense layers with ReLUs for the pixels; for the words the mean
# of their vectors and a dense layer. Then comes a fusion from the library's shelf, then the head. A fusion `takes`
# vectors, or logits (each encoder gets a head of its own), or tokens, where we make one token of each vector.

# %%
WIDTH = 32
TABLE = {  # what is fused: modalities, fusion, hidden units in the head (0: an affine head)
    "picture alone": (["picture"], Concatenate, 0),
    "name alone": (["name"], Concatenate, 0),
    "average of experts": (["picture", "name"], Average, 0),
    "product of experts": (["picture", "name"], ProductOfExperts, 0),
    "concatenation": (["picture", "name"], Concatenate, 0),
    "sum": (["picture", "name"], Sum, 0),
    "concatenation, hidden": (["picture", "name"], Concatenate, WIDTH),
    "product": (["picture", "name"], Product, 0),
    "attention": (["picture", "name"], AttentionFusion, 0),
    # a fusion that joins the library later is one more line
}
ADDITIVE = list(TABLE)[:6]


@dataclass(frozen=True, eq=False)
class OneToken(Layer):
    """A vector as a sequence of one.  (N, D) -> Tokens (N, 1, D)"""

    def forward(self, x):
        return Tokens(x[:, None], np.ones((len(x), 1), bool)), None

    def backward(self, dy, trace):
        return dy[:, 0], self


def classifier(names, fusion, hidden, classes):
    rng = np.random.default_rng(3)
    encoders = {
        "picture": (Flatten(), Dense.init(rng, 784, 64), ReLU(), Dense.init(rng, 64, WIDTH), ReLU()),
        "name": (Embedding.init(rng, tokenizer.entries, WIDTH), SequencePool(), Dense.init(rng, WIDTH, WIDTH), ReLU()),
    }
    modalities = {}
    for name in names:
        last = {"vectors": (), "tokens": (OneToken(),), "logits": (Dense.init(rng, WIDTH, classes),)}[fusion.takes]
        modalities[name] = Modality(Sequential(encoders[name] + last), None)
    settings = {"lengths": [1] * len(names)} if fusion.takes == "tokens" else {}
    fused = fusion.init(rng, [WIDTH] * len(names), WIDTH, **settings)
    model = MultimodalClassifier(modalities, fused, Sequential(()), (), {})
    if fusion.takes == "logits":
        return model
    z = model(one_pair).shape[1]  # how wide is what comes out of the fusion? found by trying
    bend = (Dense.init(rng, z, hidden), ReLU()) if hidden else ()
    return replace(model, head=Sequential((*bend, Dense.init(rng, hidden or z, classes))))


# %% [markdown]
# ## The experiment
#
# We train each model on each question and keep it as it was after the epoch with the smallest loss on validation
# pairs. Questions have different numbers of classes $K$, so the table shows the loss on unseen pairs as a share of
# $\log K$: 1.00 knows nothing, 0.00 knows all.

# %%
guessed = guess(
    "Do they belong together? Concatenation and affine head: what loss? (knowing nothing: 0.69; perfect: 0)"
)

EPOCHS = {"redundant": 4, "unique": 5, "synergy": 6}
left, curves = {}, {}
print(f"{'share of log K that is left':28s}", *(f"{question:>10s}" for question in EPOCHS))
for model, (names, fusion, hidden) in TABLE.items():
    left[model] = []
    for question, epochs in EPOCHS.items():
        classes = 1 + train[question].labels.max()
        fitted = fit(
            classifier(names, fusion, hidden, classes),
            train[question],
            validation[question],
            optimizer=Adam(2e-3),
            epochs=epochs,
            patience=epochs,
            rng=np.random.default_rng(4),
        )
        left[model].append(evaluate(fitted.model, test[question])["loss"] / math.log(classes))
    curves[model] = fitted.history["loss"]  # of the last question, synergy
    print(f"{model:28s}", *(f"{share:10.2f}" for share in left[model]))

redundant, unique, synergy = (dict(zip(left, column, strict=True)) for column in zip(*left.values(), strict=True))
BENT = set(TABLE) - set(ADDITIVE)
assert all(1 - 1e-6 < synergy[model] < 1.05 and min(curves[model]) > math.log(2) - 0.01 for model in ADDITIVE)
assert all(synergy[model] < 0.8 and min(curves[model]) < 0.4 for model in BENT)
assert all(unique[model] < 0.45 for model in TABLE if " alone" not in model and "average" not in model)
assert min(unique["picture alone"], unique["name alone"], unique["average of experts"]) > 0.5 - 1e-6
assert redundant["concatenation"] < min(redundant["picture alone"], redundant["name alone"])

# %% [markdown]
# Read the columns.
#
# - **Redundant**: the name alone is good. Fusion helps a little, because picture and name make different mistakes.
# - **Unique**: alone, each modality leaves half, and adding finds most of it. But the average of experts leaves half!
#   The picture expert can at best say (½, ½, 0, 0) and the name expert (½, 0, ½, 0). The average is (½, ¼, ¼, 0), with
#   ½ for the truth: a loss of $\log 2$, half of $\log 4$. The product is (1, 0, 0, 0).
# - **Synergy**: what no single modality knows, no additive fusion finds, not even among the pairs it is trained on.
#   The article's product of two outputs is one of these. What multiplies or bends *after* the two have met does find
#   it.
#
# ## The picture


# %%
@styled
def draw():
    figure = figure_of(None, 4.2)
    table, ax = figure.subplots(1, 2)
    cells = np.array(list(left.values()))
    image = table.imshow(cells, cmap=MAGNITUDES, vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(cells):
        colour = readable_on(image, min(share, 1))
        table.text(column, row, f"{share:.2f}", ha="center", va="center", color=colour)
    table.set_xticks(range(3), ["redundant:\nboth know", "unique:\neach a half", "synergy:\nneither"])
    table.set_yticks(range(len(left)), left)
    table.tick_params(length=0)
    table.spines[:].set_visible(False)
    table.axhline(len(ADDITIVE) - 0.5, color="white", linewidth=3)
    table.set_title("Loss on unseen pairs, as a share of log K")

    x = np.arange(1, EPOCHS["synergy"] + 1)
    for model in ADDITIVE:
        ax.plot(x, curves[model], color=VERMILLION, linewidth=1)
    colours = [colour for colour in LINES if colour != VERMILLION]
    for place, model in enumerate(model for model in TABLE if model in BENT):
        line = {"color": colours[place % 5], "linestyle": "-" if place < 5 else "--"}
        ax.plot(x, curves[model], marker="o", markersize=4, label=model, **line)
    ax.text(x[-1], math.log(2) + 0.02, "all additive ones: log 2", color=VERMILLION, ha="right")
    ax.legend(loc="upper right")
    ax.set(xlabel="epoch", ylabel="loss on the training pairs", ylim=(0, 1.05))
    ax.set_title("Synergy: do the two belong together?")
    mark_guess(ax, guessed)
    figure.suptitle("Adding joins what each modality knows; what only both know needs more")
    return figure


save_figure(draw(), "13_feature_fusion")

# %% [markdown]
# ## Exercises
#
# `mmdl check lessons/exercises/13_feature_fusion.py`
#
# - `concatenate`, `elementwise_product` and their backward passes, for any number of vectors. Who gets whose value?
# - `tensor_product` and its backward pass: not entry by entry, but *all* products $a_i b_j$.
#
# ## What you now know
#
# - Concatenation hands back the pieces of the gradient, the sum all of it, the product the other's value times it.
# - Concatenation with an affine head, the sum and the product of experts are the same model: $s = f(a) + g(b)$.
# - Additive fusion joins what each modality knows by itself. Of XOR it learns nothing, and log 2 proves it.
# - Fusion that multiplies, or a hidden layer behind it, learns what only both together know.
