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
# not there, but *resembles* two that are. A useful answer would mix both values, with more of the one whose key fits
# better. Such a dictionary also has gradients: a slightly different question gets a slightly different answer.
# This soft look-up is **attention**.

# %%
import numpy as np

from mmdl import ops as library
from mmdl.ops.positions import sinusoidal_positions
from mmdl.ops.softmax import softmax, softmax_backward
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_10_attention import draw
from mmdl.plots.lessons.photograph import photograph
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# $$s = \frac{q\, k^\mathsf{T}}{\sqrt{D}} \qquad a = \mathrm{softmax}(s) \qquad y = a\, v$$
#
# - $q$ is $(T, D)$: $T$ **queries**, the questions, each a row of $D$ numbers;
# - $k$ is $(S, D)$: $S$ **keys**, each as wide as a query, so that the two can be compared;
# - $v$ is $(S, V)$: for each key its **value**, $V$ numbers: what the look-up returns;
# - $s$ is $(T, S)$: the **scores**. $s_{tj} = \sum_d q_{td} k_{jd} / \sqrt D$ is large if query $t$ and key $j$ point
#   the same way;
# - $a$ is $(T, S)$: the **weights**, a softmax (lesson 04) along each row: positive, and they add up to one;
# - $y$ is $(T, V)$: for each query a mean of the values, weighted by how well their keys fit.
#
# This is the article's equation (3). Its $d_k$, the d of our question, is the width $D$. Why divide by its root?
#
# ## By hand, and in loops
#
# One query with $D = 4$, so that $\sqrt D = 2$, and two keys with the values 10 and 20:
#
# - $q = (1, 1, 1, 1)$ meets $k_0 = (1, 0, 0, 1)$: $s_0 = 2 / 2 = 1$. It meets $k_1 = (0, 0, 0, 0)$: $s_1 = 0$;
# - $e^1 = 2.718$ and $e^0 = 1$ add up to 3.718, so $a = (0.731,\ 0.269)$;
# - $y = 0.731 \cdot 10 + 0.269 \cdot 20 = 12.69$: between the two values, nearer to the first.


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
            y[t] += a[j] * v[j]
    return y


by_hand = attention_loops(np.ones((1, 4)), np.array([[1.0, 0, 0, 1], [0, 0, 0, 0]]), np.array([[10.0], [20]]))
print("y =", by_hand.round(2))
assert abs(by_hand[0, 0] - 12.69) < 0.005

# %% [markdown]
# ## The op
#
# All sums are matrix products. `.mT` exchanges the last two axes. Axes in front of them ($N$ examples, say; below they
# are dots) are left alone, so every example looks into its own dictionary.


# %%
def attention(q, k, v):
    s = q @ k.mT / np.sqrt(q.shape[-1])  #  (..., T, D) (..., D, S) -> (..., T, S)
    a = softmax(s)
    return a @ v, a  #                      (..., T, S) (..., S, V) -> (..., T, V), and where it looked


rng = np.random.default_rng(10)
N, T, S, D, V = 2, 3, 5, 4, 6
q, k, v = (rng.standard_normal(shape) for shape in ((N, T, D), (N, S, D), (N, S, V)))
y, a = attention(q, k, v)
assert np.allclose(y, [attention_loops(*each) for each in zip(q, k, v, strict=True)], rtol=0, atol=1e-12)
assert np.allclose(a.sum(axis=-1), 1)
assert np.allclose(y, library.attention(q, k, v).y, rtol=0, atol=1e-12)

# %% [markdown]
# ## Backward, and checked
#
# From above comes $dy$, shaped as $y$. Forward was three lines; we take them from last to first. A product of two
# matrices is the affine layer of lesson 00, $y = xW$ with $dW = x^\mathsf{T} dy$ and $dx = dy\, W^\mathsf{T}$:
#
# 1. $y = a v$, with $a$ for $x$ and $v$ for $W$: $dv = a^\mathsf{T} dy$ and $da = dy\, v^\mathsf{T}$;
# 2. $a = \mathrm{softmax}(s)$: lesson 04 found $ds = a \circ (da - \langle da, a \rangle)$, row by row ($\circ$
#    multiplies entry by entry, $\langle da, a \rangle$ adds up such products). In words: descent raises a score if its
#    value is better for the loss than the mixture that we have;
# 3. $s = q k^\mathsf{T} / \sqrt D$, with $q$ for $x$ and $k^\mathsf{T}$ for $W$: $dq = ds\, k / \sqrt D$, and
#    $dk^\mathsf{T} = q^\mathsf{T} ds / \sqrt D$, so $dk = ds^\mathsf{T} q / \sqrt D$.
#
# **A trap.** The divisor acts twice: it shrinks the scores forward *and* the gradients backward. Who forgets the second
# finds $dv$ right, and $dq$ and $dk$ too large by the factor $\sqrt D$. A test with $D = 1$ sees nothing.


# %%
def attention_backward(dy, q, k, v, a):
    dv = a.mT @ dy  #                                         1.  dv = aᵀ dy
    da = dy @ v.mT  #                                             da = dy vᵀ
    ds = a * (da - (da * a).sum(axis=-1, keepdims=True))  #   2.  ds = a ∘ (da − ⟨da, a⟩)
    dq = ds @ k / np.sqrt(q.shape[-1])  #                     3.  dq = ds k / √D
    dk = ds.mT @ q / np.sqrt(q.shape[-1])  #                      dk = dsᵀ q / √D
    return dq, dk, dv


dy = rng.standard_normal(y.shape)
gradients = attention_backward(dy, q, k, v, a)
for place, gradient in enumerate(gradients):
    oracle = complex_step_gradient(lambda *each: attention(*each)[0], [q, k, v], place, dy)
    assert np.allclose(gradient, oracle, rtol=0, atol=1e-12)
    assert np.allclose(gradient, library.attention_backward(dy, q, k, v, a)[place], rtol=0, atol=1e-12)

forgotten = softmax_backward(dy @ v.mT, a) @ k
print("dq without the divisor / dq:", np.unique((forgotten / gradients[0]).round(6)), "with D =", D)
assert np.allclose(forgotten, np.sqrt(D) * gradients[0])

# %% [markdown]
# ## A picture: ask every pixel
#
# We throw away 85 % of a photograph's pixels and fill a dictionary with the rest: the key says *where* a pixel is, the
# value *how bright* (0 to 1). Then every pixel asks: what should be here?
#
# A key needs numbers that are alike for neighbouring places and different for distant ones. `sinusoidal_positions`
# gives row $t$ of the picture the heights of 32 pairs of waves, some short, some long: $\sin(\omega_i t)$ in column
# $2i$ and $\cos(\omega_i t)$ in column $2i + 1$, with $\omega_i = 10000^{-2i / 64}$. Since $\sin^2 + \cos^2 = 1$, all
# these rows have the same length, and the product of two of them depends only on how far apart they are. A key is the
# waves of the pixel's row, then those of its column: $D = 128$.

# %%
waves = sinusoidal_positions(80, 64)
products = waves @ waves.T
assert np.allclose(np.diag(products), 32)
assert all(np.ptp(np.diag(products, apart)) < 1e-9 for apart in range(80))
print("product of places 0, 1, 2, 4, 8 rows apart:", products[0, [0, 1, 2, 4, 8]].round(1))

photo = photograph(80)
place = np.concatenate([np.repeat(waves, 80, axis=0), np.tile(waves, (80, 1))], axis=1)  # (6400, 128)
brightness = photo.reshape(-1, 1)
known = rng.permutation(6400)[:960]

filled = {}
for size in (1, 8, 100):
    y, a = attention(size * place, place[known], brightness[known])
    filled[size] = y.reshape(80, 80), np.sqrt(np.mean((y - brightness) ** 2))
    looked_at = np.median(1 / (a**2).sum(axis=1))  # S equal weights of 1 / S would give S
    print(f"scores times {size:3}: a pixel looks at about {looked_at:5.1f} known ones; off by {filled[size][1]:.3f}")
assert filled[8][1] < filled[100][1] < filled[1][1]

# %% [markdown]
# Small scores: hundreds of pixels answer, and their mean is grey fog. Huge scores: each pixel copies the known one that
# fits best. In between, attention is a smoother: a mean in which near points count most.
#
# ## Order
#
# We filled the dictionary in random order. It does not matter: a sum has no order, so **permuting the pairs of key and
# value changes nothing**. For text this is alarming. Let each word of a sentence be query, key and value (this is
# **self-attention**). Then "dog" gets the same answer in "dog bites man" and in "man bites dog". What helps is to write
# the place into the word: add `sinusoidal_positions`, and order counts again.

# %%
shuffled = rng.permutation(known)
answers = [attention(place[:50], place[each], brightness[each])[0] for each in (known, shuffled)]
assert np.allclose(*answers)

dog, bites, man = rng.standard_normal((3, 64))
for name, positions in ("without", 0), ("with", sinusoidal_positions(3, 64)):
    sentences = (np.stack(words) + positions for words in ((dog, bites, man), (man, bites, dog)))
    one, other = (attention(x, x, x)[0] for x in sentences)
    print(f"{name:7} positions the two answers to dog differ by", np.abs(one[0] - other[2]).max().round(3))
    assert np.allclose(one[0], other[2]) == (name == "without")

# %% [markdown]
# ## An experiment: no divisor
#
# In the photograph the size of the scores decided between fog, picture and copies. What sets their size in a new
# network, whose queries and keys are still random? We draw them with mean 0 and variance 1, give every query 16
# keys, and widen both from $D = 1$ to $D = 1024$. And we watch how long $ds$ is (the root of the sum of its squares)
# when a random $da$ comes from above: all that queries and keys ever learn passes through $ds$.

# %%
guessed = guess("At D = 1 ds is about 0.26 long. How long is it at D = 1024, without the divisor? (1e-1? 1e-2?)")

widths = 4 ** np.arange(6)
runs = np.zeros((3, 2, 3, 6))  # seeds; without and with the divisor, all else equal; what is measured; widths
for seed, rng in enumerate(map(np.random.default_rng, range(3))):
    for i, D in enumerate(widths):
        q, k, da = (rng.standard_normal(shape) for shape in ((1000, 1, D), (1000, 16, D), (1000, 1, 16)))
        for measured, divisor in zip(runs[seed], (1, np.sqrt(D)), strict=True):
            s = q @ k.mT / divisor
            a = softmax(s)
            ds = softmax_backward(da, a)
            measured[:, i] = s.var(), a.max(axis=-1).mean(), np.median(np.linalg.norm(ds, axis=-1))
raw, divided = runs.mean(axis=0)

print("       not divided:                       divided by √D:")
print("   D   variance of s  max a  length of ds   variance of s  max a  length of ds")
for D, *row in zip(widths, *raw, *divided, strict=True):
    print("{:4} {:12.2f} {:9.2f} {:12.1e} {:13.2f} {:9.2f} {:12.1e}".format(D, *row))
for raw_once, divided_once in runs:
    assert np.allclose(raw_once[0], widths, rtol=0.15) and np.allclose(divided_once[0], 1, rtol=0.15)
    assert raw_once[1, -1] > 0.9 and divided_once[1].max() < 0.3
    assert raw_once[2, -1] < 1e-3 and divided_once[2].min() > 0.2
seen = np.full(6400, np.nan)
seen[known] = brightness[known, 0]
save_figure(draw(seen.reshape(80, 80), filled, photo, widths, raw, divided, guessed), "10_attention")

# %% [markdown]
# Why? A score is a sum of $D$ products $q_d k_d$, each with mean 0 and variance 1. Variances of independent numbers
# add: the score has variance $D$, and its typical size is $\sqrt D$. At $D = 1024$ scores differ by dozens, and softmax
# gives everything to the largest. Now look at $ds = a \circ (da - \langle da, a \rangle)$. For the losers $a = 0$. For
# the winner $a = 1$, so $\langle da, a \rangle$ is its own $da$, and the bracket is 0. **A sure softmax learns
# nothing**, whether it is right or not. (In lesson 04 the logarithm of the loss saved us; here there is none.) And a
# network with random weights has no reason to be sure. Dividing by $\sqrt D$ makes the variance 1 at every width.
#
# ## Exercises
#
# `mmdl check --new 10` writes a file to complete, `mmdl check 10_attention.py` looks at it.
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
# - Scores of random queries and keys grow as $\sqrt D$; a softmax of large scores is sure, and passes no gradient.
#   Hence the divisor. It returns in the backward pass.
# - Attention sees a set, not a sequence. Order must be written into the keys.
#
# ## Where this comes from
#
# - Bahdanau, Cho, Bengio, [*Neural machine translation by jointly learning to align and
#   translate*](https://arxiv.org/abs/1409.0473), 2015, section 3.1: a decoder that looks back instead of remembering,
#   where attention comes from.
# - Vaswani and others, [*Attention is all you need*](https://arxiv.org/abs/1706.03762), 2017, section 3.2.1: the
#   formula of this lesson; its footnote 4 is our experiment in one sentence.
# - Luong, Pham, Manning, [*Effective approaches to attention-based neural machine
#   translation*](https://arxiv.org/abs/1508.04025), 2015, section 3.1: products of queries and keys beside the other
#   ways to score a fit.
# - Ramsauer and others, [*Hopfield networks is all you need*](https://arxiv.org/abs/2008.02217), 2021: the soft
#   dictionary as an old associative memory, with fog and pictures as its states.
