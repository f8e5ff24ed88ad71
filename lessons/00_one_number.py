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
# A neural network is one long calculation. It starts with numbers that we are given (a picture) and numbers that
# we may choose (the parameters), and it ends with a single number, the **loss** $L$: how wrong the answer was.
#
# Training asks every number in between the same question: *if you were a little larger, by how much would
# the loss grow, for each bit of you?* The answer is that number's **gradient**.
#
# So it is always the gradient *of the loss*, and its name only has to say *with respect to what*: $dx$ stands
# for $\partial L / \partial x$. One answer for each number: **$dx$ always has the shape of $x$**.

# %%
import numpy as np

from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.plots.lesson import guess, mark_guess, save_figure
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# $$y = x W + b$$
#
# This is the layer from which everything else is built. We say its shapes as sentences:
#
# - $x$ is $(N, D)$: a **batch** of $N$ examples, one in each row, with $D$ numbers each;
# - $W$ is $(D, K)$: a weight for each pair of one number in and one number out;
# - $b$ is $(K)$: something to add to each number out, the same for all examples;
# - $y$ is $(N, K)$: $N$ rows again, now with $K$ numbers each.
#
# Many texts, and the article that this library follows, write $Wx$ and mean a column $x$. A batch is easier to
# stack in rows, so we write $xW$. Our $W$ is their $W$ transposed: rows and columns exchanged.
#
# ## Loops
#
# Every number in meets every number out, once, in a product:


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
# - $y_0 = 1 \cdot 1 + 2 \cdot 3 + 0 = 7$
# - $y_1 = 1 \cdot 0 + 2 \cdot 1 + 1 = 3$
# - $y_2 = 1 \cdot 2 + 2 \cdot (-1) + 0 = 0$

# %%
x = np.array([[1.0, 2.0]])
W = np.array([[1.0, 0.0, 2.0], [3.0, 1.0, -1.0]])
b = np.array([0.0, 1.0, 0.0])
y = affine_loops(x, W, b)
print("y =", y)
assert np.array_equal(y, [[7, 3, 0]])

# %% [markdown]
# ## The op
#
# The sum over $d$ of $x_{nd} W_{dk}$ is what a matrix product computes: row times column. With `@` the three
# loops become one line. The library's op, `mmdl.ops.dense.affine`, says the same.

# %%
assert np.array_equal(x @ W + b, y)
assert np.array_equal(affine(x, W, b), y)

# %% [markdown]
# ## Backward: what comes in
#
# Our layer does not know the loss; other layers stand between. It needs to know only one thing: for each of
# *its* outputs, the gradient $dy$, which has the shape of $y$. The layer above hands it down. Say it is
#
# $$dy = (1, -1, 2).$$
#
# Read: if $y_0$ grows a little, the loss grows as much; if $y_1$ grows, the loss *falls* as much; if $y_2$ grows, the
# loss grows twice as much. For small moves the loss therefore moves like the sum
# $\langle dy, y \rangle = \sum_{n,k} dy_{nk}\, y_{nk}$, and this sum is all that we have to differentiate.

# %%
dy = np.array([[1.0, -1.0, 2.0]])


def loss(x, W, b):
    return np.sum(dy * (x @ W + b))


# %% [markdown]
# ## Backward: what goes out
#
# How does the number $x_0$ reach the loss? By three paths, one through each output. Two rules suffice, here and
# for every network in this book:
#
# 1. **Along a path, multiply.** If $y_2$ moves 2 for each bit of $x_0$, and the loss moves 2 for each bit of
#    $y_2$, the loss moves $2 \cdot 2$. (This is the chain rule.)
# 2. **Where a number forks into several paths, add up what comes back.**
#
# $$dx_0 = \underbrace{1 \cdot 1}_{\text{through } y_0} + \underbrace{0 \cdot (-1)}_{\text{through } y_1}
#   + \underbrace{2 \cdot 2}_{\text{through } y_2} = 5$$
#
# The forward pass contains one kind of line, `y += x * W`. In it, $x$ counts $W$ times, and $W$ counts $x$
# times. So the backward pass walks through the very same loops, and adds:


# %%
def affine_backward_loops(dy, x, W):
    N, D, K = *x.shape, W.shape[1]
    dx, dW, db = np.zeros((N, D)), np.zeros((D, K)), np.zeros(K)
    for n in range(N):
        for k in range(K):
            db[k] += dy[n, k]  #                 y[n, k] = b[k]
            for d in range(D):
                dx[n, d] += dy[n, k] * W[d, k]  #    y[n, k] += x[n, d] * W[d, k]
                dW[d, k] += dy[n, k] * x[n, d]
    return dx, dW, db


dx, dW, db = affine_backward_loops(dy, x, W)
print("dx =", dx, " db =", db)
print("dW =", dW.tolist())
assert np.array_equal(dx, [[5, 0]])
assert np.array_equal(dW, [[1, -1, 2], [2, -2, 4]])
assert np.array_equal(db, [1, -1, 2])

# %% [markdown]
# Now read off which index each loop sums over:
#
# - $dx_{nd} = \sum_k dy_{nk} W_{dk}$: over the outputs $k$, because $x_{nd}$ forks to all of them;
# - $dW_{dk} = \sum_n x_{nd}\, dy_{nk}$: over the examples $n$, because all of them use the same $W$;
# - $db_k = \sum_n dy_{nk}$: over the examples $n$. Forward, $b$ is *copied* to every row (NumPy calls it
#   broadcasting). A copy is a fork: **whatever is copied forward is summed backward.**
#
# A matrix product sums over the last index of the left and the first of the right. Where the index stands elsewhere, a
# transpose ($^\mathsf{T}$, `.T`) brings it there:

# %%
dx = dy @ W.T  # dx = dy Wᵀ            (N, K) (K, D) -> (N, D)
dW = x.T @ dy  # dW = xᵀ dy            (D, N) (N, K) -> (D, K)
db = dy.sum(axis=0)  # db = Σₙ dyₙ           (N, K)        -> (K)
for ours, loops, op in zip(
    (dx, dW, db), affine_backward_loops(dy, x, W), affine_backward(dy, x, W), strict=True
):
    assert np.array_equal(ours, loops) and np.array_equal(ours, op)

# %% [markdown]
# ## Checked
#
# A gradient is a promise about small moves, so move. We nudge $x_0$ by 0.01. The promise: the loss grows by
# $0.01 \cdot dx_0 = 0.05$. And $dx_1 = 0$ promises that nudging $x_1$ changes nothing: its three paths cancel.

# %%
for d in (0, 1):
    nudged = x.copy()
    nudged[0, d] += 0.01
    change = loss(nudged, W, b) - loss(x, W, b)
    print(f"x{d} + 0.01: promised {0.01 * dx[0, d]:.4f}, measured {change:.4f}")
    assert np.isclose(change, 0.01 * dx[0, d], rtol=0, atol=1e-12)

# %% [markdown]
# The same for every entry of $x$, $W$ and $b$ at once, with a batch of 4 examples and random numbers.
# `complex_step_gradient` is a machine that nudges one entry after the other, very precisely; lesson 01 opens it.

# %%
rng = np.random.default_rng(0)
arguments = [rng.standard_normal(shape) for shape in ((4, 2), (2, 3), (3,))]
upstream = rng.standard_normal((4, 3))
for place, gradient in enumerate(affine_backward_loops(upstream, *arguments[:2])):
    nudges = complex_step_gradient(lambda x, W, b: x @ W + b, arguments, place, upstream)
    assert gradient.shape == arguments[place].shape
    assert np.allclose(gradient, nudges, rtol=0, atol=1e-12)

# %% [markdown]
# **A fork between layers** follows rule 2 as well. Let $x$ feed two layers, and let the loss see both results. Each layer
# sends back its own $dx$, and the gradient of $x$ is their sum.

# %%
V, dz = np.array([[2.0], [-1.0]]), np.array([[3.0]])  # a second layer, z = x V
both = dy @ W.T + dz @ V.T
print("dx through y:", dy @ W.T, " through z:", dz @ V.T, " together:", both)
fork = complex_step_gradient(lambda x: (x @ W + b, x @ V), [x], 0, (dy, dz))
assert np.allclose(both, fork, rtol=0, atol=1e-12)

# %% [markdown]
# ## A trap
#
# "There is only one way for the dimensions to work" is a popular way to find the transposes. It fails where it hurts:
# in a *square* layer ($D = K$) both `dy @ W.T` and `dy @ W` run, and both have the right shape.

# %%
square, up = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, -1.0]])
right, wrong = up @ square.T, up @ square
nudges = complex_step_gradient(lambda x: x @ square, [x], 0, up)
print("dy Wᵀ =", right, "  dy W =", wrong, "  by nudging:", nudges)
assert right.shape == wrong.shape == x.shape
assert np.allclose(nudges, right) and not np.allclose(nudges, wrong)

# %% [markdown]
# ## An experiment: the table that nobody builds
#
# All the derivatives $\partial y_k / \partial x_d$ of a layer, for every number out and every number in, form a table
# with $K$ rows and $D$ columns: its **Jacobian** $J$. (For $y = xW + b$ it is $J = W^\mathsf{T}$.) What we have
# computed is $dx = dy\, J$: a vector times the Jacobian. Textbooks stop here. What would it cost?
#
# Take the first layer of the article: a picture of 28 × 28 pixels becomes 32 pictures of 26 × 26
# (lesson 02 explains how; for now it is a function from many numbers to many). A number takes 8 bytes.

# %%
guessed = guess("How many megabytes would the Jacobian of that layer take?")

picture = rng.random((1, 28, 28, 1))
kernel = rng.standard_normal((3, 3, 1, 32))
y = conv2d(picture, kernel)
dy = rng.standard_normal(y.shape)
dpicture, _, _ = conv2d_backward(dy, picture, kernel)

jacobian_bytes = 8 * y.size * picture.size
print(f"numbers in {picture.size}, numbers out {y.size}, Jacobian {jacobian_bytes / 1e6:.0f} MB")
assert y.shape == (1, 26, 26, 32) and round(jacobian_bytes / 1e6) == 136

# %% [markdown]
# 136 MB, for *one* picture and the *first* layer. Yet the backward pass reads one vector, $dy$, and
# writes one, $dx$. It never builds $J$, because it knows what $J$ is made of: each pixel reaches only 288 of the
# 21,632 outputs, and always through the same 288 weights. So is the answer right? Nudge one pixel.

# %%
nudged = picture.copy()
nudged[0, 12, 9, 0] += 0.01
moved = conv2d(nudged, kernel) - y
print("outputs that a nudged pixel moves:", np.count_nonzero(moved))
print(f"promised {0.01 * dpicture[0, 12, 9, 0]:.6f}, measured {np.sum(dy * moved):.6f}")
assert np.count_nonzero(moved) == kernel.size == 288
assert np.isclose(np.sum(dy * moved), 0.01 * dpicture[0, 12, 9, 0], rtol=1e-9)

# %% [markdown]
# That is the whole craft of this book: for each layer find the function $dy \mapsto dy\, J$, and never $J$.
# It is called the **vector-Jacobian product**; we write it `..._backward`. A network's backward pass is these
# functions called in reverse order, each handing its $dx$ to the one below as $dy$.
