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
from mmdl.ops.convolution import conv2d
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.pooling import max_pool2d
from mmdl.ops.softmax import softmax, softmax_backward
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_17_looking_inside import draw
from mmdl.training import Adam
from mmdl.verify.oracle import complex_step_gradient

glyphs = data.load("glyphs", fonts=("DejaVuSans",))
x_train, labels = glyphs.train.inputs["image"] / np.float32(255), glyphs.train.labels
x_test, truth = glyphs.test.inputs["image"] / np.float32(255), glyphs.test.labels

# %% [markdown]
# ## Three networks
#
# Two stages of convolution, pooling and ReLU, then a dense layer that gives a score $s_k$ for each of $K = 10$ families
# of characters (lesson 05). Two start from different random numbers and learn; what the third shares with them,
# **untrained**, was not learned.


# %%
def network(seed, epochs):
    rng = np.random.default_rng(seed)
    lower, upper = ((Conv2D.init(rng, D, K, (3, 3)), MaxPool2D(2), ReLU()) for D, K in ((1, 16), (16, 32)))
    model = Sequential((*lower, *upper, Flatten(), Dense.init(rng, 800, len(glyphs.classes))))
    optimizer = Adam(3e-3)
    state = optimizer.start(model)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(labels)), len(labels) // 32):
            s, trace = model.forward(x_train[rows])
            optimizer.step(model, model.gradient(softmax_cross_entropy(s, labels[rows]).gradient, trace), state)
    return model


first, second, untrained = networks = network(0, 4), network(1, 4), network(2, 0)
third, raw = network(3, 4), network(4, 0)  # one more of each, for the test of the tests
hits = np.array([model(x_test).argmax(axis=1) == truth for model in networks])
print("right on unseen glyphs: first {:.2f}, second {:.2f}, untrained {:.2f}".format(*hits.mean(axis=1)))
assert hits[:2].mean(axis=1).min() > 0.5 > 0.3 > hits[2].mean()
rows = np.random.default_rng(0).permutation(np.flatnonzero(hits[0] & hits[1]))[:120]  # glyphs that both get right
x, k = x_test[rows], truth[rows]

# %% [markdown]
# ## Formula, loops, and by hand: what if, and what is
#
# Take one score $s$, that of the true family, and the picture $x$: pixels $x_i$ between 0 (paper) and 1 (ink).
#
# - **Saliency** is the gradient of the score, $g_i = \partial s / \partial x_i$. *What if* pixel $i$ had more ink?
# - **Occlusion** erases a part $A$: $o_A = s(x) - s(x \text{ without } A)$. *What is* the ink in $A$ worth?
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
assert np.array_equal(occlusion_loops(lambda x: (x * w).sum(), pixels, 1), [[2, -1, 0]])

keep = np.kron(np.eye(49).reshape(49, 7, 7), np.ones((4, 4)))[..., None] == 0  # (49, 28, 28, 1): 49 ways to cover 4 × 4


def occlusion(model, x, k):
    return (model(x[None])[0, k] - model(x * keep)[:, k]).reshape(7, 7)


assert np.allclose(occlusion_loops(lambda x: first(x[None])[0, k[0]], x[0], 4), occlusion(first, x[0], k[0]), atol=1e-4)

# %% [markdown]
# ## Backward to the very bottom, and checked
#
# In training the gradient stops at the first kernel: nobody can change the data. For saliency it takes one step more,
# into the picture. A stage makes its map $h$ from $x$, the picture or the map below, by
#
# $$c_{pqk} = b_k + \sum_{i,j,d} w_{ijdk}\, x_{p+i,\, q+j,\, d} \qquad
# m_{pqk} = \max_{i,j}\, c_{2p+i,\, 2q+j,\, k} \qquad h_{pqk} = \max(m_{pqk}, 0)$$
#
# and the last $h$, in a row, gives the scores $s = h W + b$. We read this from last to first (lessons 00, 03 and 05).
# We want the gradient of *one score*, so $ds$ is 1 at class $k$ and 0 elsewhere; no loss is in it. Complex steps and
# the model's own `backward` shall agree. (Paper is all equal, so its pools tie: lesson 01. We speckle it a little.)


# %%
def stage(x, w, b):
    c = conv2d(x, w, b)
    m, winner = max_pool2d(c)  # winner: which of the four is the largest, 0 to 3
    return np.maximum(m, 0), (x, w, c, winner, m)


def stage_backward(dh, x, w, c, winner, m):
    dc, dx = np.zeros_like(c), np.zeros_like(x)
    dm = dh * (m > 0)  #                                   dm = dh where m > 0, else 0
    for cell, (i, j) in enumerate(np.ndindex(2, 2)):  #    dc[2p+i, 2q+j] = dm[p, q] if it is the largest, else 0
        dc[:, i::2, j::2][:, : m.shape[1], : m.shape[2]] = dm * (winner == cell)
    for i, j in np.ndindex(3, 3):  #                       dx[p+i, q+j, d] += Σ dc[p, q, k] w[i, j, d, k], over k
        dx[:, i : i + c.shape[1], j : j + c.shape[2]] += dc @ w[i, j].T
    return dx


def saliency(model, x, ds):
    w1, b1, w2, b2, W, _ = (array for _, array in tree.leaves(model))
    h1, trace1 = stage(x, w1, b1)
    h2, trace2 = stage(h1, w2, b2)
    dh2 = (ds @ W.T).reshape(h2.shape)  #                  dh = ds Wᵀ, out of its row
    dh1 = stage_backward(dh2, *trace2)  #                  what the upper stage calls dx is the lower one's dh
    return stage_backward(dh1, *trace1)[..., 0]  #         at the very bottom dx is the saliency, (N, 28, 28)


unit = np.eye(len(glyphs.classes), dtype=np.float32)  # unit[k] is the ds of score k
ds, fine = unit[k[:1]], tree.map(lambda array: array.astype(float), first)  # with 16 digits
some = x[:1] + 0.01 * np.random.default_rng(0).random((1, 28, 28, 1))
nudges, (library, _) = complex_step_gradient(fine, [some], 0, ds), fine.backward(ds, fine.forward(some)[1])
assert np.allclose(saliency(fine, some, ds), [nudges[..., 0], library[..., 0]], rtol=0, atol=1e-12)

# %% [markdown]
# **A trap.** Why the *score*, and not the probability $p_k$, which is what we care about? Softmax stands between:
# $\partial p_k / \partial s_j$ is $p_k (1 - p_k)$ if $j = k$, and else $-p_k p_j$ (lesson 04). Where $p_k \approx 1$,
# all of these are close to zero: the map fades just where the network has most to show.

# %%
p = softmax(first(x))
lengths = [np.linalg.norm(saliency(first, x, ds), axis=(1, 2)) for ds in (unit[k], softmax_backward(unit[k], p))]
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
# means the correlation, 1 for the same pattern, 0 for no relation. We sum all maps over the 49 squares, so that all are
# equally coarse, and take the median of the 120 glyphs.


# %%
def alike(a, b):
    a, b = (maps.reshape(-1, 7, maps.shape[1] // 7, 7, maps.shape[2] // 7).sum(axis=(2, 4)) for maps in (a, b))
    return np.median([np.corrcoef(p.ravel(), q.ravel())[0, 1] for p, q in zip(a, b, strict=True)])


guessed = guess("How alike, from 0 to 1, are the saliency maps |g| of the trained and of the untrained network?")
edges = np.hypot(*np.gradient(x_test[..., 0], axis=(1, 2)))  # how steep the ink is, down and across (lesson 02)
g = [saliency(model, x, unit[k]) for model in networks]
maps = {
    "|saliency|": [abs(each) for each in g],
    "saliency × ink": [each * x[..., 0] for each in g],
    "occlusion": [np.array([occlusion(model, *each) for each in zip(x, k, strict=True)]) for model in networks],
}
found = {}
for name, (one, two, three) in maps.items():
    found[name] = [alike(one, other) for other in (two, edges[rows], three)]
    print("{:15s} second network {:5.2f}   edge filter {:5.2f}   untrained {:5.2f}".format(name, *found[name]))
measured = np.array(list(found.values()))
more = [saliency(model, x, unit[k]) for model in (third, raw)]
for name, of, edge in ("|saliency|", abs, 0.55), ("saliency × ink", lambda each: each * x[..., 0], -1):
    pairs = (
        [alike(of(one), of(more[0])) for one in g[:2]],
        [alike(of(one), of(each)) for one in g[:2] for each in (g[2], more[1])],
    )
    print(
        f"{name:15s} other pairs: trained",
        *(f"{c:.2f}" for c in pairs[0]),
        " with untrained",
        *(f"{c:.2f}" for c in pairs[1]),
    )
    assert min(pairs[1]) > edge if name == "|saliency|" else min(pairs[0]) > 0.4 > 0.3 > max(pairs[1])
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
# a sum of rows times $c_j$ with $\sum_j c_j^2 = 1$: its variance, $\sum_j c_j^2 \sigma_j^2 / N$, a mean, is not larger.


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

jeem = glyphs.test.about["character"] == "\ufe9d"  # ARABIC LETTER JEEM
glyph, family, layer = x_test[jeem], truth[jeem], first.layers[0]
steep = [*(abs(saliency(model, glyph, unit[family])[0]) for model in (first, untrained)), edges[jeem][0]]
covers = [occlusion(model, glyph[0], family[0]) for model in networks]
shown = glyph[0, ..., 0], family[0], layer.w[:, :, 0], layer(glyph)[0], steep, covers
save_figure(draw(*shown, found, p, lengths, places, share, truth, glyphs.classes, guessed), "17_looking_inside")

# %% [markdown]
# On paper the families lie on top of one another, yet from all 800 features the dense layer tells most of them apart.
# **What is mixed on paper may be apart all the same.** So write the share of the variance on the axes, always.
#
# ## Exercises
#
# `mmdl check --new 17` writes a file to complete, `mmdl check 17_looking_inside.py` looks at it.
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
#
# ## Where this comes from
#
# - Simonyan, Vedaldi, Zisserman, [*Deep inside convolutional networks*](https://arxiv.org/abs/1312.6034), 2014, section
#   3: the gradient of the score as a picture.
# - Zeiler, Fergus, [*Visualizing and understanding convolutional networks*](https://arxiv.org/abs/1311.2901), 2014,
#   section 4.2: a grey square that is moved over the picture.
# - Adebayo and others, [*Sanity checks for saliency maps*](https://arxiv.org/abs/1810.03292), 2018: maps that stay the
#   same when the weights are thrown away.
# - Pearson, [*On lines and planes of closest fit to systems of points in
#   space*](https://doi.org/10.1080/14786440109462720), 1901: the principal components, found as the line that fits
#   best.
