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
# # 00 One number
#
# **Question.** What is "the gradient of what"?
#
# Needs: Python and school calculus; about 1 s.
#
# A neural network is one long calculation. It starts from numbers that are given (a picture) and numbers that we may
# choose (the parameters), and it ends in a single number, the **loss** $L$: how wrong the answer was.
#
# Training asks every number on the way the same question: *if you grew a little, how many times as much would the loss
# grow?* The answer is that number's **gradient**. 5 means: five times as much. 0: not at all. $-1$: the loss falls by
# as much as the number grows. So it is always the gradient **of the loss**, and its name only has to say *with respect
# to what*: $dx$ is short for $\partial L / \partial x$, the derivative of $L$ when $x$ alone moves. If $x$ is an array,
# every number in it gets an answer of its own, so **$dx$ has the shape of $x$**.

# %%
import numpy as np

from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.plots import guess, mark_guess, save_figure, subplots
from mmdl.plots.style import BLUE, VERMILLION, styled
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# $$y = x W + b$$
#
# This is the simplest layer, called **affine** or **dense**. Shapes name the rows first:
#
# - $x$ is $(N, D)$: $N$ examples (a **batch**), one in each row, with $D$ numbers each;
# - $W$ is $(D, K)$: a weight for each pair of a number in and a number out;
# - $b$ is $(K)$: something to add to each number out, the same for all examples;
# - $y$ is $(N, K)$: $N$ rows again, now with $K$ numbers each.
#
# Many texts write $Wx$ and mean a column $x$; so does the article that this library follows, an introduction to
# multimodal deep learning (多模态深度学习) in Chinese. Its [programs](article_listings.py) run here word for word.
# Examples stack well as rows, so we write $xW$: our $W$ is theirs with rows and columns exchanged.
#
# ## Loops
#
# Every number in meets every number out, in one product:


# %%
def affine_loops(x, W, b):
    N, D, K = *x.shape, W.shape[1]
    y = np.zeros((N, K))
    for n in range(N):
        for k in range(K):
            y[n, k] = b[k]
            for d in range(D):
                y[n, k] += x[n, d] * W[d, k]
    return y


# %% [markdown]
# ## By hand
#
# One example ($N = 1$), two numbers in ($D = 2$), three out ($K = 3$). Please take a pencil:
#
# $$x = (1, 2) \qquad W = \begin{pmatrix} 1 & 0 & 2 \\ 3 & 1 & -1 \end{pmatrix} \qquad b = (0, 1, 0)$$
#
# - $y_0 = 1 \cdot 1 + 2 \cdot 3 + 0 = 7$ (the first column of $W$)
# - $y_1 = 1 \cdot 0 + 2 \cdot 1 + 1 = 3$ and $y_2 = 1 \cdot 2 + 2 \cdot (-1) + 0 = 0$
#
# ## The op
#
# The sum of $x_{nd} W_{dk}$ over $d$ is what a matrix product computes: row $n$ of the left times column $k$ of the
# right. Python writes it `@`. So the three loops are one line, and `mmdl.ops.dense.affine` says the same.

# %%
x, W, b = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, 2.0], [3.0, 1.0, -1.0]]), np.array([0.0, 1.0, 0.0])
y = x @ W + b
print("y =", y)
assert y.tolist() == affine_loops(x, W, b).tolist() == affine(x, W, b).tolist() == [[7, 3, 0]]

# %% [markdown]
# ## Backward
#
# **What comes in.** Our layer does not know the loss; other layers lie between. All it needs is the gradient of each of
# *its* outputs, $dy$, shaped as $y$. The layer above hands it down. Say it is $dy = (1, -1, 2)$: if $y_2$ grows, the
# loss grows twice as much, and if $y_1$ grows, the loss *falls* as much. **What goes out.** How does $x_0$ reach the
# loss? By three paths, one through each output. Two rules are enough:
#
# 1. **Along a path, multiply.** $y_2$ grows 2 times as much as $x_0$, and the loss 2 times as much as $y_2$: on this
#    path, the loss grows $2 \cdot 2$ times as much as $x_0$. (School calls it the chain rule.)
# 2. **Where a number forks into several paths, add what comes back.**
#
# $$dx_0 = \underbrace{1 \cdot 1}_{\text{through } y_0} + \underbrace{0 \cdot (-1)}_{\text{through } y_1}
#   + \underbrace{2 \cdot 2}_{\text{through } y_2} = 5$$
#
# The heart of the forward loops is `y[n, k] += x[n, d] * W[d, k]`. There $y$ grows $W$ times as much as $x$, and $x$
# times as much as $W$. So backward runs through the very same loops; each number gets $dy$ times its factor, added up:


# %%
def affine_backward_loops(dy, x, W):
    N, D, K = *x.shape, W.shape[1]
    dx, dW, db = np.zeros((N, D)), np.zeros((D, K)), np.zeros(K)
    for n in range(N):
        for k in range(K):
            db[k] += dy[n, k]
            for d in range(D):
                dx[n, d] += dy[n, k] * W[d, k]
                dW[d, k] += dy[n, k] * x[n, d]
    return dx, dW, db


dy = np.array([[1.0, -1.0, 2.0]])
dx, dW, db = affine_backward_loops(dy, x, W)
print("dx =", dx, " dW =", dW.tolist(), " db =", db)
assert dx.tolist() == [[5, 0]] and dW.tolist() == [[1, -1, 2], [2, -2, 4]] and db.tolist() == [1, -1, 2]

# %% [markdown]
# - $dx_{nd} = \sum_k dy_{nk} W_{dk}$ sums over the outputs $k$, because $x_{nd}$ forks to all of them;
# - $dW_{dk} = \sum_n x_{nd}\, dy_{nk}$ sums over the examples $n$, because all of them use the same $W$;
# - $db_k = \sum_n dy_{nk}$ does so, too. Forward, $b$ is copied to every row (NumPy calls it *broadcasting*). A copy is
#   a fork: **what is copied forward is summed backward.**
#
# A matrix product sums over the last index of the left and the first of the right. Where the index stands elsewhere,
# the **transpose** (rows and columns exchanged: $W^\mathsf{T}$, in Python `W.T`) brings it there:

# %%
dx = dy @ W.T  #         dx = dy Wᵀ    (N, K) (K, D) -> (N, D)
dW = x.T @ dy  #         dW = xᵀ dy    (D, N) (N, K) -> (D, K)
db = dy.sum(axis=0)  #   db = Σₙ dyₙ          (N, K) -> (K)
for ours, loops, ops in zip((dx, dW, db), affine_backward_loops(dy, x, W), affine_backward(dy, x, W), strict=True):
    assert np.array_equal(ours, loops) and np.array_equal(ours, ops)

# %% [markdown]
# ## Checked
#
# A gradient is a promise about small moves. When $y$ moves a little, the loss moves as the sum
# $\langle dy, y \rangle = \sum_{n,k} dy_{nk}\, y_{nk}$ does; so this sum stands in for the unknown loss. Now move $x_0$
# by 0.01: the loss shall grow by $0.01 \cdot dx_0 = 0.05$. Move $x_1$: nothing shall change, its three paths cancel.

# %%
for d in (0, 1):
    promised, measured = 0.01 * dx[0, d], np.sum(dy * (affine(x + 0.01 * np.eye(2)[d], W, b) - y))
    print(f"x{d} + 0.01: promised {promised:.2f}, measured {measured:.2f}")
    assert np.isclose(promised, measured, rtol=0, atol=1e-12)

# Every entry of x, W and b, with four examples. This function nudges very precisely; lesson 01 opens it.
rng = np.random.default_rng(0)
four, dy4 = [rng.standard_normal(shape) for shape in ((4, 2), (2, 3), (3,))], rng.standard_normal((4, 3))
for place, gradient in enumerate(affine_backward_loops(dy4, *four[:2])):
    nudges = complex_step_gradient(affine, four, place, dy4)
    assert gradient.shape == four[place].shape and np.allclose(gradient, nudges, rtol=0, atol=1e-12)
# A trap: in a square layer (D = K), dy Wᵀ and dy W both run, and both have the right shape. Only a nudge can tell.
square, up = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, -1.0]])
nudges = complex_step_gradient(lambda x: x @ square, [x], 0, up)
print("dy Wᵀ =", up @ square.T, "  dy W =", up @ square, "  by nudging:", nudges)
assert np.allclose(nudges, up @ square.T) and not np.allclose(nudges, up @ square)

# %% [markdown]
# ## An experiment: the table that nobody builds
#
# The derivative of every number out with respect to every number in: these form a table, the **Jacobian** $J$ of the
# layer, with a row for each number out and a column for each number in. For $y = xW + b$ and one example it is
# $W^\mathsf{T}$, and what we computed is $dx = dy\, J$. So, why not write down $J$ for every layer, and multiply?
#
# Take the first layer of the article: a picture of 28 × 28 numbers becomes 32 pictures of 26 × 26. (Lesson 02 says how.
# For now it is a function from many numbers to many.) A number takes 8 bytes.

# %%
guessed = guess("How many megabytes does the Jacobian of that layer take?", "MB")
image, kernel = rng.random((1, 28, 28, 1)), rng.standard_normal((3, 3, 1, 32))
maps = conv2d(image, kernel)
dmaps = rng.standard_normal(maps.shape)
dimage, _, _ = conv2d_backward(dmaps, image, kernel)
megabytes = 8e-6 * maps.size * image.size
print(f"numbers in: {image.size}; numbers out: {maps.size}; Jacobian: {megabytes:.0f} MB")
assert maps.shape == (1, 26, 26, 32) and round(megabytes) == 136

nudged = image.copy()
nudged[0, 12, 9, 0] += 0.01  # one pixel
moved = conv2d(nudged, kernel) - maps
promised, measured = 0.01 * dimage[0, 12, 9, 0], np.sum(dmaps * moved)
print(f"outputs moved: {np.count_nonzero(moved)}; loss promised {promised:.6f}, measured {measured:.6f}")
assert np.allclose(np.sort(moved[moved != 0]), 0.01 * np.sort(kernel.ravel())) and np.isclose(promised, measured)

# %% [markdown]
# 136 MB, for *one* picture and *one* layer. Yet `conv2d_backward` kept its promise and never built $J$. It knows what
# is in it: a pixel reaches 288 of the 21,632 outputs, and through the same 288 numbers as every other inner pixel.
#
# This is the craft of these lessons: for each layer, find the function that turns $dy$ into $dy\, J$ without building
# $J$. It is called the **vector-Jacobian product**; we call it `..._backward`. A network's backward pass is these
# functions in reverse order: each hands its $dx$ to the layer below, which takes it as its $dy$.


# %%
@styled
def picture():
    figure, (left, right) = subplots(1, 2, height=3.7)
    middle = {"ha": "center", "va": "center", "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1.5}}
    circle = {"boxstyle": "circle,pad=0.5", "facecolor": "white", "edgecolor": "0.3"}
    for k, height in enumerate((3.0, 1.5, 0.0)):
        left.plot((0, 1), (0.9, height), color="0.85", lw=1.2)
        left.plot((0, 1, 2), (2.6, height, 1.5), color=BLUE)
        left.text(0.4, 1.56 + 0.4 * height, f"× {W[0, k]:g}", color=BLUE, **middle)
        left.text(1.45, 0.68 + 0.55 * height, f"× {dy[0, k]:g}".replace("-", "−"), color=VERMILLION, **middle)
    names, places = ("$x_0$", "$x_1$", "$y_0$", "$y_1$", "$y_2$", "loss"), (2.6, 0.9, 3.0, 1.5, 0.0, 1.5)
    for name, column, height, value in zip(names, (0, 0, 1, 1, 1, 2), places, [*x[0], *y[0], "L"], strict=True):
        left.text(column, height, str(value).removesuffix(".0"), size=12, **middle | {"bbox": circle})
        left.text(column, height + 0.5, name, **middle)
    left.text(1, -0.75, "$dx_0$ = 1·1 + 0·(−1) + 2·2 = 5", color=BLUE, ha="center", size=11)
    left.text(1, -1.15, "$dx_1$ = 3·1 + 1·(−1) + (−1)·2 = 0", color="0.5", ha="center")
    left.set(xlim=(-0.3, 2.3), ylim=(-1.3, 3.8))
    left.set_title("$x_0$ reaches the loss by three paths:\nmultiply along each path, add the paths")
    left.axis("off")
    megabytes = 8e-6 * np.array([image.size, dimage.size, dmaps.size, maps.size * image.size])
    names = "picture x", "its gradient dx", "what came in, dy", "Jacobian J"
    bars = right.barh(names, megabytes, color=[BLUE, BLUE, BLUE, "0.6"])
    right.bar_label(bars, fmt=lambda MB: f"{MB:.0f} MB" if MB > 1 else f"{1000 * MB:.0f} kB", padding=3)
    right.set(xscale="log", xlim=(1e-3, 3e3), ylim=(3.6, -0.6), xlabel="megabytes for one picture (logarithmic)")
    right.set_title("Backward through a convolution: dy becomes\ndx = dy J, and J is never built")
    mark_guess(right, guessed, axis="x")
    return figure


save_figure(picture(), "00_one_number")

# %% [markdown]
# ## Exercises
#
# `mmdl check --new 0` writes a file to complete, `mmdl check 00_one_number.py` looks at it.
#
# - `affine`, and `affine_backward`, all three gradients at once;
# - `affine_db`, `affine_dW`, `affine_dx`: each has the shape of what it is the gradient for. Which axis is summed?
#
# ## What you now know
#
# - A gradient is always that of the loss; $dx$ has the shape of $x$ and says how many times as much the loss grows.
# - Along a path, multiply; where paths fork, add. What is copied forward is summed backward.
# - $dx = dy\, W^\mathsf{T}$, $dW = x^\mathsf{T} dy$, $db = \sum dy$. Shapes can mislead; a nudge cannot.
# - A backward pass computes $dy\, J$ without $J$, from nothing but $dy$ and what the forward pass used.
#
# ## Where this comes from
#
# - Rumelhart, Hinton, Williams, [*Learning representations by back-propagating
#   errors*](https://doi.org/10.1038/323533a0), 1986: four pages that made the whole field compute gradients this way.
# - Goodfellow, Bengio, Courville, [*Deep learning*](https://www.deeplearningbook.org), 2016, section 6.5: the same rule
#   for graphs of any shape, and how to order the sums.
# - Baydin, Pearlmutter, Radul, Siskind, [*Automatic differentiation in machine learning: a
#   survey*](https://arxiv.org/abs/1502.05767), 2018, section 3.2: what a program does that derives backward passes by
#   itself, as ours are derived by hand.
