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
# # 07 Recurrence
#
# **Question.** How far back does a gradient reach?
#
# Needs: lessons 00, 01; about 2 s.
#
# "Dog bites man" is not "man bites dog". A **recurrent network** reads one input after the other and keeps a few
# numbers in mind, its **state**; each new state is made from the input and the state before. So the last state
# depends on the first word, through all states between. Training must find its way back along the same chain. Does it
# arrive?

# %%
import numpy as np
from matplotlib.cbook import get_sample_data
from PIL import Image

import mmdl.ops.rnn as op
from mmdl.plots import guess, mark_guess, save_figure, subplots
from mmdl.plots.style import LINES, styled
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# $$h_t = f(x_t W + h_{t-1} U + b), \qquad t = 1, \dots, T$$
#
# - $x_t$ is $(D)$: the input at time $t$, $D$ numbers; there are $T$ of them, so $x$ is $(T, D)$;
# - $h_t$ is $(H)$: the state after $t$ inputs, $H$ numbers (**hidden units**); $h_0$ is all zeros;
# - $W$ is $(D, H)$ and $b$ is $(H)$: an affine layer from input to state, as in lesson 00;
# - $U$ is $(H, H)$: what the old state adds to each number of the new one;
# - $f$ works on each number by itself. Usual is $\tanh$, which squeezes every number to between −1 and 1.
#
# $W$, $U$ and $b$ have no $t$: the same numbers serve at every step, however long the sequence is. (The article's
# equation (2) has columns and so writes $W x_t$.)
#
# ## Loops
#
# There is one state more than there are inputs: the input `x[t]` leads from `h[t]` to `h[t + 1]`.


# %%
def rnn_loops(x, W, U, b, f):
    (T, D), H = x.shape, len(U)
    h = np.zeros((T + 1, H))
    for t in range(T):
        for j in range(H):
            from_input = sum(x[t, d] * W[d, j] for d in range(D))
            from_state = sum(h[t, i] * U[i, j] for i in range(H))
            h[t + 1, j] = f(from_input + from_state + b[j])
    return h


# %% [markdown]
# ## By hand
#
# Three inputs of one number, a state of two, and for once no squeezing: $f(a) = a$. The input is added to the first
# number of the state. $U$ moves the first number to the second place, and half of the second to the first:
#
# - $h_1 = 1 \cdot (1, 0) = (1, 0)$
# - $h_2 = 2 \cdot (1, 0) + (0, 1) = (2, 1)$
# - $h_3 = 0 \cdot (1, 0) + (\tfrac12, 2) = (\tfrac12, 2)$


# %%
x = np.array([[1.0], [2.0], [0.0]])
W, U, b = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0], [0.5, 0.0]]), np.zeros(2)
h = rnn_loops(x, W, U, b, f=np.positive)  # np.positive(a) is a
print("states:", h.tolist())
assert np.array_equal(h, [[0, 0], [1, 0], [2, 1], [0.5, 2]])
assert not np.array_equal(rnn_loops(x[::-1], W, U, b, f=np.positive)[-1], h[-1])  # another order, another state
hand = x[None], W, U, h[None]  # as a batch of one, for later

# %% [markdown]
# ## The op
#
# A batch of $N$ sequences goes side by side: $x$ is $(N, T, D)$ and $h$ is $(N, T + 1, H)$. The loops over examples
# and units become matrix products. The loop over time stays: each state has to wait for the one before.


# %%
def rnn(x, W, U, b, f=np.tanh):
    h = np.zeros((len(x), x.shape[1] + 1, len(U)), np.result_type(x, W, U, b))
    for t in range(x.shape[1]):
        h[:, t + 1] = f(x[:, t] @ W + h[:, t] @ U + b)
    return h


rng = np.random.default_rng(7)
N, T, D, H = 2, 5, 3, 4
x, W, U, b = (rng.standard_normal(shape) for shape in ((N, T, D), (D, H), (H, H), (H,)))
h = rnn(x, W, U, b)
for n in range(N):
    assert np.allclose(h[n], rnn_loops(x[n], W, U, b, np.tanh), rtol=0, atol=1e-12)
assert np.allclose(h, op.rnn(x, W, U, b), rtol=0, atol=1e-12)

# %% [markdown]
# ## Backward
#
# Write $a_t = x_t W + h_{t-1} U + b$, so that $h_t = f(a_t)$. From above comes $dh_t$: how much the loss changes with
# $h_t$ *directly*. (If the loss looks only at the last state, all others are zero.) But $h_t$ has a second reader,
# the next state. A fork, and lesson 00 says: add what comes back. Let $\delta_t$ be all that arrives at $h_t$, and
# walk from $t = T$ down to 1:
#
# 1. every $\delta_t$ starts as $dh_t$, and $\delta_T$ stays so: there is no next state;
# 2. $da_t = f'(a_t) \circ \delta_t$, where $\circ$ multiplies number by number. For $\tanh$, $f'(a_t) = 1 - h_t^2$:
#    the state itself is enough;
# 3. $a_t$ is affine in $x_t$, so, as in lesson 00, $dx_t = da_t W^\mathsf{T}$;
# 4. $W$, $U$ and $b$ are used at every step. That is a fork into $T$ paths: $dW = \sum_t x_t^\mathsf{T} da_t$,
#    $dU = \sum_t h_{t-1}^\mathsf{T} da_t$, and $db$ is the sum of $da_t$ over steps and examples;
# 5. $\delta_{t-1} = dh_{t-1} + da_t U^\mathsf{T}$: from above, plus from the next state.
#
# This is called **backpropagation through time**.


# %%
def tanh_slope(h):
    return 1 - h * h


def rnn_backward(dh, x, W, U, h, slope=tanh_slope):
    dx, dW, dU, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U), np.zeros(len(U))
    delta = dh.copy()  #                                  1.  δ = dh, to begin with
    for t in reversed(range(x.shape[1])):  #              h[:, t + 1] = f(x[:, t] @ W + h[:, t] @ U + b)
        da = slope(h[:, t + 1]) * delta[:, t + 1]  #      2.  da = f′(a) ∘ δ
        dx[:, t] = da @ W.T  #                            3.  dx = da Wᵀ
        dW += x[:, t].T @ da  #                           4.  dW = Σ xᵀ da
        dU += h[:, t].T @ da  #                               dU = Σ hᵀ da, with the state before
        db += da.sum(axis=0)  #                               db = Σ da
        delta[:, t] += da @ U.T  #                        5.  δ of the state before: dh + da Uᵀ
    return dx, dW, dU, db, delta


# %% [markdown]
# ## Checked
#
# By hand first. In our three-step example, let the loss be the first number of $h_3$, so $dh_3 = (1, 0)$. It was half
# of the second number of $h_2$, which was the first of $h_1$, which was $x_1$: so $dx_1 = \frac12$. $x_2$ went to the
# wrong place ($dx_2 = 0$), $x_3$ was added directly ($dx_3 = 1$). Then with random numbers and a gradient at every
# state, against complex steps (lesson 01) and the library's op.

# %%
dh = np.array([[[0.0, 0], [0, 0], [0, 0], [1, 0]]])
dx, *_ = rnn_backward(dh, *hand, slope=np.ones_like)  # f(a) = a has slope 1 everywhere
print("dx:", dx.ravel())
assert np.array_equal(dx.ravel(), [0.5, 0, 1])

dh = rng.standard_normal((N, T + 1, H))
*gradients, delta = rnn_backward(dh, x, W, U, h)
*by_op, dh0 = op.rnn_backward(dh, x, W, U, h)
for place in range(4):
    nudges = complex_step_gradient(rnn, [x, W, U, b], place, dh)
    assert np.allclose(gradients[place], nudges, rtol=0, atol=1e-12)
    assert np.allclose(gradients[place], by_op[place], rtol=0, atol=1e-12)
assert np.allclose(delta[:, 0], dh0, rtol=0, atol=1e-12)

# %% [markdown]
# **A trap.** Forget line 5 and the program still runs. Each state then hears only the loss above it, never what came
# of it later. The last step is right, all others are wrong: in a backward pass, mistakes grow towards the beginning.

# %%
forgotten = (tanh_slope(h[:, 1:]) * dh[:, 1:]) @ W.T
wrong_by = np.abs(forgotten - gradients[0]).max(axis=(0, 2))
print("error of dx without line 5, by step:", np.round(wrong_by, 2))
assert wrong_by[-1] < 1e-12 and (wrong_by[:-1] > 1e-3).all()

# %% [markdown]
# ## An experiment: sixty rows of a photograph
#
# Let a network of 64 units read a photograph from top to bottom, row by row. We cut it into 320 strips of 60 rows, 16
# pixels wide. At the last row, the loss asks for something: $\delta_{60}$ is a random direction of length 1. (The
# **length** of a vector, $\|\delta\|$, is the root of the sum of its squares.) How long is $\delta_1$, 59 steps back?
#
# It matters because $dW$ is a sum over the steps. If $\delta_1$ is a millionth of $\delta_{60}$, so is the first
# row's share of $dW$, and the network learns as if that row did not exist. If $\delta_1$ is a million times longer, a
# step along the gradient throws the parameters far away.
#
# For $U$ we take a number $\rho$ times a random rotation (perhaps with a mirror), which `np.linalg.qr` makes from any
# square matrix. A rotation changes no length, so $U$ multiplies each length by exactly $\rho$.

# %%
guessed = guess(
    "With ρ = 1.2, U alone would make the gradient 1.2⁵⁹ = 47,000 times as long.\n"
    "With tanh in between: how long is it 59 steps back? (You may type 1e3 or 1e-3.)"
)

with get_sample_data("grace_hopper.jpg") as file:  # matplotlib brings this photograph along
    photograph = np.asarray(Image.open(file).convert("L"), float)  # grey, (600, 512)
strips = photograph.reshape(10, 60, 32, 16).transpose(0, 2, 1, 3).reshape(320, 60, 16)
strips -= strips.mean(axis=(1, 2), keepdims=True)
strips /= strips.std(axis=(1, 2), keepdims=True)  # every strip with the same brightness and contrast

rotation, _ = np.linalg.qr(rng.standard_normal((64, 64)))
W, b = rng.uniform(-1, 1, (16, 64)) * np.sqrt(6 / (16 + 64)), np.zeros(64)
dh = np.zeros((320, 61, 64))
dh[:, -1] = rng.standard_normal((320, 64))
dh /= np.linalg.norm(dh[:, -1:], axis=2, keepdims=True)


def lengths_back(dh, U, h, slope):
    """Lengths of δ, from the last state back to the one after the first input; the median of the strips."""
    *_, delta = rnn_backward(dh, strips, W, U, h, slope)
    return np.median(np.linalg.norm(delta, axis=2), axis=0)[:0:-1]


linear, squeezed = {}, {}
print("59 steps back:  ρ    f = a     tanh   a step multiplies by   typical slope   ρ · slope")
for rho in (0.8, 1.0, 1.2, 2.0):
    h = rnn(strips, W, rho * rotation, b)
    linear[rho] = lengths_back(dh, rho * rotation, h, np.ones_like)
    squeezed[rho] = lengths_back(dh, rho * rotation, h, tanh_slope)
    factor, slope = squeezed[rho][59] ** (1 / 59), np.sqrt(np.mean(tanh_slope(h[:, 1:]) ** 2))
    print(f"{rho:18.1f} {linear[rho][59]:8.0e} {squeezed[rho][59]:8.0e}", end="")
    print(f"{factor:17.2f} {slope:17.2f} {rho * slope:13.2f}")
    assert np.isclose(linear[rho][59], rho**59, rtol=1e-9) and abs(factor - rho * slope) < 0.06
assert squeezed[0.8][59] < 1e-9 and squeezed[1.0][59] < 1e-4 and squeezed[1.2][59] < 0.05 < 10 < squeezed[2.0][59]

# %% [markdown]
# Without $\tanh$ the gradient obeys $\rho^{59}$: only $\rho = 1$ keeps it. With $\tanh$ even $\rho = 1.2$, which
# alone would lengthen it by a fifth at each step, **fades**. Line 2 is to blame: it multiplies by $1 - h^2$, which is
# 1 for a unit at $h = 0$, and less for every unit that has anything to say. So a step multiplies by about $\rho$
# *times a typical slope* (the root of the mean of all squared slopes). The last two columns show how good this rule
# of thumb is.
#
# And an untidy $U$, with random numbers in it? It stretches some directions and shrinks others. Two numbers describe
# it: the most that *one* step can stretch anything (its largest **singular value**), and what a step multiplies by in
# the long run (its **spectral radius**, the largest size of an eigenvalue; for a rotation times $\rho$, both are
# $\rho$). We make one with radius 0.8, and start in the very direction that it stretches most.

# %%
untidy = rng.standard_normal((64, 64))
untidy *= 0.8 / np.abs(np.linalg.eigvals(untidy)).max()
directions, stretch, _ = np.linalg.svd(untidy.T)  # a step back is δ Uᵀ; the first direction is stretched most
dh[:, -1] = directions[:, 0]
favourite = lengths_back(dh, untidy, h, np.ones_like)
print(f"largest stretch {stretch[0]:.2f}, radius 0.80: after 1 step {favourite[1]:.2f}, after 59 {favourite[59]:.0e}")
assert np.isclose(favourite[1], stretch[0]) and stretch[0] > 1.2 and favourite[59] < 1e-4

# %% [markdown]
# It grows for one step, then fades like the others: in the long run **the radius decides, not the largest stretch.**


# %%
@styled
def picture():
    figure, (left, right) = subplots(1, 2, height=3.9)
    left.set_title("f(a) = a, U = ρ × a rotation: only ρ = 1 keeps it")
    right.set_title("f = tanh, the same U: even ρ = 1.2 fades")
    for ax, curves, radii in (left, linear, (0.8, 1.0, 1.2)), (right, squeezed, (0.8, 1.0, 1.2, 2.0)):
        for rho, colour in zip(radii, LINES, strict=False):
            ax.plot(curves[rho], color=colour)
            ax.text(60, curves[rho][59], f"ρ = {rho}", color=colour, va="center")
        ax.hlines(1, 0, 59, color="0.7", linewidth=1, zorder=0)
        ax.set(yscale="log", ylim=(1e-12, 1e6), xlim=(0, 72), xticks=range(0, 60, 10), xlabel="rows back from the last")
    left.plot(favourite, color=LINES[0], linestyle="--")
    words = f"U of random numbers, ρ = 0.8,\nalong what one step stretches by {stretch[0]:.1f}"
    line = {"arrowstyle": "-", "color": LINES[0]}
    left.annotate(words, (30, favourite[30]), (3, 1e-9), color=LINES[0], arrowprops=line)
    left.set_ylabel("length of the gradient of the state")
    mark_guess(right, guessed)
    figure.suptitle("A network reads a photograph row by row: its gradient fades or explodes")
    return figure


save_figure(picture(), "07_recurrence")

# %% [markdown]
# What helps? Against gradients that grow, a ruler: one longer than some limit is shortened to it (**clipping**;
# `fit(..., clip=1.0)` in this library). Against gradients that fade nothing so cheap helps: what has drowned cannot
# be scaled up again. Lesson 08 changes the network instead.
#
# ## Exercises
#
# `mmdl check lessons/exercises/07_recurrence.py`
#
# - `rnn_step`: the next state from an input and the state before.
# - `rnn`: all states, the initial one first.
# - `rnn_backward`: back through time; $\delta_0$, the gradient of the initial state, is its last result. Mind line 5.
#
# ## What you now know
#
# - A recurrent network is one layer used $T$ times; its state is all that it knows of the past.
# - Backward, a state's gradient comes from above *and* from the next state; a parameter's is a sum over steps.
# - Each step back multiplies by $U^\mathsf{T}$ and by the slope of $f$. Such a product fades or explodes, and hardly
#   ever stays the same.
# - With $\tanh$ it fades even where $U$ alone would grow: what is dozens of steps ago is hardly learned from.
