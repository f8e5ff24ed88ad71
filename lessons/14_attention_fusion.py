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
# # 14 Attention fusion
#
# **Question.** What does a word look at?
#
# Needs: lessons 05, 09, 10, 11; about 25 s.
#
# So far each modality was squeezed into one vector before the other was asked. Attention can do better: cut the picture
# into patches, put them in a row with the words, and let every token look at every other. The word CIRCUMFLEX can then
# look for its little hat. Everybody plots the weights to see it. We plot them too, and test what they are worth.

# %%
from dataclasses import replace

import numpy as np

from mmdl import data
from mmdl.fusion import AttentionFusion
from mmdl.models import multimodal_classifier
from mmdl.ops.dense import affine, affine_backward
from mmdl.ops.softmax import softmax
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_14_attention_fusion import draw
from mmdl.tokens import Tokens
from mmdl.training.evaluation import evaluate
from mmdl.training.recipes import RECIPES
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# There are two modalities, the picture ($m = 0$) and the text ($m = 1$). The encoder of modality $m$ gives $T_m$ tokens
# $x_{m,t}$ of $D_m$ numbers. Each becomes a token $u_{m,t}$ of width $D$ that also says what it is and where it stands;
# then all of them, $T = T_0 + T_1$, go through one block of lesson 11 together:
#
# $$u_{m,t} = x_{m,t} W_m + b_m + \mathrm{kind}_m + \mathrm{place}_{m,t} \qquad
# z = \mathrm{mean}\big(\mathrm{norm}(\mathrm{block}(u))\big)$$
#
# - $W_m$ is $(D_m, D)$ and $b_m$ is $(D)$: one affine layer for each modality;
# - $\mathrm{kind}_m$ is $(D)$, one learned vector for all patches and one for all words: the **token type**;
# - $\mathrm{place}_{m,t}$ is $(D)$, one learned vector for each place: attention knows no order (lesson 10);
# - $z$ is $(D)$: the mean over all tokens that are there. From it the last layer takes its scores.
#
# ## By hand: a word is missing
#
# Short texts are padded, and nobody may look at padding. Three keys have the scores $\log 5$, $\log 3$ and $\log 2$.
# Softmax gives the weights 0.5, 0.3 and 0.2. Now the first is only padding. Its score becomes $-\infty$ *before* the
# softmax, and $e^{-\infty} = 0$: the weights are 0, 3/5 and 2/5. **A trap.** Set its weight to zero *after* the
# softmax, and the rest sums to one half: the answer is too short.

# %%
s, there = np.log([5.0, 3.0, 2.0]), np.array([False, True, True])
assert np.allclose(softmax(np.where(there, s, -np.inf)), [0, 0.6, 0.4]) and np.isclose((softmax(s) * there).sum(), 0.5)

# %% [markdown]
# ## Loops, and the op
#
# `f` is the library's layer with the parameters; `f.block` and `f.norm` are those of lesson 11. A modality comes as
# `Tokens(values, mask)`, values $(N, T_m, D_m)$ of $N$ examples and a mask $(N, T_m)$ that is true where there is a
# token. `visible` $(N, T)$ is for the experiments: who may be looked at, if not everyone who is there.


# %%
def tokens_loops(x, W, b, kind, place):
    u = np.zeros((len(x), len(b)))
    for t, k in np.ndindex(*u.shape):
        u[t, k] = sum(x[t, d] * W[d, k] for d in range(len(W))) + b[k] + kind[k] + place[t, k]
    return u


def fuse(encodings, f, visible=None):
    u = [
        affine(x, f.projections[m].W, f.projections[m].b) + f.modality[m] + f.positions[m][: x.shape[1]]
        for m, (x, _) in enumerate(encodings)
    ]
    mask = np.concatenate([each.mask for each in encodings], axis=1)
    y, block = f.block.forward(Tokens(np.concatenate(u, axis=1), mask if visible is None else visible))
    n, norm = f.norm.forward(y.values)
    z = (n * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    return z, (u, mask, block, norm)


rng = np.random.default_rng(14)
f = AttentionFusion.init(rng, features=(3, 2), width=6, lengths=(4, 3), heads=2, dtype=float)
x = rng.standard_normal((2, 4, 3)), rng.standard_normal((2, 3, 2))  # N = 2 examples of 4 patches and 3 words
masks = np.ones((2, 4), bool), np.arange(3) < np.array([[3], [1]])  # the second text has one word
encodings = [*map(Tokens, x, masks)]
z, trace = fuse(encodings, f)
for m, u in enumerate(trace[0]):
    parts = f.projections[m].W, f.projections[m].b, f.modality[m], f.positions[m]
    assert np.allclose(u, [tokens_loops(example, *parts) for example in x[m]], rtol=0, atol=1e-12)
assert np.allclose(z, f(encodings), rtol=0, atol=1e-12)

# %% [markdown]
# ## Backward, and checked
#
# From above comes $dz$ $(N, D)$. We read forward from last to first. What is used several times adds up its gradients:
# a kind is used by all examples and at all places, a place by all examples.


# %%
def fuse_backward(dz, encodings, f, trace):
    _, mask, block, norm = trace
    share = mask / mask.sum(axis=1, keepdims=True)  #        z = Σ shareₜ nₜ: what is there has its share, padding none
    dn = share[:, :, None] * dz[:, None]  #                  dnₜ = shareₜ dz
    dy, _ = f.norm.backward(dn, norm)  #                     n = norm(y), lesson 11
    du, _ = f.block.backward(dy, block)  #                   y = block(u), likewise
    gradients = []
    for m, d in enumerate(np.split(du, [encodings[0].values.shape[1]], axis=1)):  # cut where the modalities meet
        dx, dW, db = affine_backward(d, encodings[m].values, f.projections[m].W)  # lesson 00
        dkind, dplace = d.sum(axis=(0, 1)), d.sum(axis=0)  # dkind = Σ duₙₜ over n and t, dplaceₜ = Σ duₙₜ over n
        gradients.append((dx, dW, db, dkind, dplace))
    return gradients


def fused(x, kinds, places):
    return fuse([*map(Tokens, x, masks)], replace(f, modality=kinds, positions=places))[0]


dz = rng.standard_normal(z.shape)
gradients = fuse_backward(dz, encodings, f, trace)
oracles = [complex_step_gradient(fused, [x, f.modality, f.positions], place, dz) for place in range(3)]
_, theirs = f.backward(dz, f.forward(encodings)[1])
for m, (dx, dW, db, *others) in enumerate(gradients):
    assert all(np.allclose(d, by[m], rtol=0, atol=1e-12) for d, by in zip((dx, *others), oracles, strict=True))
    assert np.allclose(dW, theirs.projections[m].W) and np.allclose(db, theirs.projections[m].b)
assert np.array_equal(gradients[1][0][1, 1:], np.zeros((2, 2)))  # padding is taught nothing

# %% [markdown]
# ## A trained model
#
# The library's classifier with this fusion: the picture, 28 × 28, becomes 5 × 5 patches by a convolution of 3 × 3,
# pooling by 2, and the same again (lesson 05). So patch $(i, j)$ sees the 10 × 10 pixels from row $4i$ and column $4j$
# on, and nothing else. Words are word vectors (lesson 09). We train on two fonts, not twelve, and for four epochs.
#
# ## First story: "Without this word, the model looks harder at the rest"
#
# The top row of the figure shows where the words of ĵ look, mean of all heads. One cannot help telling stories.
# We test two. For the first we hide each caption's first word. By what factor do the weights on the others grow?

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans", "DejaVuSerif"))
model = replace(RECIPES["attention"], epochs=4).fit(multimodal_classifier(rng, glyphs, "attention"), glyphs, rng).model
right = evaluate(model, glyphs.test)["accuracy"]
print(f"{len(glyphs.train)} glyphs learned; of {len(glyphs.test)} new ones {right:.2f} are right")
assert right > 0.65
several = glyphs.test.inputs["text"].mask.sum(axis=1) >= 2  # words
shown = glyphs.test.select((glyphs.test.about["font"] == "DejaVuSans") & several)
batch = next(data.batches(shown, len(shown)))
image, words = batch["image"], batch["text"]
see, read = (model.modalities[name].encoder for name in ("image", "text"))
patches = see(image)
elsewhere = np.pad(image[:, 4:14, 8:18], ((0, 0), (4, 14), (8, 10), (0, 0)), constant_values=1)  # all ink but patch 7
same = np.isclose(see(elsewhere).values, patches.values, atol=1e-5).all(axis=(0, 2))  # (25)
assert same[7] and not same[6]


def look(patches, words, visible=None):
    """Scores of the classes (N, K), and who looks at whom (N, heads, 25 + T_1, 25 + T_1), patches first."""
    z, (_, _, block, _) = fuse([patches, read(words)], model.fusion, visible)
    return model.head(z), block.attention.weights


scores, a = look(patches, words)
assert np.allclose(scores, model(batch), atol=1e-4) and np.allclose(a.sum(axis=-1), 1, atol=1e-5)

guesses = [guess("A token gives a word 0.6 of its attention. We hide the word. Times what do its other weights grow?")]
WORD = 25  # the place of the first word, after the patches
everyone = np.concatenate([patches.mask, words.mask], axis=1)
rest = np.arange(everyone.shape[1]) != WORD  # all other tokens
_, hidden = look(patches, words, everyone & rest)
among, among_hidden = (each[:, :, rest][..., rest] for each in (a, hidden))
share = a[:, :, rest, WORD, None]  # what the others give to the word
assert np.allclose(among_hidden * (1 - share), among, atol=1e-5)

# %% [markdown]
# By exactly $1 / (1 - a)$, where $a$ is what the word had: 0.6 gives 2.5. This is no reaction of the model but a
# division, as by hand above: the weights that are left must add up to one again. The others *cannot* react, for in a
# single block a score depends on one query and one key, and on nobody else.
#
# ## Second story: "The model looks at what matters"
#
# Whether a patch matters can be tested without attention: cover it (all its 10 × 10 pixels) and watch the score of the
# model's answer. If it drops, the patch mattered. A random patch costs about 0.3, the one that matters most about 1.4.
# We ask three models, trained from different random numbers.

# %%
guesses.append(guess("Cover the patch that the words look at most. By how much does the score drop?"))
ink = np.array(
    [image[:, i : i + 10, j : j + 10].mean(axis=(1, 2, 3)) for i in range(0, 20, 4) for j in range(0, 20, 4)]
).T


def worth(model):
    """What the words look at, what covering costs, and what it costs if nobody may look at the patch: (N, 25) each"""
    see, read = (model.modalities[name].encoder for name in ("image", "text"))
    patches, said = see(image), read(words)

    def scores_of(patches, visible=None):
        z, (_, _, block, _) = fuse([patches, said], model.fusion, visible)
        return model.head(z), block.attention.weights

    scores, a = scores_of(patches)
    n, answer = np.arange(len(shown)), scores.argmax(axis=1)
    covered, ignored = np.zeros((2, len(shown), 25))
    for p in range(25):
        blank = image.copy()
        blank[:, 4 * (p // 5) : 4 * (p // 5) + 10, 4 * (p % 5) : 4 * (p % 5) + 10] = 0
        covered[:, p] = (scores - scores_of(see(blank))[0])[n, answer]
        ignored[:, p] = (scores - scores_of(patches, everyone & (np.arange(everyone.shape[1]) != p))[0])[n, answer]
    looks = (a[:, :, WORD:, :WORD] * words.mask[:, None, :, None]).sum(axis=(1, 2))  # over words and heads
    return looks / (a.shape[1] * words.mask.sum(axis=1, keepdims=True)), covered, ignored


others = [
    replace(RECIPES["attention"], epochs=4).fit(multimodal_classifier(rng, glyphs, "attention"), glyphs, rng).model
    for rng in map(np.random.default_rng, (1, 2))
]
print("the score drops, by: chance   most looked at   most ink   costs most   correlation: looks   ink   by itself")
for each in (*others, model):
    looks, covered, ignored = worth(each)
    n = np.arange(len(shown))
    random, looked, inked, most = covered.mean(), *(covered[n, x.argmax(axis=1)].mean() for x in (looks, ink, covered))
    correlation, of_ink = (np.corrcoef(x.ravel(), covered.ravel())[0, 1] for x in (looks, ink))
    by_itself = np.abs(ignored).mean() / np.abs(covered).mean()  # looked at by nobody, but not covered
    numbers = random, looked, inked, most, correlation, of_ink, by_itself
    print("{:27.2f} {:16.2f} {:10.2f} {:12.2f} {:20.2f} {:5.2f} {:11.2f}".format(*numbers))
    assert abs(correlation) < 0.25 and correlation < of_ink and random < 0.5 < most
    assert looked < min(2 * random, inked) and by_itself < 0.1

e = np.flatnonzero(shown.about["character"] == "ĵ")[0]
caption = model.preprocessors["text"].words_of(words.values[e])
example = "ĵ", image[e, :, :, 0], caption, a[e, :, WORD:, :WORD], covered[e]
factor = among_hidden[..., 12] / among[..., 12].clip(1e-30)  # of the weights on the middle patch
save_figure(draw(*example, share[..., 0], factor, looks, covered, correlation, guesses), "14_attention_fusion")

# %% [markdown]
# The patch that the words look at most is worth about as much as one chosen at random. Even "how much ink is in it?" is
# a better answer. Why? A weight says *how much* of a value is taken, not what becomes of it. And there is another road:
# a patch goes *around* the attention (the residual of lesson 11), and $z$ is the mean of all tokens, so every patch
# speaks for itself. The last column measures that: nobody may look at a patch, and the score moves by less than a tenth
# of what covering it does.
# So, what does a word look at? You can see it, exactly, and it is a fact about the weights. It does not explain the
# answer. If you want to know what matters, change it and see, as we did.
#
# ## Where looking is the only way
#
# Close the other road, and looking can be put to the test. The data set `scenes` asks *is the red circle left of the
# square?* about pictures with several shapes, and there the text asks (`fusion.asks`): $z$ is the mean over the words
# alone. What the answer needs of the picture has to come through the attention. And it is known what each name means:
# so one can count how often the patch that a name looks at most lies on the shape that it names, and count the same for
# a model that has learned nothing and for patches drawn at random. `mmdl train --data scenes` takes a few minutes, says
# these three numbers and draws them (`figures/pointing.png` is such a figure). The same weights, then, but a claim that
# could have failed. And in part it does: a patch knows of its neighbours, too, so a name may look at the one beside its
# shape and lose nothing. Nearly every answer is right, and the dots stand at the edges of the boxes.
#
# ## Exercises
#
# `mmdl check --new 14` writes a file to complete, `mmdl check 14_attention_fusion.py` looks at it.
#
# - `token_types`, `token_types_backward`: tokens in one sequence, each with its kind; and the kinds' gradients.
# - `masked_attention`, `weights_without`: do the rows add up to one?
# - `attention_fusion`: the whole forward pass, with a single attention for the block.
#
# ## What you now know
#
# - Attention fusion puts the tokens of all modalities into one sequence; kinds and places tell them apart.
# - A mask belongs before the softmax. Backward, a kind's gradient is the sum over examples and places.
# - Hide a word with the weight $a$, and all other weights grow by $1 / (1 - a)$: that is division, not reaction.
# - Where a word looks is a fact. What matters is another fact: cover, and measure.
# - Where it is known what a word names, looking is measured: against chance, and against an untrained model.
#
# ## Where this comes from
#
# - Vaswani and others, [*Attention is all you need*](https://arxiv.org/abs/1706.03762), 2017, section 3.2: queries from
#   one sequence, keys and values from another.
# - Xu and others, [*Show, attend and tell*](https://arxiv.org/abs/1502.03044), 2015: words that look at places of a
#   picture, and the pictures of it that everybody has seen.
# - Jain, Wallace, [*Attention is not explanation*](https://arxiv.org/abs/1902.10186), 2019: other weights and the same
#   answer, or what a map of attention does not show.
# - Wiegreffe, Pinter, [*Attention is not not explanation*](https://arxiv.org/abs/1908.04626), 2019: the reply, and
#   under which tests such a map may still be believed.
