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
# Needs: lessons 00 to 09, 12, 13; about 25 s.
#
# A picture of a character and some words of its name; which of ten families is it from? We have met every part. Now
# they stand on one page, forward, backward and update, with nothing between you and the arrays. Then the same again in
# four lines, and then we let it learn.

# %%
import numpy as np

from mmdl import data, ops, tree
from mmdl.data import batches
from mmdl.fusion import Concatenate
from mmdl.layers import LSTM, Conv2D, Dense, Embedding, Flatten, MaxPool2D, ReLU, SequencePool, Sequential
from mmdl.layers.initial import glorot_uniform, orthogonal
from mmdl.models import Modality, MultimodalClassifier
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_15_multimodal_classifier import draw
from mmdl.training import Adam, Validation, fit, predictions
from mmdl.verify.oracle import complex_step_derivative

# %% [markdown]
# ## The formulas
#
# A batch has $N$ examples: $x$, $(N, 28, 28, 1)$, the pictures; $ids$, $(N, T)$, the names as word numbers, at most $T$
# words; and the mask, $(N, T)$, True where there is a word (09).
#
# | | | shape |
# |---|---|---|
# | $a = x * w + b$ | convolution (02), 16 kernels of 3 × 3 | $(N, 26, 26, 16)$ |
# | $r = \max(a, 0)$ | ReLU (05) | $(N, 26, 26, 16)$ |
# | $y$ = largest of each 2 × 2 of $r$ | max-pooling (05) | $(N, 13, 13, 16)$ |
# | $u$ = all of $y$ in one row | the picture as a vector | $(N, 2704)$ |
# | $e = E_{ids}$ | a vector for each word (09) | $(N, T, 32)$ |
# | $h$ = LSTM of $e$ with $W$, $U$, $c$ | reading in order, from $h_0 = 0$ (08) | $(N, T + 1, 32)$ |
# | $v = h_T$ | the name as a vector | $(N, 32)$ |
# | $z = (u, v)$ | fusion: concatenation (13) | $(N, 2736)$ |
# | $s = z V + d$ | the head: a score for each class (00) | $(N, 10)$ |
# | $L$ = mean of $-\log \mathrm{softmax}(s)_{truth}$ | loss (04) | one number |
#
# ## By hand
#
# How many numbers are there to learn? We keep them in a dictionary $p$. The picture's reader: 3 · 3 · 1 · 16 = 144 in
# $w$ and 16 in $b$. The name's reader: 32 in $E$ for each word; 32 · 128 = 4096 each in $W$ and $U$ (four gates of
# 32), 128 in $c$. The head: (13 · 13 · 16 + 32) · 10 = 27,360 in $V$, 10 in $d$. Without the words that makes 35,850.

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif"))
words, rng = glyphs.preprocessors["text"].entries, np.random.default_rng(15)
p = {
    "w": glorot_uniform(rng, (3, 3, 1, 16)),
    "b": np.zeros(16, np.float32),
    "E": rng.uniform(-0.05, 0.05, (words, 32)).astype(np.float32),
    "W": glorot_uniform(rng, (32, 128)),
    "U": orthogonal(rng, (32, 128)),
    "c": np.repeat(np.array([0, 1, 0, 0], np.float32), 32),  # the forget gate starts open (08)
    "V": glorot_uniform(rng, (2736, 10)),
    "d": np.zeros(10, np.float32),
}
print(f"{sum(array.size for array in p.values()):,} parameters:", {name: array.size for name, array in p.items()})
assert sum(array.size for array in p.values()) == 35_850 + 32 * words

# %% [markdown]
# ## Loops, and forward with ops
#
# The formulas of the lessons before, as loops over scalars, are kept in `mmdl.formulas`; the ops have the same names.
# Threaded together they are the whole model. What the way back will need goes into the **trace**.


# %%
def classifier_loops(p, picture, ids):  # one example at a time, and slow
    from mmdl import formulas

    a = formulas.conv2d(picture, p["w"], p["b"])
    u = formulas.max_pool2d(formulas.relu(a.ravel()).reshape(a.shape)).ravel()
    h, _ = formulas.lstm(formulas.embedding(ids, p["E"]), p["W"], p["U"], p["c"])
    return formulas.affine(np.concatenate([u, h[-1]]), p["V"], p["d"])


def forward(p, x, ids, mask):
    a = ops.conv2d(x, p["w"], p["b"])
    r = ops.relu(a)
    y, winner = ops.max_pool2d(r)
    u = y.reshape(len(y), -1)
    e = ops.embedding(ids, p["E"])
    h, cell, gates = ops.lstm(e, p["W"], p["U"], p["c"], mask=mask)
    v = h[:, -1]  # where there is no word, a state is kept: so the last one is that of the last word
    z = np.concatenate([u, v], axis=1)
    s = ops.affine(z, p["V"], p["d"])
    return s, (r, y, winner, e, h, cell, gates, z)


batch = next(batches(glyphs.train, 20, np.random.default_rng(0), **glyphs.augment))  # loses half of the words
x, (ids, mask), labels = batch["image"], batch["text"], batch.labels
s, trace = forward(p, x, ids, mask)
loss, ds = softmax_cross_entropy(s, labels)
print(f"{len(x)} examples: loss {loss:.3f}; knowing nothing costs log 10 = {np.log(10):.3f}")
assert abs(loss - np.log(10)) < 0.3 and np.allclose(s[0], classifier_loops(p, x[0], ids[0][mask[0]]), atol=1e-5)

# %% [markdown]
# ## Backward, checked
#
# The forward pass, read upwards; beside each line stands what it undoes. We check it with complex steps: nudge all
# entries of one parameter together, by random amounts, and see how $\langle ds, s \rangle$ moves. The gradient of the
# parameter must know it.


# %%
def backward(ds, p, x, ids, mask, trace):
    r, y, winner, e, h, cell, gates, z = trace
    dz, dV, dd = ops.affine_backward(ds, z, p["V"])  #                     s = z V + d
    du, dv = np.split(dz, [2704], axis=1)  #                               z = (u, v): cut where they were joined
    dh = np.zeros_like(h)  #                                               (the cells go nowhere else: None below)
    dh[:, -1] = dv  #                                                      v = h_T: from above only the last state hears
    de, dW, dU, dc, _, _ = ops.lstm_backward(dh, None, e, p["W"], p["U"], h, cell, gates, mask)  # h = LSTM(e)
    dE = ops.embedding_backward(de, ids, p["E"])  #                        e = E[ids]: repeated words add up
    dr = ops.max_pool2d_backward(du.reshape(y.shape), r, winner)  #        u = y in one row;  y = the winners of r
    da = ops.relu_backward(dr, r)  #                                       r = max(a, 0)
    _, dw, db = ops.conv2d_backward(da, x, p["w"])  #                      a = x * w + b
    return {"w": dw, "b": db, "E": dE, "W": dW, "U": dU, "c": dc, "V": dV, "d": dd}


def scores(*arrays):
    return forward(dict(zip(p, arrays, strict=True)), x, ids, mask)[0]


exact = {name: array.astype(float) for name, array in p.items()}  # with more digits than float32
gradient = backward(ds, exact, x, ids, mask, forward(exact, x, ids, mask)[1])
for name in p:
    nudge = rng.standard_normal(p[name].shape)
    moved = complex_step_derivative(scores, [*exact.values()], [nudge if other == name else None for other in p])
    assert np.isclose((ds * moved).sum(), (gradient[name] * nudge).sum(), rtol=1e-5, atol=1e-8), name

# %% [markdown]
# ## Does it learn?
#
# The oldest test of a new model: it must be able to learn a few examples by heart, here our twenty. **A trap:** that
# test is weaker than it looks. We run it once more with a wrong line: $dv$ is lost and never reaches the LSTM.


# %%
def learn(p, backward):
    for _ in range(100):
        s, trace = forward(p, x, ids, mask)
        loss, ds = softmax_cross_entropy(s, labels)
        gradient = backward(ds, p, x, ids, mask, trace)
        p = {name: p[name] - 0.3 * gradient[name] for name in p}  # the update
    return loss


def forgetful(ds, p, *rest):
    deaf = np.where(np.arange(2736)[:, None] < 2704, p["V"], 0)  # so dv is zero
    return backward(ds, p | {"V": deaf}, *rest)


print("             loss   largest gradient of", "        ".join(p))
for kind, its_backward in (("correct", backward), ("forgetful", forgetful)):
    by_heart = learn(p, its_backward)
    gradient = its_backward(ds, p, x, ids, mask, trace)
    print(f"{kind:11s} {by_heart:.3f} {'':15s}", *(f"{np.abs(g).max():8.0e}" for g in gradient.values()))
    assert by_heart < 0.1
assert not any(gradient[name].any() for name in "EWUc")  # of the forgetful one

# %% [markdown]
# Both learn them: the picture alone is enough. So look at *every* gradient once: where a zero stands, nobody listens.
#
# ## The same in four lines
#
# A layer of the library is its parameters, with `forward` and `backward`:

# %%
picture_reader = Sequential((Conv2D(p["w"], p["b"]), ReLU(), MaxPool2D(2), Flatten()))
name_reader = Sequential((Embedding(p["E"]), LSTM(p["W"], p["U"], p["c"]), SequencePool("last")))
modalities = {"image": Modality(picture_reader, None), "text": Modality(name_reader, None)}  # None: never missing
model = MultimodalClassifier(modalities, Concatenate(), Dense(p["V"], p["d"]), glyphs.classes, glyphs.preprocessors)
logits, model_trace = model.forward(batch)
assert np.allclose(s, logits, rtol=0, atol=1e-5)
by_layers = tree.leaves(model.gradient(ds, model_trace))
for ours, (_, theirs) in zip(backward(ds, p, x, ids, mask, trace).values(), by_layers, strict=True):
    assert np.allclose(ours, theirs, rtol=1e-4, atol=1e-7)

# %% [markdown]
# ## An experiment: what is the second modality worth?
#
# Now to real learning: three models, for the picture alone, the name alone, and both, each with the same readers and 6
# rounds (**epochs**) through the glyphs of three fonts. `fit` is the loop of lesson 06 with Adam. The names lose half
# of their words, others in every round. We test with glyphs of characters that no model has seen.


# %%
def trained(*names, seed=16):
    rows = {"image": p["V"][:2704], "text": p["V"][2704:]}  # the same head, as far as it is needed
    head = Dense(np.concatenate([rows[name] for name in names]), p["d"])
    start = MultimodalClassifier({name: modalities[name] for name in names}, Concatenate(), head, glyphs.classes, {})
    how = {"optimizer": Adam(2e-3), "epochs": 6, "rng": np.random.default_rng(seed), "augment": glyphs.augment}
    return fit(start, glyphs.train, callbacks=[Validation(glyphs.test)], **how)  # nothing is chosen by it


fits = {"picture": trained("image"), "name": trained("text")}
one, other = (fitted.history["validation_accuracy"][-1] for fitted in fits.values())
guessed = guess(f"Picture alone is right in {one:.2f}, name alone in {other:.2f}. Both together?")
fits["both"] = trained("image", "text")
curves = {kind: fitted.history["validation_accuracy"] for kind, fitted in fits.items()}
for seed in (17, 18):  # not the luck of one order of examples
    picture, name, both = (trained(*names, seed=seed) for names in (["image"], ["text"], ["image", "text"]))
    last = [fitted.history["validation_accuracy"][-1] for fitted in (picture, name, both)]
    print("again: picture {:.3f}, name {:.3f}, both {:.3f}".format(*last))
    assert last[2] > 0.04 + max(last[:2])
assert curves["both"][-1] > 0.04 + max(one, other)
# Where does the gain come from? Sort the unseen glyphs by who is right alone
beliefs = {kind: predictions(fitted.model, glyphs.test) for kind, fitted in fits.items()}  # (N, 10) each
picture, name, both = (p.argmax(axis=1) == glyphs.test.labels for p in beliefs.values())
kinds = {"only the picture": picture & ~name, "only the name": ~picture & name, "neither": ~picture & ~name}
for kind, rows in {"both": picture & name, **kinds}.items():
    print(f"right alone: {kind:17s} {rows.mean():4.0%} of glyphs; of these right together: {both[rows].mean():4.0%}")
assert both[picture & name].mean() > 0.95 and both[picture ^ name].mean() > 0.7
assert 0.03 < both[kinds["neither"]].mean() < 0.3
save_figure(draw(curves, beliefs, kinds, glyphs, guessed), "15_multimodal_classifier")

# %% [markdown]
# Where one modality is right and the other wrong, the model mostly believes the right one: it has learned which of
# them can know what, and how sure each is. And sometimes **both are wrong alone, and together right**: an affine head
# behind a concatenation is a product of experts (13), and what neither thought likeliest can win.
#
# ## Exercises
#
# `mmdl check --new 15` writes a file to complete, `mmdl check 15_multimodal_classifier.py` looks at it.
#
# `head`, `image_branch_backward`, `text_branch_backward` (with an RNN for the LSTM); then the whole page, by you:
# `classifier`, `classifier_backward`, `sgd_update`.
#
# ## What you now know
#
# - A model is a chain of ops; its backward pass is the same chain read upwards, with a trace to read from.
# - Where two branches meet, the gradient is cut. A branch may get none and the loss still fall: look at every gradient.
# - Before any training the loss is about $\log K$; twenty examples must be learned by heart.
# - Two modalities together beat each alone: where one is wrong, the other is mostly believed.
#
# ## Where this comes from
#
# - Rumelhart, Hinton, Williams, [*Learning representations by back-propagating
#   errors*](https://doi.org/10.1038/323533a0), 1986: the way back through a network, as it was first printed; ours adds
#   only more layers.
# - Baltrušaitis, Ahuja, Morency, [*Multimodal machine learning: a survey and
#   taxonomy*](https://arxiv.org/abs/1705.09406), 2019, section 6: where in a model modalities can meet.
# - Wang, Tran, Feiszli, [*What makes training multi-modal classification networks
#   hard?*](https://arxiv.org/abs/1905.12681), 2020: two modalities that learn at different speeds, and a joint model
#   worse than one of them alone.
# - Karpathy, [*A recipe for training neural networks*](https://karpathy.github.io/2019/04/25/recipe/), 2019: the habits
#   of this lesson (the first loss, a few examples by heart, look at everything) and more of them.
