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
# # 17 Looking inside
#
# **Question.** A network says "Arabic". What can a picture of its insides tell us, and what can it not?
#
# Needs: lessons 02, 04, 05, 06; about 12 s.
#
# There are many ways to draw what a network does, and all of them give handsome pictures. A picture is evidence only if
# it would have come out *differently* had the network been different. So we draw, and hold a control beside it.

# %%
import numpy as np

from mmdl import data, tree
from mmdl.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.pooling import max_pool2d, max_pool2d_backward
from mmdl.ops.softmax import softmax, softmax_backward
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.looking_inside import draw
from mmdl.training import Adam
from mmdl.verify.oracle import complex_step_gradient

glyphs = data.load("glyphs", fonts=("DejaVuSans",))
x_train, labels = glyphs.train.inputs["image"] / np.float32(255), glyphs.train.labels
x_test, truth = glyphs.test.inputs["image"] / np.float32(255), glyphs.test.labels

# %% [markdown]
# ## Three networks
#
# Two stages of convolution, pooling and ReLU, then a dense layer that gives a score $s_k$ for each of $K = 10$ families
# of characters (lesson 05). We train it twice, from different random numbers, and leave a third **untrained**: it has
# learned nothing, so nothing that it shares with the others was learned.


# %%
def network(seed, epochs):
    rng = np.random.default_rng(seed)
    first_stage = Conv2D.init(rng, 1, 16, (3, 3)), MaxPool2D(2), ReLU()
    second_stage = Conv2D.init(rng, 16, 32, (3, 3)), MaxPool2D(2), ReLU()
    model = Sequential((*first_stage, *second_stage, Flatten(), Dense.init(rng, 800, len(glyphs.classes))))
    optimizer = Adam(3e-3)
    state = optimizer.start(model)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(labels)), len(labels) // 32):
            s, trace = model.forward(x_train[rows])
            optimizer.step(model, model.gradient(softmax_cross_entropy(s, labels[rows]).gradient, trace), state)
    return model


first, second, untrained = network(0, 4), network(1, 4), network(2, 0)
verdicts = [model(x_test).argmax(axis=1) for model in (first, second, untrained)]
accuracy = [float((verdict == truth).mean()) for verdict in verdicts]
print("right on unseen glyphs: first {:.2f}, second {:.2f}, untrained {:.2f}".format(*accuracy))
assert min(accuracy[:2]) > 0.5 > 0.3 > accuracy[2]
both = np.flatnonzero((verdicts[0] == truth) & (verdicts[1] == truth))  # from here on: glyphs that both get right
x, k = x_test[both], truth[both]

# %% [markdown]
# ## Formula: what if, and what is
#
# Take one score $s$, that of the true family, and the picture $x$: pixels $x_i$ between 0 (paper) and 1 (ink).
#
# - **Saliency** is the gradient of the score with respect to the picture: $g_i = \partial s / \partial x_i$.
#   *What if* pixel $i$ had a little more ink?
# - **Occlusion** covers a part $A$ of the picture and looks again: $o_A = s(x) - s(x \text{ with } A \text{ erased})$.
#   *What is* the ink in $A$ worth?
#
# ## By hand
#
# Let the network be one dense layer with three pixels: $s = 2 x_0 - 2 x_1 + 5 x_2$, and the picture $x = (1, 0.5, 0)$.
# Then $s = 1$. The saliency is $(2, -2, 5)$, whatever the picture. Erase pixel 0: $s$ falls by 2. Erase pixel 1: it
# *rises* by 1. Erase pixel 2: there was no ink, nothing happens. Occlusion is $(2, -1, 0)$, and this is $g_i x_i$:
# saliency times ink. The pixel with the largest gradient, 5, has contributed nothing.
#
# ## Loops


# %%
def occlusion_loops(score, x, side):
    """o[a, b]: by how much the score of one picture (R, C, 1) falls when a square is erased. -> (R/side, C/side)"""
    R, C, _ = x.shape
    o = np.zeros((R // side, C // side))
    for a in range(R // side):
        for b in range(C // side):
            covered = x.copy()
            covered[a * side : (a + 1) * side, b * side : (b + 1) * side] = 0
            o[a, b] = score(x) - score(covered)
    return o


w = np.array([2.0, -2.0, 5.0]).reshape(1, 3, 1)
by_hand = occlusion_loops(lambda x: (x * w).sum(), np.array([1.0, 0.5, 0.0]).reshape(1, 3, 1), 1)
print("occlusion by hand:", by_hand[0])
assert np.array_equal(by_hand, [[2, -1, 0]])

# %% [markdown]
# For a whole network the squares go through it as *one batch*: a picture $(28, 28, 1)$ and 49 ways to cover a square of
# $4 \times 4$ pixels make $(49, 28, 28, 1)$.

# %%
SIDE, SQUARES = 4, 7
cell = np.arange(28) // SIDE
square = SQUARES * cell[:, None] + cell  # (28, 28): the number of the square that a pixel belongs to
keep = (np.arange(49)[:, None, None] != square)[..., None]  # (49, 28, 28, 1): False where a cover lies


def occlusion(model, x, k):
    return (model(x[None])[0, k] - model(x * keep)[:, k]).reshape(SQUARES, SQUARES)


loops = occlusion_loops(lambda x: first(x[None])[0, k[0]], x[0], SIDE)
assert np.allclose(loops, occlusion(first, x[0], k[0]), rtol=0, atol=1e-4)

# %% [markdown]
# ## Backward, to the very bottom
#
# In training the gradient stops at the first kernel: nobody can change the data. For saliency it takes one step more,
# into the picture. Each stage is $c = x \star w + b$, $m = \text{pool}(c)$, $h = \text{relu}(m)$ (lesson 05); the numbers
# 1 and 2 in the code count the stages, and $s = h_2 W + b$. For the gradient of *one score*, $ds$ is $e_k$: 1 at class
# $k$ and 0 elsewhere. There is no loss in it.


# %%
def scores(x, w1, b1, w2, b2, W, b):
    c1 = conv2d(x, w1, b1)
    m1 = max_pool2d(c1)
    h1 = relu(m1.y)
    c2 = conv2d(h1, w2, b2)
    m2 = max_pool2d(c2)
    h2 = relu(m2.y)
    return affine(h2.reshape(len(x), -1), W, b), (c1, m1, h1, c2, m2, h2)


def saliency(x, k, w1, b1, w2, b2, W, b):
    s, (c1, m1, h1, c2, m2, h2) = scores(x, w1, b1, w2, b2, W, b)
    ds = np.zeros_like(s)
    ds[np.arange(len(x)), k] = 1  #                                     ds = e_k
    dh2 = affine_backward(ds, h2.reshape(len(x), -1), W)[0]  #          dh₂ = ds Wᵀ
    dm2 = relu_backward(dh2.reshape(h2.shape), h2)  #                   dm₂ = dh₂ where h₂ > 0
    dc2 = max_pool2d_backward(dm2, c2, m2.winner)  #                    dc₂ = dm₂ at the winners (each pool's largest)
    dh1 = conv2d_backward(dc2, h1, w2)[0]  #                            dh₁: every dc₂ through the kernel it came by
    dm1 = relu_backward(dh1, h1)  #                                     dm₁ = dh₁ where h₁ > 0
    dc1 = max_pool2d_backward(dm1, c1, m1.winner)  #                    dc₁ = dm₁ at the winners
    return conv2d_backward(dc1, x, w1)[0]  #                            dx: this is the saliency g


# %% [markdown]
# ## Checked
#
# Against complex steps, pixel by pixel; and the library's layers do the same when we give them $ds$. (Paper is all
# equal, so a pool over paper has a tie, and a tie has no one gradient: lesson 01. We speckle the paper a little first.)


# %%
def saliency_by_layers(model, x, k):
    s, trace = model.forward(x)
    return model.backward(np.eye(s.shape[1], dtype=s.dtype)[k], trace)[0][..., 0]  # (N, 28, 28)


weights = [array.astype(float) for _, array in tree.leaves(first)]  # w1, b1, w2, b2, W, b, with 16 digits
some = x[:1] + 0.01 * np.random.default_rng(0).random((1, 28, 28, 1))
g = saliency(some, k[:1], *weights)
nudges = complex_step_gradient(lambda x: scores(x, *weights)[0], [some], 0, np.eye(len(glyphs.classes))[k[:1]])
assert np.allclose(g, nudges, rtol=0, atol=1e-12)
assert np.allclose(g[..., 0], saliency_by_layers(first, some.astype(np.float32), k[:1]), rtol=0, atol=1e-4)

# %% [markdown]
# **A trap.** Why the *score*, and not the probability $p_k$, which is what we care about? Softmax stands between:
# $\partial p_k / \partial s_j = p_k (1 - p_k)$ if $j = k$, and $-p_k p_j$ otherwise (lesson 04). Where $p_k \approx 1$,
# all of these are close to zero: nothing is left to gain. The map fades just where the network has most to show.

# %%
s, trace = first.forward(x)
one, p = np.eye(s.shape[1], dtype=s.dtype)[k], softmax(s)
starts = one, softmax_backward(one, p)
lengths = np.array([np.linalg.norm(first.backward(ds, trace)[0].reshape(len(x), -1), axis=1) for ds in starts])
p = p[np.arange(len(k)), k]
for name, rows in (("p below 0.5", p < 0.5), ("p above 0.98", p > 0.98)):
    medians = np.median(lengths[:, rows], axis=1)
    print("{:12}: gradient of the score {:.2f} long, of p {:.3f}".format(name, *medians))
assert medians[0] > 1 and medians[1] < 0.2

# %% [markdown]
# ## An experiment: what would any network draw?
#
# Saliency maps are mostly shown by their size $|g|$, without the sign. They look convincing: bright where the strokes
# are. But how alike is the map of the first network
#
# - to that of the **second**, which learned the same from another start (we hope: very);
# - to that of the **untrained** one, and to a plain **edge filter**, which know nothing (we hope: not at all)?
#
# Alike means: the correlation over the 49 squares, 1 for the same pattern and 0 for no relation; the median of 120
# glyphs. All maps are summed over the same squares, so that all are equally coarse.

# %%
guessed = guess("How alike, from 0 to 1, are the saliency maps |g| of the trained and of the untrained network?")


def by_square(maps):
    return maps.reshape(-1, SQUARES, SIDE, SQUARES, SIDE).sum(axis=(2, 4))


def alike(a, b):
    """The median correlation of the maps a[n] and b[n]."""
    a, b = ((m - m.mean(axis=(1, 2), keepdims=True)).reshape(len(m), -1) for m in (a, b))
    return np.median((a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1))


def edges(x):
    """The length of Sobel's gradient (lesson 02).  (N, 28, 28, 1) -> (N, 28, 28)"""
    down = np.array([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]], x.dtype)
    both = conv2d(x, np.stack([down, down.T], axis=-1)[:, :, None], padding="same")
    return np.hypot(both[..., 0], both[..., 1])


chosen = np.random.default_rng(0).permutation(len(x))[:120]
x, k, networks = x[chosen], k[chosen], (first, second, untrained)
g = [saliency_by_layers(model, x, k) for model in networks]
maps = {
    "|saliency|": [by_square(abs(each)) for each in g],
    "saliency × ink": [by_square(each * x[..., 0]) for each in g],
    "occlusion": [np.array([occlusion(model, *each) for each in zip(x, k, strict=True)]) for model in networks],
}
contours = by_square(edges(x))
found = {}
for name, (one, two, other) in maps.items():
    found[name] = alike(one, two), alike(one, contours), alike(one, other)
    print("{:15s} second network {:5.2f}   edge filter {:5.2f}   untrained {:5.2f}".format(name, *found[name]))
assert found["|saliency|"][2] > 0.6 and found["|saliency|"][1] > 0.55  # convincing, and nothing that was learned
for name in ("saliency × ink", "occlusion"):
    assert found[name][0] > 0.5 and found[name][2] < 0.25
assert found["occlusion"][0] > found["saliency × ink"][0]

# %% [markdown]
# The usual picture fails its control: the untrained network draws almost the same one. That the second network agrees
# would have convinced us. Keep the sign and multiply by the ink, as our three pixels suggest: now the trained networks
# agree, and the untrained one goes its own way. Occlusion makes the move that a gradient only promises, and the trained
# networks agree even better. Yet it knows nothing but *erasing*: a place without ink is worth nothing to it, though a
# stroke there might change everything. (Adebayo and others asked for such controls in *Sanity checks for saliency
# maps*, 2018.)
#
# ## Principal components
#
# Before the dense layer a glyph is a row of $D = 800$ features. Paper has two directions. **Principal component
# analysis** (PCA) chooses those along which $N$ points spread most. Let $z$, $(N, D)$, be the features minus their mean.
# The singular value decomposition (`svd`) writes $z = U\, \mathrm{diag}(\sigma)\, V$: the rows of $V$ are directions of
# length 1 at right angles, and along the $j$-th the variance is $\sigma_j^2 / N$, the largest first. No other direction
# has more than the first: with the shares $c_j$ of the rows ($\sum_j c_j^2 = 1$) it has the variance
# $\sum_j c_j^2 \sigma_j^2 / N \le \sigma_1^2 / N$.
#
# By hand: the points $(3, 1), (1, 3), (-1, -3), (-3, -1)$ lie at $\pm 4 / \sqrt 2$ along $(1, 1) / \sqrt 2$, each of
# them, and at $\pm 2 / \sqrt 2$ along $(1, -1) / \sqrt 2$. The variances are 8 and 2: the first holds 0.8 of the whole.


# %%
def principal_components(features, components=2):
    z = features - features.mean(axis=0)
    _, sigma, V = np.linalg.svd(z, full_matrices=False)
    return z @ V[:components].T, sigma**2 / (sigma**2).sum()  # places, shares of the variance


points = np.array([[3.0, 1], [1, 3], [-1, -3], [-3, -1]])
places, share = principal_components(points)
assert np.allclose(abs(places), np.array([4, 2]) / np.sqrt(2)) and np.allclose(share, [0.8, 0.2])

features = Sequential(first.layers[:-1])(x_test)
places, share = principal_components(features)


def nearest_mean(z):
    """How often a glyph is nearest to the mean of its own family."""
    means = np.array([z[truth == k].mean(axis=0) for k in range(len(glyphs.classes))])
    return (((z[:, None] - means) ** 2).sum(axis=-1).argmin(axis=1) == truth).mean()


on_paper, in_full = nearest_mean(places), nearest_mean(features)
print(f"two components hold {share[:2].sum():.2f} of the variance of {features.shape[1]} features")
print(f"nearest family's mean is the right one: on paper {on_paper:.2f}, in all dimensions {in_full:.2f}")
assert share[:2].sum() < 0.35 and in_full > on_paper + 0.2

# %% [markdown]
# On paper the families lie on top of one another; in 800 dimensions much less so. **What is apart on paper is apart.
# What is mixed on paper may be apart all the same.** So write the share of the variance on the axes, always.
#
# ## The picture
#
# A kernel of the first layer is a small picture itself, and its feature map shows where in the glyph it fits.

# %%
jeem = glyphs.test.about["character"] == "\ufe9d"  # ARABIC LETTER JEEM
glyph, family, layer = x_test[jeem], truth[jeem], first.layers[0]
kernels, fits = layer.w[:, :, 0, ::2].transpose(2, 0, 1), layer(glyph)[0, ..., ::2].transpose(2, 0, 1)
steep = [*(abs(saliency_by_layers(model, glyph, family)[0]) for model in (first, untrained)), edges(glyph)[0]]
covers = [occlusion(model, glyph[0], family[0]) for model in networks]
shown = glyph[0, ..., 0], glyphs.classes[family[0]], kernels, fits, steep, covers
many = found, p, lengths, places, share, truth, glyphs.classes
save_figure(draw(*shown, *many, guessed), "17_looking_inside")

# %% [markdown]
# ## Exercises
#
# `mmdl check lessons/exercises/17_looking_inside.py`
#
# - `saliency`: $|g|$ from a network's backward pass, started from the score.
# - `occlusion`: how much a score falls for each square that is covered.
# - `principal_components`: the places of points along the directions in which they spread most.
#
# ## What you now know
#
# - Saliency asks *what if*, occlusion asks *what is*; for a single dense layer occlusion is saliency times ink.
# - Saliency is the backward pass, one step further than training needs, started from one score, not from a probability.
# - A map is evidence only if its controls fail. $|g|$ looks much the same without any training.
# - A plane shows two directions out of hundreds: say how much of the variance they hold.
