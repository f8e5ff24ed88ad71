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
# numbers in mind, its **state**: each new state is made from the input and the state before. So the last state depends
# on the first word through all the states between, and the gradient has to come back the same long way. Does it arrive?

# %%
import numpy as np

from mmdl import ops as op
from mmdl.plots import guess, save_figure
from mmdl.plots.lessons.lesson_07_recurrence import draw
from mmdl.plots.lessons.photograph import photograph
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
# Python counts from 0: `x[t]` leads from the state `h[t]` to `h[t + 1]`. There is one state more than there are inputs.


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
# Three inputs of one number (1, 2, 0), a state of two, and no squeezing: $f(a) = a$. The input is added to the first
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
def rnn(x, W, U, b):
    h = np.zeros((len(x), x.shape[1] + 1, len(U)), np.result_type(x, W, U, b))
    for t in range(x.shape[1]):
        h[:, t + 1] = np.tanh(x[:, t] @ W + h[:, t] @ U + b)
    return h


rng = np.random.default_rng(7)
N, T, D, H = 2, 5, 3, 4
x, W, U, b = (rng.standard_normal(shape) for shape in ((N, T, D), (D, H), (H, H), (H,)))
h = rnn(x, W, U, b)
assert np.allclose(h, [rnn_loops(one, W, U, b, np.tanh) for one in x], rtol=0, atol=1e-12)
assert np.allclose(h, op.rnn(x, W, U, b), rtol=0, atol=1e-12)

# %% [markdown]
# ## Backward
#
# Write $a_t = x_t W + h_{t-1} U + b$, so that $h_t = f(a_t)$. From above comes $dh_t$: how much the loss changes with
# $h_t$ *directly*. (If the loss looks only at the last state, all others are zero.) But $h_t$ has a second reader,
# the next state. That is a fork, and lesson 00 says: add what comes back. Let $\delta_t$ be the sum, all that arrives
# at $h_t$. The last state has no next one, so $\delta_T = dh_T$. From there we walk back, $t = T, \dots, 1$:
#
# 1. through $f$: $da_t = f'(a_t) \circ \delta_t$ ($\circ$: number by number). For $\tanh$, $f'(a_t) = 1 - h_t^2$;
# 2. $a_t$ is affine in $x_t$, so, as in lesson 00, $dx_t = da_t W^\mathsf{T}$;
# 3. $W$, $U$ and $b$ are used at every step. That is a fork into $T$ paths: $dW = \sum_t x_t^\mathsf{T} da_t$,
#    $dU = \sum_t h_{t-1}^\mathsf{T} da_t$, and $db$ is the sum of $da_t$ over steps and examples;
# 4. $a_t$ is affine in $h_{t-1}$, too: $\delta_{t-1} = dh_{t-1} + da_t U^\mathsf{T}$.
#
# This is called **backpropagation through time**. In the program $h_t$ is `h[:, t + 1]`; `slopes` are the $f'(a_t)$:


# %%
def rnn_backward(dh, x, W, U, h, slopes):
    dx, dW, dU, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U), np.zeros(len(U))
    delta = dh.copy()  #                                  what comes from above; line 4 adds the rest
    for t in reversed(range(x.shape[1])):
        da = slopes[:, t] * delta[:, t + 1]  #            1.  da = f′(a) ∘ δ
        dx[:, t] = da @ W.T  #                            2.  dx = da Wᵀ
        dW += x[:, t].T @ da  #                           3.  dW = Σ xᵀ da
        dU += h[:, t].T @ da  #                               dU = Σ hᵀ da, with the state before
        db += da.sum(axis=0)  #                               db = Σ da
        delta[:, t] += da @ U.T  #                        4.  δ of the state before: dh + da Uᵀ
    return dx, dW, dU, db, delta


# %% [markdown]
# ## Checked
#
# By hand first. In our three-step example, let the loss be the first number of $h_3$, so $dh_3 = (1, 0)$. It was half
# of the second number of $h_2$, which was the first of $h_1$, which was $x_1$: so $dx_1 = \frac12$. $x_2$ went to the
# wrong place ($dx_2 = 0$), $x_3$ was added directly ($dx_3 = 1$). Then random numbers and a gradient at every state.
#
# **A trap.** Forget line 4 and the program still runs. Each state then hears only the loss above it, never what came
# of it later. The last step is right, all others are wrong.

# %%
dh = np.array([[[0.0, 0], [0, 0], [0, 0], [1, 0]]])
dx, *_ = rnn_backward(dh, *hand, slopes=np.ones((1, 3, 2)))  # f(a) = a has slope 1 everywhere
print("dx:", dx.ravel())
assert np.array_equal(dx.ravel(), [0.5, 0, 1])

dh, slopes = rng.standard_normal((N, T + 1, H)), 1 - h[:, 1:] ** 2
*gradients, delta = rnn_backward(dh, x, W, U, h, slopes)
*by_op, dh0 = op.rnn_backward(dh, x, W, U, h)
for place in range(4):
    nudges = complex_step_gradient(rnn, [x, W, U, b], place, dh)
    assert np.allclose(gradients[place], nudges, rtol=0, atol=1e-12)
    assert np.allclose(gradients[place], by_op[place], rtol=0, atol=1e-12)
assert np.allclose(delta[:, 0], dh0, rtol=0, atol=1e-12)

forgotten = (slopes * dh[:, 1:]) @ W.T
wrong_by = np.abs(forgotten - gradients[0]).max(axis=(0, 2))
print("error of dx without line 4, by step:", np.round(wrong_by, 2))
assert wrong_by[-1] < 1e-12 and (wrong_by[:-1] > 1e-3).all()

# %% [markdown]
# ## An experiment: sixty rows of a photograph
#
# Let a network of 64 units read a photograph row by row: 320 strips of 60 rows, 16 pixels wide, each with mean 0 and
# standard deviation 1. Nothing is trained. At the last state we put a random gradient of length 1, $\delta_{60}$, and
# walk back. (The **length** $\|\delta\|$ is the root of the sum of the squares.) How long is $\delta_1$, 59 steps back?
#
# It matters because $dW$ is a sum over the steps. If $\delta_1$ is a millionth of $\delta_{60}$, so is the first row's
# share of $dW$: that row might as well not exist. If it is a million times longer, training throws $W$ far away.
#
# For $U$ we take $\rho$ times a random rotation or reflection (from `np.linalg.qr`), which changes no length. So $U$
# multiplies each length by exactly $\rho$.

# %%
guessed = guess("With ρ = 1.2 and f(a) = a, δ₁ is 1.2⁵⁹ = 47,000 long. With tanh? (You may type 1e3 or 1e-3.)")

strips = photograph().reshape(10, 60, 32, 16).transpose(0, 2, 1, 3).reshape(320, 60, 16)  # from (600, 512), grey
strips = (strips - strips.mean(axis=(1, 2), keepdims=True)) / strips.std(axis=(1, 2), keepdims=True)

rotation, _ = np.linalg.qr(rng.standard_normal((64, 64)))
W, b = rng.uniform(-1, 1, (16, 64)) * np.sqrt(6 / (16 + 64)), np.zeros(64)
dh = np.zeros((320, 61, 64))
dh[:, -1] = rng.standard_normal((320, 64))
dh /= np.linalg.norm(dh[:, -1:], axis=2, keepdims=True)


def lengths_back(dh, U, h, slopes):
    """‖δ‖ of the last state, the one before, ... the one after the first input; the median of the strips"""
    *_, delta = rnn_backward(dh, strips, W, U, h, slopes)
    return np.median(np.linalg.norm(delta, axis=2), axis=0)[:0:-1]


linear, squeezed = {}, {}
print("59 steps back:  ρ    f = a     tanh   a step multiplies by   typical slope   ρ · slope")
for rho in (0.8, 1.0, 1.2, 2.0):
    h = rnn(strips, W, rho * rotation, b)
    slopes = 1 - h[:, 1:] ** 2
    linear[rho] = lengths_back(dh, rho * rotation, h, np.ones_like(slopes))
    squeezed[rho] = lengths_back(dh, rho * rotation, h, slopes)
    factor, slope = squeezed[rho][59] ** (1 / 59), np.sqrt(np.mean(slopes**2))
    print(f"{rho:18.1f} {linear[rho][59]:8.0e} {squeezed[rho][59]:8.0e}{factor:17.2f}{slope:18.2f}{rho * slope:14.2f}")
    assert np.isclose(linear[rho][59], rho**59, rtol=1e-9) and abs(factor - rho * slope) < 0.06
assert squeezed[0.8][59] < 1e-9 and squeezed[1.0][59] < 1e-4 and squeezed[1.2][59] < 0.05 < 10 < squeezed[2.0][59]

# %% [markdown]
# Without $\tanh$ the gradient obeys $\rho^{59}$: only $\rho = 1$ keeps it. With $\tanh$ even $\rho = 1.2$ **fades**.
# Line 1 multiplies by $1 - h^2$, which is less than 1 for every unit that has anything to say. So a step multiplies by
# about $\rho$ times a typical slope (the root of the mean of all squared slopes): compare the columns. But $\tanh$ is
# no law of fading. It takes something from each step, and **a large $U$ gives back more**: at $\rho = 2$ the gradient
# grows, through the same $\tanh$. What decides is the product of both, and a network hardly ever has it at exactly 1.
#
# ## And a $U$ of random numbers?
#
# It stretches some directions and shrinks others. By hand: $(1, 0) \to (0, 2)$ and $(0, 1) \to (\frac18, 0)$, that is
# $U = \begin{pmatrix} 0 & 2 \\ \frac18 & 0 \end{pmatrix}$. The most that *one* step can stretch is 2: the largest
# **singular value**. But the next step sends $(0, 2)$ to $(\frac14, 0)$: two steps always multiply by $\frac14$, one
# by $\frac12$ on average. That is what repeating comes to: the **spectral radius**, the largest size of an
# **eigenvalue**, a number $\lambda$ with $v U = \lambda v$ for some direction $v$ (here $\lambda = \pm\frac12$, for
# $v = (1, \pm 4)$). So $U$ stretches, and yet whatever passes it often fades.

# %%
U = np.array([[0, 2], [1 / 8, 0]])
assert np.allclose(U @ U, np.eye(2) / 4) and np.allclose([1, 4] @ U, [0.5, 2])
assert np.isclose(np.linalg.svd(U)[1][0], 2) and np.allclose(np.sort(np.linalg.eigvals(U)), [-0.5, 0.5])

# %% [markdown]
# Does that hold for 64 units? We scale a $U$ of random numbers to the radius 0.8, and start in the very direction that
# it stretches most. The control differs in one thing: the same $U$ is scaled to the *stretch* 0.8.

# %%
for seed in range(3):
    random = np.random.default_rng(seed).standard_normal((64, 64))
    radius, largest = np.abs(np.linalg.eigvals(random)).max(), np.linalg.svd(random)[1][0]
    for what, size in ("radius", radius), ("stretch", largest):
        untidy = 0.8 / size * random
        directions, stretch, _ = np.linalg.svd(untidy.T)  # a step back is δ Uᵀ; the first direction is stretched most
        dh[:, -1] = directions[:, 0]
        lengths = lengths_back(dh, untidy, h, np.ones_like(slopes))
        row = stretch[0], 0.8 * radius / size, lengths[1], lengths[59]
        print(what, "0.80: stretch {:.2f}, radius {:.2f}; after 1 step {:.2f}, after 59 {:.0e}".format(*row))
        assert np.isclose(lengths[1], stretch[0]) and lengths[59] < 60 * (0.8 * radius / size) ** 59
        if what == "radius":
            favourite = lengths
            assert lengths[1] > 1.2 and lengths[59] < 1e-4

save_figure(draw(linear=linear, squeezed=squeezed, untidy=favourite, guessed=guessed), "07_recurrence")

# %% [markdown]
# It grows for one step, then fades as $0.8^{59}$: in the long run **the radius decides, not the largest stretch.** With
# the stretch 0.8 the radius is smaller still, and the gradient fades even faster than the stretch would allow.
#
# What helps? A gradient that grew too long can be cut to a limit (**clipping**; here `fit(..., clip=1.0)`). One that
# faded is lost among what the nearer steps say. Lesson 08 changes the network instead.
#
# ## Exercises
#
# `mmdl check --new 7` writes a file to complete, `mmdl check 07_recurrence.py` looks at it.
#
# - `rnn_step`: the next state from an input and the state before. `rnn`: all states, the initial one first.
# - `rnn_backward`: back through time; $\delta_0$, the gradient of the initial state, is its last result. Mind line 4.
#
# ## What you now know
#
# - A recurrent network is one layer used $T$ times; its state is all that it knows of the past.
# - Backward, a state's gradient comes from above *and* from the next state; a parameter's is a sum over steps.
# - Each step back multiplies by $U^\mathsf{T}$ and the slope of $f$: a gradient fades or explodes. $\tanh$ makes fading
#   likelier, and no more: a $U$ that is large enough outdoes it.
#
# ## Where this comes from
#
# - Elman, [*Finding structure in time*](https://doi.org/10.1207/s15516709cog1402_1), 1990: what a small recurrent
#   network finds out about words by guessing the next one.
# - Werbos, [*Backpropagation through time: what it does and how to do it*](https://doi.org/10.1109/5.58337), 1990: the
#   way back through time, step by step, by one of its inventors.
# - Bengio, Simard, Frasconi, [*Learning long-term dependencies with gradient descent is
#   difficult*](https://doi.org/10.1109/72.279181), 1994: why a state that keeps something safely must forget its
#   gradient.
# - Pascanu, Mikolov, Bengio, [*On the difficulty of training recurrent neural
#   networks*](https://arxiv.org/abs/1211.5063), 2013, section 2.1: the bound by the largest singular value, and
#   clipping against the other extreme.
