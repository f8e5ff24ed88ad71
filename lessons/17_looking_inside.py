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
from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import guess, mark_guess, save_figure
from mmdl.plots.style import BLUE, GREEN, MAGNITUDES, PURPLE, SIGNED, VERMILLION, picture_on, styled
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
# *rises* by 1. Erase pixel 2: there was no ink, nothing happens. Occlusion is $(2, -1, 0)$, and this is $g_i x_i$.
#
# The two answer different questions: the pixel with the largest gradient, 5, has contributed nothing.
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
# into the picture. Upwards we have, with $N$ pictures at once,
#
# $$c = x \star w_1 + b_1,\quad m = \text{pool}(c),\quad h = \text{relu}(m),\quad c' = h \star w_2 + b_2,\quad
#   m' = \text{pool}(c'),\quad h' = \text{relu}(m'),\quad s = h' W + b$$
#
# and for the gradient of *one score*, $ds$ is 1 at class $k$ and 0 elsewhere. There is no loss in it.


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
    dh2 = affine_backward(ds, h2.reshape(len(x), -1), W)[0]  #          dh' = ds Wᵀ
    dm2 = relu_backward(dh2.reshape(h2.shape), h2)  #                   dm' = dh' where h' > 0
    dc2 = max_pool2d_backward(dm2, c2, m2.winner)  #                    dc' = dm' at the winners
    dh1 = conv2d_backward(dc2, h1, w2)[0]  #                            dh: every dc' through the kernel it came by
    dm1 = relu_backward(dh1, h1)  #                                     dm = dh where h > 0
    dc1 = max_pool2d_backward(dm1, c1, m1.winner)  #                    dc = dm at the winners
    return conv2d_backward(dc1, x, w1)[0]  #                            dx, and this is the saliency


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
# $\partial p_k / \partial s_j = p_k (\delta_{kj} - p_j)$, where $\delta_{kj}$ is 1 if $k = j$ and 0 otherwise. For the
# scores $(2, 1, 0)$ of lesson 04 and $k = 0$ this is $(0.223, -0.163, -0.060)$. For $(20, 10, 0)$ it is
# $(4.5, -4.5, 0) \cdot 10^{-5}$. The surer the network, the closer to zero: where $p_k \approx 1$ there is nothing left
# to gain. The map fades to nothing just where the network has most to show.

# %%
for s in ([2.0, 1.0, 0.0], [20.0, 10.0, 0.0]):
    print(f"scores {s}: gradient of p_0", softmax_backward(np.eye(3)[0], softmax(np.array(s))))
assert np.allclose(softmax_backward(np.eye(3)[0], softmax(np.array([2.0, 1, 0]))), [0.223, -0.163, -0.060], atol=5e-4)

s, trace = first.forward(x)
one = np.eye(s.shape[1], dtype=s.dtype)[k]
p = softmax(s)
of_score, of_p = (
    np.linalg.norm(first.backward(ds, trace)[0].reshape(len(x), -1), axis=1) for ds in (one, softmax_backward(one, p))
)
p = p[np.arange(len(k)), k]
for low, high in ((0, 0.5), (0.5, 0.9), (0.9, 0.98), (0.98, 1)):
    rows = (p > low) & (p <= high)
    lengths = np.median(of_score[rows]), np.median(of_p[rows])
    print("p from {:.2f} to {:.2f}: gradient of the score {:.2f} long, of p {:.3f}".format(low, high, *lengths))
assert lengths[0] > 1 and lengths[1] < 0.2

# %% [markdown]
# ## An experiment: what would any network draw?
#
# Saliency maps are mostly shown by their size $|g|$, without the sign. They look convincing: bright where the strokes
# are. But that can be said of *every* map of a glyph. So the controls: how alike is the map of the first network
#
# - to that of the **second**, which learned the same from another start (we hope: very);
# - to that of the **untrained** one, and to a plain **edge filter**, which know nothing (we hope: not at all)?
#
# Alike means: the correlation over the 49 squares, 1 for the same pattern and 0 for no relation; we take the median of
# 120 glyphs. All maps are summed over the same squares, so that all are equally coarse.

# %%
guessed = guess("How alike, from 0 to 1, are the saliency maps |g| of the trained and of the untrained network?")


def by_square(maps):
    """Sums over the squares: (N, 28, 28) -> (N, 7, 7)"""
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
worth = [alike(maps["occlusion"][0], maps[name][0]) for name in ("|saliency|", "saliency × ink")]
fine = [alike(abs(g[0]), m) for m in (abs(g[1]), edges(x), abs(g[2]))]
print("how alike occlusion and |saliency| are: {:.2f}; occlusion and saliency × ink: {:.2f}".format(*worth))
print("|saliency| by single pixels: second {:.2f}, edge filter {:.2f}, untrained {:.2f}".format(*fine))
assert found["|saliency|"][2] > 0.6 and found["|saliency|"][1] > 0.55  # convincing, and nothing that was learned
for name in ("saliency × ink", "occlusion"):
    assert found[name][0] > 0.5 and found[name][2] < 0.25
assert worth[1] > worth[0] + 0.1

# %% [markdown]
# The usual picture fails its control: the shape of the glyph and of the network draw most of it, without any learning.
# Keep the sign and multiply by the ink, as our three pixels suggest: now the trained networks agree, and the untrained
# one goes its own way. Occlusion makes the move that a gradient only promises, and agrees with itself even better. Yet
# half of its pattern is still where the edges are, and it knows nothing but *erasing*: a place without ink is worth
# nothing to it, though a stroke there might change everything. (Adebayo and others asked for such controls in *Sanity
# checks for saliency maps*, 2018.)
#
# ## Principal components
#
# Before the dense layer a glyph is a row of $D = 800$ features. Paper has two directions. **Principal component
# analysis** (PCA) chooses those along which the points spread most. With $z$ the $(N, D)$ features minus their mean, it
# asks for the direction $v$ of length 1 with the largest variance $\frac1N \sum_n (z_n \cdot v)^2 = v^\mathsf{T} C v$,
# where $C = \frac1N z^\mathsf{T} z$. Multiply almost any direction by $C$ again and again, and it turns that way:


# %%
def first_component_loops(z, turns=100):
    N, D = z.shape
    C = [[sum(z[n, i] * z[n, j] for n in range(N)) / N for j in range(D)] for i in range(D)]
    v = [1.0] + [0.0] * (D - 1)
    for _ in range(turns):
        v = [sum(C[i][j] * v[j] for j in range(D)) for i in range(D)]
        length = sum(each**2 for each in v) ** 0.5
        v = [each / length for each in v]
    return v


def principal_components(features, components=2):
    """-> places (N, components), shares of the whole variance (D or N,)"""
    z = features - features.mean(axis=0)
    _, spread, V = np.linalg.svd(z, full_matrices=False)  # z = U diag(spread) V: rows of V are the directions
    return z @ V[:components].T, spread**2 / (spread**2).sum()


# %% [markdown]
# By hand: the points $(3, 1), (1, 3), (-1, -3), (-3, -1)$ have $C = ((5, 3), (3, 5))$. Along $(1, 1)/\sqrt 2$ the
# variance is $\frac12 (5 + 3 + 3 + 5) = 8$, along $(1, -1)/\sqrt 2$ it is $\frac12 (5 - 3 - 3 + 5) = 2$. The first
# component holds 0.8 of the whole.

# %%
points = np.array([[3.0, 1], [1, 3], [-1, -3], [-3, -1]])
assert np.allclose(first_component_loops(points), np.sqrt([0.5, 0.5]))
assert np.allclose(principal_components(points)[1], [0.8, 0.2])

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
def row_of(axes, images, names, signed):
    for ax, image, name, both in zip(axes, images, names, signed, strict=True):
        limit = np.abs(image).max()
        picture_on(ax, image, cmap=SIGNED if both else MAGNITUDES, vmin=-limit if both else 0, vmax=limit)
        ax.set_xlabel(name, fontsize=8)


@styled
def draw(glyph, family):
    figure = figure_of(None, 7.6)
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=(1.8, 1.65, 3.1))

    top.suptitle(
        "Eight kernels of the first layer, and where in the glyph each fits (red), or its opposite (blue)", fontsize=11
    )
    layer = first.layers[0]
    w, y = layer.w[:, :, 0, ::2].transpose(2, 0, 1), layer(glyph)[0, ..., ::2].transpose(2, 0, 1)
    kernels, fits = top.subplots(2, 8, height_ratios=(0.4, 1))
    row_of(kernels, w, [""] * 8, [True] * 8)
    row_of(fits, y, [""] * 8, [True] * 8)
    kernels[0].set_ylabel("kernel\n3 × 3", fontsize=8)
    fits[0].set_ylabel("its map\n26 × 26", fontsize=8)

    middle.suptitle(
        "|saliency| looks much the same without training, occlusion (red: the score needs this) does not", fontsize=11
    )
    axes = middle.subplots(1, 7)
    picture_on(axes[0], glyph[0, ..., 0])
    axes[0].set_xlabel(f"the glyph\n({glyphs.classes[family]})", fontsize=8)
    steep = [abs(saliency_by_layers(model, glyph, [family])[0]) for model in (first, untrained)]
    covers = [occlusion(model, glyph[0], family) for model in networks]
    names = "trained:\n|saliency|", "untrained:\n|saliency|", "no network:\nedge filter"
    row_of(axes[1:4], (*steep, edges(glyph)[0]), names, [False] * 3)
    row_of(axes[4:], covers, [f"{who}:\nocclusion" for who in ("trained", "trained again", "untrained")], [True] * 3)

    agreement, fading, plane = bottom.subplots(1, 3, width_ratios=(1.15, 1, 1.1))
    kinds = ("second\nnetwork", BLUE, "o"), ("edge\nfilter", "0.45", "s"), ("untrained\nnetwork", VERMILLION, "^")
    for row, name in enumerate(found):
        for value, (control, colour, form) in zip(found[name], kinds, strict=True):
            agreement.plot(value, row, form, color=colour, markersize=8)
            if name == "occlusion":
                agreement.text(value, row + 0.18, control, color=colour, fontsize=8, ha="center", va="top")
    agreement.set(title="Without its sign, saliency agrees\nwith a network that knows nothing", xlim=(-0.4, 1.05))
    agreement.set(ylim=(2.8, -0.6), xlabel="correlation with the first\nnetwork's map (median of 120 glyphs)")
    agreement.set_yticks(range(3), ["|saliency|", "saliency\n× ink", "occlusion"])
    agreement.axvline(0, color="0.8", linewidth=1, zorder=0)
    mark_guess(agreement, guessed, axis="x")

    fading.plot(p, of_score, "o", color=BLUE, markersize=3)
    fading.plot(p, of_p, "s", color=VERMILLION, markersize=3)
    fading.set(title="A sure probability\nhas no gradient", xlabel="probability p of the\ntrue family", yscale="log")
    fading.set(ylabel="length of the gradient", ylim=(5e-4, 15))
    fading.text(0.05, 0.93, "of the score", color=BLUE, transform=fading.transAxes)
    fading.text(0.05, 0.5, "of the probability", color=VERMILLION, transform=fading.transAxes)

    largest = np.argsort(-np.bincount(truth), kind="stable")[:4]
    for each, colour, form in zip(largest, (BLUE, VERMILLION, GREEN, PURPLE), "os^D", strict=True):
        rows = truth == each
        plane.plot(*places[rows].T, form, color=colour, markersize=3, alpha=0.7, label=glyphs.classes[each])
    plane.legend(loc="upper right", fontsize=7, handletextpad=0.1, borderpad=0, markerscale=1.6)
    plane.margins(y=0.22)
    plane.set(title="Two of 800 directions:\nmixed here, less so in all", xticks=[], yticks=[])
    plane.set(xlabel=f"1st component\n({share[0]:.0%} of the variance)", ylabel=f"2nd component ({share[1]:.0%})")
    return figure


jeem = glyphs.test.about["character"] == "\ufe9d"  # ARABIC LETTER JEEM
save_figure(draw(x_test[jeem], truth[jeem][0]), "17_looking_inside")

# %% [markdown]
# ## Exercises
#
# `mmdl check lessons/exercises/17_looking_inside.py`
#
# - `saliency`: $|g|$ from a network's backward pass. Who starts from the probability's gradient finds a map
#   that vanishes where $p \approx 1$.
# - `occlusion`: how much a score falls for each square that is covered.
# - `principal_components`: the places of points along the directions in which they spread most.
#
# ## What you now know
#
# - Saliency asks *what if*, occlusion asks *what is*; for a single dense layer occlusion is saliency times ink.
# - Saliency is the backward pass, one step further than training needs, started from one score, not from a probability.
# - A map is evidence only if its controls fail. $|g|$ looks much the same without any training.
# - A plane shows two directions out of hundreds: say how much of the variance they hold.
