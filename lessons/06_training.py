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
# # 06 Training
#
# **Question.** Why does it train at all?
#
# Needs: lessons 03, 04, 05; about 15 s.
#
# A gradient only says what very small moves do. Yet we take thousands of steps that are not very small, through
# thousands of weights, from a random start, and something comes out that knows letters it has never seen. Three
# things decide whether this works: the **start**, the **step**, and what holds the network back from learning
# its examples by heart.

# %%
import math

import numpy as np
from matplotlib.cbook import get_sample_data
from PIL import Image

from mmdl import data
from mmdl.layers import Dense, Dropout, ReLU, Sequential, training_mode
from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.convolution import conv2d, conv2d_gradient
from mmdl.ops.dropout import dropout, dropout_backward
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.plots import guess, mark_guess, save_figure, subplots
from mmdl.plots.style import BLUE, GREEN, VERMILLION, styled
from mmdl.training import SGD, Adam, AdamW
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The start: a formula
#
# Weights start as random numbers, with mean 0 and standard deviation $\sigma$ (sigma). If they started equal, all
# units of a layer would do the same for ever. How large should $\sigma$ be? One output of a layer is
# $y = \sum_d x_d W_d$, a sum over $D$ inputs. Square it: the terms $x_d^2 W_d^2$ have the mean $\sigma^2 x_d^2$, and
# the mixed terms $x_d W_d\, x_e W_e$ have the mean 0. ReLU then cuts the negative half away. So each layer multiplies
# the mean square of its numbers by
#
# $$\tfrac12 D \sigma^2$$
#
# and their size by the root of it. Backward it is the same: $dx = dy\, W^\mathsf{T}$ is a sum of the same kind.
#
# **By hand.** With $D = 100$ and $\sigma = 0.01$ the factor is $\sqrt{50} \cdot 0.01 = 0.07$ in each layer, and
# $0.07^{20} \approx 10^{-23}$ after twenty. With $\sigma = 1$ it is $7.07^{20} \approx 10^{17}$. Only
# $\sigma = \sqrt{2 / D}$ (*He's initialisation*) has a factor of 1.

# %%
guessed = guess("20 layers of 100 units, σ = 0.01, numbers around 1 go in. Which power of ten comes out (such as -3)?")

glyphs = data.load("glyphs", fonts=("DejaVuSans",))
x, x_test = (part.inputs["image"].reshape(-1, 784) / np.float32(255) for part in (glyphs.train, glyphs.test))
labels, labels_test = glyphs.train.labels, glyphs.test.labels


def sizes(sigma, rng, layers=20, units=100):
    """Root mean squares of the numbers after each layer, and of the gradients there."""
    h = (x[:200] - x.mean()) / x.std()
    weights, outputs = [], []
    for _ in range(layers):
        weights.append(sigma(h.shape[1]) * rng.standard_normal((h.shape[1], units)))
        h = relu(h @ weights[-1])
        outputs.append(h)
    dh, gradients = rng.standard_normal(h.shape), []
    for W, h in zip(reversed(weights), reversed(outputs), strict=True):
        gradients.append(dh)
        dh = relu_backward(dh, h) @ W.T
    return [[math.sqrt(np.mean(a**2)) for a in arrays] for arrays in (outputs, reversed(gradients))]


starts = {"σ = 0.01": lambda D: 0.01, "σ = 1": lambda D: 1.0, "He: σ = √(2/D)": lambda D: math.sqrt(2 / D)}
size = {name: sizes(sigma, np.random.default_rng(0)) for name, sigma in starts.items()}
for name, (forward, backward) in size.items():
    print(f"{name:15} after layer 20: {forward[-1]:7.1e}   gradient at layer 1: {backward[0]:7.1e}")
small, large, he = size.values()
assert 1e-25 < small[0][-1] < 1e-20 and 1e15 < large[0][-1] < 1e19 and 0.3 < he[0][-1] < 3 and 0.1 < he[1][0] < 3

# %% [markdown]
# ## The step: formulas
#
# Let $p$ be a parameter, $g$ its gradient, and $\eta$ (eta) the **learning rate**. Lesson 03 met the first two rules:
#
# $$\text{gradient descent} \quad p \leftarrow p - \eta\, g \qquad\qquad
#   \text{momentum} \quad v \leftarrow \mu\, v + g, \quad p \leftarrow p - \eta\, v$$
#
# **Adam**, the article's choice, keeps two running means, of $g$ (called $m$) and of $g^2$ (called $v$):
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \qquad
#   p \leftarrow p - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}$$
#
# with $\beta_1 = 0.9$, $\beta_2 = 0.999$ and a tiny $\varepsilon$. Both means start at 0, so at first they are too
# small: after one step $m$ is only $0.1\, g$. After $t$ steps the weights of all gradients so far add up to
# $1 - \beta^t$ (a geometric series), so $\hat m = m / (1 - \beta_1^t)$ and $\hat v = v / (1 - \beta_2^t)$ put it right.
#
# ## Loops
#
# Each parameter goes its own way, so for an array the loop over its entries is all there is; NumPy does it for us.


# %%
def momentum_step(p, g, v, rate, momentum=0.9):
    v = momentum * v + g
    return p - rate * v, v


def adam_step(p, g, m, v, step, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat, v_hat = m / (1 - beta1**step), v / (1 - beta2**step)
    return p - rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v


# %% [markdown]
# ## By hand
#
# **Momentum**, with a gradient that is always 1: $v = 1$, then $0.9 + 1 = 1.9$, then $1.71 + 1 = 2.71$, and in the end
# $1 / (1 - 0.9) = 10$. Where the gradient insists, momentum goes ten times as fast; where it changes sign from step to
# step, it hardly moves.
#
# **Adam**, first step, $g = 5$: $m = 0.5$, $v = 0.025$, $\hat m = 5$, $\hat v = 25$. The step is
# $\eta \cdot 5 / 5 = \eta$. With $g = 0.005$ it is $\eta$, too: at first Adam takes only the *sign* of the gradient.
# Who forgets the hat on $m$ takes a first step ten times too small; who forgets both hats, one that is
# $0.5 / \sqrt{0.025} = 3.16$ times too large.

# %%
v, speeds = 0.0, []
for _ in range(100):
    _, v = momentum_step(0.0, 1.0, v, rate=0.1)
    speeds.append(v)
print("momentum: v =", ", ".join(f"{each:.2f}" for each in speeds[:3]), "...", f"{v:.2f}")
assert np.allclose(speeds[:3], [1, 1.9, 2.71]) and abs(v - 10) < 1e-3

for g in (5.0, 0.005):
    p, m, v = adam_step(1.0, g, 0.0, 0.0, 1, rate=0.1)
    print(f"Adam: g = {g}, step {1 - p:.6f}; without the hats {0.1 * m / math.sqrt(v):.3f}")
    assert abs(p - 0.9) < 1e-6 and abs(m / math.sqrt(v) - 3.162) < 1e-3

# %% [markdown]
# ## The op
#
# `mmdl.training` has the same rules for whole networks. They change a model's arrays in place.

# %%
rng = np.random.default_rng(0)
layer, gradients = Dense.init(rng, 3, 2, dtype=float), rng.standard_normal((5, 3, 2))
for optimizer in (SGD(rate=0.1, momentum=0.9), Adam(rate=0.1)):
    model, p, m, v = Dense(layer.W.copy(), layer.b.copy()), layer.W, 0.0, 0.0
    state = optimizer.start(model)
    for step, g in enumerate(gradients, start=1):
        optimizer.step(model, Dense(g, np.zeros(2)), state)
        if isinstance(optimizer, Adam):
            p, m, v = adam_step(p, g, m, v, step, rate=0.1)
        else:
            p, v = momentum_step(p, g, v, rate=0.1)
    assert np.allclose(model.W, p, rtol=0, atol=1e-9)

# %% [markdown]
# ## Two brakes, and their gradients
#
# **Weight decay** adds $\tfrac{\lambda}{2} \sum p^2$ to the loss: large weights cost something. The gradient of that is
# $\lambda p$, so gradient descent becomes $p - \eta (g + \lambda p)$: in each step all weights shrink a little.
#
# **Dropout** sets each number to zero with the probability $r$, afresh in every step of training, so that no unit can
# rely on another. What stays is divided by $1 - r$, which leaves the mean as it was. With ones in the mask where a
# number stays, $y = x \cdot \text{mask} / (1 - r)$. Forward multiplies, so backward multiplies by the same.

# %%
p, g, x_some = (rng.standard_normal((4, 3)) for _ in range(3))
shrunk = (1 - 0.1 * 0.5) * p - 0.1 * g  # p ← (1 − ηλ) p − η g, the same as
assert np.allclose(shrunk, p - 0.1 * (g + 0.5 * p))  # p ← p − η (g + λ p)
penalty = complex_step_gradient(lambda p: 0.5 / 2 * (p * p).sum(), [p], 0, np.array(1.0))
assert np.allclose(penalty, 0.5 * p, rtol=0, atol=1e-12)

mask = rng.random((4, 3)) >= 0.25
y = x_some * mask / (1 - 0.25)
dx = g * mask / (1 - 0.25)  # dx = dy ∂y/∂x, and ∂y/∂x is the factor itself
oracle = complex_step_gradient(lambda x: x * mask / 0.75, [x_some], 0, g)
assert np.allclose(dx, oracle, rtol=0, atol=1e-12) and np.allclose(dx, dropout_backward(g, mask, 0.25))
many = np.mean([dropout(x_some, rng.random((4, 3)) >= 0.25, 0.25) for _ in range(20_000)], axis=0)
assert np.allclose(y, dropout(x_some, mask, 0.25)) and np.allclose(many, x_some, atol=0.05)

# %% [markdown]
# ## A picture: the photograph again
#
# In lesson 03 we learned Sobel's kernel back from a photograph; it was hard because neighbouring pixels are so alike.
# If the rows of $X$ are the $n$ patches of the picture, what we see is off by $X (w - w^*)$, where $w^*$ is Sobel, so
# $dw = X^\mathsf{T} X (w - w^*) / n$. The matrix $A = X^\mathsf{T} X / n$ is only 9 × 9: a step costs nothing.

# %%
with get_sample_data("grace_hopper.jpg") as file:
    face = np.asarray(Image.open(file).convert("L").crop((200, 150, 300, 250)), float) / 255
X = np.lib.stride_tricks.sliding_window_view(face, (3, 3)).reshape(-1, 9)
A, sobel = X.T @ X / len(X), np.array([-1.0, 0, 1, -2, 0, 2, -1, 0, 1])
photograph, w = face[None, :, :, None], rng.standard_normal((3, 3, 1, 1))
off = conv2d(photograph, w) - conv2d(photograph, sobel.reshape(w.shape))
dw, _ = conv2d_gradient(off / off.size, photograph, w)
assert np.allclose(dw.ravel(), A @ (w.ravel() - sobel), rtol=0, atol=1e-9)


def learn(rule, scale=1.0, limit=30_000):
    """Distances to Sobel (1 at the start) until it is 0.01; `scale` multiplies the loss."""
    w, m, v, errors = np.zeros(9), 0.0, 0.0, [1.0]
    while 0.01 < errors[-1] < 1e6 and len(errors) <= limit:
        w, m, v = rule(w, scale * A @ (w - sobel), m, v, len(errors))
        errors.append(np.linalg.norm(w - sobel) / np.linalg.norm(sobel))
    return errors


rate = 1 / np.linalg.eigvalsh(A)[-1]  # lesson 03: twice this and it explodes
rules = {
    "gradient descent": lambda w, g, m, v, step: (w - rate * g, m, v),
    "momentum": lambda w, g, m, v, step: (*momentum_step(w, g, m, rate, momentum=0.98), v),
    "Adam": lambda w, g, m, v, step: adam_step(w, g, m, v, step, rate=0.03),
}
errors = {name: learn(rule) for name, rule in rules.items()}
scaled = {name: learn(rule, scale=1000) for name, rule in rules.items()}
for name in rules:
    end = f"{len(scaled[name]) - 1} steps" if scaled[name][-1] < 1 else "explodes"
    print(f"{name:17} {len(errors[name]) - 1:6} steps; with 1000 times the loss: {end}")
steps = {name: len(each) - 1 for name, each in errors.items()}
assert 10_000 < steps["gradient descent"] < 20_000 and steps["momentum"] < 800 and steps["Adam"] < 1500
assert min(scaled["gradient descent"][-1], scaled["momentum"][-1]) > 1e6
assert abs(len(scaled["Adam"]) - len(errors["Adam"])) <= 0.05 * steps["Adam"]

# %% [markdown]
# Multiply the loss by 1000: descent and momentum explode, Adam does not even notice. The factor stands in $\hat m$ and
# in $\sqrt{\hat v}$, and cancels. That is why one learning rate, 0.001, serves Adam in so many networks.
#
# ## An experiment: the learning rate, and when to stop
#
# Now a real network on the glyphs: 784 pixels, two hidden layers of 128 with ReLU, ten classes. First we train for two
# rounds through all examples (**epochs**), with learning rates from far too small to far too large.


# %%
def network(rng, rate, units=128):
    def dense(D, K):
        W = math.sqrt(2 / D) * rng.standard_normal((D, K))
        return Dense(W.astype(np.float32), np.zeros(K, np.float32))

    hidden = Dropout(rate), dense(784, units), ReLU(), Dropout(rate), dense(units, units), ReLU()
    return Sequential((*hidden, Dropout(rate), dense(units, 10)))


def train(optimizer, epochs, drop=0.0):
    """After each epoch: loss on the training set, loss and accuracy on unseen glyphs."""
    rng = np.random.default_rng(0)
    model = network(rng, drop)
    learner = training_mode(model, rng)  # the same arrays, with dropout switched on
    state, history = optimizer.start(model), []
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(x)), len(x) // 64):
            scores, trace = learner.forward(x[rows])
            optimizer.step(model, learner.gradient(softmax_cross_entropy(scores, labels[rows]).gradient, trace), state)
        s, s_test = model(x), model(x_test)
        unseen = softmax_cross_entropy(s_test, labels_test).value
        history.append((softmax_cross_entropy(s, labels).value, unseen, np.mean(s_test.argmax(axis=1) == labels_test)))
    return np.array(history)


rates = 10.0 ** np.arange(-4, 1.25, 0.5)
optimizers = {"descent": SGD, "momentum": lambda rate: SGD(rate, momentum=0.9), "Adam": Adam}
range_test = {}
for name, make in optimizers.items():
    range_test[name] = losses = np.array([train(make(rate), epochs=2)[-1, 0] for rate in rates])
    best = losses.argmin()
    print(
        f"{name:9} best rate {rates[best]:6.4f}: loss {losses[best]:.2f}; a tenth {losses[best - 2]:.2f}, "
        f"ten times {losses[best + 2]:.2f}"
    )
    assert best >= 2 and min(losses[best - 2], losses[best + 2]) > losses[best] + 0.1
assert rates[range_test["descent"].argmin()] > 20 * rates[range_test["Adam"].argmin()]

# %% [markdown]
# With a rate ten times too large or too small little is learned, and each rule has its own scale. So try powers of ten.
#
# Now thirty epochs with Adam, three times: as it is, with weight decay (`AdamW`, $\lambda = 1$), and with dropout
# ($r = 0.3$).

# %%
runs = {
    "no brake": train(Adam(1e-3), 30),
    "weight decay": train(AdamW(1e-3, weight_decay=1.0), 30),
    "dropout": train(Adam(1e-3), 30, drop=0.3),
}
for name, history in runs.items():
    seen, unseen, right = history[-1]
    print(f"{name:13} seen {seen:.2f}  unseen {unseen:.2f} (best {history[:, 1].min():.2f})  right {right:.3f}")
bare, decayed, dropped = runs.values()
assert 4 <= bare[:, 1].argmin() <= 18 and all(0.6 < history[-1, 2] < 0.74 for history in runs.values())
assert bare[-1, 0] < 0.3 and bare[-1, 1] > bare[:, 1].min() + 0.2 and bare[-1, 2] > bare[:, 2].max() - 0.04
assert decayed[-1, 1] < bare[-1, 1] - 0.2 and dropped[-1, 1] < bare[:, 1].min() - 0.03

# %% [markdown]
# Without a brake the loss on glyphs it has seen goes towards zero, and on unseen ones it *rises* from about the tenth
# epoch on, while as many answers are right as before. Lesson 04 explains it: the network becomes too sure of its
# mistakes. Both brakes prevent that, and with dropout the loss falls lower than it ever was without. The
# share of right answers hardly changes: 0.65 to 0.7 is what this little network can make of one font.


# %%
@styled
def picture():
    figure, ((start, step), (pace, unseen)) = subplots(2, 2, height=7.2)
    spots = (12.6, 1e-10), (20, 1e18), (20, 1e2)
    for (name, (forward, _)), spot, colour in zip(size.items(), spots, (VERMILLION, BLUE, GREEN), strict=True):
        start.plot(np.arange(1, 21), forward, "o-", color=colour, markersize=4)
        start.text(*spot, name, color=colour, ha="left" if spot[0] < 20 else "right")
    start.set(yscale="log", ylim=(1e-26, 1e21), xticks=[1, 5, 10, 15, 20], xlabel="layer")
    start.set(ylabel="size of its numbers (root mean square)", title="The start: only one σ survives 20 layers")
    if guessed is not None:
        mark_guess(start, 10.0 ** np.clip(guessed, -300, 300))

    colours = BLUE, VERMILLION, GREEN
    spots = (20_000, 1.3), (1, 0.05), (1, 0.12)
    for (name, curve), spot, colour in zip(errors.items(), spots, colours, strict=True):
        step.plot(np.arange(1, len(curve)), curve[1:], color=colour)
        words = f"{name}: {steps[name]:,} steps"
        step.text(*spot, words, color=colour, ha="left" if spot[0] == 1 else "right")
    step.set(xscale="log", yscale="log", ylim=(0.008, 3), xlabel="steps", ylabel="distance of the kernel to Sobel")
    step.set_title("The step: memory is worth thousands of steps")

    spots = (0.75, 1.18), (0.1, 0.96), (0.01, 0.8)
    for (name, losses), spot, colour in zip(range_test.items(), spots, colours, strict=True):
        pace.plot(rates, losses, "o-", color=colour, markersize=4)
        pace.text(*spot, name, color=colour, ha="left" if name == "descent" else "center")
    pace.axhline(math.log(10), color="0.4", linestyle=":")
    pace.text(1e-4, math.log(10) + 0.03, "knowing nothing", color="0.4")
    pace.set(xscale="log", ylim=(0.7, 2.8), xlabel="learning rate", ylabel="loss on seen glyphs after two epochs")
    pace.set_title("The rate: ten times off, and little is learned")

    for (name, history), spot, colour in zip(runs.items(), ("center", "bottom", "top"), colours, strict=True):
        epochs, seen, new, right = np.arange(1, len(history) + 1), *history.T
        unseen.plot(epochs, new, color=colour)
        unseen.plot(epochs, seen, ":", color=colour)
        unseen.text(30.7, new[-1], f"{name}: {right[-1]:.2f} right", color=colour, va=spot)
    unseen.text(1, 0.03, "dotted: on the glyphs it learns from", color="0.3")
    unseen.set(xlim=(0, 52), ylim=(0, 2), xticks=[0, 10, 20, 30], xlabel="epoch", ylabel="loss on unseen glyphs")
    unseen.set_title("When to stop: without a brake the loss rises again")
    return figure


save_figure(picture(), "06_training")

# %% [markdown]
# ## Exercises
#
# `mmdl check lessons/exercises/06_training.py`
#
# - `momentum_step`: one step with a memory of the gradients before.
# - `adam_step`: one step of Adam. Mind both hats.
# - `dropout`: zeros where the mask says so, and the rest a little larger.
#
# ## What you now know
#
# - A layer multiplies the size of its numbers by $\sigma \sqrt{D / 2}$; $\sigma = \sqrt{2 / D}$ keeps it at any depth.
# - Momentum adds up what the gradients agree on. Adam divides by the gradient's size, so the loss's scale cancels.
# - Look for the learning rate in powers of ten: ten times off, and little is learned.
# - A falling training loss proves nothing. Watch unseen examples, and brake with weight decay or dropout.
