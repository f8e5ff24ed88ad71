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
# # 10 Attention
#
# **Question.** Why √d?
#
# Needs: lessons 00, 01, 04; about 5 s.
#
# A Python dictionary answers a question if it holds exactly that key: `ages["Ada"]`. Suppose we ask for a key that is
# not there, but *resembles* two that are. A useful answer would be a mixture of both values, with more of the one whose
# key fits better. Such a dictionary also has gradients: a slightly different question gets a slightly different answer.
# This soft look-up is **attention**.

# %%
import numpy as np
from matplotlib.cbook import get_sample_data
from PIL import Image

from mmdl.ops.attention import attention as library_attention
from mmdl.ops.attention import attention_backward as library_attention_backward
from mmdl.ops.positions import sinusoidal_positions
from mmdl.ops.softmax import softmax, softmax_backward
from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import guess, mark_guess, save_figure
from mmdl.plots.style import BLUE, VERMILLION, picture_on, styled
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# $$y = a\, v \qquad a = \mathrm{softmax}(s) \qquad s = \frac{q\, k^\mathsf{T}}{\sqrt{D}}$$
#
# - $q$ is $(T, D)$: $T$ **queries**, the questions, each a row of $D$ numbers;
# - $k$ is $(S, D)$: $S$ **keys**, each as wide as a query, so that the two can be compared;
# - $v$ is $(S, V)$: for each key its **value**, $V$ numbers: what the look-up returns;
# - $s$ is $(T, S)$: the **scores**. $s_{tj}$ is the sum $\sum_d q_{td} k_{jd}$, large if query $t$ and key $j$ point
#   the same way, divided by $\sqrt D$;
# - $a$ is $(T, S)$: the **weights**, a softmax (lesson 04) along each row: positive, and they add up to one;
# - $y$ is $(T, V)$: for each query a mean of the values, weighted by how well the keys fit.
#
# This is the article's equation (3); its $d_k$ is our $D$. The divisor looks like an afterthought. We shall see.
#
# ## Loops


# %%
def attention_loops(q, k, v):
    (T, D), (S, V) = q.shape, v.shape
    y = np.zeros((T, V))
    for t in range(T):
        s = np.zeros(S)
        for j in range(S):
            for d in range(D):
                s[j] += q[t, d] * k[j, d] / np.sqrt(D)
        a = softmax(s)
        for j in range(S):
            for column in range(V):
                y[t, column] += a[j] * v[j, column]
    return y


# %% [markdown]
# ## By hand
#
# One query with $D = 4$, so that $\sqrt D = 2$, and two keys with the values 10 and 20:
#
# - $q = (1, 1, 1, 1)$ meets $k_0 = (1, 0, 0, 1)$: $s_0 = 2 / 2 = 1$. It meets $k_1 = (0, 0, 0, 0)$: $s_1 = 0$;
# - $e^1 = 2.718$ and $e^0 = 1$ add up to 3.718, so $a = (0.731,\ 0.269)$;
# - $y = 0.731 \cdot 10 + 0.269 \cdot 20 = 12.69$: between the two values, nearer to the first.

# %%
q = np.array([[1.0, 1.0, 1.0, 1.0]])
k = np.array([[1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
v = np.array([[10.0], [20.0]])
print("y =", attention_loops(q, k, v).round(2))
assert abs(attention_loops(q, k, v)[0, 0] - 12.69) < 0.005

# %% [markdown]
# ## The op
#
# All sums are matrix products. `.mT` exchanges the last two axes; axes in front of them ($N$ examples, say) are left
# alone, and every example looks into its own dictionary.


# %%
def attention(q, k, v):
    s = q @ k.mT / np.sqrt(q.shape[-1])  #  (..., T, D) (..., D, S) -> (..., T, S)
    a = softmax(s)
    return a @ v, a  #                      (..., T, S) (..., S, V) -> (..., T, V), and where it looked


rng = np.random.default_rng(10)
N, T, S, D, V = 2, 3, 5, 4, 6
q, k, v = (rng.standard_normal(shape) for shape in ((N, T, D), (N, S, D), (N, S, V)))
y, a = attention(q, k, v)
for n in range(N):
    assert np.allclose(y[n], attention_loops(q[n], k[n], v[n]), rtol=0, atol=1e-12)
assert np.allclose(a.sum(axis=-1), 1)
assert np.allclose(y, library_attention(q, k, v).y, rtol=0, atol=1e-12)

# %% [markdown]
# ## Backward
#
# From above comes $dy$, shaped as $y$. Forward was three lines; we take them from last to first. Each product is the
# affine layer of lesson 00, only that *both* factors want their gradient:
#
# 1. $y = a v$: as $dW = x^\mathsf{T} dy$ and $dx = dy\, W^\mathsf{T}$ there, so $dv = a^\mathsf{T} dy$ and
#    $da = dy\, v^\mathsf{T}$ here;
# 2. $a = \mathrm{softmax}(s)$: lesson 04 found $ds = a \circ (da - \langle da, a \rangle)$, row by row. In words: a
#    score should rise if its value is better for the loss than the mixture that we have. ($\circ$ multiplies entry by
#    entry, $\langle da, a \rangle$ is the sum of such a product);
# 3. $s = q k^\mathsf{T} / \sqrt D$: $dq = ds\, k / \sqrt D$ and $dk = ds^\mathsf{T} q / \sqrt D$.


# %%
def attention_backward(dy, q, k, v, a):
    dv = a.mT @ dy  #                                         1.  dv = aᵀ dy
    da = dy @ v.mT  #                                             da = dy vᵀ
    ds = a * (da - (da * a).sum(axis=-1, keepdims=True))  #   2.  ds = a ∘ (da − ⟨da, a⟩)
    dq = ds @ k / np.sqrt(q.shape[-1])  #                     3.  dq = ds k / √D
    dk = ds.mT @ q / np.sqrt(q.shape[-1])  #                      dk = dsᵀ q / √D
    return dq, dk, dv


# %% [markdown]
# ## Checked

# %%
dy = rng.standard_normal(y.shape)
gradients = attention_backward(dy, q, k, v, a)
for place, gradient in enumerate(gradients):
    oracle = complex_step_gradient(lambda q, k, v: attention(q, k, v)[0], [q, k, v], place, dy)
    assert np.allclose(gradient, oracle, rtol=0, atol=1e-12)
    assert np.allclose(gradient, library_attention_backward(dy, q, k, v, a)[place], rtol=0, atol=1e-12)

# %% [markdown]
# **A trap.** The divisor acts twice: it shrinks the scores forward *and* the gradients backward. Who forgets the second
# finds $dv$ right, and $dq$ and $dk$ too large by the factor $\sqrt D$. A test with $D = 1$ sees nothing.

# %%
forgotten = softmax_backward(dy @ v.mT, a) @ k  # no divisor
print("dq without the divisor / dq:", np.unique((forgotten / gradients[0]).round(9)), "with D =", D)
assert np.allclose(forgotten, np.sqrt(D) * gradients[0])

# %% [markdown]
# ## A picture: ask every pixel
#
# We throw away 85 % of a photograph's pixels and fill a dictionary with the rest: the key says *where* a pixel is, the
# value *how bright*. Then every pixel asks: what should be here?
#
# A key needs $D$ numbers that are alike for neighbouring places and different for distant ones. `sinusoidal_positions`
# gives each row $t$ of the picture the heights of 32 pairs of waves, $\sin(\omega_i t)$ and $\cos(\omega_i t)$, some
# short, some long: $\omega_i = 10000^{-2i / D}$, with the sine in column $2i$ and the cosine in column $2i + 1$. Since
# $\sin^2 + \cos^2 = 1$, all these rows have the same length, and the product of two of them depends only on how far
# apart they are:

# %%
waves = sinusoidal_positions(80, 64)
products = waves @ waves.T
assert np.allclose(np.diag(products), 32)
assert all(np.ptp(np.diag(products, apart)) < 1e-9 for apart in range(80))
print("product of places 0, 1, 2, 4, 8 rows apart:", products[0, [0, 1, 2, 4, 8]].round(1))

with get_sample_data("grace_hopper.jpg") as file:  # matplotlib brings this photograph along
    photograph = np.asarray(Image.open(file).convert("L").crop((56, 20, 456, 420)).reduce(5), float) / 255

place = np.concatenate([np.repeat(waves, 80, axis=0), np.tile(waves, (80, 1))], axis=1)  # of row, and of column
brightness = photograph.reshape(-1, 1)
known = rng.permutation(6400)[:960]

filled = {}
for sharpness in (1, 8, 100):
    y, a = attention(sharpness * place, place[known], brightness[known])
    filled[sharpness] = y.reshape(80, 80), np.sqrt(np.mean((y - brightness) ** 2))
    looked_at = np.median(1 / (a**2).sum(axis=1))  # S equal weights of 1 / S would give S
    print(
        f"q times {sharpness:3}: a pixel looks at about {looked_at:5.1f} known ones; off by {filled[sharpness][1]:.3f}"
    )
assert filled[8][1] < filled[100][1] < filled[1][1]

# %% [markdown]
# Small scores: every weight is about the same, and the answer is one grey fog. Huge scores: each pixel copies its
# nearest neighbour, and all others are ignored. In between, attention is a smoother: statisticians call it **kernel
# regression**, a mean in which near points count most. This is literally so. Since
# $\|q - k\|^2 = \|q\|^2 + \|k\|^2 - 2\, q k^\mathsf{T}$, and all keys are equally long, the weights are a bell curve of
# the distance between query and key:

# %%
some = rng.permutation(6400)[:50]
distance2 = ((place[some, None] - place[known]) ** 2).sum(axis=-1)  # (50, 960)
bell = np.exp(-8 * distance2 / (2 * np.sqrt(128)))
bell /= bell.sum(axis=1, keepdims=True)
assert np.allclose(bell, attention(8 * place[some], place[known], brightness[known])[1])

# %% [markdown]
# ## Order
#
# We filled the dictionary in random order. It does not matter: a sum has no order, so **permuting the pairs of key and
# value changes nothing**. For text this is alarming. Let each word of a sentence be query, key and value (this is
# **self-attention**). Then "dog" gets the same answer in "dog bites man" and in "man bites dog".
#
# What helps is to write the place into the word: add `sinusoidal_positions`, and order counts again.

# %%
shuffled = rng.permutation(known)
again = attention(place[some], place[shuffled], brightness[shuffled])[0]
assert np.allclose(attention(place[some], place[known], brightness[known])[0], again)

words = dict(zip(("dog", "bites", "man"), rng.standard_normal((3, 64)), strict=True))


def answer_to_dog(sentence, positions):
    x = np.stack([words[word] for word in sentence.split()]) + positions
    return attention(x, x, x)[0][sentence.split().index("dog")]


for name, positions in (("without", 0), ("with", sinusoidal_positions(3, 64))):
    one, other = (answer_to_dog(sentence, positions) for sentence in ("dog bites man", "man bites dog"))
    print(f"{name:7} positions the two answers to dog differ by", np.abs(one - other).max().round(3))
    assert np.allclose(one, other) == (name == "without")

# %% [markdown]
# ## An experiment: no divisor
#
# In the photograph it was the size of the scores that decided between fog, picture and copies. What sets their size in
# a new network, whose queries and keys are still random? We draw them with mean 0 and variance 1, give every query 16
# keys, and widen them from $d = 1$ to $d = 1024$. And we watch how long $ds$ is, the gradient that reaches the scores
# when a random $da$ comes from above: nothing else can teach the queries and keys.

# %%
guessed = guess(
    "At d = 1 the gradient of the scores is about 0.25 long. Without the divisor,\n"
    "how long is it at d = 1024? (You may type 1e-3.)"
)

widths = 4 ** np.arange(6)
measured = {"not divided": [], "divided by √d": []}
for d in widths:
    q, k, da = (rng.standard_normal(shape) for shape in ((2000, 1, d), (2000, 16, d), (2000, 1, 16)))
    for name, divisor in zip(measured, (1, np.sqrt(d)), strict=True):
        s = q @ k.mT / divisor
        a = softmax(s)
        length = np.median(np.linalg.norm(softmax_backward(da, a), axis=-1))
        measured[name].append((s.var(), a.max(axis=-1).mean(), length))

for name, rows in measured.items():
    print(f"\n{name}\n   d   variance of s   largest weight   length of ds")
    for d, row in zip(widths, rows, strict=True):
        print("{:4} {:15.2f} {:16.2f} {:14.1e}".format(d, *row))
raw, divided = (np.transpose(rows) for rows in measured.values())  # (3, 6) each
assert np.allclose(raw[0], widths, rtol=0.15) and np.allclose(divided[0], 1, rtol=0.15)
assert raw[1, -1] > 0.9 and divided[1].max() < 0.3
assert raw[2, -1] < 1e-3 and divided[2].min() > 0.2

# %% [markdown]
# Why? A score is a sum of $d$ products $q_d k_d$, each with mean 0 and variance 1. Variances of independent numbers
# add: the score has variance $d$, and its typical size is $\sqrt d$. At $d = 1024$ scores differ by dozens, and softmax
# gives everything to the largest. Now look at $ds = a \circ (da - \langle da, a \rangle)$. For the losers $a = 0$. For
# the winner $a = 1$, so $\langle da, a \rangle$ is its own $da$, and the bracket is 0. **A sure softmax learns
# nothing**, whether it is right or not. (In lesson 04 the logarithm of the loss saved us; here there is none.) And a
# network with random weights has no reason to be sure. Dividing by $\sqrt d$ makes the variance 1 at every width.


# %%
@styled
def picture():
    figure = figure_of(None, 5.2)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.25))
    top.suptitle("Every pixel asks the known pixels: the size of the scores decides how many answer", fontsize=11)
    seen = np.full(6400, np.nan)
    seen[known] = brightness[known, 0]
    known_and_filled = [("15 % are known", seen.reshape(80, 80))] + [
        (f"scores times {sharpness}\noff by {error:.2f}", image) for sharpness, (image, error) in filled.items()
    ]
    for ax, (name, image) in zip(top.subplots(1, 5), [*known_and_filled, ("the truth", photograph)], strict=True):
        picture_on(ax, image, cmap="gray", vmin=0, vmax=1)
        ax.set_facecolor("#cfe3f1")
        ax.set_xlabel(name)

    bottom.suptitle("Wide queries make large scores, and softmax stops learning: divide by √d", fontsize=11)
    titles = "variance of the scores", "largest of 16 weights", "length of the scores' gradient"
    axes = bottom.subplots(1, 3)
    for ax, *curves, title in zip(axes, raw, divided, titles, strict=True):
        for curve, colour in zip(curves, (VERMILLION, BLUE), strict=True):
            ax.plot(widths, curve, "o-", color=colour, markersize=4)
        ax.set(xscale="log", yscale="log", title=title, xlabel="d, width of queries and keys")
        ax.set_xticks(widths, widths)
        ax.minorticks_off()
    axes[0].text(60, 150, "not divided", color=VERMILLION, ha="right")
    axes[0].text(64, 1.4, "divided by √d", color=BLUE)
    axes[1].set(yscale="linear", ylim=(0, 1.02))
    mark_guess(axes[2], guessed)
    return figure


save_figure(picture(), "10_attention")

# %% [markdown]
# ## Exercises
#
# `mmdl check lessons/exercises/10_attention.py`
#
# - `attention_weights`: from $q$ and $k$ to the weights, a softmax over the keys.
# - `attention`: the forward pass, from $q$, $k$, $v$ to $y$ and the weights.
# - `attention_backward`: from $dy$ to $dq$, $dk$, $dv$. Where does the divisor go?
# - `sinusoidal_positions`: the waves that tell places apart.
#
# ## What you now know
#
# - Attention is a look-up in a soft dictionary: a mean of the values, weighted by how well each key fits the query.
# - The size of the scores decides whether it averages, smooths or copies.
# - Scores of random queries and keys grow as $\sqrt d$; a softmax of large scores is sure, and passes no gradient.
#   Hence the divisor. It returns in the backward pass.
# - Attention sees a set, not a sequence. Order must be written into the keys.
