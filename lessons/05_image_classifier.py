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
# # 05 Image classifier
#
# **Question.** What does a convolutional network assume about pictures?
#
# Needs: lessons 00, 02, 03, 04; about 30 s.
#
# We build the article's network. A picture goes through five steps, and three of them we know: a **convolution**
# (lessons 02 and 03), a **dense layer** $y = xW + b$ (lesson 00), softmax with cross-entropy (lesson 04). Between
# them stand two new ones, **ReLU** and **max-pooling**.

# %%
import numpy as np

from mmdl import data, tree
from mmdl.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.pooling import max_pool2d, max_pool2d_backward
from mmdl.plots import guess, mark_guess, save_figure
from mmdl.plots.figure import figure_of
from mmdl.plots.style import BLUE, GREEN, INK, SIGNED, VERMILLION, picture_on, styled
from mmdl.training import SGD, cosine
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formulas
#
# Pictures are $(N, R, C, D)$: $N$ pictures of $R$ rows and $C$ columns with $D$ numbers (channels) at each place.
#
# **ReLU** keeps what is positive: $y = \max(x, 0)$, for each number by itself. Without something that bends between
# them, two layers of weights would be no more than one, because $(x V) W = x (V W)$.
#
# **Max-pooling** cuts each channel into windows of 2 × 2 and keeps the largest number of each: half the rows, half
# the columns. What is left over at the edge is left out.
#
# $$y_{pq} = \max_{i, j \in \{0, 1\}} x_{2p + i,\ 2q + j}$$
#
# ## Loops, and numbers by hand
#
# Besides the largest number we note *where* it was, the **winner**: the places in a window are numbered 0 1 in its
# first row and 2 3 in its second. Of equal numbers the first wins.


# %%
def max_pool_loops(x):
    P, Q = x.shape[0] // 2, x.shape[1] // 2
    y, winner = np.zeros((P, Q)), np.zeros((P, Q), int)
    for p in range(P):
        for q in range(Q):
            y[p, q] = -np.inf
            for place, (i, j) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
                if x[2 * p + i, 2 * q + j] > y[p, q]:
                    y[p, q], winner[p, q] = x[2 * p + i, 2 * q + j], place
    return y, winner


x = np.array([[1.0, 3.0, 0.0, 0.0], [2.0, 0.0, 0.0, 0.0], [-1.0, -2.0, 5.0, 4.0], [-3.0, -4.0, 6.0, 5.0]])
y, winner = max_pool_loops(x)
print("largest", y.tolist(), " winner", winner.tolist())
assert y.tolist() == [[3, 0], [-1, 6]] and winner.tolist() == [[1, 0], [0, 2]]

# %% [markdown]
# ## The ops
#
# For NumPy we put each window's four numbers into an axis of their own: $(N, P, Q, 4, D)$.


# %%
def windows_of(x):
    N, R, C, D = x.shape
    x = x[:, : R // 2 * 2, : C // 2 * 2].reshape(N, R // 2, 2, C // 2, 2, D)
    return x.swapaxes(2, 3).reshape(N, R // 2, C // 2, 4, D)


def max_pool(x):
    windows = windows_of(x)
    winner = windows.real.argmax(axis=3)  # argmax takes the first of equal numbers
    return np.take_along_axis(windows, winner[:, :, :, None], axis=3)[:, :, :, 0], winner


for ours, loops, op in zip(max_pool(x[None, :, :, None]), (y, winner), max_pool2d(x[None, :, :, None]), strict=True):
    assert np.array_equal(ours[0, :, :, 0], loops) and np.array_equal(ours, op)

# %% [markdown]
# ## Backward
#
# **ReLU.** Where $x > 0$, the output moves with the input: $dx = dy$. Where $x < 0$, it stays 0: $dx = 0$. At 0 there
# is a corner, and we choose $dx = 0$.
#
# **Max-pooling.** Nudge the winner, and the output moves as much. Nudge one of the other three, and nothing happens.
# So the winner takes all of $dy$.


# %%
def max_pool_backward(dy, x, winner):
    dwindows = np.zeros(windows_of(x).shape)
    np.put_along_axis(dwindows, winner[:, :, :, None], dy[:, :, :, None], axis=3)  # dx[winner] = dy, elsewhere 0
    N, P, Q, _, D = dwindows.shape
    dx = np.zeros(x.shape)  # and windows_of, backwards:
    dx[:, : 2 * P, : 2 * Q] = dwindows.reshape(N, P, Q, 2, 2, D).swapaxes(2, 3).reshape(N, 2 * P, 2 * Q, D)
    return dx


rng = np.random.default_rng(0)
x, dy = rng.standard_normal((2, 5, 6, 3)), rng.standard_normal((2, 2, 3, 3))
y, winner = max_pool(x)
dx = max_pool_backward(dy, x, winner)
assert np.allclose(dx, complex_step_gradient(lambda x: max_pool(x)[0], [x], 0, dy), rtol=0, atol=1e-12)
assert np.array_equal(dx, max_pool2d_backward(dy, x, winner))

dz, z = rng.standard_normal(x.shape), relu(x)
assert np.array_equal(relu_backward(dz, z), dz * (x > 0))  # dx = dy where x > 0
assert np.allclose(complex_step_gradient(lambda x: x * (x.real > 0), [x], 0, dz), dz * (x > 0), rtol=0, atol=1e-12)

# %% [markdown]
# ## A trap, and the pictures
#
# Many write `dx = dy * (x == y)`: every place that equals the maximum gets $dy$. With random numbers nobody sees
# what is wrong with it. With pictures: how often are two numbers of a window equally large? Ours show letters and
# signs of ten families, as two fonts draw them.

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans", "DejaVuSerif"))
x, x_test = (part.inputs["image"] / np.float32(255) for part in (glyphs.train, glyphs.test))
labels, labels_test = glyphs.train.labels, glyphs.test.labels

windows = windows_of(x)
ties = np.mean((windows == windows.max(axis=3, keepdims=True)).sum(axis=3) > 1)
y, winner = max_pool2d(x)
dx = max_pool2d_backward(np.ones_like(y), x, winner)
equal = (windows == windows.max(axis=3, keepdims=True)).sum()
print(f"{len(x)} pictures; windows with a tie: {ties:.2f}; sum of dy {y.size}, of dx {dx.sum():.0f}, by `==` {equal}")
assert ties > 0.8 and dx.sum(dtype=float) == y.size and equal > 3 * y.size

# %% [markdown]
# ## The whole network
#
# 32 kernels of 3 × 3, ReLU, pooling, and a dense layer to ten scores. Backward is forward read upwards, line by line.


# %%
def forward(x, w, b, W, c):
    a = conv2d(x, w, b)  #                        (N, 28, 28, 1) -> (N, 26, 26, 32)
    r = relu(a)
    m, winner = max_pool2d(r)  #                  (N, 13, 13, 32)
    s = affine(m.reshape(len(m), -1), W, c)  #    (N, 5408) -> (N, 10)
    return s, r, m, winner


def backward(ds, x, w, W, r, m, winner):
    dm, dW, dc = affine_backward(ds, m.reshape(len(m), -1), W)
    dr = max_pool2d_backward(dm.reshape(m.shape), r, winner)
    da = relu_backward(dr, r)
    _, dw, db = conv2d_backward(da, x, w)
    return dw, db, dW, dc


def loss(x, truths, w, b, W, c):
    return softmax_cross_entropy(forward(x, w, b, W, c)[0], truths).value


tiny = [rng.standard_normal(shape) for shape in ((2, 6, 6, 1), (3, 3, 1, 2), (2,), (8, 4), (4,))]
truths = np.array([3, 1])
s, *seen = forward(*tiny)
gradient = backward(softmax_cross_entropy(s, truths).gradient, tiny[0], tiny[1], tiny[3], *seen)
for place, ours in enumerate(gradient, start=1):
    oracle = complex_step_gradient(lambda x, *p: loss(x, truths, *p), tiny, place, np.array(1.0))
    assert np.allclose(ours, oracle, rtol=0, atol=1e-12)

# %% [markdown]
# The library's layers are the same ops with their parameters; `Sequential` calls them down and up. Same numbers:


# %%
def article(rng):
    return Sequential((Conv2D.init(rng, 1, 32), ReLU(), MaxPool2D(2), Flatten(), Dense.init(rng, 13 * 13 * 32, 10)))


model = article(rng)
conv, dense = model.layers[0], model.layers[-1]
s, *seen = forward(x[:64], conv.w, conv.b, dense.W, dense.b)
value, ds = softmax_cross_entropy(s, labels[:64])
scores, trace = model.forward(x[:64])
ours = backward(ds, x[:64], conv.w, dense.W, *seen)
theirs = [array for _, array in tree.leaves(model.gradient(ds, trace))]
assert np.allclose(s, scores, atol=1e-5) and all(map(lambda a, b: np.allclose(a, b, atol=1e-5), ours, theirs))
print(f"{tree.count(model)} parameters; first loss {value:.2f}")
assert tree.count(model) == 54_410 and abs(value - np.log(10)) < 0.3

# %% [markdown]
# ## An experiment: shuffled pixels
#
# We draw *one* random order of the 784 pixels and put every picture into that order. Nothing is lost, but neighbours
# are torn apart; no human could read it. A network of dense layers only, an **MLP**, cannot even notice: put the rows
# of its first $W$ into the same order, and all its numbers are as before. But a convolution looks at neighbours.
#
# We train three networks: an MLP, the article's, and one with **two stages** of convolution, ReLU and pooling. (How
# the training works, with *momentum*, is the subject of lesson 06.)


# %%
def mlp(rng):
    return Sequential((Flatten(), Dense.init(rng, 784, 68), ReLU(), Dense.init(rng, 68, 10)))


def two_stages(rng):
    first = Conv2D.init(rng, 1, 8), ReLU(), MaxPool2D(2)
    second = Conv2D.init(rng, 8, 32), ReLU(), MaxPool2D(2)
    return Sequential((*first, *second, Flatten(), Dense.init(rng, 5 * 5 * 32, 10)))


def train(make, x, epochs=8, size=64):
    rng = np.random.default_rng(0)
    model, optimizer = make(rng), SGD(rate=0.1, momentum=0.9)
    state, step, steps = optimizer.start(model), 0, epochs * -(-len(x) // size)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(x)), steps // epochs):
            scores, trace = model.forward(x[rows])
            ds = softmax_cross_entropy(scores, labels[rows]).gradient
            optimizer.step(model, model.gradient(ds, trace), state, rate=0.1 * cosine(step, steps))
            step += 1
    return model


def accuracy(model, x):
    return np.mean(np.concatenate([model(part).argmax(axis=1) for part in np.array_split(x, 8)]) == labels_test)


order = np.random.default_rng(1).permutation(784)


def shuffled(x):
    return x.reshape(len(x), 784)[:, order].reshape(x.shape)


flatten, dense, *rest = mlp(rng).layers
alike = Sequential((flatten, Dense(dense.W[order], dense.b), *rest))
assert np.allclose(alike(shuffled(x_test)), Sequential((flatten, dense, *rest))(x_test), atol=1e-4)

guessed = guess("The article's network gets about 0.66 of the unseen pictures right. How much with shuffled pixels?")

networks = {"MLP": mlp, "the article's": article, "two stages": two_stages}
trained, plain, torn = {}, {}, {}
for name, make in networks.items():
    trained[name] = train(make, x)
    plain[name] = accuracy(trained[name], x_test)
    torn[name] = accuracy(train(make, shuffled(x)), shuffled(x_test))
    print(f"{name:14} {tree.count(trained[name]):6} parameters: right {plain[name]:.3f}, shuffled {torn[name]:.3f}")
assert abs(plain["MLP"] - torn["MLP"]) < 0.04 and abs(plain["the article's"] - torn["the article's"]) < 0.05
assert plain["two stages"] - torn["two stages"] > 0.05 and min(plain.values()) > 0.6
assert plain["two stages"] > max(plain.values()) - 0.03 and torn["two stages"] < min(torn.values()) + 1e-9

# %% [markdown]
# The article's network does not care either! Its kernels look at 3 × 3 neighbours, but the dense layer behind them has
# a weight for each of 13 × 13 places, and can put together again what belongs together. With two stages, 5 × 5 places
# are left, and each has seen 10 × 10 pixels (3 through a kernel, 4 through the pool, 8, 10). Such a network
# *must* describe whole neighbourhoods. It has bet that they mean something: on pictures it
# keeps up with the others, with a fifth of their parameters, and on torn ones it falls behind.
#
# ## And shifts?
#
# "Pooling makes a network indifferent to shifts", one reads. We move the unseen pictures to the right.


# %%
def shifted(x, by):
    moved = np.zeros_like(x)
    moved[:, :, by:] = x[:, :, : x.shape[2] - by]
    return moved


shifts = np.arange(6)
moved = {name: [accuracy(model, shifted(x_test, by)) for by in shifts] for name, model in trained.items()}
for name, values in moved.items():
    print(f"{name:14} shifted by 0 to 5: ", " ".join(f"{value:.2f}" for value in values))
    assert values[3] < values[0] - 0.1
assert moved["two stages"][3] > moved["MLP"][3] + 0.03
assert shifted(x_test, 3).sum() > 0.99 * x_test.sum()  # hardly any ink has left the picture

# %% [markdown]
# One pixel costs a tenth of the answers. A convolution does follow a shift: its feature map shifts along. The pool
# forgives a pixel at best. But the dense layer at the end has a weight for each *place*. Two stages forgive more, and
# none of the three is indifferent.


# %%
@styled
def picture():
    figure = figure_of(None, 7.4)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    top.suptitle("Noise becomes stroke detectors: eight of the article's 32 kernels and their feature maps")
    conv = trained["the article's"].layers[0]
    before, after = article(np.random.default_rng(0)).layers[0].w[:, :, 0], conv.w[:, :, 0]
    shown = np.argsort(-np.abs(after - before).sum(axis=(0, 1)))[:8]  # those that have changed most
    one = x_test[np.flatnonzero(glyphs.test.about["character"] == "Ж")[:1]]
    maps = relu(conv2d(one, conv.w, conv.b))[0]
    axes = top.subplots(3, 9, width_ratios=(1.6, *[1] * 8))
    for ax in axes[:, 0]:
        ax.set_axis_off()
    large = np.abs(after[:, :, shown]).max()
    for column, k in zip(axes[:, 1:].T, shown, strict=True):
        picture_on(column[0], before[:, :, k], SIGNED, vmin=-large, vmax=large)
        picture_on(column[1], after[:, :, k], SIGNED, vmin=-large, vmax=large)
        picture_on(column[2], maps[:, :, k], INK, vmin=0, vmax=maps[:, :, shown].max())
    for ax, words in zip(axes[:, 0], ("before training", "after training", ""), strict=True):
        ax.text(1, 0.5, words, ha="right", va="center", transform=ax.transAxes)
    picture_on(axes[2, 0], one[0, :, :, 0])
    axes[2, 0].set_axis_on()
    axes[2, 0].set_xlabel("picture → feature maps", loc="left")

    left, right = bottom.subplots(1, 2)
    beside = {"MLP": "top", "the article's": "bottom", "two stages": "center"}
    for (name, values), colour in zip(moved.items(), (GREEN, BLUE, VERMILLION), strict=True):
        left.plot([0, 1], [plain[name], torn[name]], "o-", color=colour)
        left.annotate(name, (1, torn[name]), (8, 0), textcoords="offset points", color=colour, va=beside[name])
        right.plot(shifts, values, "o-", color=colour)
        right.annotate(name, (5, values[-1]), (8, 0), textcoords="offset points", color=colour, va="center")
    left.set(title="Shuffled pixels: only two stages mind", ylabel="right answers on unseen pictures")
    left.set(xlim=(-0.2, 1.6), ylim=(0.55, 0.72), xticks=[0, 1], xticklabels=["pictures", "pixels shuffled"])
    right.set(
        xlim=(-0.2, 6.9),
        ylim=(0, 0.75),
        xticks=shifts,
        title="Shifted pictures: all mind",
        xlabel="shift in pixels",
        ylabel="right answers on unseen pictures",
    )
    mark_guess(left, guessed)
    return figure


save_figure(picture(), "05_image_classifier")

# %% [markdown]
# ## Exercises
#
# `mmdl check lessons/exercises/05_image_classifier.py`
#
# - `relu` and `relu_backward`: a bend, and who passes it.
# - `max_pool2d`: the largest of each window, and its place; of equal numbers the first.
# - `max_pool2d_backward`: one takes all, also where two are equal.
#
# ## What you now know
#
# - ReLU passes the gradient where it passed the number; max-pooling passes it to the winner, and to nobody else.
# - A backward pass of a whole network is its forward pass read upwards, one line for each line.
# - A convolution shares its weights over all places, but a dense layer behind it gives each place its own again.
# - A network assumes that neighbours belong together as far as its stages *force* it to look at neighbourhoods. Where
#   that is true, a fifth of the parameters is enough.
# - Pooling forgives small shifts a little. It is not invariance.
