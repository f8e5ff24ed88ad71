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
# # 03 Convolution backward
#
# **Question.** Can the kernel be learned back?
#
# Needs: lessons 00, 01, 02; about 6 s.
#
# Somebody shows us a photograph and what an edge detector sees in it, but not its kernel. Can we find the nine weights
# by asking again and again how the loss would change if they grew a little? That takes the gradients of a convolution.

# %%
import numpy as np

from mmdl.ops.convolution import conv2d, conv2d_backward, conv2d_gradient
from mmdl.plots import guess, mark_guess, save_figure
from mmdl.plots.figure import figure_of
from mmdl.plots.lessons.photograph import photograph
from mmdl.plots.style import BLUE, GREEN, SIGNED, VERMILLION, picture_on, readable_on, styled
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formulas
#
# Forward (lesson 02), with picture $x$ $(N, R, C, D)$, kernel $w$ $(I, J, D, K)$, bias $b$ $(K)$, map $y$
# $(N, P, Q, K)$:
#
# $$y_{npqk} = \sum_{i,j,d} w_{ijdk}\; x_{n,\, p+i,\, q+j,\, d} + b_k$$
#
# From above comes $dy$, shaped as $y$. Both rules of lesson 00 apply to each product $w \cdot x$: $w$ receives $dy$
# times $x$, $x$ receives $dy$ times $w$, and everything that arrives is added up.
#
# $$dw_{ijdk} = \sum_{n,p,q} dy_{npqk}\; x_{n,\, p+i,\, q+j,\, d} \qquad db_k = \sum_{n,p,q} dy_{npqk}
#   \qquad dx_{n,\, p+i,\, q+j,\, d} \mathrel{+}= \sum_k dy_{npqk}\; w_{ijdk}$$
#
# ## Loops
#
# They are the loops of the forward pass, once more. $dx$ is written with `+=`, because a pixel lies in several windows
# and gets something back from each of them.


# %%
def conv2d_backward_loops(dy, x, w):
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(w.shape[3])
    for n, p, q, k in np.ndindex(dy.shape):
        db[k] += dy[n, p, q, k]
        for i, j, d in np.ndindex(w.shape[:3]):
            dw[i, j, d, k] += dy[n, p, q, k] * x[n, p + i, q + j, d]
            dx[n, p + i, q + j, d] += dy[n, p, q, k] * w[i, j, d, k]
    return dx, dw, db


# %% [markdown]
# ## By hand
#
# One row of three pixels, $x = (1, 2, 4)$, and the kernel $w = (-1, 1)$. It sees the rises: $y = (1, 2)$. From above
# comes $dy = (1, 10)$.
#
# - $dw_0 = 1 \cdot 1 + 10 \cdot 2 = 21$ and $dw_1 = 1 \cdot 2 + 10 \cdot 4 = 42$; $db = 1 + 10 = 11$.
# - $dx_0 = 1 \cdot (-1) = -1$ and $dx_2 = 10 \cdot 1 = 10$: the outer pixels lie in one window each.
# - $dx_1 = 1 \cdot 1 + 10 \cdot (-1) = -9$: the middle one lies in both, first under $w_1$, then under $w_0$.

# %%
x, w = np.array([1.0, 2.0, 4.0]).reshape(1, 1, 3, 1), np.array([-1.0, 1.0]).reshape(1, 2, 1, 1)
dy = np.array([1.0, 10.0]).reshape(1, 1, 2, 1)
dx, dw, db = conv2d_backward_loops(dy, x, w)
print("dx =", dx.ravel(), " dw =", dw.ravel(), " db =", db)
assert dx.ravel().tolist() == [-1, -9, 10] and dw.ravel().tolist() == [21, 42] and db.tolist() == [11]

# %% [markdown]
# ## Backward with arrays
#
# Take one cell $(i, j)$ of the kernel. As the window visits all its stops, this cell sees the part of the picture that
# starts at row $i$ and column $j$ and is as large as the feature map: `x[:, i : i + P, j : j + Q]`. So for one cell we
# have a dense layer with the matrix $w_{ij}$ $(D, K)$, and use lesson 00 for each cell in turn:


# %%
def conv2d_backward_cells(dy, x, w):
    (I, J, D, K), (P, Q) = w.shape, dy.shape[1:3]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i, j in np.ndindex(I, J):
        seen = x[:, i : i + P, j : j + Q]  #                                what cell (i, j) sees: (N, P, Q, D)
        dw[i, j] = seen.reshape(-1, D).T @ dy.reshape(-1, K)  #             dwᵢⱼ = Σ xᵀ dy
        dx[:, i : i + P, j : j + Q] += dy @ w[i, j].T  #                    dx += dy wᵢⱼᵀ, where it was seen
    return dx, dw, dy.sum(axis=(0, 1, 2))  #                                db = Σ dy


# Checked against the loops, the op and complex steps
rng = np.random.default_rng(3)
x, w, b = (rng.standard_normal(shape) for shape in ((2, 6, 7, 3), (3, 2, 3, 4), (4,)))
dy = rng.standard_normal(conv2d(x, w, b).shape)
gradients, loops, ops = (f(dy, x, w) for f in (conv2d_backward_cells, conv2d_backward_loops, conv2d_backward))
for place, gradient in enumerate(gradients):
    for other in (loops[place], ops[place], complex_step_gradient(conv2d, [x, w, b], place, dy)):
        assert np.allclose(gradient, other, rtol=0, atol=1e-12)

# %% [markdown]
# ## The turned kernel returns
#
# We *scattered*: each stop threw its $dy$ onto the pixels it had seen. One can also *gather*: pixel $(r, c)$ asks which
# stops have seen it. The stop $(p, q)$ saw it through cell $(i, j)$ if $p + i = r$ and $q + j = c$. So
#
# $$dx_{rc} = \sum_{i,j} dy_{r-i,\, c-j}\; w_{ij}$$
#
# Now the offset is *subtracted*: **the backward pass of a correlation is a convolution.** Put zeros around $dy$ (no
# stop there has seen anything), and it is our forward op again, with the kernel turned by 180° and its channels in and
# out exchanged. Who forgets to turn gets a $dx$ of the right shape that is wrong, unless the kernel is symmetric.

# %%
around = (2, 2), (1, 1)  # I − 1 rows and J − 1 columns of zeros on each side
gathered = conv2d(dy, w[::-1, ::-1].swapaxes(2, 3), padding=around)
unturned = conv2d(dy, w.swapaxes(2, 3), padding=around)
assert np.allclose(gathered, gradients[0], rtol=0, atol=1e-12) and not np.allclose(unturned, gathered, atol=0.1)

# %% [markdown]
# ## An experiment: learn the kernel back
#
# The secret kernel is Sobel's. We are given a picture $x$ and the feature map that Sobel sees in it, the **target**. We
# start with nine zeros. The loss is half the mean of $(y - \text{target})^2$ over all $P Q$ stops, so
# $dy = (y - \text{target}) / (P Q)$. And we go downhill: **gradient descent** repeats $w \leftarrow w - \eta\, dw$. The
# **learning rate** $\eta$ (eta) says how much of the gradient to subtract (why we chose ours, see below). We try two
# pictures of 100 × 100 pixels: a part of a photograph, and noise, where no pixel knows its neighbours. How many steps
# until the kernel is right to 1 %?

# %%
sobel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).reshape(3, 3, 1, 1)
face = photograph(400)[130:230, 144:244]  # grey, from 0 to 1
pictures = {"photograph": face.reshape(1, 100, 100, 1), "noise": rng.standard_normal((1, 100, 100, 1))}


def curvatures(x):  # in rising order, and the nine directions that they belong to, as columns
    X = np.lib.stride_tricks.sliding_window_view(x[0, :, :, 0], (3, 3)).reshape(-1, 9)  # patches, as in lesson 02
    return np.linalg.eigh(X.T @ X / len(X))


def learn(x, momentum=0.0):  # kernels, their distance to Sobel and losses (relative to the start), step by step
    target, rate = conv2d(x, sobel), 1 / curvatures(x)[0][-1]  # the rate: 1 / the largest curvature, see below
    w, velocity = np.zeros_like(sobel), 0
    kernels, errors, losses = [w], [1.0], []
    while errors[-1] > 0.01 and len(errors) <= 30_000:
        off = conv2d(x, w) - target
        dw, _ = conv2d_gradient(off / off.size, x, w)  # dw and db; nobody needs dx here
        velocity = momentum * velocity + dw  # without momentum: dw
        w = w - rate * velocity
        kernels.append(w)
        errors.append(np.linalg.norm(w - sobel) / np.linalg.norm(sobel))
        losses.append(np.sum(off**2) / np.sum(target**2))
    return kernels, errors, losses


guessed = guess("On noise it takes 2 steps. How many on the photograph?")
runs = {name: learn(x) for name, x in pictures.items()}
runs["photograph, with momentum"] = learn(pictures["photograph"], momentum=0.98)
steps = {name: len(errors) - 1 for name, (_, errors, _) in runs.items()}
kernels, errors, losses = runs["photograph"]
print(f"{steps}; photograph, step 1000: loss {losses[1000]:.1%} of its start, kernel off by {errors[1000]:.0%}")
assert steps["noise"] <= 3 and 10_000 < steps["photograph"] < 20_000
assert 200 < steps["photograph, with momentum"] < 800 and losses[1000] < 0.01 and errors[1000] > 0.15
assert np.sum(np.abs(kernels[1000] - sobel) > 0.35) == 2

# %% [markdown]
# Two steps or fourteen thousand, by the same rule! And after 1000 steps the loss looks as if we were done, but two of
# the nine weights are still off by 0.4. Why? The loss over the nine weights is a bowl. Walk away from Sobel by $t$ in
# some direction: $y$ is off by $t$ times what a kernel of length 1 in that direction sees, so the loss is a parabola,
# $\frac12 \lambda t^2$. Its **curvature** $\lambda$ (lambda) is the mean square of what that kernel sees, and depends
# on the picture alone. The steepest direction is brightness: all nine weights together. The flattest are fine
# differences between neighbours, which in a photograph are nearly equal. A kernel that is wrong there sees almost the
# same, and the loss says little about it.
#
# The slope of the parabola is $\lambda t$, so a step takes $t$ to $t - \eta \lambda t$: it multiplies the error by
# $1 - \eta\lambda$. With $\eta$ above $2 / \lambda_{max}$ the steepest error would grow; we took $1 / \lambda_{max}$.
# The flattest then shrinks by the factor $1 - \lambda_{min} / \lambda_{max}$ only. The ratio
# $\lambda_{max} / \lambda_{min}$ is the **condition number**.
#
# Which directions are the steepest and the flattest? With the patches as rows of $X$ ($n$ of them), the loss is
# $\frac12 t^\mathsf{T} A t$ with the table $A = X^\mathsf{T} X / n$, and its slope is $A t$. By hand, for a kernel of
# two weights and pixels that are mostly alike, say $A = \begin{pmatrix} 2 & 1 \\ 1 & 2 \end{pmatrix}$: the slope at $t
# = (1, 0)$ is $(2, 1)$, so a step down changes the other weight as well. But $A (1, 1) = 3 \cdot (1, 1)$ and $A (1, -1)
# = 1 \cdot (1, -1)$: along these two, a step stays on its line. They are the **eigenvectors** of $A$, and 3 and 1, its
# **eigenvalues**, are the curvatures along them: both weights together are steep, their difference is flat. NumPy's
# `eigh` finds such directions, here nine; they do not disturb each other, and their curvatures predict our run exactly
# (next cell), without a single convolution.
#
# The third run has **momentum**: the kernel rolls like a ball. A velocity $v$ collects the gradients,
# $v \leftarrow 0.98\, v + dw$, and moves the kernel, $w \leftarrow w - \eta v$. Where the gradients always point the
# same way, as in flat directions, it gains speed (lesson 06).

# %%
for name, x in pictures.items():
    curvature, directions = curvatures(x)
    start = directions.T @ sobel.ravel()  # the error at the start, direction by direction
    predicted = [np.linalg.norm(start * (1 - curvature / curvature[-1]) ** t) for t in range(steps[name] + 1)]
    assert np.allclose(np.array(predicted) / np.linalg.norm(sobel), runs[name][1], rtol=1e-6)
    condition = curvature[-1] / curvature[0]
    print(f"{name:10} condition number {condition:8.1f}")
    assert condition > 10_000 if name == "photograph" else condition < 1.2
assert np.ptp(np.abs(curvatures(pictures["photograph"])[1][:, -1])) < 0.01  # the steepest: nine equal weights
assert np.allclose(np.linalg.eigh([[2, 1], [1, 2]])[0], [1, 3])  # by hand

# %% [markdown]
# **Is it the neighbours, then?** A photograph differs from noise in two things: it is bright on the whole, and its
# neighbours are alike. Take each away alone: subtract the mean; or shuffle the pixels, the same numbers in any order.

# %%
bright, ratios = face.mean(), {}
for seed in range(3):
    shuffled = np.random.default_rng(seed).permutation(face.ravel()).reshape(face.shape)
    kinds = {"as it is": face, "without the mean": face - bright, "shuffled": shuffled, "both": shuffled - bright}
    for name, pixels in kinds.items():
        curvature, _ = curvatures(pixels.reshape(1, 100, 100, 1))
        ratios.setdefault(name, []).append(curvature[-1] / curvature[0])
for name, each in ratios.items():
    print(f"{name:17} condition number", *(f"{ratio:9.1f}" for ratio in each))
assert min(ratios["without the mean"]) > 1000 > 100 > max(ratios["shuffled"]) and max(ratios["both"]) < 1.2

# %% [markdown]
# Both slow us down: brightness alone makes it 80 times worse, alike neighbours alone 1600 times, together (as in the
# photograph) 17,600. To subtract the mean from pictures, as everybody does, takes away the cheaper half.


# %%
@styled
def picture():
    top, bottom = figure_of(None, 5.6).subfigures(2, 1, height_ratios=(1, 2))
    axes, ax = top.subplots(1, 6), bottom.subplots()
    picture_on(axes[0], face, cmap="gray", vmin=0, vmax=1)
    picture_on(axes[1], conv2d(pictures["photograph"], sobel)[0, :, :, 0], cmap=SIGNED, vmin=-1, vmax=1)
    for small, kernel in zip(axes[2:], (kernels[100], kernels[1000], kernels[10_000], sobel), strict=True):
        image = picture_on(small, kernel.reshape(3, 3), cmap=SIGNED, vmin=-2, vmax=2)
        for (i, j), weight in np.ndenumerate(kernel.reshape(3, 3)):
            words = f"{weight.round(1) + 0:.1f}".replace("-", "−")  # + 0 makes -0 a 0
            small.text(j, i, words, color=readable_on(image, weight), ha="center", va="center", size=8)
    names = "photograph", "what Sobel sees", "after 100 steps", "1,000 steps", "10,000 steps", "Sobel"
    for small, name in zip(axes, names, strict=True):
        small.set_title(name)
    places = (2500, 0.2), (1.15, 0.014), (2.1, 0.06)
    for (name, run), colour, place in zip(runs.items(), (BLUE, GREEN, VERMILLION), places, strict=True):
        ax.plot(range(1, steps[name] + 1), run[1][1:], color=colour, lw=1.5)
        ax.plot(steps[name], run[1][-1], "o", color=colour)
        ax.text(steps[name], run[1][-1] / 1.9, f"{steps[name]:,} steps", color=colour, ha="center")
        ax.text(*place, f"kernel, {name}", color=colour)
    ax.plot(range(1, len(losses)), losses[1:], color=BLUE, linestyle=":")
    ax.text(5500, 7e-4, "loss, photograph", color=BLUE)
    ax.set(xscale="log", yscale="log", xlim=(0.9, 4e4), ylim=(2e-4, 1.5))
    ax.set(xlabel="steps of gradient descent", ylabel="error that is left, relative to the start")
    ax.set_title("On a photograph the loss is nearly gone while the kernel is still wrong; on noise 2 steps suffice")
    mark_guess(ax, guessed, axis="x")
    return bottom.figure


save_figure(picture(), "03_convolution_backward")

# %% [markdown]
# ## Exercises
#
# `mmdl check --new 3` writes a file to complete, `mmdl check 03_convolution_backward.py` looks at it.
#
# - `conv2d_db` and `conv2d_dw`: what is used at every stop collects from every stop. Now with a stride.
# - `conv2d_dx`: scatter, or gather with the turned kernel; and `conv2d_backward`: all three at once.
#
# ## What you now know
#
# - The backward loops are the forward loops; each product sends $dy$ times one factor to the other.
# - A pixel gets something back from every window it lies in: $dx$ is a convolution, with the turned kernel.
# - A small loss does not mean that the weights are right: descent is slow where the data's curvature is small.
#
# ## Where this comes from
#
# - LeCun and others, [*Backpropagation applied to handwritten zip code
#   recognition*](https://doi.org/10.1162/neco.1989.1.4.541), 1989: kernels learned by gradients for the first time, to
#   read zip codes.
# - Dumoulin, Visin, [*A guide to convolution arithmetic for deep learning*](https://arxiv.org/abs/1603.07285), 2016,
#   chapter 4: the way back drawn as a convolution of its own.
# - Odena, Dumoulin, Olah, [*Deconvolution and checkerboard artifacts*](https://doi.org/10.23915/distill.00003), 2016:
#   what uneven overlaps of the scattered windows leave in pictures.
# - Goh, [*Why momentum really works*](https://doi.org/10.23915/distill.00006), 2017: steep and flat directions to play
#   with, and what momentum does in each.
