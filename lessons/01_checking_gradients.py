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
# So we want a judge who knows nothing about derivations: one who only runs the forward pass, and nudges.

# %%
import numpy as np

from mmdl.ops.activations import relu, relu_backward, tanh, tanh_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.plots import guess, mark_guess, save_figure, subplots
from mmdl.plots.style import BLUE, GREEN, VERMILLION, styled
from mmdl.verify.oracle import adjoint_gap, central_difference_gradient, complex_step_gradient

# %% [markdown]
# ## The formulas
#
# Let $f$ be a smooth function of one number. Close to $x$, at a distance $h$, it is a sum of ever smaller terms
# (Taylor's; primes are derivatives):
#
# $$f(x \pm h) = f \pm h f' + \tfrac{1}{2} h^2 f'' \pm \tfrac{1}{6} h^3 f''' + \dots$$
#
# **Central difference.** Subtract the two, and the even terms cancel:
#
# $$\frac{f(x + h) - f(x - h)}{2h} = f' + \tfrac16 h^2 f''' + \dots$$
#
# **Complex step.** Step sideways instead, by $ih$ with $i^2 = -1$. Then the odd terms are imaginary, the even
# terms real, and nothing has to be subtracted:
#
# $$\frac{\operatorname{Im} f(x + ih)}{h} = f' - \tfrac16 h^2 f''' + \dots$$
#
# ## By hand
#
# $f(x) = x^3$ at $x = 2$ with $h = 0.1$. The truth is $3 x^2 = 12$.
#
# - Central: $(2.1^3 - 1.9^3) / 0.2 = (9.261 - 6.859) / 0.2 = 12.01$.
# - Complex: $(2 + 0.1i)^3$ has the imaginary part $3 \cdot 4 \cdot 0.1 - 0.1^3 = 1.199$, so $11.99$.
#
# Both are off by $h^2$ (here $\tfrac16 f''' = 1$), one to each side.

# %%
central, sideways = (2.1**3 - 1.9**3) / 0.2, ((2 + 0.1j) ** 3).imag / 0.1
print(f"central {central:.2f}, complex {sideways:.2f}, with h = 1e-30: {((2 + 1e-30j) ** 3).imag / 1e-30:.2f}")
assert np.isclose(central, 12.01) and np.isclose(sideways, 11.99)

# %% [markdown]
# ## Loops
#
# A layer has many numbers in, and its $f$ is the sum $\langle dy, y \rangle$ of lesson 00: a random upstream
# gradient $dy$ times the outputs. We nudge one entry after the other.


# %%
def central_difference(f, x, dy, h=1e-5):
    gradient = np.zeros(x.shape)
    for entry in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[entry] = h
        gradient[entry] = np.sum(dy * (f(x + step) - f(x - step))) / (2 * h)
    return gradient


def complex_step(f, x, dy, h=1e-30):
    gradient = np.zeros(x.shape)
    for entry in np.ndindex(x.shape):
        step = np.zeros(x.shape, complex)
        step[entry] = 1j * h
        gradient[entry] = np.sum(dy * f(x + step)).imag / h
    return gradient


# %% [markdown]
# ## A backward pass to judge
#
# A dense layer whose outputs are bent by $\tanh$, so that they stay between $-1$ and $1$:
#
# $$a = x W + b \qquad y = \tanh a$$
#
# with $x$ $(N, D)$, $W$ $(D, K)$, $b$ $(K)$, and $a$ and $y$ $(N, K)$. The derivative of $\tanh a$ is
# $1 - \tanh^2 a = 1 - y^2$: whoever has $y$ needs no $a$. Each $a_{nk}$ reaches the loss by one path only.


# %%
def layer(x, W, b):
    return np.tanh(x @ W + b)


def layer_backward(dy, x, W, y):
    da = dy * (1 - y**2)  #  da = dy (1 − y²)     (N, K), entry by entry
    dx = da @ W.T  #         dx = da Wᵀ           (N, D), as in lesson 00
    dW = x.T @ da  #         dW = xᵀ da           (D, K)
    db = da.sum(axis=0)  #   db = Σₙ daₙ          (K)
    return dx, dW, db


def draw(N, D, K, rng):
    shapes = (N, D), (D, K), (K,), (N, K)
    return [rng.standard_normal(shape) for shape in shapes]


# %% [markdown]
# ## Checked
#
# Our two judges, the library's judges and the library's ops agree: central differences to nine digits, complex steps
# to the last.

# %%
x, W, b, dy = draw(4, 5, 3, np.random.default_rng(1))
y = layer(x, W, b)
dx, dW, db = layer_backward(dy, x, W, y)

for name, judge, tolerance in (("central", central_difference, 1e-8), ("complex", complex_step, 1e-13)):
    error = np.abs(judge(lambda x: layer(x, W, b), x, dy) - dx).max()
    print(f"largest error of dx by {name} steps: {error:.0e}")
    assert error < tolerance
for place, gradient in enumerate((dx, dW, db)):
    assert np.allclose(central_difference_gradient(layer, [x, W, b], place, dy), gradient, rtol=0, atol=1e-8)
    assert np.allclose(complex_step_gradient(layer, [x, W, b], place, dy), gradient, rtol=0, atol=1e-13)
assert np.allclose(tanh(affine(x, W, b)), y)
for ours, theirs in zip((dx, dW, db), affine_backward(tanh_backward(dy, y), x, W), strict=True):
    assert np.allclose(ours, theirs)

# %% [markdown]
# ## One step for all entries
#
# Nudging 38 entries takes 38 forward passes; nudging a million, a million. It can be done in one. Move *all*
# entries together, along a random direction $v$ (shaped as $x$). The outputs then move along $J v$, where $J$ is the
# Jacobian of lesson 00, and one complex step measures that: $J v = \operatorname{Im} f(x + ihv) / h$. So the loss moves
# by $\langle dy, J v \rangle$. The backward pass, on the other hand, promised $\langle dx, v \rangle$:
#
# $$\langle dy,\; J v \rangle = \langle dy\, J,\; v \rangle$$
#
# This is the **adjoint test**. A wrong $dx$ could pass only by being wrong at right angles to $v$, which for a random
# $v$ does not happen.

# %%
rng = np.random.default_rng(2)
v, h = rng.standard_normal(x.shape), 1e-30
Jv = layer(x + 1j * h * v, W, b).imag / h
print(f"⟨dy, Jv⟩ = {np.sum(dy * Jv):.12f}\n⟨dx, v⟩  = {np.sum(dx * v):.12f}")
assert np.isclose(np.sum(dy * Jv), np.sum(dx * v), rtol=1e-12)

directions = [rng.standard_normal(each.shape) for each in (x, W, b)]  # the library: all three at once
assert adjoint_gap(layer, [x, W, b], (dx, dW, db), dy, directions) < 1e-13

# %% [markdown]
# ## An experiment: how small a step?
#
# Both formulas are off by about $h^2$. So the smaller $h$, the better? We measure $\langle dx, v \rangle$ with steps
# from $10^{-1}$ to $10^{-20}$ along 200 random directions, and compare with our (correct) $dx$. Python's numbers have
# 64 bits, some 16 digits (`float64`). Networks are often trained with 32 bits, 7 digits (`float32`): we try these too.

# %%
guessed = guess("Which step h makes the central difference in float64 most accurate? (You may type 1e-10.)")

steps = 10.0 ** -np.arange(1, 21)
directions = rng.standard_normal((200, *x.shape))
truth = np.sum(dx * directions, axis=(1, 2))


def along(step, dtype):
    """⟨dy, f(x + step)⟩ for all directions, computed in dtype"""
    moved = (x + step).astype(dtype)
    return np.sum(dy.astype(dtype) * layer(moved, W.astype(dtype), b.astype(dtype)), axis=(1, 2))


def error(estimate):
    return np.median(np.abs(estimate / truth - 1))


curves = {"complex step": [], "central difference": [], "central difference, float32": []}
for h in steps:
    curves["complex step"].append(error(along(1j * h * directions, complex).imag / h))
    for name, dtype in (("central difference", float), ("central difference, float32", np.float32)):
        difference = along(h * directions, dtype) - along(-h * directions, dtype)
        curves[name].append(error(difference.astype(float) / (2 * h)))

print("   h        " + "   ".join(curves))
for h, *row in zip(steps, *curves.values(), strict=True):
    print(f"{h:.0e} " + "".join(f"{value:{len(name) + 3}.0e}" for name, value in zip(curves, row, strict=True)))

sideways, double, single = (np.array(curve) for curve in curves.values())
assert 1e-6 <= steps[double.argmin()] <= 1e-4 and double.min() < 1e-9
assert double[steps < 1e-16].min() > 0.5 and sideways[steps < 1e-8].max() < 1e-14
assert 1e-6 < single.min() < 1e-3

# %% [markdown]
# A central difference subtracts two nearly equal numbers. Each is rounded at its 16th digit; the equal
# digits in front cancel, and the rounding is left over, divided by $h$. So its error is about $h^2 + 10^{-16} / h$: a U
# with its bottom where both terms are equal, at $h = 10^{-16/3} \approx 5 \cdot 10^{-6}$. Below $10^{-16}$ even
# $x + h$ is rounded to $x$, and the "gradient" is zero. In float32 even the best step leaves an error of
# $2 \cdot 10^{-5}$; so we train in float32, but check in float64.
#
# The complex step subtracts nothing. Its $h^2$ falls below the 16th digit at $h = 10^{-8}$, and stays there.

# %%
assert 1 + 1e-16 == 1
assert 4e-6 < (1e-16) ** (1 / 3) < 6e-6

# %% [markdown]
# ## An experiment: what does a check see?
#
# A check is only as good as its numbers. Thirteen mistakes that people make, against four ways to choose sizes and
# $dy$. A mistake counts as caught if it crashes, has a wrong shape, or is off by more than $10^{-6}$.


# %%
def scrambled(dy, x, W, y, da=None, dx=None, dW=None, db=None):
    """layer_backward, with some lines replaced by wrong ones"""
    da = dy * (1 - y**2) if da is None else da(dy, y)
    dx = da @ W.T if dx is None else dx(da, W)
    dW = x.T @ da if dW is None else dW(x, da)
    return dx, dW, da.sum(axis=0) if db is None else db(da)


mistakes = {
    "da = dy": {"da": lambda dy, y: dy},
    "da = dy (1 − y)": {"da": lambda dy, y: dy * (1 - y)},
    "da = dy (1 − tanh² y)": {"da": lambda dy, y: dy * (1 - np.tanh(y) ** 2)},
    "da = 1 − y²": {"da": lambda dy, y: 1 - y**2},
    "da: summed over k": {"da": lambda dy, y: dy.sum(axis=1, keepdims=True) * (1 - y**2)},
    "da: examples mixed up": {"da": lambda dy, y: dy[::-1] * (1 - y**2)},
    "dx = da W": {"dx": lambda da, W: da @ W},
    "dx: first example for all": {"dx": lambda da, W: np.tile(da[:1] @ W.T, (len(da), 1))},
    "dW = daᵀ x": {"dW": lambda x, da: da.T @ x},
    "dW: mean, not sum": {"dW": lambda x, da: x.T @ da / len(x)},
    "dW: last example only": {"dW": lambda x, da: x[-1:].T @ da[-1:]},
    "db: mean, not sum": {"db": lambda da: da.mean(axis=0)},
    "db: last example only": {"db": lambda da: da[-1]},
}
checks = {
    "all sizes 1\ndy = 1": (1, 1, 1, False),
    "all sizes 1\ndy random": (1, 1, 1, True),
    "all sizes 3\ndy = 1": (3, 3, 3, False),
    "sizes 4, 5, 3\ndy random": (4, 5, 3, True),
}


def caught(mistake, N, D, K, random):
    x, W, b, dy = draw(N, D, K, np.random.default_rng(3))
    dy = dy if random else np.ones((N, K))
    truth = [complex_step_gradient(layer, [x, W, b], place, dy) for place in range(3)]
    try:
        answer = scrambled(dy, x, W, layer(x, W, b), **mistake)
    except ValueError:
        return True
    same = [a.shape == t.shape and np.allclose(a, t, rtol=0, atol=1e-6) for a, t in zip(answer, truth, strict=True)]
    return not all(same)


assert not any(caught({}, *check) for check in checks.values())  # nothing is wrong: nothing to catch
seen = np.array([[caught(mistake, *check) for check in checks.values()] for mistake in mistakes.values()])
missed = (~seen).sum(axis=0)
print("mistakes that pass:", {name.replace("\n", ", "): int(count) for name, count in zip(checks, missed, strict=True)})
assert missed[0] >= 8 and missed[2] >= 1 and missed[3] == 0

# %% [markdown]
# With one example there is nothing to sum; with one number in and one out, nothing to transpose; with $dy = 1$ nobody
# notices that $dy$ was forgotten. Hence the rule of this library: **a random $dy$, and all sizes different.**
#
# ## Where no judge can help
#
# $\mathrm{relu}(x) = \max(x, 0)$ has slope 1 to the right of 0 and slope 0 to the left. At 0 itself it has no
# derivative. Central differences report the mean, the op has to choose (0, by custom), and neither is wrong.
# A step across the corner misleads as well. The same goes for the larger of two numbers, $\max(a, b)$, at a tie
# $a = b$. So we check away from corners and ties; for these, the op states its rule.

# %%
at = np.array([0.0, 4e-6, 1.0])
judged, ours = central_difference(relu, at, 1.0), relu_backward(np.ones(3), relu(at))
print("x =", at, " central:", judged.round(2), " ours:", ours)
assert np.allclose(judged, [0.5, 0.7, 1]) and np.array_equal(ours, [0, 1, 1])


# %%
@styled
def picture():
    figure, (left, right) = subplots(1, 2, height=4.6)
    colours = GREEN, BLUE, VERMILLION
    for curve, colour in zip((sideways, double, single), colours, strict=True):
        left.plot(steps, curve, "o-", color=colour, markersize=3)
    left.text(1e-14, 3e-15, "complex step", color=GREEN)
    left.text(1e-10, 1e-9, "central difference", color=BLUE, rotation=52)
    left.text(1e-7, 1.5e-2, "in float32", color=VERMILLION)
    left.set(xscale="log", yscale="log", xlim=(1, 1e-21), ylim=(5e-17, 20))
    left.set(xlabel="step h (smaller to the right)", ylabel="relative error of the derivative")
    left.set_title("Smaller steps are not better,\nunless they are complex")
    mark_guess(left, guessed, axis="x")

    right.imshow(~seen, cmap="Oranges", vmin=0, vmax=1.6, aspect="auto")
    for (row, column), found in np.ndenumerate(seen):
        words, colour = ("caught", "0.6") if found else ("passes", "black")
        right.text(column, row, words, color=colour, ha="center", va="center", size=8)
    right.set_xticks(range(4), checks, size=8)
    right.set_yticks(range(len(mistakes)), mistakes)
    right.tick_params(length=0)
    right.spines[:].set_visible(False)
    right.set_title(f"{missed[0]} of {len(mistakes)} mistakes pass the first check,\nnone passes the last")
    return figure


save_figure(picture(), "01_checking_gradients")

# %% [markdown]
# ## Exercises
#
# `mmdl check lessons/exercises/01_checking_gradients.py`
#
# - `central_difference`: the gradient of $\langle dy, f(x) \rangle$, entry by entry.
# - `complex_step`: the same with one evaluation for each entry, and sixteen digits.
# - `adjoint_gap`: how far $\langle dy, J v \rangle$ and $\langle dx, v \rangle$ are apart.
#
# ## What you now know
#
# - A central difference is good for about ten digits, at a step near $10^{-5}$. Smaller steps make it worse.
# - A complex step is exact to the last digit: it subtracts nothing, so its step may be tiny.
# - The adjoint test judges all entries with one forward pass.
# - A check needs different sizes and a random $dy$; with ones it lets most mistakes pass.
# - At corners and ties there is no right answer, only a rule.
