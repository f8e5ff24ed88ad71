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
# # 24 Many machines
#
# **Question.** Where do more machines stop paying?
#
# Needs: lessons 00, 04, 05, 06; about 15 s.
#
# The article trains on one machine. But a batch is many examples, so several machines, called **ranks**, can share the
# work: each has the whole model and a part of the batch. This lesson simulates them, or runs on real ones, each a
# process (with the extra `mpi`): `mpiexec -n 2 python lessons/24_many_machines.py`. So does `mmdl train --ranks 2`.

# %%
import os
import sys
from functools import reduce
from timeit import repeat

import numpy as np

from mmdl import data, tree
from mmdl.cli import ranks
from mmdl.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from mmdl.memory import keep_freed_memory
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_24_many_machines import draw

world = None
if ranks.inside():  # started by mpiexec
    from mpi4py.MPI import COMM_WORLD as world
if world and world.rank:
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  one rank speaks, and it is rank 0

# %% [markdown]
# ## The gradient of a mean is the mean of gradients
#
# The loss is a mean over $N$ examples. Rank $r$ has $n_r$ of them, and computes the mean over its own, $L_r$:
#
# $$L = \frac1N \sum_n \ell_n = \frac1N \sum_r \sum_{n \text{ of } r} \ell_n = \sum_r \frac{n_r}{N} L_r, \qquad
#   g = \frac{\partial L}{\partial \theta} = \sum_r \frac{n_r}{N}\, g_r$$
#
# A derivative of a sum is the sum of derivatives, and constants stay in front. Nothing is approximated.
#
# **By hand.** A model with one number, $y = \theta x$ and $\ell = \frac12 (\theta x - t)^2$, at $\theta = 1$. The
# examples $(x, t) = (1, 0), (2, 1), (3, 0)$ have the gradients $(\theta x - t)\, x = 1, 2, 9$, with the mean 4. Rank 0
# takes the first two, rank 1 the third: $g_0 = \frac32$, $g_1 = 9$, and $\frac23 \cdot \frac32 + \frac13 \cdot 9 = 4$.
#
# **A trap**: the plain mean of $g_0$ and $g_1$ is 5.25, because rank 1's only example counts twice. With equal shares
# nobody sees it, until the last batch of an epoch, or a loss that is a mean over words: then $n_r$ are words.


# %%
def even_shares(N, R):  # how many examples each rank has: as even as can be
    return N // R + (np.arange(R) < N % R)


def mean_of_ranks(rows, counts):  # (R, P), (R) -> (P)
    return (counts / counts.sum()) @ rows


each = np.array([(1 * x - t) * x for x, t in ((1, 0), (2, 1), (3, 0))])
by_rank = np.array([[each[:2].mean()], [each[2:].mean()]])
assert mean_of_ranks(by_rank, np.array([2, 1])) == each.mean() == 4 and by_rank.mean() == 5.25

# %% [markdown]
# ## What is sent
#
# Only $g_r$. A gradient is many arrays, and a message is a row of numbers: we lay all arrays end to end, and cut the
# row again when it has arrived. Lesson 05's network with one stage, and a batch whole, in shares, and with the trap:


# %%
def flatten(gradient):
    return np.concatenate([array.ravel() for _, array in tree.leaves(gradient)])


def restore(row, model):
    sizes = [array.size for _, array in tree.leaves(model)]
    pieces = iter(np.split(row, np.cumsum(sizes)[:-1]))
    return tree.map(lambda array: next(pieces).reshape(array.shape), model)


def network(seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    layers = Conv2D.init(rng, 1, 32), ReLU(), MaxPool2D(2), Flatten(), Dense.init(rng, 13 * 13 * 32, 10)
    return tree.map(lambda array: array.astype(dtype), Sequential(layers))


glyphs = data.load("glyphs", fonts=("DejaVuSans", "DejaVuSerif")).train
pictures, labels = glyphs.inputs["image"] / np.float32(255), glyphs.labels


def gradient_row(model, rows):
    scores, trace = model.forward(pictures[rows].astype(model.layers[0].w.dtype))
    return flatten(model.gradient(softmax_cross_entropy(scores, labels[rows]).gradient, trace))


batch, uneven = np.random.default_rng(1).permutation(len(labels))[:64], np.array([40, 20, 4])
model, exact = network(), network(dtype=float)
whole = gradient_row(exact, batch)
parts = np.array([gradient_row(exact, part) for part in np.split(batch, np.cumsum(uneven)[:-1])])
right, trap = (np.abs(row - whole).max() / np.abs(whole).max() for row in (mean_of_ranks(parts, uneven), parts.mean(0)))
print(f"a message has {whole.size:,} numbers, {4 * whole.size:,} bytes in float32")
print(f"shares of 40, 20 and 4, error of the gradient: weighted {right:.0e}, mean of means {trap:.0e}")
assert right < 1e-12 and trap > 0.1 and tree.equal(restore(flatten(exact), exact), exact)

# %% [markdown]
# ## Why timing cannot change the result
#
# Floating-point sums are **not associative**: after each addition the result is rounded. In float32
# $(10^8 + 1) - 10^8$ is 0, and $(10^8 - 10^8) + 1$ is 1. So who adds rows as they *arrive* gets other bits every time.
# Who adds them in the order of the ranks, and waits for a late one, gets the same. The control: eight ranks, the same
# rows, 200 random orders of arrival.


# %%
def step_rows(model, rows, R):  # what the ranks send: their gradients, weighted by their shares
    counts = even_shares(len(rows), R)
    split = np.split(rows, np.cumsum(counts)[:-1])
    weights = (counts / len(rows)).astype(np.float32)
    return weights[:, None] * [gradient_row(model, own) for own in split]


def train(seed, delays, ordered, steps=20, R=8):
    rng, late, model = np.random.default_rng(seed), np.random.default_rng(delays), network(seed)
    for _ in range(steps):
        rows = step_rows(model, rng.permutation(len(labels))[:64], R)
        total = reduce(np.add, rows if ordered else rows[late.permutation(R)])
        model = tree.map(lambda p, g: p - np.float32(0.1) * g, model, restore(total, model))
    return flatten(model)


sent, late = step_rows(network(), batch, 8), np.random.default_rng(2)
arrivals = {reduce(np.add, sent[late.permutation(8)]).tobytes() for _ in range(200)}
print("different sums of the same eight rows, as they arrive:", len(arrivals), " in the order of the ranks: 1")
for seed in range(3):
    moody, steady = (np.ptp([train(seed, delays, ordered) for delays in range(2)], axis=0).max() for ordered in (0, 1))
    print(f"20 steps, seed {seed}: two runs differ by {moody:.0e} as rows arrive, by {steady:.0f} in the ranks' order")
    assert steady == 0 < moody and len(arrivals) > 100

# %% [markdown]
# Little; but in a run that is another every time no fault can be hunted down.
#
# ## Nobody is the centre: the ring
#
# If all send to one, it has to receive $R - 1$ rows. In a **ring** each talks to its neighbours only. The row is cut
# into $R$ pieces. In step $t$, rank $r$ sends piece $r - t$ (modulo $R$) to rank $r + 1$. For $R - 1$ steps the
# receiver *adds* it to its own; then every rank has one finished piece. For $R - 1$ more it *replaces* its own. Each
# sends $2 (R - 1)$ pieces of $P / R$ numbers: fewer than $2 P$, **however many ranks there are**. Piece $k$ is added up
# from rank $k$ on: the order is fixed, whoever is late.


# %%
def ring(rows):  # (R, P), one row for each rank -> (R, P), the sum on each
    R = len(rows)
    pieces = [np.array_split(row, R) for row in rows]
    for t in range(2 * (R - 1)):
        for r in range(R):
            k, receiver = (r - t) % R, pieces[(r + 1) % R]
            receiver[k] = pieces[r][k] + receiver[k] if t < R - 1 else pieces[r][k]
    return np.array([np.concatenate(own) for own in pieces])


def ring_of(row, world):  # the same on real ranks, each with its own row
    R, r, pieces = world.size, world.rank, np.array_split(row, world.size)
    for t in range(2 * (R - 1)):
        came = world.sendrecv(pieces[(r - t) % R], (r + 1) % R, source=(r - 1) % R)
        k = (r - t - 1) % R
        pieces[k] = came + pieces[k] if t < R - 1 else came
    return np.concatenate(pieces)


everywhere = ring(sent)
assert np.ptp(everywhere, axis=0).max() == 0 and np.allclose(everywhere, reduce(np.add, sent), rtol=0, atol=1e-6)
if world:
    sent = step_rows(network(), batch, world.size)
    mine = ring_of(sent[world.rank], world)  # each computed all rows, sends its own, and gets the sum
    print(f"{world.size} real ranks:", "the bits of the simulated ring" * np.array_equal(mine, ring(sent)[world.rank]))
    assert len(set(world.allgather(mine.tobytes()))) == 1 and np.allclose(mine, ring(sent)[0], rtol=0, atol=1e-6)

# %% [markdown]
# ## What it costs
#
# A rank with $n$ examples computes for $c_0 + c_1 n$: the calls, whatever they are given, and the work. Each of the
# ring's $2 (R - 1)$ messages takes a **latency** $l$, then the time of $B / R$ bytes at a **bandwidth** $w$:
#
# $$T(R) = c_0 + c_1 \frac{N}{R} + 2 (R - 1) \Big( l + \frac{B}{R\, w} \Big)$$
#
# Only $c_1 N / R$ shrinks with $R$. The measurements are **recorded** (a figure must not depend on who runs it), on two
# cores of one machine that was busy with other things: each is the fastest of some hundred. Yours is printed below.

# %%
COMPUTED = {1: 0.292, 2: 0.303, 4: 0.395, 8: 0.605, 16: 1.02, 32: 2.00, 64: 4.97}  # examples: ms, recorded
SENT = {64: 0.95, 1024: 1.44, 4096: 2.6, 16384: 9.1, 65536: 15.8, 2**18: 36.4, 2**20: 141, 2**22: 408, 2**24: 2310}
STEPS = {1: 4.97, 2: 2.65}  # ranks: ms of a whole step with a batch of 64, recorded; SENT is in µs, by bytes


def fit(measured):  # a + b x, with relative errors that are small
    x, y = np.array(list(measured.items())).T
    return np.linalg.lstsq(np.stack([1 / y, x / y], axis=1), np.ones(len(x)))[0]


def seconds(R, calls, work, size, latency, bandwidth):  # T(R)
    return calls + work / R + 2 * (R - 1) * (latency + size / (R * bandwidth))


def fastest(function, times=30):
    return 1000 * min(repeat(function, number=1, repeat=times))


keep_freed_memory()
yours = {n: fastest(lambda n=n: gradient_row(model, batch[:n])) for n in COMPUTED}
for who, times in {"recorded": COMPUTED, "yours": yours}.items():
    fitted = "fitted: c0 = {:.2f} ms, c1 = {:.3f} ms".format(*fit(times))
    print(f"{who:9}", "  ".join(f"{n}: {taken:.2f} ms" for n, taken in times.items()), " ", fitted)
calls, work = (each / 1000 for each in fit(COMPUTED))
latency, per_byte = (each / 2e6 for each in fit(SENT))  # of two messages, each of half of the bytes
here = calls, 64 * work, 4 * whole.size, latency, 0.5 / per_byte
print(f"a message: {1e6 * latency:.1f} µs, then {0.5e-9 / per_byte:.1f} GB a second")
for R, taken in STEPS.items():
    print(f"a step on {R} rank{'s' * (R > 1)}: {1000 * seconds(R, *here):.2f} ms foretold, {taken} recorded")
    assert 0.5 < 1000 * seconds(R, *here) / taken < 2
if world:
    share, row = batch[: even_shares(64, world.size)[0]], whole.astype(np.float32)
    step = fastest(lambda: world.Allreduce(gradient_row(model, share), row), 100)
    message = fastest(lambda: world.Allreduce(row.copy(), row), 100)
    print(f"yours: a step on {world.size} ranks {step:.2f} ms, of which the message {message:.3f} ms")

# %% [markdown]
# ## On paper: a cluster, and a model of a billion numbers
#
# The same network on machines that are joined by a cable ($l$ = 50 µs, 10 gigabit a second: $w$ = 1.25 GB/s). And a
# model of a billion numbers, 4 GB in float32, whose batch keeps one machine busy for 30 s.

# %%
guessed = guess("A billion numbers, a step of 30 s, 10 gigabit a second: how many times faster are 64 machines?")
RANKS = np.array([1, 2, 4, 8, 16, 32, 64])
cases = {
    "54,410 numbers, one memory": here,
    "the same, a cable of 10 Gbit/s": (*here[:3], 50e-6, 1.25e9),
    "a billion numbers, 10 Gbit/s": (0, 30, 4e9, 50e-6, 1.25e9),
    "a billion numbers, 400 Gbit/s": (0, 30, 4e9, 5e-6, 50e9),
}
faster = {name: seconds(1, *case) / seconds(RANKS, *case) for name, case in cases.items()}
print("times faster than one, on ranks:", " ".join(f"{R:5}" for R in RANKS), "  half of them idle from")
for name, times in faster.items():
    idle = next((R for R in RANKS if times[RANKS == R] < R / 2), "-")
    print(f"{name:32}", " ".join(f"{each:5.1f}" for each in times), f"  {idle}")
small, cable, slow, fast = faster.values()
assert 4 < slow[-1] < 5 and fast[-1] > 40 and cable[-1] < 1 < cable.max() < 6 and 5 < small[-1] < 20
if not world or world.rank == 0:
    save_figure(draw(SENT, (latency, per_byte), RANKS, faster, STEPS, guessed), "24_many_machines")

# %% [markdown]
# **Three walls.** On one memory the message is nothing, and the wall is $c_0$, the calls that nobody shares. Over a
# cable it is the latency: two messages more for every rank, so a small model is *slower* on 64 machines than on one.
# For the large model it is the bytes: with ever more ranks $T$ goes to $2 B / w = 6.4$ s. 64 machines are worth 4.4,
# and no number is worth five, until the cable is better, or **each rank gets a whole batch of its own**: then the work
# grows with the ranks, and the message does not. So large models have huge batches (Goyal, below).
#
# Where is the model off? Messages of 10 to 100 kB take up to three times what a straight line says: MPI has several
# ways of sending. And 64 examples take 30 % longer than foretold, on one rank or two: one with 32 needs 2.00 ms alone,
# and 2.65 beside another one, as they share the cache and the memory.
#
# **Half of the moments each.** Adam keeps two more numbers for every parameter, and all ranks keep the same. After the
# first half of the ring (a *reduce-scatter*) every rank has one finished piece. It could make the optimizer's step for
# this piece alone, with the moments of this piece alone, and in the second half (an *all-gather*) send parameters. As
# many bytes, a part of the memory. On two cores it gained nothing measurable; for a billion numbers it makes them fit.
#
# ## Exercises
#
# `mmdl check --new 24` writes them into a file of yours; `mmdl check 24_many_machines.py` then tells how far you are.
#
# - `even_shares`, `sum_in_order`, `flatten`, `ring_all_reduce`: what each rank gets and sends, and the sum.
# - `restore`, `share_backward` and `all_reduce_backward`, for which you have to find yours.
# - Two questions: how much a rank sends, and how fast it can ever be.
#
# ## What you now know
#
# - The gradient of a mean is the mean of the gradients, weighted by counts: the mean of means is another number.
# - Sums depend on their order. If it is fixed, no delay can change a bit. A ring sends fewer than $2 P$ numbers a rank.
# - More ranks shrink the work, and neither the calls, nor the latency, nor the bytes.
#
# ## Where this comes from
#
# - Patarasuk, Yuan, [*Bandwidth optimal all-reduce algorithms for clusters of
#   workstations*](https://doi.org/10.1016/j.jpdc.2008.09.002), 2009: a proof that no all-reduce can send fewer bytes
#   than the ring.
# - Sergeev, Del Balso, [*Horovod: fast and easy distributed deep learning in
#   TensorFlow*](https://arxiv.org/abs/1802.05799), 2018: the ring in deep learning, over MPI, with a few lines changed
#   in a program.
# - Goyal and others, [*Accurate, large minibatch SGD: training ImageNet in 1 hour*](https://arxiv.org/abs/1706.02677),
#   2017, section 2: 256 devices, and what the learning rate must do.
# - Rajbhandari, Rasley, Ruwase, He, [*ZeRO: memory optimizations toward training trillion parameter
#   models*](https://arxiv.org/abs/1910.02054), 2020: moments, gradients and weights shared out among the ranks.
# - Goldberg, [*What every computer scientist should know about floating-point
#   arithmetic*](https://doi.org/10.1145/103162.103163), 1991: why the order of a sum matters.
