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
# There are many ways to draw what a network does, all of them handsome. A picture is evidence only if it would have
# come out *differently* had the network been different. So we hold a control beside each.

# %%
import numpy as np

from mmdl import data, tree
from mmdl.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from mmdl.ops.losses import softmax_cross_entropy
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


first, second, untrained = networks = network(0, 4), network(1, 4), network(2, 0)
hits = np.array([model(x_test).argmax(axis=1) == truth for model in networks])
print("right on unseen glyphs: first {:.2f}, second {:.2f}, untrained {:.2f}".format(*hits.mean(axis=1)))
assert hits[:2].mean(axis=1).min() > 0.5 > 0.3 > hits[2].mean()
rows = np.random.default_rng(0).permutation(np.flatnonzero(hits[0] & hits[1]))[:120]  # glyphs that both get right
x, k = x_test[rows], truth[rows]

# %% [markdown]
# ## Formula: what if, and what is
#
# Take one score $s$, that of the true family, and the picture $x$: pixels $x_i$ between 0 (paper) and 1 (ink).
#
# - **Saliency** is the gradient of the score, $g_i = \partial s / \partial x_i$. *What if* pixel $i$ had more ink?
# - **Occlusion** erases a part $A$: $o_A = s(x) - s(x \text{ without } A)$. *What is* the ink in $A$ worth?
#
# ## Loops, and by hand
#
# Let the network be one dense layer with three pixels: $s = 2 x_0 - 2 x_1 + 5 x_2$, and the picture $x = (1, 0.5, 0)$.
# Then $s = 1$. The saliency is $(2, -2, 5)$, whatever the picture. Erase pixel 0: $s$ falls by 2. Erase pixel 1: it
# *rises* by 1. Erase pixel 2: there was no ink, nothing happens. Occlusion is $(2, -1, 0)$, and this is $g_i x_i$:
# saliency times ink. The pixel with the largest gradient, 5, has contributed nothing.


# %%
def occlusion_loops(score, x, side):
    """o[a, b]: by how much the score of one picture (R, C, 1) falls when a square is erased. -> (R/side, C/side)"""
    o = np.zeros((x.shape[0] // side, x.shape[1] // side))
    for a, b in np.ndindex(*o.shape):
        covered = x.copy()
        covered[a * side : (a + 1) * side, b * side : (b + 1) * side] = 0
        o[a, b] = score(x) - score(covered)
    return o


w, pixels = np.array([[[2.0], [-2.0], [5.0]]]), np.array([[[1.0], [0.5], [0.0]]])
by_hand = occlusion_loops(lambda x: (x * w).sum(), pixels, 1)
assert np.array_equal(by_hand, [[2, -1, 0]])

# a whole network takes one picture and 49 ways to cover a square of 4 × 4 pixels as one batch
square = 7 * (np.arange(28) // 4)[:, None] + np.arange(28) // 4  # (28, 28): the number of the square of each pixel
keep = (np.arange(49)[:, None, None] != square)[..., None]  # (49, 28, 28, 1): False where a cover lies


def occlusion(model, x, k):
    return (model(x[None])[0, k] - model(x * keep)[:, k]).reshape(7, 7)


assert np.allclose(occlusion_loops(lambda x: first(x[None])[0, k[0]], x[0], 4), occlusion(first, x[0], k[0]), atol=1e-4)

# %% [markdown]
# ## Backward, to the very bottom
#
# In training the gradient stops at the first kernel: nobody can change the data. For saliency it takes one step more,
# into the picture. Each stage is $c = x \star w + b$, $m = \text{pool}(c)$, $h = \text{relu}(m)$, and its $h$ is the
# next one's $x$. We want the gradient of *one score*, so $ds$ is 1 at class $k$ and 0 elsewhere; no loss is in it.
# Downwards, one line for each layer (lessons 03 and 05):
#
# - dense: $dh = ds\, W^\mathsf{T}$;
# - ReLU: $dm = dh$ where $h > 0$, else 0;
# - pool: $dc = dm$ at the winner of each window, else 0;
# - convolution: $dx$ adds up every $dc$ that the pixel had a part in, times the weight by which it had.
#
# That is what a model's `backward` does. **Checked** against complex steps. (Paper is all equal, so a pool over paper
# has a tie, and a tie has no one gradient: lesson 01. We speckle the paper a little.)


# %%
def saliency(model, x, k):
    s, traces = model.forward(x)
    dx = np.eye(s.shape[1], dtype=s.dtype)[k]  # this is ds
    for layer, trace in zip(model.layers[::-1], traces[::-1], strict=True):
        dx, _ = layer.backward(dx, trace)  # ds -> dh -> dm -> dc -> dx = dh of the stage below -> ...
    return dx[..., 0]  # (N, 28, 28): at the very bottom dx is the saliency g


fine, ds = tree.map(lambda array: array.astype(float), first), np.eye(len(glyphs.classes))[k[:1]]  # with 16 digits
some = x[:1] + 0.01 * np.random.default_rng(0).random((1, 28, 28, 1))
nudges = complex_step_gradient(fine, [some], 0, ds)
assert np.allclose(saliency(fine, some, k[:1]), nudges[..., 0], rtol=0, atol=1e-12)

# %% [markdown]
# **A trap.** Why the *score*, and not the probability $p_k$, which is what we care about? Softmax stands between:
# $\partial p_k / \partial s_j = p_k (1 - p_k)$ if $j = k$, and $-p_k p_j$ otherwise (lesson 04). Where $p_k \approx 1$,
# all of these are close to zero: nothing is left to gain. The map fades just where the network has most to show.

# %%
s, trace = first.forward(x)
one, p = np.eye(s.shape[1], dtype=s.dtype)[k], softmax(s)
lengths = [np.linalg.norm(first.backward(ds, trace)[0], axis=(1, 2))[:, 0] for ds in (one, softmax_backward(one, p))]
p = p[np.arange(len(k)), k]
sure = [np.median(each[p > 0.9]) for each in lengths]
print("where p > 0.9 the gradient of the score is {:.2f} long, that of p {:.3f}".format(*sure))
assert sure[0] > 1 and sure[1] < sure[0] / 4

# %% [markdown]
# ## An experiment: what would any network draw?
#
# Saliency maps are mostly shown by their size $|g|$, bright where the strokes are. They look convincing. But how alike
# is the map of the first network to that of the **second**, which learned the same from another start (we hope: very)?
# To that of the **untrained** one, and to a plain **edge filter**, which know nothing (we hope: not at all)? Alike
# means the correlation over the 49 squares: 1 for the same pattern, 0 for no relation. We sum all maps over these
# squares, so that all are equally coarse, and take the median of the 120 glyphs.

# %%
guessed = guess("How alike, from 0 to 1, are the saliency maps |g| of the trained and of the untrained network?")


def by_square(maps):
    return maps.reshape(-1, 7, 4, 7, 4).sum(axis=(2, 4))


def alike(a, b):
    return np.median([np.corrcoef(p.ravel(), q.ravel())[0, 1] for p, q in zip(a, b, strict=True)])


edges = np.hypot(*np.gradient(x_test[..., 0], axis=(1, 2)))  # how steep the ink is, down and across (lesson 02)
g = [saliency(model, x, k) for model in networks]
maps = {
    "|saliency|": [by_square(abs(each)) for each in g],
    "saliency × ink": [by_square(each * x[..., 0]) for each in g],
    "occlusion": [np.array([occlusion(model, *each) for each in zip(x, k, strict=True)]) for model in networks],
}
found = {}
for name, (one, two, three) in maps.items():
    found[name] = [alike(one, other) for other in (two, by_square(edges[rows]), three)]
    print("{:15s} second network {:5.2f}   edge filter {:5.2f}   untrained {:5.2f}".format(name, *found[name]))
measured = np.array(list(found.values()))
assert measured[0, 1:].min() > 0.55  # convincing, and nothing that was learned
assert measured[1:, 0].min() > 0.5 and measured[1:, 2].max() < 0.25 and measured[2, 0] > measured[1, 0]

# %% [markdown]
# The usual picture fails its control: the untrained network draws almost the same one. Keep the sign and multiply by
# the ink, as our three pixels suggest: the trained networks agree, and the untrained one goes its own way. Occlusion
# makes the move that a gradient only promises; here they agree even better. Yet it knows nothing but *erasing*: a place
# without ink is worth nothing to it, though a stroke there might change everything. (After Adebayo and others, 2018.)
#
# ## Principal components
#
# Before the dense layer a glyph is a row of $D = 800$ features; paper has two directions. **Principal component
# analysis** (PCA) takes those along which $N$ points spread most. Let $z$, $(N, D)$, be the features minus their mean.
# The singular value decomposition (`svd`) writes $z = U\, \mathrm{diag}(\sigma)\, V$. The rows of $V$ are directions of
# length 1 at right angles; along the $j$-th the variance is $\sigma_j^2 / N$, the largest first. Any other direction is
# a sum of rows times numbers $c_j$ with $\sum_j c_j^2 = 1$: its variance, $\sum_j c_j^2 \sigma_j^2 / N$, is a mean of
# theirs, and cannot be larger than the first.


# %%
def principal_components(features, components=2):
    z = features - features.mean(axis=0)
    _, sigma, V = np.linalg.svd(z, full_matrices=False)
    return z @ V[:components].T, sigma**2 / (sigma**2).sum()  # places, shares of the variance


points = np.array([[3.0, 1], [1, 3], [-1, -3], [-3, -1]])  # by hand: 4/√2 along (1, 1), 2/√2 across it; 8 : 2
assert np.allclose(principal_components(points)[1], [0.8, 0.2])
places, share = principal_components(Sequential(first.layers[:-1])(x_test))
print(f"two components hold {share[:2].sum():.2f} of the variance of 800 features")
assert share[:2].sum() < 0.35

# %% [markdown]
# On paper the families lie on top of one another, yet from all 800 features the dense layer tells most of them apart.
# **What is mixed on paper may be apart all the same.** So write the share of the variance on the axes, always.
#
# **The picture.** A kernel of the first layer is a small picture itself; its map shows where in the glyph it fits.

# %%
jeem = glyphs.test.about["character"] == "\ufe9d"  # ARABIC LETTER JEEM
glyph, family, layer = x_test[jeem], truth[jeem], first.layers[0]
steep = [*(abs(saliency(model, glyph, family)[0]) for model in (first, untrained)), edges[jeem][0]]
covers = [occlusion(model, glyph[0], family[0]) for model in networks]
shown = glyph[0, ..., 0], family[0], layer.w[:, :, 0], layer(glyph)[0], steep, covers
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
