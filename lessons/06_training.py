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
# Needs: lessons 03, 04, 05; about 25 s.
#
# A gradient only says what very small moves do. Yet we take thousands of steps that are not very small, from a random
# start, and something comes out that knows letters it has never seen. Three things decide whether this works: the
# **start**, the **step**, and what keeps the network from learning its examples by heart.

# %%
import math

import numpy as np

from mmdl import data
from mmdl.layers import Dense, Dropout, ReLU, Sequential, training_mode
from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.dropout import dropout, dropout_backward
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.softmax import softmax
from mmdl.plots import guess, save_figure
from mmdl.plots.lessons.lesson_06_training import draw
from mmdl.plots.lessons.photograph import photograph
from mmdl.training import SGD, Adam, AdamW
from mmdl.training.metrics import calibration_error
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The start: a formula
#
# Weights start as random numbers, with mean 0 and standard deviation $\sigma$ (sigma). If they started equal, all
# units of a layer would do the same for ever. How large should $\sigma$ be? One output of a layer is
# $y = \sum_d x_d W_d$, a sum over $D$ inputs. Square it, and take the mean over all random $W$: each square
# $x_d^2 W_d^2$ leaves $\sigma^2 x_d^2$, and the mixed products leave 0. So the layer multiplies the mean square of its
# numbers by $D \sigma^2$. Half of the outputs are negative; ReLU makes them 0, and $\tfrac12 D \sigma^2$ is left. The
# *size*, the root of the mean square, is multiplied by $\sigma \sqrt{D / 2}$. Backward ($dx = dy\, W^\mathsf{T}$) too.
#
# **By hand.** With $D = 100$ and $\sigma = 0.01$ the factor is $0.01 \sqrt{50} = 0.07$ in each layer, and after twenty
# layers $0.07^{20} \approx 10^{-23}$. With $\sigma = 1$ it is $7.07^{20} \approx 10^{17}$. Only $\sigma = \sqrt{2 / D}$
# (*He's initialisation*) has a factor of 1. We send pictures through twenty layers, and a random gradient back:

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans",))
x, x_test = (part.inputs["image"].reshape(-1, 784) / np.float32(255) for part in (glyphs.train, glyphs.test))
labels, labels_test = glyphs.train.labels, glyphs.test.labels
starts = {"σ = 1": lambda D: 1.0, "σ = 0.01": lambda D: 0.01, "He: σ = √(2/D)": lambda D: math.sqrt(2 / D)}
sizes = {}
for name, sigma in starts.items():
    rng, h, layers = np.random.default_rng(0), (x[:200] - x.mean()) / x.std(), []
    for D in (784, *[100] * 19):
        W = sigma(D) * rng.standard_normal((D, 100))
        layers.append((h := relu(h @ W), W))
    gradient = rng.standard_normal(h.shape)
    for h, W in layers[:0:-1]:  # from the last to the second
        gradient = relu_backward(gradient, h) @ W.T
    sizes[name] = [math.sqrt(np.mean(h**2)) for h, _ in layers]
    back = math.sqrt(np.mean(gradient**2))
    print(f"{name:15} after layer 20: {sizes[name][-1]:7.1e}   gradient at layer 1: {back:7.1e}")
large, small, he = (each[-1] for each in sizes.values())
assert 1e15 < large < 1e19 and 1e-25 < small < 1e-20 and 0.3 < he < 3 and 0.1 < back < 3

# %% [markdown]
# ## The step: formulas
#
# Let $p$ be a parameter, $g$ its gradient, and $\eta$ (eta) the **learning rate**. Lesson 03 met the first two rules:
#
# $$\text{gradient descent} \quad p \leftarrow p - \eta\, g \qquad\qquad
#   \text{momentum} \quad v \leftarrow \mu\, v + g, \quad p \leftarrow p - \eta\, v$$
#
# with $\mu$ (mu) below 1, such as 0.9. **Adam**, the article's choice, keeps two running means, $m$ of $g$ and (now)
# $v$ of $g^2$, with $\beta_1 = 0.9$, $\beta_2 = 0.999$ and a tiny $\varepsilon$:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \qquad
#   p \leftarrow p - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}$$
#
# Both means start at 0, so at first they are too small: after one step $m$ is only $0.1\, g$. After $t$ steps the
# weights of all gradients so far add up to $1 - \beta^t$, so $\hat m = m / (1 - \beta_1^t)$ and
# $\hat v = v / (1 - \beta_2^t)$ put it right. Each parameter goes its own way: NumPy does the loop over an array.


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
# ## By hand, and the op
#
# - **Momentum**, with a gradient that is always 1: $v = 1$, then $0.9 + 1 = 1.9$, then $1.71 + 1 = 2.71$, in the end
#   $1 / (1 - 0.9) = 10$. If its sign changes at each step, $v$ goes to $\pm 1 / (1 + 0.9)$: insisting pays.
# - **Adam**, first step, $g = 5$: $m = 0.5$, $v = 0.025$, $\hat m = 5$, $\hat v = 25$. The step is
#   $\eta \cdot 5 / 5 = \eta$. With $g = 0.005$ it is $\eta$, too: at first Adam takes only the *sign* of the gradient.
#   Who forgets the hat on $m$ takes a first step ten times too small; who forgets both hats, one that is
#   $0.5 / \sqrt{0.025} = 3.16$ times too large. `mmdl.training` has the same rules for whole networks.

# %%
v = 0.0
speeds = [v := momentum_step(0.0, 1.0, v, rate=0.1)[1] for _ in range(100)]
assert np.allclose(speeds[:3], [1, 1.9, 2.71]) and abs(v - 10) < 1e-3
for g in (5.0, 0.005):
    p, m, v = adam_step(1.0, g, 0.0, 0.0, 1, rate=0.1)
    print(f"Adam: g = {g}, step {1 - p:.6f}; without the hats {0.1 * m / math.sqrt(v):.3f}")
    assert abs(p - 0.9) < 1e-6 and abs(m / math.sqrt(v) - 3.162) < 1e-3
gradients, p, q, u, m, v = rng.standard_normal((5, 3, 2)), np.ones((3, 2)), np.ones((3, 2)), 0.0, 0.0, 0.0
rolling, adaptive = (Dense(np.ones((3, 2)), np.zeros(2)) for _ in range(2))
ops = [(each, rule, rule.start(each)) for each, rule in ((rolling, SGD(0.1, momentum=0.9)), (adaptive, Adam(0.1)))]
for step, g in enumerate(gradients, start=1):
    p, u = momentum_step(p, g, u, rate=0.1)
    q, m, v = adam_step(q, g, m, v, step, rate=0.1)
    for each, rule, state in ops:
        rule.step(each, Dense(g, np.zeros(2)), state)  # changes the layer in place
assert np.allclose(rolling.W, p, rtol=0, atol=1e-9) and np.allclose(adaptive.W, q, rtol=0, atol=1e-9)

# %% [markdown]
# ## Two brakes, and their gradients
#
# **Weight decay** adds $\tfrac{\lambda}{2} \sum p^2$ to the loss: large weights cost something. The gradient of that is
# $\lambda p$, so descent becomes $p - \eta (g + \lambda p) = (1 - \eta\lambda)\, p - \eta g$: each step shrinks all
# weights a little. **Dropout** sets each number to zero with the probability $r$, afresh in every step of training, so
# that no unit can rely on another. What stays is divided by $1 - r$, which leaves the mean as it was. With a mask of
# ones where a number stays, $y = x \cdot \text{mask} / (1 - r)$. Forward multiplies, so backward does the same.

# %%
a, da = rng.standard_normal((2, 4, 3))
masks = rng.random((20_000, 4, 3)) >= 0.25  # r = 0.25
dropped = da * masks[0] / (1 - 0.25)  # dx = dy ∂y/∂x, and ∂y/∂x is the factor itself
oracle = complex_step_gradient(lambda a: a * masks[0] / (1 - 0.25), [a], 0, da)
assert np.allclose(dropped, oracle, rtol=0, atol=1e-12) and np.allclose(dropped, dropout_backward(da, masks[0], 0.25))
assert np.allclose(np.mean([dropout(a, mask, 0.25) for mask in masks], axis=0), a, atol=0.05)

# %% [markdown]
# ## A picture: the photograph again
#
# In lesson 03 we learned Sobel's kernel $w^*$ back from a photograph; it was hard because neighbouring pixels are so
# alike. With the $n$ patches of the picture as rows of $X$, what we see is off by $X (w - w^*)$, and
# $dw = X^\mathsf{T} X (w - w^*) / n$. The matrix $A = X^\mathsf{T} X / n$ is only 9 × 9: a step costs nothing.

# %%
face = photograph(400)[130:230, 144:244]  # the same part
X = np.lib.stride_tricks.sliding_window_view(face, (3, 3)).reshape(-1, 9)
A, sobel = X.T @ X / len(X), np.array([-1.0, 0, 1, -2, 0, 2, -1, 0, 1])
rate = 1 / np.linalg.eigvalsh(A)[-1]  # lesson 03: twice this and it explodes
rules = {
    "gradient descent": lambda w, g, m, v, step: (w - rate * g, m, v),
    "momentum": lambda w, g, m, v, step: (*momentum_step(w, g, m, rate, momentum=0.98), v),
    "Adam": lambda w, g, m, v, step: adam_step(w, g, m, v, step, rate=0.03),
}
errors = {}
for name, rule in rules.items():
    for scale in (1000, 1):  # times the loss
        w, m, v, errors[name] = np.zeros(9), 0.0, 0.0, [1.0]
        while 0.01 < errors[name][-1] < 1e6:
            w, m, v = rule(w, scale * A @ (w - sobel), m, v, len(errors[name]))
            errors[name].append(np.linalg.norm(w - sobel) / np.linalg.norm(sobel))
        end = "explodes" if errors[name][-1] > 1 else "arrives"
        print(f"{name:16} {end} after {len(errors[name]) - 1:5} steps with {scale:4} times the loss")
        assert (end == "arrives") == (scale == 1 or name == "Adam")
steps = [len(each) - 1 for each in errors.values()]
assert 10_000 < steps[0] < 20_000 and steps[1] < 800 and steps[2] < 1500
w, faster = np.zeros(9), 0  # is it only the rate? The largest that does not explode, nearly twice as large
while np.linalg.norm(w - sobel) > 0.01 * np.linalg.norm(sobel):
    w, faster = w - 1.99 * rate * A @ (w - sobel), faster + 1
print(f"gradient descent at its best rate arrives after {faster} steps")
assert faster > 10 * steps[1]

# %% [markdown]
# Multiply the loss by 1000: descent and momentum explode within a few steps, Adam arrives as before. The factor stands
# in $\hat m$ and in $\sqrt{\hat v}$, and cancels. That is why one learning rate serves Adam in many networks.
#
# ## An experiment: the learning rate, and when to stop
#
# Now a real network on the glyphs: 784 pixels, two hidden layers of 128 with ReLU, ten classes. First two rounds
# through all examples (**epochs**) with each of nine learning rates. Then 25 epochs of Adam at its usual rate, 0.001:
# as it is, with weight decay (`AdamW`, $\lambda = 1$), and with dropout ($r = 0.3$).


# %%
def train(optimizer, epochs, drop=0.0, seed=0, mix=False):
    """After each epoch: loss on seen glyphs; loss, share of right answers and calibration error on unseen ones."""
    rng, layers, run = np.random.default_rng(seed), [], []
    for D, K in ((784, 128), (128, 128), (128, 10)):
        W = (math.sqrt(2 / D) * rng.standard_normal((D, K))).astype(np.float32)
        layers += Dropout(drop), Dense(W, np.zeros(K, np.float32)), ReLU()
    model = Sequential(tuple(layers[:-1]))  # no ReLU at the scores
    learner, state = training_mode(model, rng), optimizer.start(model)  # the learner: the same arrays, and dropout on
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(x)), len(x) // 64):
            share, partners = (np.float32(rng.random()), rng.permutation(rows)) if mix else (1, rows)
            scores, trace = learner.forward(share * x[rows] + (1 - share) * x[partners])
            own, other = (softmax_cross_entropy(scores, labels[each]).gradient for each in (rows, partners))
            optimizer.step(model, learner.gradient(share * own + (1 - share) * other, trace), state)
        s, s_test = model(x), model(x_test)
        seen, unseen = softmax_cross_entropy(s, labels).value, softmax_cross_entropy(s_test, labels_test).value
        right, error = np.mean(s_test.argmax(axis=1) == labels_test), calibration_error(softmax(s_test), labels_test)
        run.append((seen, unseen, right, error))
    return np.array(run)


guessed = guess("No brake: the loss falls to 0.2 on seen glyphs, and on unseen ones first to 1.1. And in the end?")
rates, range_test = 10.0 ** np.arange(-3.5, 0.75, 0.5), {}
for name, make in {"descent": SGD, "momentum": lambda rate: SGD(rate, momentum=0.9), "Adam": Adam}.items():
    losses = range_test[name] = np.array([train(make(rate), epochs=2)[-1, 0] for rate in rates])
    best = losses.argmin()
    print(f"{name:9} best rate {rates[best]:6.4f}: loss {losses[best]:.2f}; a tenth of it: {losses[best - 2]:.2f}")
    assert best >= 2 and min(losses[best - 2], *losses[best + 2 :]) > losses[best] + 0.1
assert rates[range_test["descent"].argmin()] > 20 * rates[range_test["Adam"].argmin()]
gains = []  # in the share of right answers, by mixup
for seed in (2, 1, 0):  # three times, from different random numbers; the last is drawn
    bare, decayed = train(Adam(1e-3), 25, seed=seed), train(AdamW(1e-3, weight_decay=1.0), 25, seed=seed)
    dropped = train(Adam(1e-3), 25, drop=0.3, seed=seed)
    runs = {"no brake": bare, "weight decay": decayed, "dropout": dropped}
    for name, run in runs.items():
        print("{:13} seen {:.2f}  unseen {:.2f}  right {:.3f}".format(name, *run[-1]), f" best {run[:, 1].min():.2f}")
    best, last = bare[:, 1].min(), bare[-1, 1]
    assert 4 <= bare[:, 1].argmin() <= 18 and last > best + 0.15 and bare[-1, 2] > bare[:, 2].max() - 0.04
    mixed = train(Adam(1e-3), 25, seed=seed, mix=True)
    line = "mixup         seen {:.2f}  unseen {:.2f}  right {:.3f}  calibration error {:.3f}, no brake {:.3f}"
    print(line.format(*mixed[-1], bare[-1, 3]))
    gains.append(mixed[-1, 2] - bare[-1, 2])
    assert mixed[-1, 3] < bare[-1, 3] / 2 and mixed[-1, 1] < last - 0.1
    assert bare[-1, 0] < 0.3 and decayed[-1, 1] < last - 0.15 and dropped[-1, 1] < best - 0.03
assert abs(np.mean(gains)) < 2 * math.sqrt(2 * 0.67 * 0.33 / len(x_test))  # the luck of two draws of so many glyphs
slower = train(Adam(3e-4), 60)  # or is it only the rate? A slower one, as far as the same loss on seen glyphs
print("no brake, a rate of 0.0003: seen {:.2f}  unseen {:.2f}".format(*slower[-1]), f" best {slower[:, 1].min():.2f}")
assert slower[-1, 1] > slower[:, 1].min() + 0.1
save_figure(draw(sizes, errors, rates, range_test, runs, guessed), "06_training")

# %% [markdown]
# With a rate ten times off much less is learned, and each rule has its own scale: try powers of ten. Without a brake
# the loss on seen glyphs goes towards zero, and on unseen ones it *rises* from about the tenth epoch on, while as many
# answers are right as before. Lesson 04 explains it: the network becomes too sure of its mistakes. (A rate a third as
# large only takes longer to do the same: the last line.) Both brakes prevent that. The share of right answers hardly
# changes: 0.65 to 0.7 is what this little network can make of one font.
#
# **Mixup** (Zhang et al. 2018) is a third brake. It trains on mixtures of two examples, with the same share of their
# one-hot targets $y$:
#
# $$x' = \lambda\, x + (1 - \lambda)\, x_{\text{partner}} \qquad y' = \lambda\, y + (1 - \lambda)\, y_{\text{partner}}$$
#
# with a $\lambda$ drawn afresh for every step (here evenly from 0 to 1) and the batch in another order as partners. The
# loss is linear in its targets, so its gradient is mixed like them; `train` does just that. The lines "mixup" above say
# what comes of it. The share of right answers is the same, as far as so few glyphs can tell. But the probabilities
# can be trusted more: the **calibration error** falls to less than half. Sort the answers by their probability into
# ten bins; it is the mean distance between the probability and the share of right answers, over all answers.
#
# ## Exercises
#
# `mmdl check --new 6` writes a file to complete, `mmdl check 06_training.py` looks at it.
#
# - `momentum_step`: one step with a memory of the gradients before.
# - `adam_step`: one step of Adam. Mind both hats.
# - `dropout`: zeros where the mask says so, and the rest a little larger.
# - `mixup`: two examples in one, and their targets with them.
#
# ## What you now know
#
# - A layer multiplies the size of its numbers by $\sigma \sqrt{D / 2}$; $\sigma = \sqrt{2 / D}$ keeps it at any depth.
# - Momentum adds up what the gradients agree on. Adam divides by the gradient's size, so the loss's scale cancels.
# - Look for the learning rate in powers of ten: ten times off, and much less is learned.
# - A falling training loss proves nothing. Watch unseen examples, and brake with weight decay, dropout or mixup.
#
# ## Where this comes from
#
# - Kingma, Ba, [*Adam: a method for stochastic optimization*](https://arxiv.org/abs/1412.6980), 2015, algorithm 1: the
#   two running means, and why they are divided at the start.
# - Loshchilov, Hutter, [*Decoupled weight decay regularization*](https://arxiv.org/abs/1711.05101), 2019, section 2:
#   why a pull of the weights and a penalty in the loss are not the same for Adam.
# - Smith, [*Cyclical learning rates for training neural networks*](https://arxiv.org/abs/1506.01186), 2017, section
#   3.3: the range test, where the rate grows until the loss does.
# - Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov,
#   [*Dropout*](https://jmlr.org/papers/v15/srivastava14a.html), 2014: the many thinned networks that one network stands
#   for.
# - Zhang, Cisse, Dauphin, Lopez-Paz, [*mixup: beyond empirical risk minimization*](https://arxiv.org/abs/1710.09412),
#   2018: mixed examples with mixed labels, and what they do for surprise.
