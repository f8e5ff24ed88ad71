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
# Needs: lessons 00, 01, 02; about 10 s.
#
# Somebody shows us a photograph and what an edge detector sees in it, but not the detector's kernel. Can we
# find the nine weights by asking again and again how the loss would change if they grew a little? For this we need the
# gradients of a convolution.

# %%
import numpy as np
from matplotlib.cbook import get_sample_data
from PIL import Image

from mmdl.ops.convolution import conv2d, conv2d_backward, conv2d_gradient
from mmdl.plots import guess, mark_guess, save_figure
from mmdl.plots.figure import figure_of
from mmdl.plots.style import BLUE, GREEN, SIGNED, VERMILLION, picture_on, styled
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formulas
#
# Forward (lesson 02), with a picture $x$ $(N, R, C, D)$, a kernel $w$ $(I, J, D, K)$, a bias $b$ $(K)$ and a feature
# map $y$ $(N, P, Q, K)$:
#
# $$y_{npqk} = \sum_{i,j,d} w_{ijdk}\; x_{n,\, p+i,\, q+j,\, d} + b_k$$
#
# From above comes $dy$, shaped as $y$. The sum adds products $w \cdot x$, so both rules of lesson 00 apply to
# each product: $w$ receives $dy$ times $x$, $x$ receives $dy$ times $w$, and everything that arrives is added up.
#
# $$dw_{ijdk} = \sum_{n,p,q} dy_{npqk}\; x_{n,\, p+i,\, q+j,\, d} \qquad db_k = \sum_{n,p,q} dy_{npqk}
#   \qquad dx_{n,\, p+i,\, q+j,\, d} \mathrel{+}= \sum_k dy_{npqk}\; w_{ijdk}$$
#
# The last is written with `+=`, because a pixel lies in several windows and gets something back from each of them.
#
# ## Loops
#
# They are the loops of the forward pass, once more:


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
# - $dx_1 = 1 \cdot 1 + 10 \cdot (-1) = -9$: the middle one lies in both. The window at 0 sees it through $w_1$, the
#   window at 1 through $w_0$.

# %%
x, w = np.array([1.0, 2.0, 4.0]).reshape(1, 1, 3, 1), np.array([-1.0, 1.0]).reshape(1, 2, 1, 1)
dy = np.array([1.0, 10.0]).reshape(1, 1, 2, 1)
dx, dw, db = conv2d_backward_loops(dy, x, w)
print("dx =", dx.ravel(), " dw =", dw.ravel(), " db =", db)
assert np.array_equal(dx.ravel(), [-1, -9, 10])
assert np.array_equal(dw.ravel(), [21, 42]) and np.array_equal(db, [11])

# %% [markdown]
# ## Backward with arrays
#
# Take one cell $(i, j)$ of the kernel. As the window visits all its stops, this cell sees the part of the picture that
# starts at row $i$ and column $j$ and is as large as the feature map: `x[:, i : i + P, j : j + Q]`. So for a fixed
# cell we have a dense layer with the matrix $w_{ij}$ $(D, K)$, and use lesson 00 for each cell in turn:


# %%
def conv2d_backward_cells(dy, x, w):
    (I, J, D, K), (N, P, Q, _) = w.shape, dy.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i, j in np.ndindex(I, J):
        seen = x[:, i : i + P, j : j + Q]  #                                what cell (i, j) sees: (N, P, Q, D)
        dw[i, j] = seen.reshape(-1, D).T @ dy.reshape(-1, K)  #             dwᵢⱼ = Σ xᵀ dy
        dx[:, i : i + P, j : j + Q] += dy @ w[i, j].T  #                    dx += dy wᵢⱼᵀ, where it was seen
    return dx, dw, dy.sum(axis=(0, 1, 2))  #                                db = Σ dy


# %% [markdown]
# ## Checked

# %%
rng = np.random.default_rng(3)
x, w, b = (rng.standard_normal(shape) for shape in ((2, 6, 7, 3), (3, 2, 3, 4), (4,)))
dy = rng.standard_normal(conv2d(x, w, b).shape)
gradients = conv2d_backward_cells(dy, x, w)
for place, gradient in enumerate(gradients):
    assert np.allclose(gradient, conv2d_backward_loops(dy, x, w)[place], rtol=0, atol=1e-12)
    assert np.allclose(gradient, complex_step_gradient(conv2d, [x, w, b], place, dy), rtol=0, atol=1e-12)
    assert np.allclose(gradient, conv2d_backward(dy, x, w)[place], rtol=0, atol=1e-12)

# %% [markdown]
# ## The turned kernel returns
#
# We *scattered*: each stop threw its $dy$ onto the pixels it had seen. One can also *gather*: pixel $(r, c)$ asks, which
# stops have seen me? The stop $(p, q)$ saw it through cell $(i, j)$ if $p + i = r$ and $q + j = c$. So
#
# $$dx_{rc} = \sum_{i,j} dy_{r-i,\, c-j}\; w_{ij}$$
#
# Now the offset is *subtracted*: **the backward pass of a correlation is a convolution.** With zeros around
# $dy$, it is our forward op again, with the kernel turned by 180° and its channels in and out exchanged. Who gathers
# with the unturned kernel gets $dw$ right and $dx$ wrong, unless the kernel is symmetric.

# %%
I, J = w.shape[:2]
around = (I - 1, I - 1), (J - 1, J - 1)
gathered = conv2d(dy, w[::-1, ::-1].swapaxes(2, 3), padding=around)
unturned = conv2d(dy, w.swapaxes(2, 3), padding=around)
assert np.allclose(gathered, gradients[0], rtol=0, atol=1e-12)
assert unturned.shape == gathered.shape and not np.allclose(unturned, gathered, atol=0.1)

# %% [markdown]
# ## An experiment: learn the kernel back
#
# The secret kernel is Sobel's. We are given a picture $x$ and the feature map that Sobel sees in it, the **target**. We
# start with nine zeros. The loss is half the mean over all stops of $(y - \text{target})^2$, so
# $dy = (y - \text{target}) / (P Q)$. And we go downhill: **gradient descent** subtracts a bit of the gradient,
#
# $$w \leftarrow w - \eta\, dw$$
#
# where $\eta$ (eta) is the **learning rate**. We try two pictures of 100 × 100 pixels: a part of a photograph,
# and pure noise, where no pixel knows anything of its neighbours. How many steps until the kernel is right to 1 %?

# %%
sobel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).reshape(3, 3, 1, 1)
with get_sample_data("grace_hopper.jpg") as file:  # matplotlib brings this photograph along
    face = np.asarray(Image.open(file).convert("L").crop((200, 150, 300, 250)), float) / 255
pictures = {"photograph": face.reshape(1, 100, 100, 1), "noise": rng.standard_normal((1, 100, 100, 1))}


def curvatures(x):
    """How steeply the loss curves in each of its nine directions, in rising order."""
    X = np.lib.stride_tricks.sliding_window_view(x[0, :, :, 0], (3, 3)).reshape(-1, 9)  # patches, as in lesson 02
    return np.linalg.eigvalsh(X.T @ X / len(X))


def learn(x, momentum=0.0, limit=30_000):
    """Kernels, their distance to Sobel and the losses (both relative to the start), step by step."""
    target, rate = conv2d(x, sobel), 1 / curvatures(x)[-1]
    w, velocity = np.zeros_like(sobel), 0
    kernels, errors, losses = [w], [1.0], [1.0]
    while errors[-1] > 0.01 and len(errors) <= limit:
        off = conv2d(x, w) - target
        dw, _ = conv2d_gradient(off / off.size, x, w)  # dw and db; nobody needs dx here
        velocity = momentum * velocity + dw
        w = w - rate * velocity
        kernels.append(w)
        errors.append(np.linalg.norm(w - sobel) / np.linalg.norm(sobel))
        losses.append(np.sum(off**2) / np.sum(target**2))
    return kernels, errors, losses


guessed = guess("On noise it takes 2 steps. How many on the photograph?")
runs = {name: learn(x) for name, x in pictures.items()}
runs["with momentum"] = learn(pictures["photograph"], momentum=0.98)
for name, (_, errors, _) in runs.items():
    print(f"{name:14} {len(errors) - 1:6} steps")

kernels, errors, losses = runs["photograph"]
print(f"photograph, after 1000 steps: loss {losses[1000]:.1%} of its start, kernel off by {errors[1000]:.0%}")
print(kernels[1000].reshape(3, 3).round(1))
steps = {name: len(errors) - 1 for name, (_, errors, _) in runs.items()}
assert steps["noise"] <= 3 and 10_000 < steps["photograph"] < 20_000 and 200 < steps["with momentum"] < 800
assert losses[1000] < 0.01 and errors[1000] > 0.15

# %% [markdown]
# Why? The loss over the nine weights is a bowl: in each of nine directions a parabola. Some directions are steep, some
# are flat. How steep, the **curvature** $\lambda$ (lambda), depends on the picture alone: it is the mean square of what a
# kernel of length 1 in that direction sees. (`eigvalsh` finds the nine directions and their curvatures.) The
# steepest is brightness, all nine weights together. The flattest are differences of neighbours, and in a photograph
# neighbours are nearly equal. A kernel that is wrong in a flat direction sees almost the same, so the loss is small
# already and says little about what is wrong.
#
# A step multiplies the error in a direction by $1 - \eta\lambda$. We must take $\eta$ below $2 / \lambda_{max}$, or the
# steepest direction explodes; we took $1 / \lambda_{max}$. So the flattest error shrinks by $1 - \lambda_{min} /
# \lambda_{max}$ in each step. The ratio $\lambda_{max} / \lambda_{min}$ is called the **condition number**.

# %%
for name, x in pictures.items():
    c = curvatures(x)
    print(f"{name:14} condition number {c[-1] / c[0]:8.1f}")
c = curvatures(pictures["photograph"])
assert c[-1] / c[0] > 10_000 and curvatures(pictures["noise"])[-1] < 1.2 * curvatures(pictures["noise"])[0]
exploding = (1 - 2.1 * c / c[-1]) ** 200  # what is left of the nine errors with η a little too large
assert abs(exploding[-1]) > 1e8 and abs(exploding[0]) < 1

# %% [markdown]
# **Momentum** (the third run) lets the kernel roll like a ball: a velocity collects the gradients, $v \leftarrow 0.98\, v +
# dw$, and $w \leftarrow w - \eta v$. In flat directions, where the gradient always points the same way, it gains
# speed. Lesson 06 is about this.


# %%
@styled
def picture():
    figure = figure_of(None, 5.6)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 2))
    axes = top.subplots(1, 6)
    picture_on(axes[0], face, cmap="gray", vmin=0, vmax=1)
    axes[0].set_title("photograph x")
    target = conv2d(pictures["photograph"], sobel)[0, :, :, 0]
    picture_on(axes[1], target, cmap=SIGNED, vmin=-1, vmax=1)
    axes[1].set_title("what Sobel sees")
    shown = {f"after {step:,} steps": kernels[step] for step in (10, 100, 1000)} | {"Sobel": sobel}
    for ax, (name, kernel) in zip(axes[2:], shown.items(), strict=True):
        picture_on(ax, kernel.reshape(3, 3), cmap=SIGNED, vmin=-2, vmax=2)
        for (i, j), weight in np.ndenumerate(kernel.reshape(3, 3)):
            colour = "white" if abs(weight) > 1.2 else "black"
            ax.text(j, i, f"{weight:.1f}".replace("-", "−"), color=colour, ha="center", va="center", size=8)
        ax.set_title(name)

    ax = bottom.subplots()
    for (name, (_, errors, _)), colour in zip(runs.items(), (BLUE, GREEN, VERMILLION), strict=True):
        ax.plot(np.arange(1, len(errors)), errors[1:], color=colour)
    ax.plot(np.arange(1, len(losses)), losses[1:], color=BLUE, linestyle=":")
    mark_guess(ax, guessed, axis="x")
    return figure


save_figure(picture(), "03_convolution_backward")
