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
# # 02 Convolution
#
# **Question.** What does the sum see?
#
# Needs: lessons 00, 01; about 3 s.
#
# A dense layer (lesson 00) from a picture of 28 × 28 pixels to one of 26 × 26 has 784 · 676 = 529,984 weights, and
# every pixel is a stranger to its neighbours. A convolution has nine weights, the **kernel**. It looks through a window
# of 3 × 3 pixels, multiplies each by its weight and adds them up; and the same window slides over the whole picture.

# %%
import math
from timeit import timeit

import numpy as np
from scipy import signal

from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.plots import guess, mark_guess, save_figure
from mmdl.plots.figure import figure_of
from mmdl.plots.lessons.photograph import photograph
from mmdl.plots.style import BLUE, SIGNED, picture_on, styled
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# The article's equation (1) reads $y(x, y) = \sum_{x'=0}^{w-1} \sum_{y'=0}^{h-1} w(x', y') \cdot x(x + x', y + y')$. In
# it $x$ is the picture *and* a column, $y$ the result *and* a row, $w$ the kernel *and* its width. We give each its own
# letter, and count rows first, as arrays do:
#
# $$y_{pq} = \sum_{i=0}^{I-1} \sum_{j=0}^{J-1} w_{ij}\; x_{p+i,\, q+j}$$
#
# - $x$ is $(R, C)$: the picture, with $R$ rows and $C$ columns;
# - $w$ is $(I, J)$: the kernel; $i$ and $j$ count its rows and columns;
# - $y$ is $(P, Q)$: the **feature map**; $y_{pq}$ is what the window sees when its upper left corner is at row $p$ and
#   column $q$. It must not stick out, so $P = R - I + 1$ and $Q = C - J + 1$.
#
# Real pictures come in batches, in $D$ colours (**channels**), and one kernel is not enough. So $x$ becomes
# $(N, R, C, D)$, $w$ becomes $(I, J, D, K)$ for $K$ kernels that look at all channels, there is a bias $b$ $(K)$, and
# $y$ is $(N, P, Q, K)$:
#
# $$y_{npqk} = \sum_i \sum_j \sum_d w_{ijdk}\; x_{n,\, p+i,\, q+j,\, d} + b_k$$
#
# ## Loops


# %%
def conv2d_loops(x, w, b):
    (N, R, C, D), (I, J, _, K) = x.shape, w.shape
    y = np.zeros((N, R - I + 1, C - J + 1, K))
    for n, p, q, k in np.ndindex(y.shape):  # seven loops in two lines
        y[n, p, q, k] = b[k]
        for i, j, d in np.ndindex(I, J, D):
            y[n, p, q, k] += w[i, j, d, k] * x[n, p + i, q + j, d]
    return y


# %% [markdown]
# ## By hand
#
# A picture of 3 × 4 pixels, dark (0) on the left and bright (1) on the right, and a kernel of 2 × 2:
#
# $$x = \begin{pmatrix} 0 & 0 & 1 & 1 \\ 0 & 0 & 1 & 1 \\ 0 & 0 & 1 & 1 \end{pmatrix} \qquad
#   w = \begin{pmatrix} -1 & 1 \\ -1 & 1 \end{pmatrix}$$
#
# The feature map has $3 - 2 + 1 = 2$ rows and $4 - 2 + 1 = 3$ columns. The second row is as the first:
#
# - $y_{00} = -0 + 0 - 0 + 0 = 0$: all is dark. And $y_{02} = -1 + 1 - 1 + 1 = 0$: all is bright.
# - $y_{01} = -0 + 1 - 0 + 1 = 2$: dark left, bright right. The kernel sees **edges**.

# %%
x, w = np.array([[0.0, 0.0, 1.0, 1.0]] * 3), np.array([[-1.0, 1.0]] * 2)
y = conv2d_loops(x[None, :, :, None], w[:, :, None, None], np.zeros(1))  # None makes axes of length 1: N, D, K
print(y[0, :, :, 0])
assert np.array_equal(y[0, :, :, 0], [[0, 2, 0], [0, 2, 0]])

# %% [markdown]
# ## The op
#
# Cut out what the window sees at each of its stops, and write every **patch** as a row: $N P Q$ rows of $I J D$
# numbers. Write each kernel as a column of $I J D$ numbers. Then the whole sum is one matrix product, as in lesson 00.


# %%
def patches_of(x, I, J):
    windows = np.lib.stride_tricks.sliding_window_view(x, (I, J), axis=(1, 2))  # (N, P, Q, D, I, J), nothing is copied
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, I * J * x.shape[3])  # (N P Q, I J D)


def conv2d_patches(x, w, b):
    (N, R, C, _), (I, J, D, K) = x.shape, w.shape
    y = patches_of(x, I, J) @ w.reshape(I * J * D, K) + b  # (N P Q, I J D) (I J D, K) -> (N P Q, K)
    return y.reshape(N, R - I + 1, C - J + 1, K)


rng = np.random.default_rng(2)
x, w, b = (rng.standard_normal(shape) for shape in ((2, 6, 7, 3), (3, 2, 3, 4), (4,)))
for op in (conv2d_patches, conv2d):
    assert np.allclose(op(x, w, b), conv2d_loops(x, w, b), rtol=0, atol=1e-12)
first = rng.random((1, 28, 28, 1)), rng.standard_normal((3, 3, 1, 32)), np.zeros(32)  # the article's first layer
faster = timeit(lambda: conv2d_loops(*first), number=1) / timeit(lambda: conv2d_patches(*first), number=20) * 20
print(f"one matrix product is more than {10 ** int(math.log10(faster))} times faster than the loops")
assert faster > 10

# %% [markdown]
# **Stride and padding.** A window that moves on by $s$ pixels (the **stride**) reads $x_{sp + i,\, sq + j}$: it keeps
# every $s$-th row and column of the result for stride 1. With $a$ rows of zeros before and after (the **padding**) the
# picture has $R + 2a$ rows. The window's first row can be at 0, $s$, $2s$, ..., but at most at $R + 2a - I$. That makes
# $P = \lfloor (R + 2a - I) / s \rfloor + 1$ stops ($\lfloor\ \rfloor$ rounds down).

# %%
for R, I, a, s in ((28, 3, 0, 1), (28, 3, 1, 1), (28, 3, 0, 2), (28, 5, 2, 3)):
    P = (R + 2 * a - I) // s + 1
    square, kernel = rng.standard_normal((1, R, R, 1)), rng.standard_normal((I, I, 1, 1))
    y = conv2d(square, kernel, stride=s, padding=a)
    print(f"R = {R}, I = {I}, padding {a}, stride {s}: P = {P}")
    assert y.shape == (1, P, P, 1) and np.allclose(y, conv2d(square, kernel, padding=a)[:, ::s, ::s])

# %% [markdown]
# ## Backward
#
# Let $X$ be the matrix of patches. In $y = X w + b$ the kernel stands where $W$ stood in lesson 00, and the $N P Q$
# stops stand where the examples stood. So two of the gradients are already known: $dw = X^\mathsf{T} dy$ and
# $db = \sum dy$, because all stops use the same $w$ and $b$. The third is lesson 03: a pixel lies in several patches.


# %%
def kernel_gradients(dy, x, w):
    I, J, _, K = w.shape
    dy = dy.reshape(-1, K)  #             dy as rows      (N P Q, K)
    dw = patches_of(x, I, J).T @ dy  #    dw = Xᵀ dy      (I J D, N P Q) (N P Q, K) -> (I J D, K)
    db = dy.sum(axis=0)  #                db = Σ dy       (K)
    return dw.reshape(w.shape), db


# Checked
dy = rng.standard_normal(conv2d(x, w, b).shape)
for place, gradient in zip((1, 2), kernel_gradients(dy, x, w), strict=True):
    nudges, ops = complex_step_gradient(conv2d_patches, [x, w, b], place, dy), conv2d_backward(dy, x, w)
    assert np.allclose(gradient, nudges, rtol=0, atol=1e-12) and np.allclose(gradient, ops[place], rtol=0, atol=1e-12)

# %% [markdown]
# ## A picture: four kernels
#
# Before networks learned them, people designed such kernels by hand. *Blur*: the mean of the window. *Laplacian*: the
# four neighbours minus four times the middle; it finds spots and thin lines. *Sobel*: right minus left, smoothed; it
# finds edges. *Emboss*: lower right minus upper left, plus the picture itself; it looks like a coin.

# %%
kernels = {
    "blur": np.ones((3, 3)) / 9,
    "Laplacian": np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "Sobel": np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "emboss": np.array([[-2.0, -1, 0], [-1, 1, 1], [0, 1, 2]]),
}
photo = photograph(100)  # grey, from 0 to 1; matplotlib brings it along


def seen_by(kernel):
    return conv2d(photo[None, :, :, None], kernel[:, :, None, None])[0, :, :, 0]


# %% [markdown]
# ## An experiment: is this a convolution?
#
# Strictly speaking, no. In mathematics the convolution *subtracts* the offset, $x_{p-i,\, q-j}$; the sum that adds it
# is called **cross-correlation**. To subtract is to read the window backwards, which is the same as turning the kernel
# by 180°. How much does it matter? We compute both results for each kernel, and measure how large their difference is:
# the root of its mean square, divided by that of the result.

# %%
guessed = guess("Sobel: how large is the difference? (0: none at all. 1: as large as the result itself.)")
change = {}
for name, kernel in kernels.items():
    correlation, convolution = seen_by(kernel), seen_by(kernel[::-1, ::-1])
    assert np.allclose(correlation, signal.correlate2d(photo, kernel, "valid"))
    assert np.allclose(convolution, signal.convolve2d(photo, kernel, "valid"))
    change[name] = math.sqrt(np.mean((correlation - convolution) ** 2) / np.mean(correlation**2))
    print(f"{name:10} difference / result = {change[name]:.2f}")
assert np.allclose(seen_by(-kernels["Sobel"]), seen_by(kernels["Sobel"][::-1, ::-1]))
assert np.allclose([change["blur"], change["Laplacian"], change["Sobel"]], [0, 0, 2]) and 1 < change["emboss"] < 1.9

# %% [markdown]
# Blur and Laplacian stay as they are when they are turned: nobody could tell the two sums apart. Sobel turned is
# $-$Sobel: the same edges with the opposite sign, so the difference is *twice* the result. Emboss gives another
# picture, with light from the other side. **Symmetric test kernels hide the flip**, as ones hid mistakes in lesson 01.
#
# For a network it makes no difference: its kernels are learned, and whoever computes the other sum learns the turned
# kernel. So the whole field computes cross-correlations and says convolution, and so do we.


# %%
@styled
def picture():
    figure = figure_of(None, 7.9)
    axes = list(figure.subplot_mosaic("abcd;efgh;ijkl;mmmm", height_ratios=(1, 1, 1, 0.5)).values())
    for column, (name, kernel) in enumerate(kernels.items()):
        plain, turned = seen_by(kernel), seen_by(kernel[::-1, ::-1])
        limit = np.percentile(np.abs(plain), 99)
        signed = {"cmap": SIGNED, "clim": (-limit, limit)}
        grey = {"cmap": "gray", "clim": (-0.7, 1.5) if name == "emboss" else (0, 1)}
        look = signed if name in ("Laplacian", "Sobel") else grey
        results = (plain, look), (turned, look), (plain - turned, signed)
        for ax, (result, colours) in zip(axes[column:12:4], results, strict=True):
            picture_on(ax, result, **colours)
        rows = "\n".join(" ".join(f"{w:2.0f}" for w in row) for row in kernel * (9 if name == "blur" else 1))
        words = f"{name}{' (ninths)' * (name == 'blur')}\n{rows}".replace("-", "−")
        axes[column].set_title(words, size=8, family="monospace")
    sides = "kernel as it is", "kernel turned by 180°", "difference", "difference,\nrelative"
    for ax, words in zip(axes[::4], sides, strict=True):
        ax.set_ylabel(words)
    axes[12].bar_label(axes[12].bar(list(change), list(change.values()), width=0.3, color=BLUE), fmt="%.2f")
    axes[12].set(xlim=(-0.5, 3.5), ylim=(0, 2.5))
    mark_guess(axes[12], guessed)
    figure.suptitle("Turned by 180°, blur and Laplacian see the same, Sobel the opposite, emboss another light")
    return figure


save_figure(picture(), "02_convolution")

# %% [markdown]
# ## Exercises
#
# `mmdl check --new 2` writes a file to complete, `mmdl check 02_convolution.py` looks at it.
#
# - `output_size`: how many stops the window makes.
# - `correlation2d` and `convolution2d`: both sums, for one picture and one kernel.
# - `conv2d`: batches, channels, several kernels, and a stride. Where does the stride enter?
#
# ## What you now know
#
# - A convolution looks at every place of a picture through the same small kernel, and reports how well it fits.
# - Cut into patches it is one matrix product: lesson 00 again, with stops in the place of examples.
# - The article's sum is a cross-correlation; a convolution turns the kernel. A symmetric kernel hides which it is.
#
# ## Where this comes from
#
# - Dumoulin, Visin, [*A guide to convolution arithmetic for deep learning*](https://arxiv.org/abs/1603.07285), 2016,
#   chapter 2: drawings of every stride and padding, with their sizes.
# - Goodfellow, Bengio, Courville, [*Deep learning*](https://www.deeplearningbook.org), 2016, section 9.1: the two sums,
#   and why libraries call the one by the other's name.
# - Fukushima, [*Neocognitron*](https://doi.org/10.1007/BF00344251), 1980: the layers that look through small windows,
#   before anybody trained them by gradients.
# - Chetlur and others, [*cuDNN: efficient primitives for deep learning*](https://arxiv.org/abs/1410.0759), 2014,
#   section 3: how the matrix of patches is multiplied without ever being written down.
