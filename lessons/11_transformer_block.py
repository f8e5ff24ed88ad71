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
# # 11 The transformer block
#
# **Question.** What do residual and norm each do?
#
# Needs: lessons 00, 01, 05, 10; about 5 s.
#
# A **transformer** is a stack of equal blocks. In each, the **tokens** (words, or patches of a picture, each a row of
# $D$ numbers) first look at one another, then each thinks for itself: attention (lesson 10), and two affine layers with
# a ReLU (00 and 05). But a stack of 24 is useless. Two small additions make it work; each alone fails, in its own way.

# %%
from functools import partial

import numpy as np

from mmdl import tree
from mmdl.layers import TransformerBlock
from mmdl.ops import normalization as library
from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.attention import attention, attention_backward, merge_heads, split_heads
from mmdl.ops.dense import affine, affine_backward
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_11_transformer_block import draw
from mmdl.plots.lessons.photograph import photograph
from mmdl.tokens import Tokens
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formulas
#
# $$x' = x + \mathrm{attention}(\mathrm{norm}(x)) \qquad
# y = x' + \mathrm{relu}(\mathrm{norm}(x')\, W_1 + b_1)\, W_2 + b_2$$
#
# $x$, $x'$ and $y$ are $(N, T, D)$: $N$ examples of $T$ tokens. $W_1$ is $(D, F)$ and $W_2$ is $(F, D)$. New are
#
# - the **residual**, $x + \dots$: a step adds to its input and does not replace it. There is always a way *around* it;
# - the **norm**: before each step, every token's numbers are shifted and scaled to mean 0 and variance 1. This is
#   **layer norm**; for one token $x$ of $D$ numbers with the mean $\mu$ it is
#
# $$c_d = x_d - \mu \qquad \sigma = \sqrt{\tfrac1D \textstyle\sum_d c_d^2 + \varepsilon} \qquad
# n_d = \frac{c_d}{\sigma} \qquad y_d = \gamma_d\, n_d + \beta_d$$
#
# $\gamma$ and $\beta$ $(D)$ are learned, from ones and zeros; $\varepsilon = 0.00001$ only prevents a division by zero.
#
# ## By hand, and in loops
#
# The token $(2, 2, 6, 6)$ has the mean 4. The distances from it are $(-2, -2, 2, 2)$, their squares have the mean 4, so
# $\sigma = 2$ and $n = (-1, -1, 1, 1)$. The token $(200, 200, 600, 600)$ gives the same: **size is forgotten**.


# %%
def layer_norm_loops(x, gamma, beta, epsilon=1e-5):
    y = np.zeros(x.shape)
    for t, token in enumerate(x):
        mean = sum(token) / len(token)
        variance = sum((number - mean) ** 2 for number in token) / len(token)
        for d, number in enumerate(token):
            y[t, d] = gamma[d] * (number - mean) / np.sqrt(variance + epsilon) + beta[d]
    return y


by_hand = layer_norm_loops(np.array([[2.0, 2, 6, 6], [200, 200, 600, 600]]), np.ones(4), np.zeros(4))
assert np.allclose(by_hand, [-1, -1, 1, 1], atol=1e-5)

# %% [markdown]
# ## The op, backward, and checked
#
# $x_d$ acts in three ways: by itself, through $\mu$ and through $\sigma$. We read forward from last to first:
#
# 1. $y = \gamma n + \beta$: $dn = dy\, \gamma$, and $d\gamma$, $d\beta$ are sums over all tokens, which share them;
# 2. $n_d = c_d / \sigma$, and $\sigma$ feeds all $D$ of them: $d\sigma = -\sum_d dn_d\, c_d / \sigma^2$;
# 3. $c_d$ forks into $n_d$ and into $\sigma$, whose slope is $\frac{1}{2 \sigma} \cdot \frac{2 c_d}{D}$:
#    $dc_d = dn_d / \sigma + d\sigma\, c_d / (D \sigma)$;
# 4. $c_d = x_d - \mu$, and $\mu$ holds a $D$-th of each $x_d$: $dx_d = dc_d$ minus the mean of all $dc$.
#
# The library has tidied this up: $dx = \big(dn - \mathrm{mean}(dn) - n\, \mathrm{mean}(dn \circ n)\big) / \sigma$. Two
# laws come for free: adding a number to a whole token changes nothing, so its $dx$ adds up to zero. Making it larger
# changes (almost) nothing, so $\sum_d dx_d\, n_d$ is (almost) zero. Who holds $\mu$ or $\sigma$ constant breaks one.


# %%
def layer_norm(x, gamma, beta, epsilon=1e-5):
    c = x - x.mean(axis=-1, keepdims=True)
    sigma = np.sqrt((c * c).mean(axis=-1, keepdims=True) + epsilon)
    n = c / sigma
    return gamma * n + beta, n, sigma  # n and sigma are for the way back


def layer_norm_backward(dy, gamma, n, sigma):
    dn = dy * gamma  #                                           1.
    dsigma = -(dn * n).sum(axis=-1, keepdims=True) / sigma  #    2.  with n for c / σ
    dc = dn / sigma + dsigma * n / n.shape[-1]  #                3.  likewise
    dx = dc - dc.mean(axis=-1, keepdims=True)  #                 4.
    rows = tuple(range(dy.ndim - 1))  #                          all axes but the last: γ and β serve every row
    return dx, (dy * n).sum(axis=rows), dy.sum(axis=rows)


rng = np.random.default_rng(11)
N, T, D, F, H = 2, 5, 6, 7, 2
x, dy = rng.standard_normal((2, N, T, D))
gamma, beta = rng.standard_normal((2, D))
y, n, sigma = layer_norm(x, gamma, beta)
gradients = layer_norm_backward(dy, gamma, n, sigma)
oracles = complex_step_gradient(lambda three: layer_norm(*three)[0], [(x, gamma, beta)], 0, dy)
close = partial(np.allclose, rtol=0, atol=1e-11)
assert close(y[0], layer_norm_loops(x[0], gamma, beta)) and close(y, library.layer_norm(x, gamma, beta).y)
for ours, *others in zip(gradients, oracles, library.layer_norm_backward(dy, gamma, n, sigma), strict=True):
    assert close(ours, others)
assert close(gradients[0].sum(axis=-1), 0) and np.allclose((gradients[0] * n).sum(axis=-1), 0, atol=1e-3)

# %% [markdown]
# ## The block: op, backward, and checked
#
# One attention gives each token one set of weights: it can look for one thing at a time. So the $D$ columns of $q$, $k$
# and $v$ are divided into $H$ groups, the **heads**, and each attends by itself. `split_heads` makes $(N, T, D)$ into
# $(N, H, T, D / H)$, for `attention` leaves the axes in front alone; `merge_heads` goes back. **A trap.** `reshape`
# alone can make the same shape, but deals out a token's numbers to other tokens. With one head nobody notices.
#
# `p` holds sixteen parameters under the library's names: `attention.Wq`, `Wk`, `Wv` $(D, D)$ make queries, keys and
# values, `attention.Wo` $(D, D)$ mixes what the heads saw, `feed_forward.widen` is $W_1$ and `feed_forward.narrow` is
# $W_2$, each with its bias; and two norms. `mask` $(N, T)$ is true where there is a token: short sentences are
# **padded**, and scores of padded keys become $-\infty$ before the softmax, so that they get no weight. `around` and
# `norm` are for the experiment.
#
# Backward is the same text read upwards; `g` collects the gradients under the same names. Mind two forks: $x$ goes
# through the step *and* around it; $n_1$ becomes query, key *and* value. We check $dx$ and all sixteen (`tree.leaves`
# lists a layer's arrays with their names). The second example is padded: however absurdly, **it changes nothing**.


# %%
FF = "feed_forward"


def block(x, p, mask, around=1, norm=layer_norm):
    n1, *norm1 = norm(x, p["norm.gamma"], p["norm.beta"])
    q, k, v = (split_heads(affine(n1, p[f"attention.W{c}"], p[f"attention.b{c}"]), H) for c in "qkv")
    y, a = attention(q, k, v, mask[:, None])
    seen = merge_heads(y)
    x = around * x + affine(seen, p["attention.Wo"], p["attention.bo"])  # x'
    n2, *norm2 = norm(x, p[f"{FF}.norm.gamma"], p[f"{FF}.norm.beta"])
    active = relu(affine(n2, p[f"{FF}.widen.W"], p[f"{FF}.widen.b"]))
    y = around * x + affine(active, p[f"{FF}.narrow.W"], p[f"{FF}.narrow.b"])
    return y, (n1, norm1, q, k, v, a, seen, n2, norm2, active)


def block_backward(dy, p, trace, around=1, norm_backward=layer_norm_backward):
    n1, norm1, q, k, v, a, seen, n2, norm2, active = trace
    g = {}
    dactive, g[f"{FF}.narrow.W"], g[f"{FF}.narrow.b"] = affine_backward(dy, active, p[f"{FF}.narrow.W"])
    da = relu_backward(dactive, active)
    dn2, g[f"{FF}.widen.W"], g[f"{FF}.widen.b"] = affine_backward(da, n2, p[f"{FF}.widen.W"])
    dx, g[f"{FF}.norm.gamma"], g[f"{FF}.norm.beta"] = norm_backward(dn2, p[f"{FF}.norm.gamma"], *norm2)
    dx = dx + around * dy  # dx': through the step, and around it
    dseen, g["attention.Wo"], g["attention.bo"] = affine_backward(dx, seen, p["attention.Wo"])
    dn1 = 0
    for c, d in zip("qkv", attention_backward(split_heads(dseen, H), q, k, v, a), strict=True):
        d, g[f"attention.W{c}"], g[f"attention.b{c}"] = affine_backward(merge_heads(d), n1, p[f"attention.W{c}"])
        dn1 = dn1 + d  # as query, as key, as value
    dx1, g["norm.gamma"], g["norm.beta"] = norm_backward(dn1, p["norm.gamma"], *norm1)
    return dx1 + around * dx, g  # through the step, and around it


right, wrong = x.reshape(N, T, H, D // H).swapaxes(1, 2), x.reshape(N, H, T, D // H)
assert close(split_heads(x, H), right) and close(merge_heads(right), x) and not close(wrong, right)
theirs = TransformerBlock.init(rng, D, H, F, dtype=float)
p = dict(tree.leaves(theirs))
mask = np.arange(T) < np.array([[5], [3]])
y, trace = block(x, p, mask)
dx, g = block_backward(dy, p, trace)
their_y, their_trace = theirs.forward(Tokens(x, mask))
their_dx, their_g = theirs.backward(dy, their_trace)
ask = partial(complex_step_gradient, lambda x, W: block(x, dict(zip(p, W, strict=True)), mask)[0], [x, (*p.values(),)])
assert close(y, their_y.values) and close(dx, ask(0, dy)) and close(dx, their_dx)
for (name, library_says), oracle in zip(tree.leaves(their_g), ask(1, dy), strict=True):
    assert close(g[name], oracle) and close(g[name], library_says), name
absurd = block(np.where(mask[:, :, None], x, 1e6), p, mask)[0]
assert close(absurd[1, :3], block(x[1:, :3], p, mask[1:, :3])[0][0])

# %% [markdown]
# ## An experiment: 24 blocks
#
# We cut a photograph into 100 patches of 8 × 8 pixels. Each patch, normed, is a token of $D = 64$ numbers. They go
# through 24 blocks with random parameters, with and without residual, with and without norm. We look at two things:
#
# - **backward**: a random gradient of length 1 enters at the top. How long is it when it arrives at each block?
# - **forward**: how alike are the tokens? The **cosine** of two is their product divided by their lengths: 1 if they
#   point the same way, 0 if they have nothing in common. We take its mean over all pairs.

# %%
guessed = guess("The patches start with a mean cosine of 0. With norm, but no way around, what is it after 6 blocks?")
photo = 255 * photograph(80)
start, *_ = layer_norm(photo.reshape(10, 8, 10, 8).swapaxes(1, 2).reshape(1, 100, 64), np.ones(64), np.zeros(64))
no_norm, with_norm = ((lambda x, *_: (x,)), (lambda dx, *_: (dx, 0, 0))), (layer_norm, layer_norm_backward)
variants = {"neither": (0, no_norm), "residual only": (1, no_norm), "norm only": (0, with_norm), "both": (1, with_norm)}


def through(start, top, blocks, around, norm, norm_backward):
    """By layer: mean cosine of the tokens, length of the gradient; then the last cosines and the size of the numbers"""
    seen, traces, dx, lengths = [start], [], top, [1.0]
    for p in blocks:
        x, trace = block(seen[-1], p, np.ones((1, 100), bool), around, norm)
        seen, traces = [*seen, x], [trace, *traces]
    for p, trace in zip(reversed(blocks), traces, strict=True):
        dx, _ = block_backward(dx, p, trace, around, norm_backward)
        lengths.insert(0, np.linalg.norm(dx))
    unit = np.concatenate([x / np.linalg.norm(x, axis=-1, keepdims=True) for x in seen])
    cosines = unit @ unit.mT  # (25, 100, 100), and 1 on the diagonals, which do not count
    return (cosines.sum(axis=(1, 2)) - 100) / (100 * 99), lengths, cosines[-1], np.sqrt(np.mean(x**2))


print("               gradient at the patches   size of numbers   mean cosine after 6   after 24")
for rng in map(np.random.default_rng, (2, 1, 0)):  # three times, with other parameters; the last is drawn
    top = rng.standard_normal(start.shape)
    top /= np.linalg.norm(top)
    blocks = [dict(tree.leaves(TransformerBlock.init(rng, 64, H, 128, dtype=float))) for _ in range(24)]
    alike, lengths, last = {}, {}, {}
    for variant, (around, norms) in variants.items():
        alike[variant], lengths[variant], last[variant], size = through(start, top, blocks, around, *norms)
        row = lengths[variant][0], size, alike[variant][6], alike[variant][24]
        print(f"{variant:14}", "{:23.1e} {:17.1e} {:21.3f} {:10.3f}".format(*row))
    fades, explodes, weaker, kept = (length[0] for length in lengths.values())
    assert 100 * fades < 0.005 < weaker < 1 < kept < 20 < 1e3 < explodes
    assert min(alike["norm only"][6], alike["neither"][6], alike["residual only"][24]) > 0.99 > 0.95 > alike["both"][24]
    assert np.ptp(last["norm only"]) < 1e-9 < 0.1 < np.ptp(last["both"])
save_figure(draw(photo, last, lengths, alike, guessed), "11_transformer_block")

# %% [markdown]
# - **Neither.** Each step multiplies by its matrices, and the gradient fades, as over time in lesson 07. Attention
#   *replaces* each token by a mean of all. After six means of means a hundred patches are one.
# - **Residual only.** The gradient does not fade. But what a step adds is proportional to what is there: compound
#   interest. Numbers and gradient explode, and the one direction that grows fastest outruns all others, in every token.
# - **Norm only.** Sizes are kept, and a gradient arrives, weaker by a factor of three to forty, as the weights happen
#   to fall: nothing that a larger learning rate could not mend. Look at it alone and you would call this network
#   healthy. It is dead: a hundred different patches have become the same vector, and nothing later can tell them apart.
# - **Both.** The norm makes all steps equally large, so numbers grow by addition, not by multiplication; the way around
#   keeps what makes each token itself. **Only the pair keeps the gradient *and* the differences.**
#
# ## Exercises
#
# `mmdl check --new 11` writes a file to complete, `mmdl check 11_transformer_block.py` looks at it.
#
# - `layer_norm`, `layer_norm_backward`: do the two laws hold?
# - `split_heads`, `merge_heads`, `multi_head_attention`: every head in its own columns.
# - `transformer_block`, `transformer_block_backward`: two steps with a way around each, and back past both forks.
# - `causal_mask`: a token may look only at itself and at earlier ones, as a writer of texts must.
#
# ## What you now know
#
# - A block is attention among tokens, then two affine layers for each by itself; each step is normed and added.
# - The norm forgets a token's size; its backward pass has three terms, for $x$, the mean and $\sigma$.
# - Residual: forks, whose gradients add. Alone it lets numbers grow without limit.
# - A healthy gradient is not enough: without residual, attention makes all tokens the same.
#
# ## Where this comes from
#
# - Vaswani and others, [*Attention is all you need*](https://arxiv.org/abs/1706.03762), 2017, section 3.1: the block as
#   it was first put together, with the norm behind the sum.
# - He, Zhang, Ren, Sun, [*Deep residual learning for image recognition*](https://arxiv.org/abs/1512.03385), 2016,
#   section 3.1: why a layer that only adds something is easier to train.
# - Ba, Kiros, Hinton, [*Layer normalization*](https://arxiv.org/abs/1607.06450), 2016: the mean and the deviation of
#   one example, so that the batch no longer matters.
# - Xiong and others, [*On layer normalization in the transformer architecture*](https://arxiv.org/abs/2002.04745),
#   2020, section 3: norm first or last, and how large the gradients are at the start.
# - Dong, Cordonnier, Loukas, [*Attention is not all you need: pure attention loses rank doubly exponentially with
#   depth*](https://arxiv.org/abs/2103.03404), 2021: a proof that attention alone makes all tokens alike.
