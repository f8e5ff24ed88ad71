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
# $D$ numbers) first look at one another, then each thinks for itself. That is attention (lesson 10) and two affine
# layers with a ReLU between (lessons 00 and 05): nothing new. But a stack of 24 such blocks is useless. Two small
# additions make it work; each of them alone fails, in its own way.

# %%
import numpy as np
from matplotlib.cbook import get_sample_data
from matplotlib.patches import Rectangle
from PIL import Image

from mmdl import tree
from mmdl.layers import TransformerBlock
from mmdl.ops import normalization as library
from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.attention import attention, attention_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import guess, mark_guess, save_figure
from mmdl.plots.style import BLUE, GREEN, ORANGE, VERMILLION, picture_on, styled
from mmdl.tokens import Tokens
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formulas
#
# $$x' = x + \mathrm{attention}(\mathrm{norm}(x))$$
# $$y = x' + \mathrm{relu}(\mathrm{norm}(x')\, W_1 + b_1)\, W_2 + b_2$$
#
# $x$, $x'$ and $y$ are $(N, T, D)$: $N$ examples of $T$ tokens. The two additions are
#
# - the **residual**: $x + \dots$ A step does not replace its input, it adds to it. There is always a way *around* the
#   step;
# - the **norm**: before each step, every token's numbers are shifted and scaled to mean 0 and variance 1.
#
# For one token $x$ of $D$ numbers, with their mean $\mu$ and their variance:
#
# $$\sigma = \sqrt{\tfrac1D \textstyle\sum_d (x_d - \mu)^2 + \varepsilon} \qquad n_d = \frac{x_d - \mu}{\sigma}
# \qquad y_d = \gamma_d\, n_d + \beta_d$$
#
# $\gamma$ and $\beta$ are $(D)$, to be learned, and start as ones and zeros. $\varepsilon = 0.00001$ only prevents a
# division by zero. The name is **layer norm**.
#
# ## Loops


# %%
def layer_norm_loops(x, gamma, beta, epsilon=1e-5):
    y = np.zeros(x.shape)
    for t in range(len(x)):
        mean = sum(x[t]) / len(x[t])
        variance = sum((number - mean) ** 2 for number in x[t]) / len(x[t])
        for d in range(len(x[t])):
            y[t, d] = gamma[d] * (x[t, d] - mean) / np.sqrt(variance + epsilon) + beta[d]
    return y


# %% [markdown]
# ## By hand
#
# The token $(2, 2, 6, 6)$ has the mean 4. The distances from it are $(-2, -2, 2, 2)$, their squares have the mean 4, so
# $\sigma = 2$ and the result is $(-1, -1, 1, 1)$. The token $(200, 200, 600, 600)$ gives the same: **size is
# forgotten**.

# %%
x = np.array([[2.0, 2.0, 6.0, 6.0], [200.0, 200.0, 600.0, 600.0]])
print(layer_norm_loops(x, np.ones(4), np.zeros(4)).round(3))
assert np.allclose(layer_norm_loops(x, np.ones(4), np.zeros(4)), [-1, -1, 1, 1], atol=1e-5)


# %% [markdown]
# ## The op


# %%
def layer_norm(x, gamma, beta, epsilon=1e-5):
    c = x - x.mean(axis=-1, keepdims=True)
    sigma = np.sqrt((c * c).mean(axis=-1, keepdims=True) + epsilon)
    n = c / sigma
    return gamma * n + beta, n, sigma  # n and sigma are for the way back


# %% [markdown]
# ## Backward through the norm
#
# Three things depend on $x_d$: the number itself, the mean and the variance. So three terms come back. We read forward
# from last to first; $c_d = x_d - \mu$ are the distances and $v$ is the mean of their squares.
#
# 1. $y = \gamma n + \beta$: $dn = dy\, \gamma$, and $d\gamma$, $d\beta$ are sums over all tokens, as for every
#    parameter that is used often;
# 2. $n_d = c_d / \sigma$, and $\sigma$ feeds all $D$ of them: $d\sigma = -\sum_d dn_d\, c_d / \sigma^2$;
# 3. $\sigma = \sqrt{v + \varepsilon}$: $dv = d\sigma / (2 \sigma)$;
# 4. $c_d$ forks into $n_d$ and into $v$, the mean of $c_d^2$: $dc_d = dn_d / \sigma + dv \cdot 2 c_d / D$;
# 5. $c_d = x_d - \mu$, and $\mu$ holds a $D$-th of each $x_d$: $dx_d = dc_d$ minus the mean of all $dc$.
#
# The library has lines 2 to 5 tidied up:
# $dx = \big(dn - \mathrm{mean}(dn) - n\, \mathrm{mean}(dn \circ n)\big) / \sigma$.


# %%
def layer_norm_backward(dy, gamma, n, sigma):
    dn = dy * gamma  #                                           1.
    dsigma = -(dn * n).sum(axis=-1, keepdims=True) / sigma  #    2.  with n for c / σ
    dv = dsigma / (2 * sigma)  #                                 3.
    dc = dn / sigma + dv * 2 * n * sigma / n.shape[-1]  #        4.  with n σ for c
    dx = dc - dc.mean(axis=-1, keepdims=True)  #                 5.
    return dx, (dy * n).sum(axis=(0, 1)), dy.sum(axis=(0, 1))


# %% [markdown]
# ## Checked
#
# Two laws come for free. Adding a number to a whole token changes nothing, so its $dx$ must add up to zero. Making a
# token larger changes (almost) nothing, so $dx$ has no component along $n$. Who takes $\mu$ or $\sigma$ for a constant
# breaks one of them.

# %%
rng = np.random.default_rng(11)
N, T, D, F = 2, 5, 6, 7  # F: the width between the two affine layers
x, dy = rng.standard_normal((N, T, D)), rng.standard_normal((N, T, D))
gamma, beta = rng.standard_normal(D), rng.standard_normal(D)
y, n, sigma = layer_norm(x, gamma, beta)
gradients = layer_norm_backward(dy, gamma, n, sigma)
assert np.allclose(y[0], layer_norm_loops(x[0], gamma, beta), rtol=0, atol=1e-12)
assert np.allclose(y, library.layer_norm(x, gamma, beta).y, rtol=0, atol=1e-12)
for place, gradient in enumerate(gradients):
    oracle = complex_step_gradient(lambda *each: layer_norm(*each)[0], [x, gamma, beta], place, dy)
    assert np.allclose(gradient, oracle, rtol=0, atol=1e-12)
    assert np.allclose(gradient, library.layer_norm_backward(dy, gamma, n, sigma)[place], rtol=0, atol=1e-12)
assert np.allclose(gradients[0].sum(axis=-1), 0) and np.allclose((gradients[0] * n).sum(axis=-1), 0, atol=1e-3)

# %% [markdown]
# ## Heads
#
# One attention gives each token one set of weights: it can look for one thing at a time. So the $D$ columns of $q$, $k$
# and $v$ are divided into groups, the **heads**, and each head attends by itself. First the columns are divided, then
# the axis of the heads moves to the front, where attention leaves it alone.
#
# **A trap.** `reshape` alone can make the same shape, and it runs. But it deals out a token's numbers to other tokens'
# rows. With one head there is nothing to divide, and the mistake is invisible.

# %%
HEADS = 2


def split_heads(x):  # (N, T, D) -> (N, heads, T, D / heads)
    return x.reshape(*x.shape[:2], HEADS, -1).swapaxes(1, 2)


def merge_heads(x):  # and back
    return x.swapaxes(1, 2).reshape(len(x), x.shape[2], -1)


tokens = np.arange(T)[None, :, None] + np.zeros((1, T, D))  # token t is (t, t, t, ...)
right, wrong = split_heads(tokens), tokens.reshape(1, HEADS, T, -1)
print("token 1 of head 0 has numbers of token", right[0, 0, 1], "  with reshape alone of token", wrong[0, 0, 1])
assert np.array_equal(merge_heads(split_heads(x)), x)
assert right.shape == wrong.shape and not np.array_equal(right, wrong)

# %% [markdown]
# ## The block
#
# `p` holds the sixteen parameters by the names that the library gives them: `attention.Wq`, `Wk`, `Wv` $(D, D)$ make
# queries, keys and values from the tokens, `attention.Wo` $(D, D)$ mixes what the heads saw, `widen.W` is $W_1$
# $(D, F)$ and `narrow.W` is $W_2$ $(F, D)$. Each has its bias. `mask` $(N, T)$ is true where there is a token:
# sentences have different lengths, and short ones are padded. `around` and `norm` are switches for the experiment.


# %%
def block(x, p, mask, around=1, norm=layer_norm):
    n1, *norm1 = norm(x, p["norm1.gamma"], p["norm1.beta"])
    q, k, v = (split_heads(affine(n1, p[f"attention.W{c}"], p[f"attention.b{c}"])) for c in "qkv")
    y, a = attention(q, k, v, mask[:, None])
    seen = merge_heads(y)
    x = around * x + affine(seen, p["attention.Wo"], p["attention.bo"])
    n2, *norm2 = norm(x, p["norm2.gamma"], p["norm2.beta"])
    active = relu(affine(n2, p["widen.W"], p["widen.b"]))
    y = around * x + affine(active, p["narrow.W"], p["narrow.b"])
    return y, (n1, norm1, q, k, v, a, seen, n2, norm2, active)


# %% [markdown]
# Backward is the same text read upwards; `g` collects the gradients under the same names. Two things need care, and
# both are forks: $x$ goes through the step *and* around it; and $n_1$ becomes query, key *and* value.


# %%
def block_backward(dy, p, trace, around=1, norm_backward=layer_norm_backward):
    n1, norm1, q, k, v, a, seen, n2, norm2, active = trace
    g = {}
    dactive, g["narrow.W"], g["narrow.b"] = affine_backward(dy, active, p["narrow.W"])
    da = relu_backward(dactive, active)
    dn2, g["widen.W"], g["widen.b"] = affine_backward(da, n2, p["widen.W"])
    dx, g["norm2.gamma"], g["norm2.beta"] = norm_backward(dn2, p["norm2.gamma"], *norm2)
    dx = dx + around * dy  # through the step, and around it
    dseen, g["attention.Wo"], g["attention.bo"] = affine_backward(dx, seen, p["attention.Wo"])
    dn1 = 0
    for c, d in zip("qkv", attention_backward(split_heads(dseen), q, k, v, a), strict=True):
        d, g[f"attention.W{c}"], g[f"attention.b{c}"] = affine_backward(merge_heads(d), n1, p[f"attention.W{c}"])
        dn1 = dn1 + d  # as query, as key, as value
    dx1, g["norm1.gamma"], g["norm1.beta"] = norm_backward(dn1, p["norm1.gamma"], *norm1)
    return dx1 + around * dx, g  # through the step, and around it


# %% [markdown]
# Checked: the input and all sixteen parameters, with two places of padding in the second example. `tree.leaves` lists a
# layer's arrays with their names.

# %%
theirs = TransformerBlock.init(rng, D, HEADS, F, dtype=float)
p = dict(tree.leaves(theirs))
mask = np.arange(T) < np.array([[5], [3]])
y, trace = block(x, p, mask)
dx, g = block_backward(dy, p, trace)


def block_of(x, values):
    return block(x, dict(zip(p, values, strict=True)), mask)[0]


assert np.allclose(dx, complex_step_gradient(block_of, [x, tuple(p.values())], 0, dy), rtol=0, atol=1e-11)
for name, oracle in zip(p, complex_step_gradient(block_of, [x, tuple(p.values())], 1, dy), strict=True):
    assert np.allclose(g[name], oracle, rtol=0, atol=1e-11), name

their_y, their_trace = theirs.forward(Tokens(x, mask))
their_dx, their_gradient = theirs.backward(dy, their_trace)
assert np.allclose(y, their_y.values, rtol=0, atol=1e-12) and np.allclose(dx, their_dx, rtol=0, atol=1e-12)
assert all(np.allclose(g[name], each, rtol=0, atol=1e-12) for name, each in tree.leaves(their_gradient))

# %% [markdown]
# **Padding changes nothing.** The mask sets the scores of padded keys to $-\infty$ before the softmax, so they get no
# weight. The second example gives the same without its padding, however absurd the numbers in it are:

# %%
absurd = np.where(mask[:, :, None], x, 1e6)
alone, _ = block(x[1:, :3], p, mask[1:, :3])
assert np.allclose(block(absurd, p, mask)[0][1, :3], alone[0], rtol=0, atol=1e-12)

# %% [markdown]
# ## An experiment: 24 blocks
#
# We cut a photograph into 100 patches of 8 × 8 pixels. Each patch is a token of $D = 64$ numbers, all with the same
# brightness and contrast. They go through 24 blocks with random parameters, a network before its first day of training,
# in four variants: with and without residual, with and without norm. We look at two things:
#
# - **backward**: a random gradient of length 1 enters at the top. How long is it when it arrives at each block?
# - **forward**: how different are the tokens still? We take the **cosine** of two tokens, their product divided by
#   their lengths: 1 if they point the same way, 0 if they have nothing in common; and its mean over all pairs.

# %%
guessed = guess(
    "The patches start with a mean cosine of 0.00. With norm, but no way around,\nwhat is it after 6 blocks?"
)

with get_sample_data("grace_hopper.jpg") as file:  # matplotlib brings this photograph along
    photograph = np.asarray(Image.open(file).convert("L").crop((56, 20, 456, 420)).reduce(5), float)
patches = photograph.reshape(10, 8, 10, 8).swapaxes(1, 2).reshape(1, 100, 64)
start = layer_norm(patches, np.ones(64), np.zeros(64))[0]
top = rng.standard_normal(start.shape)
top /= np.linalg.norm(top)
blocks = [dict(tree.leaves(TransformerBlock.init(rng, 64, HEADS, 128, dtype=float))) for _ in range(24)]
everywhere = np.ones((1, 100), bool)


def no_norm(x, gamma, beta):
    return x, None, None


def no_norm_backward(dy, gamma, n, sigma):
    return dy, 0 * gamma, 0 * gamma


def cosines(x):
    unit = x[0] / np.linalg.norm(x[0], axis=-1, keepdims=True)
    return unit @ unit.T  # (100, 100), and 1 on the diagonal


variants = {
    "neither": (0, no_norm, no_norm_backward),
    "residual only": (1, no_norm, no_norm_backward),
    "norm only": (0, layer_norm, layer_norm_backward),
    "both": (1, layer_norm, layer_norm_backward),
}
alike, lengths, last = {}, {}, {}
print("               gradient at block 1   size of numbers   mean cosine after 6   after 24")
for name, (around, norm, norm_backward) in variants.items():
    x, dx, traces, seen = start, top, [], [cosines(start)]
    lengths[name] = [1.0]
    for p in blocks:
        x, trace = block(x, p, everywhere, around, norm)
        traces.append(trace)
        seen.append(cosines(x))
    for p, trace in zip(reversed(blocks), reversed(traces), strict=True):
        dx, _ = block_backward(dx, p, trace, around, norm_backward)
        lengths[name].insert(0, np.linalg.norm(dx))
    last[name], alike[name] = seen[-1], (np.sum(seen, axis=(1, 2)) - 100) / (100 * 99)  # the diagonal does not count
    size = np.sqrt(np.mean(x**2))
    print(f"{name:14} {lengths[name][0]:19.1e} {size:17.1e} {alike[name][6]:21.3f} {alike[name][24]:10.3f}")
assert lengths["neither"][0] < 1e-2 and lengths["residual only"][0] > 1e3 and 0.2 < lengths["both"][0] < 20
assert min(alike["norm only"][6], alike["neither"][6], alike["residual only"][24]) > 0.99 > 0.95 > alike["both"][24]
assert np.ptp(last["norm only"]) < 1e-9 < 0.1 < np.ptp(last["both"])

# %% [markdown]
# Line by line:
#
# - **Neither.** Each step multiplies by its matrices, and the gradient fades, as it did over time in lesson 07. And
#   attention *replaces* each token by a mean of all tokens. After six means of means a hundred patches are one.
# - **Residual only.** There is a way around, and the gradient does not fade. But what a step adds is proportional to
#   what is there: compound interest. Numbers and gradient explode, and the one direction that grows fastest outruns all
#   others, in every token.
# - **Norm only.** Sizes are kept, and the gradient is fine: look at it alone and you would call this network healthy.
#   It is dead: a hundred different patches have become the same vector, and nothing that comes later can tell them
#   apart.
# - **Both.** The norm makes every step's contribution equally large, so numbers grow by addition, not by
#   multiplication; the way around keeps what makes each token itself. **Only the pair keeps the gradient *and* the
#   differences.**


# %%
@styled
def picture():
    figure = figure_of(None, 5.6)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.5))
    top.suptitle("A hundred patches after 24 blocks: how alike is each to the one in the frame?", fontsize=11)
    axes = top.subplots(1, 5)
    row, column = 5, 4
    picture_on(axes[0], photograph, cmap="gray")
    axes[0].set_xlabel("the patches")
    for ax, (name, cosine) in zip(axes[1:], last.items(), strict=True):
        heat = picture_on(ax, cosine[10 * row + column].reshape(10, 10), cmap="viridis", vmin=0.5, vmax=1)
        ax.set_xlabel(name)
    for ax, size in zip(axes, (8, 1, 1, 1, 1), strict=True):
        ax.add_patch(Rectangle((column * size - 0.5, row * size - 0.5), size, size, fill=False, edgecolor="red"))
    top.colorbar(heat, ax=axes, label="cosine", fraction=0.03)
    left, right = bottom.subplots(1, 2)
    labels = {  # colour, and where the name stands in both panels
        "neither": (ORANGE, (12, 1e-4), (2.2, 1.03)),
        "residual only": (VERMILLION, (8, 3e5), (9, 0.865)),
        "norm only": (BLUE, (10, 0.05), (6.5, 1.03)),
        "both": (GREEN, (12, 2.5), (14, 0.7)),
    }
    for name, (colour, here, there) in labels.items():
        left.plot(lengths[name], color=colour)
        left.text(*here, name, color=colour)
        right.plot(alike[name], color=colour)
        right.text(*there, name, color=colour)
    left.set(yscale="log", ylabel="length of the gradient", title="Residual alone: the gradient explodes")
    right.set(ylim=(-0.05, 1.12), ylabel="mean cosine of two tokens", title="Only the pair keeps tokens different")
    for ax in (left, right):
        ax.set(xlabel="tokens after this block (0: the patches)", xticks=range(0, 25, 6))
    mark_guess(right, guessed)
    return figure


save_figure(picture(), "11_transformer_block")

# %% [markdown]
# ## Exercises
#
# `mmdl check lessons/exercises/11_transformer_block.py`
#
# - `layer_norm`, `layer_norm_backward`: do the two laws hold?
# - `split_heads`, `merge_heads`, `multi_head_attention`: every head in its own columns.
# - `transformer_block`, `transformer_block_backward`: two steps with a way around each, and back past both forks.
# - `causal_mask`: a token may look only at itself and at earlier ones. A writer of texts needs it, since later words do
#   not exist yet.
#
# ## What you now know
#
# - A block is attention among tokens, then two affine layers for each by itself; each step is normed before and added
#   after.
# - The norm forgets a token's size; its backward pass has three terms, for $x$, the mean and the variance.
# - Residual: forks, whose gradients add. Alone it lets numbers grow without limit.
# - A healthy gradient is not enough: without residual, attention makes all tokens the same.
