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
# # 08 LSTM
#
# **Question.** What do the gates buy?
#
# Needs: lessons 00, 01, 04, 06, 07; about 90 s.
#
# In lesson 07 the whole state was rewritten at every step, and the gradient faded on its way back. The **long
# short-term memory** (LSTM) keeps a second state, the **cell**, of which a part is faded out and to which something is
# added. How much of each is decided by **gates**, numbers between 0 (shut) and 1 (open), computed afresh at each step.

# %%
import numpy as np

from mmdl import ops as op
from mmdl.layers import LSTM, RNN, Dense, SequencePool, Sequential
from mmdl.ops.activations import sigmoid
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.plots import guess, norms_through_time, save_figure
from mmdl.plots.lessons.lesson_08_lstm import draw
from mmdl.tokens import Tokens
from mmdl.training import Adam
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# $$a = x_t W + h_{t-1} U + b = (a_i, a_f, a_g, a_o)$$
# $$i = \sigma(a_i), \quad f = \sigma(a_f), \quad g = \tanh(a_g), \quad o = \sigma(a_o)$$
# $$c_t = f \circ c_{t-1} + i \circ g, \qquad h_t = o \circ \tanh(c_t)$$
#
# - $x_t$ is $(D)$, the input; $h_t$ and $c_t$ are $(H)$, state and cell; $h_0$ and $c_0$ are zeros;
# - $a$ is $(4H)$: four layers side by side. So $W$ is $(D, 4H)$, $U$ is $(H, 4H)$, $b$ is $(4H)$;
# - $\sigma(a) = 1 / (1 + e^{-a})$, the **sigmoid**, makes any number a gate; $\circ$ multiplies number by number;
# - $g$ is what could be stored, the **candidate**. The **input gate** $i$ says how much of it is, the **forget gate**
#   $f$ how much of the old cell stays (1: all), the **output gate** $o$ how much the state shows of it. All are $(H)$.
#
# ## Loops


# %%
def lstm_loops(x, W, U, b, c0=0):
    T, H = len(x), len(U)
    h, c = np.zeros((2, T + 1, H))
    c[0] = c0
    for t in range(T):
        a = x[t] @ W + h[t] @ U + b  # the loops of lesson 07, four times as wide
        for j in range(H):
            i, f, g, o = sigmoid(a[j]), sigmoid(a[H + j]), np.tanh(a[2 * H + j]), sigmoid(a[3 * H + j])
            c[t + 1, j] = f * c[t, j] + i * g
            h[t + 1, j] = o * np.tanh(c[t + 1, j])
    return h, c


# %% [markdown]
# ## By hand
#
# Sigmoids of logarithms are fractions: $\sigma(\log k) = k / (k + 1)$, and $\tanh(\frac12 \log 3) = \frac12$. So one
# unit with $b = (0, \log 3, \frac12 \log 3, \log 4)$ and no weights has $(i, f, g, o) = (\frac12, \frac34, \frac12,
# \frac45)$. Let its cell start with $c_0 = 2$. Then $c_1 = \frac34 \cdot 2 + \frac12 \cdot \frac12 = 1.75$ and
# $h_1 = \frac45 \cdot \tanh(1.75) = \frac45 \cdot 0.9414 = 0.7531$.

# %%
b = np.array([0, np.log(3), np.log(3) / 2, np.log(4)])
h, c = lstm_loops(np.zeros((1, 1)), np.zeros((1, 4)), np.zeros((1, 4)), b, c0=2)
print(f"c1 = {c[1, 0]:.4f}, h1 = {h[1, 0]:.4f}")
assert abs(c[1, 0] - 1.75) < 1e-12 and abs(h[1, 0] - 0.7531) < 5e-5

# %% [markdown]
# ## The op
#
# As in lesson 07, $x$ is $(N, T, D)$, and $h$ and $c$ are $(N, T + 1, H)$. The way back needs the gates: $(N, T, 4H)$.


# %%
def lstm(x, W, U, b):
    (N, T, _), H = x.shape, len(U)
    h, c = np.zeros((2, N, T + 1, H), np.result_type(x, W, U, b))
    gates = np.zeros((N, T, 4 * H), h.dtype)
    for t in range(T):
        a_i, a_f, a_g, a_o = np.split(x[:, t] @ W + h[:, t] @ U + b, 4, axis=1)
        i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
        c[:, t + 1] = f * c[:, t] + i * g
        h[:, t + 1] = o * np.tanh(c[:, t + 1])
        gates[:, t] = np.concatenate([i, f, g, o], axis=1)
    return h, c, gates


rng = np.random.default_rng(8)
N, T, D, H = 2, 5, 3, 4
x, W, U, b = (rng.standard_normal(shape) for shape in ((N, T, D), (D, 4 * H), (H, 4 * H), (4 * H,)))
h, c, gates = lstm(x, W, U, b)
assert np.allclose(np.stack((h, c), axis=1), [lstm_loops(one, W, U, b) for one in x], rtol=0, atol=1e-12)
for ours, theirs in zip((h, c, gates), op.lstm(x, W, U, b), strict=True):
    assert np.allclose(ours, theirs, rtol=0, atol=1e-12)

# %% [markdown]
# ## Backward
#
# As in lesson 07, $\delta_t$ is all that arrives at $h_t$. Let $\gamma_t$ be all that arrives at $c_t$. **The cell has
# two readers**: $h_t$ shows it, and $c_{t+1}$ carries it on. From $t = T$ down to 1:
#
# 1. through $h_t = o \circ \tanh(c_t)$: $do = \delta_t \circ \tanh(c_t)$, and $\gamma_t$ is
#    $\delta_t \circ o \circ (1 - \tanh^2 c_t)$ on top of what line 5 has sent from $c_{t+1}$ (at $t = T$ nothing);
# 2. through $c_t = f \circ c_{t-1} + i \circ g$: $(di, df, dg) = \gamma_t \circ (g, c_{t-1}, i)$;
# 3. through $\sigma$ and $\tanh$, whose slopes are $\sigma (1 - \sigma)$ and $1 - \tanh^2$:
#    $da_i = di \circ i \circ (1 - i)$, $da_f$ and $da_o$ alike, $da_g = dg \circ (1 - g^2)$; side by side, $da$;
# 4. $a$ is affine: $dx_t$, $dW$, $dU$, $db$ and what goes to $h_{t-1}$ as in lesson 07;
# 5. and to the cell before: $\gamma_{t-1} = \gamma_t \circ f$.
#
# Look at line 5: along the cell, a step back multiplies by the forget gate and by nothing else, no matrix and no
# $\tanh$. **Where the gate is open, the gradient arrives unharmed.**


# %%
def lstm_backward(dh, x, W, U, h, c, gates):
    dx, dW, dU, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U), np.zeros(U.shape[1])
    delta, gamma = dh.copy(), np.zeros_like(dh[:, 0])
    for t in reversed(range(x.shape[1])):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        shown = np.tanh(c[:, t + 1])
        do = delta[:, t + 1] * shown  #                               1. do = δ ∘ tanh c
        gamma = gamma + delta[:, t + 1] * o * (1 - shown**2)  #          γ: through h, on top of what line 5 has sent
        di, df, dg = gamma * g, gamma * c[:, t], gamma * i  #         2. di = γ ∘ g, df = γ ∘ c before, dg = γ ∘ i
        da = np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), do * o * (1 - o)], axis=1)  # 3.
        dx[:, t] = da @ W.T  #                                        4. dx = da Wᵀ
        dW += x[:, t].T @ da  #                                          dW = Σ xᵀ da
        dU += h[:, t].T @ da  #                                          dU = Σ hᵀ da
        db += da.sum(axis=0)  #                                          db = Σ da
        delta[:, t] += da @ U.T  #                                       δ of the state before
        gamma = gamma * f  #                                          5. γ of the cell before
    return dx, dW, dU, db


# %% [markdown]
# ## Checked: against complex steps and the library

# %%
dh = rng.standard_normal(h.shape)
gradients, by_op = lstm_backward(dh, x, W, U, h, c, gates), op.lstm_backward(dh, None, x, W, U, h, c, gates)
for place in range(4):
    nudges = complex_step_gradient(lambda *arguments: lstm(*arguments)[0], [x, W, U, b], place, dh)
    assert np.allclose(gradients[place], nudges, rtol=0, atol=1e-12)
    assert np.allclose(gradients[place], by_op[place], rtol=0, atol=1e-12)

# %% [markdown]
# ## An experiment: the flagged letter
#
# Some letters, each A, B, C or D. One of the first half carries a flag. At the end the network is asked: *which letter
# was flagged?* It must store one and not be distracted by the others, which look the same. Guessing is right a quarter
# of the time. An input is five numbers: the letter as a one and three zeros (**one-hot**), and the flag. The last state
# goes through an affine layer to four scores, and to lesson 04's loss. We train three networks with 32 units: lesson
# 07's (plain RNN); an LSTM; and the same LSTM starting with 1 instead of 0 in the forget gates' part of $b$, its
# **bias**.
#
# By hand: at the start the weights are small, so the forget gates are about $\sigma(0) = 0.5$ or $\sigma(1) = 0.73$.
# Fifteen steps back along the cell, a gradient is $0.5^{15} = 0.00003$ or $0.73^{15} = 0.009$ of what it was.
#
# **What a fair comparison needs.** With one learning rate and 200 steps the plain RNN and the LSTM with bias 0 guess,
# and the one with bias 1 is perfect. That was the whole of this lesson once, and it was wrong: others may need another
# rate, and more time. So each network gets three rates and up to 1000 steps (it stops when 95 % of its last 20 × 64
# answers are right), each of that with three seeds, and for 10, 20 and 40 letters; and we compare **each at its best**.

# %%
FLAG = 4  # its place in an input
guessed = guess("20 letters, each network at its best rate: how often is the LSTM with the bias 0 right, in %?", "%")


def flagged_letters(rng, N, T):
    """Sequences (N, T, 5) as Tokens, and for each the number of the flagged letter (N)"""
    everyone, letters, place = np.arange(N), rng.integers(4, size=(N, T)), rng.integers(T // 2, size=N)
    x = np.eye(5, dtype=np.float32)[letters]
    x[everyone, place, FLAG] = 1
    return Tokens(x, np.ones((N, T), bool)), letters[everyone, place]


def network(rng, kind, bias):
    layer = kind.init(rng, 5, 32)
    layer.b[:] *= bias  # the library gives an LSTM b = (0, 1, 0, 0), for i, f, g, o
    return Sequential((layer, SequencePool("last"), Dense.init(rng, 32, 4)))  # of all states the last


def train(rng, model, T, rate):
    """The trained model, and how many steps it took (on fresh sequences each time)"""
    optimizer, right = Adam(rate), []
    state = optimizer.start(model)
    while len(right) < 1000 and (len(right) < 20 or np.mean(right[-20:]) < 0.95):
        tokens, labels = flagged_letters(rng, 64, T)
        logits, trace = model.forward(tokens)
        _, dlogits = softmax_cross_entropy(logits, labels)
        _, gradient = model.backward(dlogits, trace)
        optimizer.step(model, gradient, state, clip=1.0)
        right.append(np.mean(logits.argmax(axis=1) == labels))
    return model, len(right)


networks = {"plain RNN": (RNN, 0), "LSTM, forget bias 0": (LSTM, 0), "LSTM, forget bias 1": (LSTM, 1)}
rates, lengths, shares, trained = (0.001, 0.003, 0.01), (10, 20, 40), {}, {}
print("letters   right on 1000 new sequences (after so many steps), three seeds")
for T in lengths:
    tokens, labels = flagged_letters(np.random.default_rng(100), 1000, T)
    for name, (kind, bias) in networks.items():
        rngs = [[np.random.default_rng(seed) for seed in range(3)] for _ in rates]
        runs = [
            [train(rng, network(rng, kind, bias), T, rate) for rng in row]
            for row, rate in zip(rngs, rates, strict=True)
        ]
        right = [[np.mean(model(tokens).argmax(axis=1) == labels) for model, _ in row] for row in runs]
        shares[name, T], steps = np.array(right), [[steps for _, steps in row] for row in runs]
        trained[name, T] = runs[shares[name, T].mean(axis=1).argmax()]
        for rate, row, took in zip(rates, right, steps, strict=True):
            print(f"{T:7} {name:20} rate {rate}:", *(f"{x:.2f} ({n:4})" for x, n in zip(row, took, strict=True)))

plain, half_shut, open_gates = networks
top = {key: table[table.mean(axis=1).argmax()] for key, table in shares.items()}  # at the best rate: three seeds
taken = {key: np.median([steps for _, steps in runs]) for key, runs in trained.items()}
assert min(top[name, T].min() for name in networks for T in (10, 20)) > 0.85  # each can do it
assert taken[open_gates, 20] < min(taken[half_shut, 20], taken[plain, 20]) / 2
assert max(shares[name, 40].max() for name in (plain, half_shut)) < 0.4 < 0.6 < top[open_gates, 40].min()
width = {name: sum(row.min() > 0.85 for row in shares[name, 20]) for name in networks}  # rates that do for all seeds
assert width[open_gates] == 3 > max(width[plain], width[half_shut])

# %% [markdown]
# **Each can do it.** With 20 letters also the network without any gate, and the LSTM whose gates start half shut: at a
# rate that suits them, and given time. No gate, no memory? That is refuted. What remains of the gates and their bias:
#
# - **speed**: with the bias 1 it takes a fraction of the steps;
# - **width**: with 20 letters every rate does for the bias 1; the others are lost at 0.01;
# - **reach**: with 40 letters the two others guess at every rate. With the bias 1 two rates of three still learn,
#   though not from every start: the bias carries further, not for ever. (All in a thousand steps; what a million would
#   give nobody has tried here.)
#
# How far does a gradient get at the start? Not far, where half is lost at each step. But that is not all: the plain
# RNN's reaches furthest of all, and it learns slowest. What comes back is then the sum of all letters' effects, and to
# let one in and keep others out takes a product with something that depends on the flag: that is a gate.

# %%
reach = {}
for name, (kind, bias) in networks.items():
    tokens, _ = flagged_letters(np.random.default_rng(100), 1000, 20)
    starts = [network(rng, kind, bias).layers[0] for rng in map(np.random.default_rng, range(3))]
    reach[name] = np.array([norms_through_time(np.random.default_rng(0), layer, tokens)[15] for layer in starts])
    print(f"a gradient of length 1, 15 steps back, before training, {name:20}", *(f"{r:.5f}" for r in reach[name]))
assert np.all(reach[half_shut] > 0.5**15) and np.all(reach[open_gates] > 0.73**15)  # the states are a second way back
assert np.all(20 * reach[half_shut] < reach[open_gates]) and np.all(reach[open_gates] < reach[plain])

# %% [markdown]
# ## The picture: what did the last network learn, with 20 letters?

# %%
_, trace = trained[open_gates, 20][0][0].layers[0].forward(tokens)  # the first of three, while it reads
gates, cells = np.split(trace.states.gates, 4, axis=2)[1], trace.states.c[:, 1:]
when = np.arange(20) - tokens.values[:, :, FLAG].argmax(axis=1)[:, None]  # steps since the flag
before, at, after = (gates[these].mean() for these in (when < 0, when == 0, when > 0))
early, late = np.abs(cells[when < 0]).mean(), np.abs(cells[:, -1]).mean()
print(f"forget gates: before flag {before:.2f}, at it {at:.2f}, after {after:.2f}; cells: {early:.2f}, last {late:.2f}")
assert at < before - 0.05 and after > before and late > 5 * early
save_figure(draw(shares, networks, rates, lengths, tokens.values[3], gates[3], cells[3], guessed), "08_lstm")

# %% [markdown]
# At the flag the forget gates shut halfway: half of what was in the cells is thrown out. Then they open wider than
# before: what is in there now is kept. Nobody told the network to do so.
#
# ## Exercises
#
# `mmdl check --new 8` writes a file to complete, `mmdl check 08_lstm.py` looks at it.
#
# - `lstm_step` and `lstm`: one step, and all of them. `gru_step`: the **gated recurrent unit**, which has no cell.
# - `lstm_cell_backward` (lines 1 to 3 and 5, of one step) and `lstm_backward`. The cell has two readers.
#
# ## What you now know
#
# - An LSTM has a cell beside its state: $c_t = f \circ c_{t-1} + i \circ g$. Backward, the cell's gradient comes by two
#   ways, and along the cell a step multiplies by the forget gate alone.
# - A forget bias of 1 opens the gates: training is faster, works at more rates, and reaches further back. It is not
#   what makes memory possible: at their own best rates, plain RNN and closed gates remember twenty letters, too.
# - Compare networks each at its best rate, with several seeds; one rate for all tells whom it happens to suit.
# - Gates buy reach *and* choice: a product lets one input decide what becomes of another.
#
# ## Where this comes from
#
# - Hochreiter, Schmidhuber, [*Long short-term memory*](https://doi.org/10.1162/neco.1997.9.8.1735), 1997: the cell that
#   carries its gradient unharmed, then still without a forget gate.
# - Gers, Schmidhuber, Cummins, [*Learning to forget*](https://doi.org/10.1162/089976600300015015), 2000: adds the
#   forget gate, for texts that have no end.
# - Jozefowicz, Zaremba, Sutskever, [*An empirical exploration of recurrent network
#   architectures*](https://proceedings.mlr.press/v37/jozefowicz15.html), 2015: ten thousand cells, and the bias of 1.
# - Cho and others, [*Learning phrase representations using RNN encoder-decoder*](https://arxiv.org/abs/1406.1078),
#   2014, section 2.3: two gates and no cell, the gated recurrent unit.
