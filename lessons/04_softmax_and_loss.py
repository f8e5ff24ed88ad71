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
# # 04 Softmax and loss
#
# **Question.** What does a classifier minimise?
#
# Needs: lessons 00, 01; about 3 s.
#
# A network that looks at a picture of a letter ends with $K$ numbers, one for each class: the **scores** $s$ (also
# called *logits*). The larger $s_k$, the more the network believes in class $k$. Training needs one number that says
# how wrong the scores are. The number of wrong answers will not do: nudge a weight a little and no answer changes, so
# the gradient is zero. We need something smooth, in two steps.

# %%
import math

import numpy as np

from mmdl import data
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.softmax import softmax, softmax_backward
from mmdl.plots import guess, save_figure
from mmdl.plots.lessons.lesson_04_softmax_and_loss import draw
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formulas
#
# **Step 1: scores become probabilities.** $e^{s}$ makes every score positive; dividing by the sum makes them add up
# to one. This is the **softmax**. **Step 2: probabilities become a loss.** Let $c$ be the true class, the **label**. We
# look at one number only, the probability $p_c$ that the network gave to the truth. This is the **cross-entropy**:
#
# $$p_k = \frac{e^{s_k}}{\sum_{j} e^{s_j}} \qquad\qquad L = -\log p_c$$
#
# (natural logarithm). $L$ is zero if the network was sure of the truth and grows without limit as $p_c$ falls to zero:
# read it as *surprise*. Why a logarithm? The probability of getting all $N$ examples of a batch right is the product of
# their $p_c$; the logarithm turns the product into a sum, and we take the mean. Shapes: $s$ and $p$ are $(N, K)$, a row
# for each example; the labels are $N$ whole numbers from 0 to $K - 1$.
#
# ## Loops


# %%
def cross_entropy_loops(s, labels):
    p, loss = np.zeros(s.shape), 0.0
    for n in range(s.shape[0]):
        total = sum(math.exp(score) for score in s[n])
        for k in range(s.shape[1]):
            p[n, k] = math.exp(s[n, k]) / total
        loss -= math.log(p[n, labels[n]]) / len(labels)
    return p, loss


# %% [markdown]
# ## By hand
#
# One example, three classes, $s = (2, 1, 0)$, and the truth is class 1. We need $e^2 = 7.389$, $e^1 = 2.718$ and
# $e^0 = 1$, with the sum 11.107. So $p = (7.389,\ 2.718,\ 1) / 11.107 = (0.665,\ 0.245,\ 0.090)$ and
# $L = -\log 0.245 = 1.408$. A network that knows nothing gives all of its classes the same score. With ten classes
# $p_c = 1/10$, and the loss is $\log 10 = 2.303$. Remember this number: it is where a ten-class network should *start*.

# %%
s, labels = np.array([[2.0, 1.0, 0.0]]), np.array([1])
p, loss = cross_entropy_loops(s, labels)
print("p =", p.round(3), "  loss =", round(loss, 3))
assert np.allclose(p, [[0.665, 0.245, 0.090]], rtol=0, atol=5e-4) and abs(loss - 1.408) < 5e-4
assert np.isclose(cross_entropy_loops(np.zeros((1, 10)), [7])[1], math.log(10))

# %% [markdown]
# ## The op
#
# Our loops break at a score of 1000: $e^{1000}$ is larger than any float. But adding one number to a whole row changes
# nothing: $e^{s_k + a} / \sum e^{s_j + a} = e^{s_k} / \sum e^{s_j}$. So we subtract the row's largest score; then
# no exponential exceeds $e^0 = 1$, and the sum is at least 1. One danger is left: a small $p_k$ may become exactly 0,
# and $\log 0 = -\infty$. So the loss takes the logarithm in one go, $\log p_k = s_k - \log \sum_j e^{s_j}$.
# (`.real`, because the complex numbers of lesson 01 have no largest.)


# %%
def softmax_rows(s):
    e = np.exp(s - s.real.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy(s, labels):
    s = s - s.real.max(axis=-1, keepdims=True)
    log_p = s - np.log(np.exp(s).sum(axis=-1, keepdims=True))
    return -log_p[np.arange(len(labels)), labels].mean()


huge = np.array([[1e4, 0.0, -1e4]])
print("scores", huge, " p", softmax_rows(huge), " loss", cross_entropy(huge, labels))
for scores, its_p, its_loss in ((s, p, loss), (huge, [[1, 0, 0]], 1e4)):
    assert np.allclose(softmax_rows(scores), its_p) and np.allclose(softmax(scores), its_p)
    assert np.isclose(cross_entropy(scores, labels), its_loss)
    assert np.isclose(softmax_cross_entropy(scores, labels).value, its_loss)

# %% [markdown]
# ## Backward through softmax
#
# From above comes $dp$, one number for each probability. Forward was three lines: $e_k = e^{s_k}$, then
# $E = \sum_k e_k$, then $p_k = e_k / E$. We take them from last to first, with the rules of lesson 00: multiply along
# a path, add at a fork. Each $e_k$ forks: it goes into its own $p_k$ *and* into the sum.


# %%
def softmax_backward_by_lines(dp, s):
    e = np.exp(s - s.real.max(axis=-1, keepdims=True))
    E = e.sum(axis=-1, keepdims=True)
    p = e / E
    dE = -(dp * e / E**2).sum(axis=-1, keepdims=True)  # p_k = e_k / E:  ∂p_k/∂E = −e_k / E²,  and E feeds every p_k
    de = dp / E + dE  #                                  e_k forks:      1 / E into p_k,  1 into E
    ds = de * e  #                                       e_k = e^{s_k}:  its own derivative
    return ds, p * (dp - (dp * p).sum(axis=-1, keepdims=True))  # and the same, tidied up


# %% [markdown]
# Tidied up, with $p_k$ for $e_k / E$, it says
#
# $$ds_k = p_k \Big(dp_k - \sum_j dp_j\, p_j\Big) \qquad \text{or, for a row,} \qquad
#   ds = p \circ (dp - \langle dp, p \rangle)$$
#
# where $\circ$ multiplies entry by entry. The sum is there because raising one score lowers *all other* probabilities.
# A popular mistake forgets the others: $ds_k = dp_k\, p_k (1 - p_k)$. It is easy to catch: adding one number to all
# scores changes nothing, so the entries of $ds$ must add up to zero.

# %%
rng = np.random.default_rng(0)
scores, dp = rng.standard_normal((4, 5)), rng.standard_normal((4, 5))
by_lines, tidy = softmax_backward_by_lines(dp, scores)
oracle = complex_step_gradient(softmax_rows, [scores], 0, dp)
for ours in (by_lines, tidy, softmax_backward(dp, softmax(scores))):
    assert np.allclose(ours, oracle, rtol=0, atol=1e-12)

diagonal = dp * softmax(scores) * (1 - softmax(scores))
print("sums of ds with the others forgotten:", diagonal.sum(axis=1).round(2))
assert np.allclose(tidy.sum(axis=1), 0, atol=1e-12) and np.abs(diagonal.sum(axis=1)).max() > 0.1

# %% [markdown]
# ## Backward through both
#
# Let $t$ be the **target**, a row of zeros with a one at the true class. From $L = -\log p_c$ comes $dp = -t / p$:
# large where the truth got little. Put that into the formula above: $\sum_j dp_j\, p_j = -1$ and $p_k\, dp_k = -t_k$.
#
# $$ds_k = p_k\, dp_k - p_k \cdot (-1) = p_k - t_k$$
#
# *What I believed, minus what was true.* The logarithm has undone the exponential. Without it ($L = -p_c$) the factor
# $p_c$ would stay in front: where the network is most wrong, at $p_c \approx 0$, it would learn nothing.

# %%
target = np.eye(3)[labels]  # (0, 1, 0)
ds = p - target  # one example: ds = p − t
print("ds =", ds.round(3))
assert np.allclose(ds, [[0.665, -0.755, 0.090]], atol=5e-4) and np.allclose(softmax_backward(-target / p, p), ds)

with_log, without = softmax_cross_entropy(huge, labels).gradient, softmax_backward(-target, softmax(huge))
assert np.allclose(with_log, [[1, -1, 0]]) and np.allclose(without, 0)  # the scores that cost 10,000

truths = np.array([3, 0, 0, 4])
ds = (softmax(scores) - np.eye(5)[truths]) / len(truths)  # N examples: the mean brings 1 / N
oracle = complex_step_gradient(lambda s: cross_entropy(s, truths), [scores], 0, np.array(1.0))
assert np.allclose(ds, oracle, rtol=0, atol=1e-12)
assert np.allclose(ds, softmax_cross_entropy(scores, truths).gradient, rtol=0, atol=1e-12)

# %% [markdown]
# ## A picture
#
# The smallest classifier: scores straight from the pixels, $s = xW + b$ with $x$ $(N, 784)$, 28 × 28 pixels in a row.
# The pictures are **glyphs**, letters and signs of ten families, drawn by a font. Some are kept aside to test it with:
# it never learns from these, they are **unseen**. Lesson 00 has the backward pass, and to learn is to go a little way
# against the gradient, 300 times. As promised, the first loss is $\log 10$.

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans",))
x, x_test = (part.inputs["image"].reshape(-1, 784) / np.float32(255) for part in (glyphs.train, glyphs.test))
c, c_test = glyphs.train.labels, glyphs.test.labels

W, b = np.zeros((784, 10), np.float32), np.zeros(10, np.float32)
history = []
for _ in range(300):
    loss, ds = softmax_cross_entropy(x @ W + b, c)
    history.append(loss)
    W -= 0.3 * (x.T @ ds)
    b -= 0.3 * ds.sum(axis=0)

s_test = x_test @ W + b
correct = s_test.argmax(axis=1) == c_test
loss_test = softmax_cross_entropy(s_test, c_test).value
print(f"loss before {history[0]:.3f}, after {loss:.3f}; unseen glyphs: {loss_test:.3f}, right {correct.mean():.2f}")
assert np.isclose(history[0], math.log(10)) and loss < 1.3 and loss_test < 1.6 and correct.mean() > 0.45

# %% [markdown]
# ## An experiment: ten times as sure
#
# We multiply all scores of the trained classifier by 10. Its answer is the class with the largest score. The largest
# stays the largest, so **every answer stays the same**. Knowing nothing costs 2.30; this classifier costs 1.42.

# %%
guessed = guess("The same classifier with all scores times 10: what is its loss on the unseen glyphs?")

factors = np.geomspace(0.03, 30, 60)
losses = np.array([softmax_cross_entropy(a * s_test, c_test).value for a in factors])
loud = softmax_cross_entropy(10 * s_test, c_test).value
print(f"scores × 10: loss {loud:.2f}; the same answers")
assert np.array_equal((10 * s_test).argmax(axis=1), s_test.argmax(axis=1)) and loud > 2 * math.log(10)
assert 0.5 < factors[losses.argmin()] < 2

# %% [markdown]
# Much worse than knowing nothing, with the same answers! What has become worse is not the number of mistakes but how
# sure they are: $p_c = 10^{-6}$ costs 13.8. And there is a best factor, near 1: training has taught the classifier *how
# sure it may be*. That is what it minimises: its mean surprise, not its mistakes.

# %%
p_test = softmax(s_test)
one = np.argmin(np.abs(p_test.max(axis=1) - 0.6) + correct)  # a mistake that it was fairly sure of
image, classes, right = x_test[one].reshape(28, 28), glyphs.classes, correct.mean()
figure = draw(image, p_test[one], c_test[one], classes, factors, losses, loss_test, loud, right, guessed)
save_figure(figure, "04_softmax_and_loss")

# %% [markdown]
# ## Exercises
#
# `mmdl check --new 4` writes a file to complete, `mmdl check 04_softmax_and_loss.py` looks at it.
#
# - `softmax`: rows of scores into rows of probabilities, safe for scores of 10,000.
# - `softmax_cross_entropy`: the mean loss of a batch and its gradient.
# - `softmax_backward`: from $dp$ and $p$ to $ds$. Do the entries of each row add up to zero?
#
# ## What you now know
#
# - Softmax turns scores into probabilities; only differences between scores count, so subtract the largest.
# - Cross-entropy is the surprise at the truth, $-\log p_c$; $\log K$ is the price of knowing nothing.
# - Softmax's backward pass is $p \circ (dp - \langle dp, p \rangle)$; with the logarithm it collapses to $p - t$.
# - A classifier minimises surprise, not mistakes: the same answers can cost 1.4 or 6.5.
#
# ## Where this comes from
#
# - Bridle, [*Probabilistic interpretation of feedforward classification network
#   outputs*](https://doi.org/10.1007/978-3-642-76153-9_28), 1990: gives softmax its name, and shows that with the
#   logarithm the gradient is simple.
# - Shannon, [*A mathematical theory of communication*](https://doi.org/10.1002/j.1538-7305.1948.tb01338.x), 1948, part
#   I, section 6: why surprise is a logarithm.
# - Guo, Pleiss, Sun, Weinberger, [*On calibration of modern neural networks*](https://arxiv.org/abs/1706.04599), 2017,
#   section 4.2: the best factor on the scores, called temperature scaling, for large networks.
# - Goodfellow, Bengio, Courville, [*Deep learning*](https://www.deeplearningbook.org), 2016, section 6.2.2: which loss
#   belongs to which kind of output, from one principle.
