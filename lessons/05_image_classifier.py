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
# Needs: lessons 00, 02, 03, 04; about 40 s.
#
# We build the network of the article. A picture goes through five steps, and three of them we know: a **convolution**
# (lessons 02 and 03), a **dense layer** $y = xW + b$ (lesson 00), softmax with cross-entropy (lesson 04). Two are new
# and stand between convolution and dense layer: **ReLU** and **max-pooling**.

# %%
import numpy as np

from mmdl import data, tree
from mmdl.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.pooling import max_pool2d, max_pool2d_backward
from mmdl.plots import guess, save_figure
from mmdl.plots.lessons.lesson_05_image_classifier import draw
from mmdl.plots.receptive import receptive_fields
from mmdl.training import SGD, cosine
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formulas
#
# **ReLU** keeps what is positive: $y = \max(x, 0)$, for each number by itself. Without something that bends between
# them, two layers of weights would be no more than one, because $(x V) W = x (V W)$. **Max-pooling** cuts a picture $x$
# into windows of 2 × 2 and keeps the largest number of each: half the rows, half the columns. What is left over at the
# edge is left out.
#
# $$y_{pq} = \max_{i, j \in \{0, 1\}} x_{2p + i,\ 2q + j}$$
#
# ## Loops, and numbers by hand
#
# Besides the largest number we note *where* it was, the **winner**: the places in a window are numbered 0 1 in its
# first row and 2 3 in its second. Of equal numbers the first wins.


# %%
PLACES = (0, 0), (0, 1), (1, 0), (1, 1)


def max_pool_loops(x):
    y = np.full((x.shape[0] // 2, x.shape[1] // 2), -np.inf)
    winner = np.zeros(y.shape, int)
    for p, q in np.ndindex(y.shape):
        for place, (i, j) in enumerate(PLACES):
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
# Now for a batch: $x$ is $(N, R, C, D)$, that is $N$ pictures of $R$ rows and $C$ columns with $D$ numbers (channels)
# at each place, and each channel is pooled by itself. Taking every second row and column, from four starts, puts the
# four numbers of each window into an axis of their own: $(N, P, Q, 4, D)$. The rest needs no loop.


# %%
def windows_of(x):
    R, C = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
    return np.stack([x[:, i:R:2, j:C:2] for i, j in PLACES], axis=3)


def max_pool(x):
    windows = windows_of(x)
    winner = windows.real.argmax(axis=3)  # argmax takes the first of equal numbers
    return np.take_along_axis(windows, winner[:, :, :, None], axis=3)[:, :, :, 0], winner


for ours, loops, op in zip(max_pool(x[None, :, :, None]), (y, winner), max_pool2d(x[None, :, :, None]), strict=True):
    assert np.array_equal(ours[0, :, :, 0], loops) and np.array_equal(ours, op)

# %% [markdown]
# ## Backward, checked
#
# **ReLU.** Where $x > 0$, the output moves with the input: $dx = dy$. Where $x < 0$, it stays 0: $dx = 0$. At 0 there
# is a corner, and we choose $dx = 0$. **Max-pooling.** Nudge the winner, and the output moves as much. Nudge one of the
# other three, and nothing happens. So the winner takes all of $dy$.
#
# **A trap.** Many write `dx = dy * (x == y)`: every place that equals the maximum gets $dy$. Random numbers are never
# equal, so no check with them sees what is wrong. But our pictures, letters and signs of ten families in two fonts, are
# mostly flat: most of their windows are ties.


# %%
def max_pool_backward(dy, x, winner):
    dx, R, C = np.zeros(x.shape), 2 * dy.shape[1], 2 * dy.shape[2]
    for place, (i, j) in enumerate(PLACES):
        dx[:, i:R:2, j:C:2] = dy * (winner == place)  # dx = dy at the winner, 0 elsewhere
    return dx


rng = np.random.default_rng(0)
x, dy, dz = (rng.standard_normal(shape) for shape in ((2, 5, 6, 3), (2, 2, 3, 3), (2, 5, 6, 3)))
y, winner = max_pool(x)
dx = max_pool_backward(dy, x, winner)
assert np.allclose(dx, complex_step_gradient(lambda x: max_pool(x)[0], [x], 0, dy), rtol=0, atol=1e-12)
assert np.array_equal(dx, max_pool2d_backward(dy, x, winner))
assert np.array_equal(relu_backward(dz, relu(x)), dz * (x > 0))  # dx = dy where x > 0
assert np.allclose(complex_step_gradient(lambda x: x * (x.real > 0), [x], 0, dz), dz * (x > 0), rtol=0, atol=1e-12)

glyphs = data.load("glyphs", fonts=("DejaVuSans", "DejaVuSerif"))
x, x_test = (part.inputs["image"] / np.float32(255) for part in (glyphs.train, glyphs.test))
labels, labels_test = glyphs.train.labels, glyphs.test.labels
equal = (windows_of(x) == max_pool(x)[0][:, :, :, None]).sum(axis=3)
print(f"windows with a tie: {(equal > 1).mean():.2f}; of 4 places `==` passes dy to {equal.mean():.1f}")
assert (equal > 1).mean() > 0.8 and equal.mean() > 3

# %% [markdown]
# ## The whole network
#
# 32 kernels of 3 × 3, ReLU, pooling, and a dense layer to ten scores. Backward is forward read upwards, line by line.
# The library's layers are ops with their parameters; `Sequential` calls them down and up, and says the same.


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


tiny = [rng.standard_normal(shape) for shape in ((2, 6, 6, 1), (3, 3, 1, 2), (2,), (8, 4), (4,))]  # x, w, b, W, c
truths = np.array([3, 1])
s, *between = forward(*tiny)
ds = softmax_cross_entropy(s, truths).gradient
layers = Sequential((Conv2D(*tiny[1:3]), ReLU(), MaxPool2D(2), Flatten(), Dense(*tiny[3:])))
theirs = [array for _, array in tree.leaves(layers.gradient(ds, layers.forward(tiny[0])[1]))]
for place, ours in enumerate(backward(ds, tiny[0], tiny[1], tiny[3], *between), start=1):
    oracle = complex_step_gradient(lambda *p: softmax_cross_entropy(forward(*p)[0], truths).value, tiny, place, 1.0)
    assert np.allclose(ours, oracle, rtol=0, atol=1e-12) and np.allclose(ours, theirs[place - 1], rtol=0, atol=1e-12)

# %% [markdown]
# ## An experiment: shuffled pixels, and shifted ones
#
# We draw *one* random order of the 784 pixels and put every picture into that order. Nothing is lost, but neighbours
# are torn apart; no human could read it. A network of dense layers only, an **MLP**, need not care: with the rows of
# its first $W$ in the same order, all its numbers are as before. But a convolution looks at neighbours.
#
# We train three networks, each on the pictures and on shuffled ones: an MLP, the article's with its **one stage** of
# convolution, ReLU and pooling, and one with **two stages**. (Lesson 06 explains the training: *momentum*, and a
# learning rate, here falling slowly to 0.) And as pooling is said to make a network indifferent to shifts, we move the
# unseen pictures to the right, by 0 to 5 pixels.

# %%
conv, dense, pool = Conv2D.init, Dense.init, (ReLU(), MaxPool2D(2))
networks = {
    "MLP": lambda rng: (Flatten(), dense(rng, 784, 68), ReLU(), dense(rng, 68, 10)),
    "one stage": lambda rng: (conv(rng, 1, 32), *pool, Flatten(), dense(rng, 13 * 13 * 32, 10)),
    "two stages": lambda rng: (conv(rng, 1, 8), *pool, conv(rng, 8, 32), *pool, Flatten(), dense(rng, 5 * 5 * 32, 10)),
}


def train(layers, x, seed=0, fastest=0.1, epochs=8):
    rng = np.random.default_rng(seed)
    model, optimizer, parts = Sequential(layers(rng)), SGD(rate=fastest, momentum=0.9), -(-len(x) // 64)
    state = optimizer.start(model)
    for epoch in range(epochs):  # each time through all pictures, in parts of 64
        for part, rows in enumerate(np.array_split(rng.permutation(len(x)), parts)):
            scores, trace = model.forward(x[rows])
            gradient = model.gradient(softmax_cross_entropy(scores, labels[rows]).gradient, trace)
            optimizer.step(model, gradient, state, rate=fastest * cosine(epoch * parts + part, epochs * parts))
    return model


guessed = guess("One stage gets about 0.67 of the unseen pictures right. How much if the pixels are shuffled?")

order, trained, torn, moved = np.random.default_rng(1).permutation(784), {}, {}, {}
x_torn, x_test_torn = (each.reshape(len(each), 784)[:, order].reshape(each.shape) for each in (x, x_test))
for name, layers in networks.items():  # three times, from different random numbers; the first ones are drawn
    models = [train(layers, x, seed) for seed in range(3)]
    tears = [np.mean(train(layers, x_torn, seed)(x_test_torn).argmax(axis=1) == labels_test) for seed in range(3)]
    shifts = [
        [np.mean(m(np.roll(x_test, by, axis=2)).argmax(axis=1) == labels_test) for by in range(6)] for m in models
    ]
    trained[name], torn[name], moved[name] = models[0], np.mean(tears), np.mean(shifts, axis=0)
    print(
        f"{name:10} {tree.count(models[0])} parameters; shuffled",
        np.round(tears, 3),
        "shifted",
        np.round(moved[name], 3),
    )
    plainly = np.array(shifts)[:, 0]
    assert plainly.min() > 0.6 and np.all(np.array(shifts)[:, 3] < plainly - 0.1)
    assert np.all(plainly - tears > 0.05) if name == "two stages" else abs(np.mean(plainly - tears)) < 0.04
plain = {name: right[0] for name, right in moved.items()}
for fastest in (0.03, 0.2):  # or does it only need another rate?
    again = train(networks["two stages"], x_torn, fastest=fastest)(x_test_torn).argmax(axis=1) == labels_test
    print(f"two stages, shuffled, learning rate {fastest}: {again.mean():.3f}")
    assert again.mean() < plain["two stages"] - 0.05
assert x_test[:, :, -3:].sum() < 0.01 * x_test.sum()  # hardly any ink comes back in at the left
assert torn["two stages"] == min(torn.values()) and plain["two stages"] > max(plain.values()) - 0.03
assert moved["two stages"][3] > moved["MLP"][3] + 0.03
assert [receptive_fields(trained[name], x[0])[0].size for name in ("one stage", "two stages")] == [4, 10]
flatten, first, *rest = trained["MLP"].layers
alike = Sequential((flatten, Dense(first.W[order], first.b), *rest))
assert np.allclose(alike(x_test_torn), trained["MLP"](x_test), rtol=0, atol=1e-3)

# %% [markdown]
# **Shuffled.** The network with one stage does not care either! A number behind its pool has seen 4 × 4 pixels, and the
# dense layer has a weight for each of 13 × 13 such places: it can put together again what belongs together. After two
# stages there are 5 × 5 places, and each has seen 10 × 10 pixels. Such a network *must* describe whole neighbourhoods.
# It bets that they mean something: on pictures it keeps up with the others, with a fifth of their parameters; on torn
# ones it falls behind. **Shifted.** One pixel costs a tenth of the answers. A feature map shifts along with its
# picture, and the pool forgives a pixel at best, but the dense layer has a weight for each *place*. Two stages forgive
# more; none is indifferent.

# %%
first, untrained = trained["one stage"].layers[0], networks["one stage"](np.random.default_rng(0))[0]
image = x_test[glyphs.test.about["character"] == "Ж"][0]
maps = relu(conv2d(image[None], first.w, first.b))[0]
save_figure(draw(untrained.w, first.w, image, maps, plain, torn, moved, guessed), "05_image_classifier")

# %% [markdown]
# ## Exercises
#
# `mmdl check --new 5` writes a file to complete, `mmdl check 05_image_classifier.py` looks at it.
#
# - `relu` and `relu_backward`: a bend, and who passes it.
# - `max_pool2d` and `max_pool2d_backward`: the largest of each window, and its place. Of equal numbers one takes all.
#
# ## What you now know
#
# - ReLU passes the gradient where it passed the number; max-pooling passes it to the winner, and to nobody else.
# - A backward pass of a whole network is its forward pass read upwards, one line for each line.
# - A convolution shares its weights over all places, but a dense layer behind it gives each place its own again. Only
#   as far as its stages *force* it to look at neighbourhoods does a network assume that they mean something.
# - Pooling forgives small shifts a little. It is not invariance.
#
# ## Where this comes from
#
# - LeCun, Bottou, Bengio, Haffner, [*Gradient-based learning applied to document
#   recognition*](https://doi.org/10.1109/5.726791), 1998, section II: the stages of convolution and pooling as they are
#   built to this day.
# - Zeiler, Fergus, [*Visualizing and understanding convolutional networks*](https://arxiv.org/abs/1311.2901), 2014,
#   section 4: what the kernels of each stage of a large network respond to.
# - He, Zhang, Ren, Sun, [*Delving deep into rectifiers*](https://arxiv.org/abs/1502.01852), 2015, section 2.2: how
#   large weights should be at the start if ReLU stands between them.
# - Zhang, Bengio, Hardt, Recht, Vinyals, [*Understanding deep learning requires rethinking
#   generalization*](https://arxiv.org/abs/1611.03530), 2017, section 2: networks that learn shuffled pixels, and even
#   random labels, by heart.
