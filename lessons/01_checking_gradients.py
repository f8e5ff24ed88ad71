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
# # 01 Checking gradients
#
# **Question.** How do I know that a gradient is right?
#
# Needs: lesson 00; about 2 s.
#
# A wrong backward pass seldom crashes. The network still learns, only worse, and you look for the reason in the data.
# So we want a judge who knows nothing of derivations, and only runs the forward pass and nudges.

# %%
import numpy as np

from mmdl.ops.activations import relu, relu_backward, tanh, tanh_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.plots import guess, mark_guess, save_figure, subplots
from mmdl.plots.style import BLUE, GREEN, VERMILLION, styled
from mmdl.verify.oracle import adjoint_gap, complex_step_gradient

# %% [markdown]
# ## The formulas
#
# For $f(x) = x^3$ and a small step $h$, multiply out: $(x + h)^3 = x^3 + h \cdot 3x^2 + h^2 \cdot 3x + h^3$. Every
# smooth $f$ is such a sum of ever smaller terms (Taylor's; $f$ and its derivatives on the right are taken at $x$):
#
# $$f(x + h) = f + h f' + \tfrac{1}{2} h^2 f'' + \tfrac{1}{6} h^3 f''' + \dots$$
#
# **Central difference.** With $-h$ for $h$ the odd powers change their sign: subtract, and the even ones cancel.
# **Complex step.** With $ih$ for $h$, where $i^2 = -1$ and $i^3 = -i$, only the odd powers have an $i$. They are the
# **imaginary part** (Im, in Python `.imag`), and the even ones are gone without a subtraction:
#
# $$\frac{f(x + h) - f(x - h)}{2h} = f' + \tfrac16 h^2 f''' + \dots \qquad
#   \frac{\operatorname{Im} f(x + ih)}{h} = f' - \tfrac16 h^2 f''' + \dots$$
#
# ## Loops
#
# We differentiate the sum $\langle dy, y \rangle$ of lesson 00, with $y = f(x)$ and a random $dy$, entry by entry of
# $x$:


# %%
def two_judges(f, x, dy, h=1e-5, tiny=1e-30):
    central, sideways = np.zeros(x.shape), np.zeros(x.shape)
    for entry in np.ndindex(x.shape):
        one = np.zeros(x.shape)
        one[entry] = 1
        central[entry] = np.sum(dy * (f(x + h * one) - f(x - h * one))) / (2 * h)
        sideways[entry] = np.sum(dy * f(x + 1j * tiny * one)).imag / tiny  # 1j is Python's i
    return central, sideways


# %% [markdown]
# **By hand.** $f(x) = x^3$ at $x = 2$ with $h = 0.1$. The truth is $3 x^2 = 12$.
#
# - Central: $(2.1^3 - 1.9^3) / 0.2 = (9.261 - 6.859) / 0.2 = 12.01$, too much by $h^2$ (because $f''' = 6$).
# - Complex: $(2 + 0.1i)^3$ has the imaginary part $3 \cdot 2^2 \cdot 0.1 - 0.1^3 = 1.199$: $11.99$, too little.

# %%
central, sideways = two_judges(lambda x: x**3, np.array([2.0]), 1.0, h=0.1, tiny=0.1)
print("central", central, "complex", sideways)
assert np.isclose(central, 12.01) and np.isclose(sideways, 11.99)

# %% [markdown]
# ## A backward pass to judge
#
# A dense layer whose outputs are bent by $\tanh$, so that they stay between $-1$ and $1$: $a = x W + b$ and
# $y = \tanh a$, with shapes as in lesson 00; $a$ and $y$ are $(N, K)$. The derivative of $\tanh a$ is
# $1 - \tanh^2 a = 1 - y^2$: whoever has $y$ needs no $a$. Each $a_{nk}$ reaches the loss by one path, through $y_{nk}$.


# %%
def layer(x, W, b):
    return np.tanh(x @ W + b)


def layer_backward(dy, x, W, y):
    da = dy * (1 - y**2)  #  da = dy (1 − y²)     (N, K), entry by entry
    dx = da @ W.T  #         dx = da Wᵀ           (N, D)
    dW = x.T @ da  #         dW = xᵀ da           (D, K)
    db = da.sum(axis=0)  #   db = Σₙ daₙ          (K)
    return dx, dW, db


def draw(N, D, K, rng):
    return [rng.standard_normal(shape) for shape in ((N, D), (D, K), (K,), (N, K))]  # x, W, b and dy


# %% [markdown]
# ## Checked
#
# Our two judges, the library's judge and its ops agree: central differences to nine digits, complex steps to the last.

# %%
x, W, b, dy = draw(4, 5, 3, np.random.default_rng(1))
dx, dW, db = layer_backward(dy, x, W, layer(x, W, b))
central, sideways = (np.abs(each - dx).max() for each in two_judges(lambda x: layer(x, W, b), x, dy))
print(f"largest error of dx by central differences: {central:.0e}, by complex steps: {sideways:.0e}")
assert central < 1e-8 and sideways < 1e-13
ops = affine_backward(tanh_backward(dy, tanh(affine(x, W, b))), x, W)
for place, gradient in enumerate((dx, dW, db)):
    assert np.allclose(complex_step_gradient(layer, [x, W, b], place, dy), gradient, rtol=0, atol=1e-13)
    assert np.allclose(ops[place], gradient, rtol=0, atol=1e-13)

# %% [markdown]
# ## One step for all entries
#
# Those judges run the forward pass for every entry. Can one run do? Move *all* entries of $x$ together, along a random
# direction $v$ (shaped as $x$). The outputs then move along $J v$, where $J$ is the Jacobian of lesson 00, and one
# complex step measures that: $J v = \operatorname{Im} f(x + ihv) / h$. So the loss moves by $\langle dy, J v \rangle$.
# The backward pass, with $dx = dy\, J$, promised $\langle dx, v \rangle$. This is the same sum, only with other
# brackets: $dy\,(J v) = (dy\, J)\, v$. Comparing the two is the **adjoint test**. A wrong $dx$ could pass only if the
# mistake were at right angles to $v$; a random $v$ never is.

# %%
rng = np.random.default_rng(2)
v = rng.standard_normal(x.shape)
Jv = layer(x + 1e-30j * v, W, b).imag / 1e-30
print(f"⟨dy, Jv⟩ = {np.sum(dy * Jv):.12f}\n⟨dx, v⟩  = {np.sum(dx * v):.12f}")
assert np.isclose(np.sum(dy * Jv), np.sum(dx * v), rtol=1e-12)
assert adjoint_gap(layer, [x, W, b], (dx, dW, db), dy, draw(4, 5, 3, rng)[:3]) < 1e-13  # moves x, W and b at once

# %% [markdown]
# ## An experiment: how small a step?
#
# Both formulas are off by about $h^2$. So the smaller $h$, the better? We measure $\langle dx, v \rangle$ with steps
# from $10^{-1}$ to $10^{-20}$ and compare with our (correct) $dx$: the error is the median over 200 directions $v$.
# Python computes with 64 bits, some 16 digits (`float64`); networks often train with 32 bits, 7 digits (`float32`).

# %%
guessed = guess("Which step h makes the central difference in float64 most accurate? (You may type 1e-10.)")
steps, V = 10.0 ** -np.arange(1, 21), rng.standard_normal((200, *x.shape))


def along(step, dtype):
    y = layer((x + step).astype(dtype), W.astype(dtype), b.astype(dtype))
    return np.sum(dy.astype(dtype) * y, axis=(1, 2))  # ⟨dy, f(x + step)⟩ for every direction, computed in dtype


curves = np.empty((3, 20))
for column, h in enumerate(steps):
    estimates = [(along(h * V, dtype) - along(-h * V, dtype)).astype(float) / (2 * h) for dtype in (float, np.float32)]
    estimates.append(along(1j * h * V, complex).imag / h)
    curves[:, column] = np.median(np.abs(estimates / np.sum(dx * V, axis=(1, 2)) - 1), axis=1)
double, single, sideways = curves
print(f"best step {steps[double.argmin()]:.0e}: error {double.min():.0e}; best error in float32: {single.min():.0e}")
assert 1e-6 <= steps[double.argmin()] <= 1e-4 and double.min() < 1e-9 and 1e-6 < single.min() < 1e-3
assert double[steps < 1e-16].min() > 0.5 and sideways[steps < 1e-8].max() < 1e-14 and 1 + 1e-16 == 1

# %% [markdown]
# A central difference subtracts two nearly equal numbers. Each is rounded at its 16th digit; the equal digits in front
# cancel, and the rounding is left over, divided by $h$. So its error is about $h^2 + 10^{-16} / h$: a U with its bottom
# where both terms are equal, $h^3 = 10^{-16}$ or $h \approx 5 \cdot 10^{-6}$. Below $10^{-16}$ even $x + h$ is rounded
# to $x$, and the "gradient" is zero. In float32 no step gets below $10^{-5}$: we train in float32, but check in
# float64. The complex step subtracts nothing: its $h^2$ falls below the 16th digit at $h = 10^{-8}$, and stays there.
#
# ## An experiment: what does a check see?
#
# A check is only as good as its numbers. Here are seven popular mistakes, each in one line of `layer_backward`, against
# four ways to choose sizes and $dy$. Caught is what has a wrong shape or is off by more than $10^{-6}$.

# %%
lines = {"da": "dy * (1 - y**2)", "dx": "da @ W.T", "dW": "x.T @ da", "db": "da.sum(axis=0)"}  # layer_backward
mistakes = ["da = dy", "da = dy * (1 - tanh(y)**2)", "da = 1 - y**2", "da = dy[::-1] * (1 - y**2)"]
mistakes += ["dW = da.T @ x", "dW = x.T @ da / N", "db = da[-1]"]
checks = {"all sizes 1\ndy = 1": (1, 1, 1), "all sizes 1\ndy random": (1, 1, 1)}
checks |= {"all sizes 3\ndy = 1": (3, 3, 3), "sizes 4, 5, 3\ndy random": (4, 5, 3)}


def caught(line, check, seed):
    x, W, b, dy = draw(*checks[check], np.random.default_rng(seed))
    dy = dy if "random" in check else np.ones(dy.shape)
    known = {"x": x, "W": W, "dy": dy, "y": layer(x, W, b), "N": len(x), "tanh": np.tanh}
    for name, formula in (lines | dict([line.split(" = ")])).items():  # all lines, one of them replaced
        known[name] = eval(formula, known)
    truth = {name: complex_step_gradient(layer, [x, W, b], place, dy) for place, name in enumerate(("dx", "dW", "db"))}
    return any(known[k].shape != truth[k].shape or np.abs(known[k] - truth[k]).max() > 1e-6 for k in truth)


draws = np.array([[[caught(line, check, seed) for check in checks] for line in mistakes] for seed in (3, 4, 5)])
assert (draws == draws[0]).all()  # no luck in it: what passes, passes with other numbers, too
seen = draws[0]
missed = (~seen).sum(axis=0)
assert missed[0] >= 4 and missed[2] >= 1 and missed[3] == 0
assert not any(
    caught("dx = da @ W.T", check, seed) for check in checks for seed in (3, 4, 5)
)  # nothing is wrong: nothing to catch

# %% [markdown]
# With one example there is nothing to sum; with one number in and one out, nothing to transpose; with $dy = 1$ nobody
# notices that $dy$ was forgotten. Hence the rule of this library: **a random $dy$, and all sizes different.**
#
# **Where no judge can help.** $\mathrm{relu}(x) = \max(x, 0)$ has slope 1 to the right of 0, slope 0 to the left, and
# at 0 itself no derivative. Central differences report the mean, the op has to choose (0, by custom), and neither is
# wrong. A step across the corner misleads as well. So does a **tie**: which of two equal numbers is the larger? We
# check away from both; there, the op states its rule.

# %%
judged = two_judges(relu, np.array([0.0, 4e-6, 1.0]), 1.0)[0]
print("slope of relu at 0, 4e-6 and 1, by central differences:", judged.round(2))
assert np.allclose(judged, [0.5, 0.7, 1]) and relu_backward(np.ones(1), relu(np.zeros(1))) == 0


# %%
@styled
def picture():
    figure, (left, right) = subplots(1, 2, height=4.2)
    words = (1e-10, 1e-9, "central difference"), (1e-7, 1.5e-2, "in float32"), (1e-14, 3e-15, "complex step")
    for curve, colour, label in zip(curves, (BLUE, VERMILLION, GREEN), words, strict=True):
        left.plot(steps, curve, "o-", color=colour, markersize=3)
        left.text(*label, color=colour, rotation=50 if colour == BLUE else 0)
    left.set(xscale="log", yscale="log", xlim=(1, 1e-21), ylim=(5e-17, 20), xticks=10.0 ** -np.arange(0, 21, 5))
    left.set(xlabel="step h (smaller to the right)", ylabel="error of the derivative, relative")
    left.set_title("Smaller steps are not better,\nunless they are complex")
    mark_guess(left, guessed, axis="x")
    right.imshow(~seen, cmap="Oranges", vmin=0, vmax=1.6, aspect="auto")
    for (row, column), found in np.ndenumerate(seen):
        words, colour = ("caught", "0.4") if found else ("passes", "black")
        right.text(column, row, words, color=colour, ha="center", va="center")
    right.set_xticks(range(4), checks, size=8)
    right.set_yticks(range(len(mistakes)), mistakes)
    right.set_title(
        f"Of {len(mistakes)} wrong lines in a backward pass,\n{missed[0]} pass the first check, none the last"
    )
    return figure


save_figure(picture(), "01_checking_gradients")

# %% [markdown]
# ## Exercises
#
# `mmdl check --new 1` writes a file to complete, `mmdl check 01_checking_gradients.py` looks at it.
#
# - `central_difference` and `complex_step`: the gradient of $\langle dy, f(x) \rangle$, entry by entry.
# - `adjoint_gap`: how far $\langle dy, J v \rangle$ and $\langle dx, v \rangle$ are apart.
#
# ## What you now know
#
# - A central difference is good for about ten digits, at a step near $10^{-5}$; smaller steps make it worse.
# - A complex step subtracts nothing and is exact to the last digit. One judges all entries: the adjoint test.
# - A check needs different sizes and a random $dy$; with ones it lets most mistakes pass.
# - At corners and ties there is no right answer, only a rule.
#
# ## Where this comes from
#
# - Squire, Trapp, [*Using complex variables to estimate derivatives of real
#   functions*](https://doi.org/10.1137/S003614459631241X), 1998: three pages on why an imaginary nudge subtracts
#   nothing, and so loses no digits.
# - Martins, Sturdza, Alonso, [*The complex-step derivative approximation*](https://doi.org/10.1145/838250.838251),
#   2003: the same for whole programs, and which functions have to be rewritten for it.
# - Goldberg, [*What every computer scientist should know about floating-point
#   arithmetic*](https://doi.org/10.1145/103162.103163), 1991: where the digits go when two nearly equal numbers are
#   subtracted.
# - Griewank, Walther, [*Evaluating derivatives*](https://doi.org/10.1137/1.9780898717761), 2008: the forward and the
#   reverse mode, whose agreement is the adjoint test.
