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
# # 23 Hearing
#
# **Question.** How can it learn when, if only what is told?
#
# Needs: lessons 00, 01, 04, 06, 18; about 20 s.
#
# Speech recognition is one of the four applications that the article names. A recording has a hundred frames (lesson
# 18), its transcript has four letters, and nobody has written down which frames belong to which letter. Lesson 04's
# loss needs a class for *every* frame. **Connectionist temporal classification** (CTC) needs none: it tries all of them
# at once.

# %%
import itertools

import numpy as np
from scipy.signal import lfilter

from mmdl.layers import Conv1D, Dense, ReLU, Sequential
from mmdl.ops import ctc as library
from mmdl.ops import spectrum
from mmdl.ops.filters import hann_window, mel_filter_bank
from mmdl.ops.softmax import softmax
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_23_hearing import draw
from mmdl.training import Adam
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# In every frame $t$ the network gives $K$ scores, and softmax makes probabilities $p_t(k)$ of them. Class 0 is the
# **blank**: "nothing new". A **path** $\pi$ names a class for each of the $T$ frames. It *says* a word: repeats are
# one, and then blanks are nothing. So AAB, A-B and -AB all say AB (the dash is the blank), and AA needs a blank
# between: A-A.
#
# $$P(\text{word}) = \sum_{\pi \text{ says the word}} \; \prod_{t=1}^{T} p_t(\pi_t) \qquad L = -\log P$$
#
# ## By hand, and in loops
#
# Two letters and the blank, three frames, in each $p = (\frac12, \frac14, \frac14)$ for (-, A, B). Five paths say AB:
# AAB and ABB, $\frac{1}{64}$ each, and AB-, A-B and -AB, $\frac14 \cdot \frac14 \cdot \frac12 = \frac{1}{32}$ each.
# Together $P = \frac{2}{64} + \frac{3}{32} = \frac18$, and $L = \log 8 = 2.079$.


# %%
def read(path):
    return [k for k, _ in itertools.groupby(path) if k != 0]


def loops(p, word):
    paths = [path for path in itertools.product(range(p.shape[1]), repeat=len(p)) if read(path) == word]
    return sum(np.prod([p[t, k] for t, k in enumerate(path)]) for path in paths), len(paths)


hand = np.tile([1 / 2, 1 / 4, 1 / 4], (3, 1))
print("P and the number of paths:", *loops(hand, [1, 2]))
assert np.allclose(loops(hand, [1, 2]), (1 / 8, 5)) and read([1, 1, 0, 1]) == [1, 1]

# %% [markdown]
# ## Not all paths: all states
#
# There are $K^T$ paths, for 50 frames and 6 classes more than atoms in the earth. But paths that are at the same place
# of the word may share what comes. Write the word with blanks all around, the **extended label**
# $l = (\text{-}, A, \text{-}, B, \text{-})$, $2S + 1$ **states** for $S$ letters. A path goes through them from left to
# right: in each frame it stays, goes on to the next state, or leaves out a blank, if the letters on both sides differ.
# Let $\alpha_t(s)$ be the sum over all beginnings that stand at state $s$ in frame $t$, that frame included:
#
# $$\alpha_t(s) = p_t(l_s) \cdot \big(\alpha_{t-1}(s) + \alpha_{t-1}(s - 1) + [\, l_s \ne l_{s-2} \,]\;
#   \alpha_{t-1}(s - 2)\big)$$
#
# A path begins in one of the first two states and ends in one of the last two. **By hand**, frame by frame:
#
# | $\alpha$ | - | A | - | B | - |
# |---|---|---|---|---|---|
# | $t = 1$ | 1/2 | 1/4 | 0 | 0 | 0 |
# | $t = 2$ | 1/4 | (1/2 + 1/4)/4 = 3/16 | (1/4)/2 = 1/8 | (1/4)/4 = 1/16 | 0 |
# | $t = 3$ | 1/8 | 7/64 | 5/32 | (1/16 + 1/8 + 3/16)/4 = **3/32** | (1/16)/2 = **1/32** |
#
# $P = \frac{3}{32} + \frac{1}{32} = \frac18$, as before, with 15 numbers for 27 paths. After 100 frames such products
# are too small for a float, so the program keeps their logarithms, and adds by $\log(e^a + e^b)$.


# %%
def extended(word):
    states = np.zeros(2 * len(word) + 1, int)
    states[1::2] = word
    return states


def log_sum(*terms):
    terms = np.stack(terms)
    most = np.maximum(terms.real.max(axis=0), -1e300)  # of −∞ and −∞ the largest is −∞, and −∞ + ∞ would be NaN
    with np.errstate(divide="ignore"):
        return most + np.log(np.exp(terms - most).sum(axis=0))


def log_alpha(log_p, states):
    emitted = log_p[:, states]  # (T, K) -> (T, 2S + 1)
    alpha, nothing = np.full(emitted.shape, -np.inf, emitted.dtype), np.full(2, -np.inf)
    alpha[0, :2] = emitted[0, :2]
    may_skip = np.append([False, False], states[2:] != states[:-2])[: len(states)]
    for t in range(1, len(log_p)):
        before = np.concatenate([nothing, alpha[t - 1]])  # two more states in front, where nobody is
        skip = np.where(may_skip, before[:-2], -np.inf)
        alpha[t] = emitted[t] + log_sum(before[2:], before[1:-1], skip)
    return alpha


table = np.exp(log_alpha(np.log(hand), extended([1, 2])))
assert np.allclose(table * 64, [[32, 16, 0, 0, 0], [16, 12, 8, 4, 0], [8, 7, 10, 6, 2]])

# %% [markdown]
# ## Backward
#
# Which frame should say what? Let $\beta_t(s)$ be the sum over all *ends* from state $s$ in frame $t$ on, that frame
# **not** included ($\alpha$ has it already). Reading everything from the right, it is $\alpha$ again, divided by
# $p_t(l_s)$. Then $\alpha_t(s)\, \beta_t(s)$ is the sum over all whole paths that are at $s$ in frame $t$, and
#
# $$\gamma_t(s) = \frac{\alpha_t(s)\, \beta_t(s)}{P}, \qquad \sum_s \gamma_t(s) = 1 \text{ for every } t$$
#
# is the probability of being there, given that the word is right. By hand, in the middle frame: of the five paths AAB
# and -AB are at A, with 3/64 of 8/64; A-B is at the blank between, with 2/64; ABB and AB- are at B: $\gamma_2 = (0,
# \frac38, \frac28, \frac38, 0)$. From $L = -\log P$ to the scores in three lines:
#
# 1. every path through $s$ in frame $t$ has the factor $p_t(l_s)$ once. So $P = \sum_s \alpha_t(s)\, \beta_t(s)$ is a
#    sum of such factors, and $\partial P / \partial p_t(k) = \sum_{s: l_s = k} \alpha_t(s)\, \beta_t(s) / p_t(k)$;
# 2. $dp_t(k) = -\frac1P\, \partial P / \partial p_t(k) = -g_t(k) / p_t(k)$ with $g_t(k) = \sum_{s: l_s = k}
#   \gamma_t(s)$;
# 3. through softmax (lesson 04), $ds = p \circ (dp - \langle dp, p \rangle)$. Here $\langle dp, p \rangle = -\sum_k
#   g_t(k)
#    = -1$, so $ds_t = p_t - g_t$.
#
# **It is lesson 04's $p - y$ once more.** The label $y$ of a frame is not given, so its place takes $g$, what the
# network itself believes of *when*, after it was told *what*: a **soft label**, better with every step of training.


# %%
def ctc(logits, word):  # (T, K) -> the loss, its gradient (T, K), and γ (T, 2S + 1)
    log_p, states = logits - log_sum(*logits.T)[:, None], extended(word)
    alpha = log_alpha(log_p, states)
    beta = log_alpha(log_p[::-1], states[::-1])[::-1, ::-1] - log_p[:, states]  # without the frame itself
    log_P = log_sum(*alpha[-1, -2:])
    gamma = np.exp(alpha + beta - log_P)
    return -log_P, np.exp(log_p) - gamma @ (states[:, None] == np.arange(logits.shape[1])), gamma


# %% [markdown]
# ## Checked: all paths, complex steps, the library
#
# **A trap.** Let $\beta$ include its frame, as in some books, and $\alpha \beta$ counts that frame twice: $\gamma$ no
# longer sums to one, and that is how it shows.

# %%
rng = np.random.default_rng(23)
logits = rng.standard_normal((6, 4))
for word in ([1, 2], [3, 3, 1], [2], []):
    loss, gradient, gamma = ctc(logits, word)
    assert np.isclose(loss, -np.log(loops(softmax(logits), word)[0]))
    nudges = complex_step_gradient(lambda logits, word=word: ctc(logits, word)[0], [logits], 0, np.array(1.0))
    theirs = library.ctc_loss(logits[None], np.array([word], int))
    assert np.allclose(gradient, nudges, rtol=0, atol=1e-12) and np.allclose(gradient, theirs.gradient[0])
    assert np.isclose(loss, theirs.value) and np.allclose(gamma.sum(axis=1), 1) and np.allclose(gamma, theirs.gamma[0])
loss, _, gamma = ctc(np.log(hand), [1, 2])
twice = gamma * hand[:, extended([1, 2])]
print("γ of the middle frame:", gamma[1].round(9), " sums, with the frame counted twice:", twice.sum(axis=1))
assert np.allclose(gamma[1] * 8, [0, 3, 2, 3, 0]) and twice.sum(axis=1).max() < 0.5

# %% [markdown]
# ## An experiment: told what, told when
#
# Strings of two to five vowels, by lesson 18's voice: every one of another length, at another pitch, from another
# mouth, and with silence of 10 to 500 ms before, between and after. (Real digits: `mmdl train --objective write
# --decoder ctc --data digit-strings`.) A small network of two convolutions over time and a dense layer gives six scores
# every 32 ms. It is trained by three **teachers**, who differ in nothing but the label of a frame:
#
# - **CTC** knows only the word, and works out $g$ anew in each step;
# - the **even** one knows only the word as well, and cuts the time into equal parts for the states. It is CTC without
#   what we credit: working out *when*;
# - one who was **told when**: the true vowel of each frame, which our synthesiser knows.
#
# Each has two learning rates and three seeds, and is compared at its best. We count the **label error rate**: the
# letters to change, to insert and to leave out on 200 unseen strings, over all letters (the path of the likeliest
# classes says the word).

# %%
guessed = guess("CTC is wrong in 1 % of the letters. The even teacher?", "%")
RATE, FORMANTS = (
    8000,
    np.array([(730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240)]),
)
LEARNED, UNSEEN, LONGEST, EPOCHS = 500, 200, 5, 12


def vowel(rng, k):
    T, pitch, r = int(rng.uniform(0.06, 0.2) * RATE), rng.uniform(90, 250), np.exp(-np.pi * 80 / RATE)
    x = np.diff(np.floor(np.arange(T + 1) * pitch / RATE + rng.random()))
    for hertz in FORMANTS[k - 1] * rng.normal(1, 0.05, 3):  # lesson 18: each formant remembers two samples
        x = lfilter([1], [1, -2 * r * np.cos(2 * np.pi * hertz / RATE), r * r], x)
    return rng.uniform(0.3, 1) * np.hanning(T) ** 0.3 * x / np.abs(x).max()


def strings(rng, N):
    """Log-mel frames (N, T, 20), labels and their mask (N, S), true classes of the frames and their mask (N, T / 2)"""
    labels, there = rng.integers(1, 6, (N, LONGEST)), np.arange(LONGEST) < rng.integers(2, LONGEST + 1, N)[:, None]
    waves, whens = [], []
    for word in (row[mask] for row, mask in zip(labels, there, strict=True)):
        pieces = [(np.zeros(rng.integers(80, 4000)), 0)]
        for k in word:
            pieces += [(vowel(rng, k), k), (np.zeros(rng.integers(80, 4000)), 0)]
        waves.append(np.concatenate([wave for wave, _ in pieces]))
        whens.append(np.concatenate([np.full(len(wave), k) for wave, k in pieces]))
    lengths = np.array([len(wave) for wave in waves])
    waves, whens = ([np.pad(each, (0, max(lengths) - len(each))) for each in many] for many in (waves, whens))
    waves = waves + 0.003 * rng.standard_normal((N, max(lengths)))
    power = spectrum.power_spectrum(spectrum.frames(waves, 256, 128), hann_window(256)).y
    y = np.log(power @ mel_filter_bank(20, 256, RATE) + 1e-4)
    mask = np.arange((y.shape[1] + 1) // 2) * 256 + 128 < lengths[:, None]
    when = np.array(whens)[:, 128::256][:, : mask.shape[1]]  # the middle of every second frame
    return ((y - y.mean()) / y.std()).astype(np.float32), labels, there, when, mask


x, labels, there, when, mask = strings(np.random.default_rng(0), LEARNED + UNSEEN)


def even(word, T):
    states = extended(word)
    return states[np.arange(T) * len(states) // T]


evenly = np.zeros_like(when)
for n, (word, own, frames) in enumerate(zip(labels, there, mask, strict=True)):
    evenly[n, frames] = even(word[own], frames.sum())


def gradient_of(teacher, logits, rows):
    if teacher == "CTC":
        return library.ctc_loss(logits, labels[rows], mask[rows], there[rows]).gradient
    target = np.eye(6, dtype=np.float32)[(evenly if teacher == "even" else when)[rows]]
    return np.where(mask[rows, :, None], softmax(logits) - target, 0) / len(rows)


def edit_distance(a, b):  # changes, insertions and omissions that make b of a
    row = np.arange(len(b) + 1)
    for i, one in enumerate(a, start=1):
        last, row = row, [i]
        for j, other in enumerate(b, start=1):
            row.append(min(last[j - 1] + (one != other), last[j] + 1, row[j - 1] + 1))
    return row[-1]


def error_rate(model):
    paths, own = (
        model(x[LEARNED:]).argmax(axis=2),
        [row[mask] for row, mask in zip(labels[LEARNED:], there[LEARNED:], strict=True)],
    )
    wrong = sum(
        edit_distance(read(path[seen]), list(word)) for path, seen, word in zip(paths, mask[LEARNED:], own, strict=True)
    )
    return wrong / sum(map(len, own))


def train(teacher, rate, seed):
    """The errors after each epoch; what the network says then about the first unseen string, (epochs, T, 6); and the
    share of unseen frames in which its class is the true one in the end"""
    rng, errors, said = np.random.default_rng(seed), [], []
    layers = (
        Conv1D.init(rng, 20, 32, 5, stride=2, padding="same"),
        ReLU(),
        Conv1D.init(rng, 32, 32, 5, padding="same"),
        ReLU(),
    )
    model, optimizer = Sequential((*layers, Dense.init(rng, 32, 6))), Adam(rate)
    state = optimizer.start(model)
    for _ in range(EPOCHS):
        for rows in np.array_split(rng.permutation(LEARNED), LEARNED // 25):
            logits, trace = model.forward(x[rows])
            _, gradient = model.backward(gradient_of(teacher, logits, rows).astype(np.float32), trace)
            optimizer.step(model, gradient, state)
        errors.append(error_rate(model))
        said.append(softmax(model(x[LEARNED : LEARNED + 1])[0]))
    agree = model(x[LEARNED:]).argmax(axis=2) == when[LEARNED:]
    return errors, said, agree[mask[LEARNED:]].mean()


runs = {}
for teacher in ("CTC", "even", "told when"):
    tried = {rate: [train(teacher, rate, seed) for seed in range(3)] for rate in (0.003, 0.01)}
    last = {rate: [errors[-1] for errors, *_ in each] for rate, each in tried.items()}
    runs[teacher] = tried[min(last, key=lambda rate: np.mean(last[rate]))]
    print(
        f"{teacher:10}",
        *(f"  rate {rate}: " + " ".join(f"{error:.3f}" for error in each) for rate, each in last.items()),
    )
    if teacher == "CTC":
        errors, said, _ = tried[0.003][0]
ctc_wrong, even_wrong, told_wrong = (np.array([errors[-1] for errors, *_ in each]) for each in runs.values())
assert ctc_wrong.max() < 0.04 and even_wrong.min() > 0.15 and ctc_wrong.mean() < told_wrong.mean() + 0.02
agree = {teacher: np.array([share for *_, share in each]) for teacher, each in runs.items()}
silence = (when[LEARNED:][mask[LEARNED:]] == 0).mean()
print("frames with their true class:", "  ".join(f"{who} {shares.mean():.2f}" for who, shares in agree.items()), end="")
print(f"  always silence {silence:.2f}")
assert agree["CTC"].max() < agree["told when"].min() - 0.03
silent = sum(error > 0.99 for error in errors)  # epochs in which it says nothing
first = next(epoch for epoch, error in enumerate(errors) if error < 0.7)
print(
    f"CTC, rate 0.003: says nothing for {silent} epochs, then errs in", *(f"{error:.2f}" for error in errors[silent:])
)
assert silent >= 1 and np.all(said[0].argmax(axis=1) == 0)

# %% [markdown]
# **Who is told only what, and works out when, does as well as who is told when.** The even teacher has the same words,
# the same network and its own best rate; what it lacks is $g$. (Make all pauses alike, and it does much better: then
# the even cut is nearly true.)
#
# And look how it learns. First it says **nothing at all**: the blank is in every word, and one who does not know the
# time is right most often with the blank. Then, within an epoch or two, it has the vowels. But its *when* is its own:
# fewer of its frames have their true class. Nobody asked it to begin where the vowel begins. Every path that says the
# word is as good as any other, and once one is likely, $\gamma$ makes it likelier. CTC learns that a vowel was heard,
# and in which order; where it puts it is good for spelling, and for nothing else.

# %%
n = LEARNED
picture = x[n, : 2 * mask[n].sum()], when[n][mask[n]], [(1, said[0]), (first + 1, said[first]), (EPOCHS, said[-1])]
final = {teacher: np.array([errors for errors, *_ in each]) for teacher, each in runs.items()}
save_figure(draw(*picture, mask[n].sum(), final, guessed), "23_hearing")

# %% [markdown]
# ## Exercises
#
# `mmdl check --new 23` writes them into a file of yours; `mmdl check 23_hearing.py` then tells how far you are.
#
# - `says` and `extended_label`: from paths to words, and from a word to its states.
# - `ctc_alpha` with its formula; `ctc_beta`, for which you have to find yours; `ctc_gradient`: from the scores.
# - Two questions: how many paths, and how few frames?
#
# ## What you now know
#
# - CTC sums over all alignments; with the states of the extended label that takes $T (2S + 1)$ numbers.
# - Its gradient is $p - g$: lesson 04's, with a soft label that the network makes itself after being told the word.
# - $\gamma$ sums to one over the states in every frame. If it does not, a frame was counted twice.
# - Working out *when* is what it adds: an even cut of the same words, with all else equal, errs many times as often.
#
# ## Where this comes from
#
# - Graves, Fernández, Gomez, Schmidhuber, [*Connectionist temporal
#   classification*](https://doi.org/10.1145/1143844.1143891), 2006, section 4: the loss, $\alpha$ and $\beta$, in eight
#   pages.
# - Rabiner, [*A tutorial on hidden Markov models and selected applications in speech
#   recognition*](https://doi.org/10.1109/5.18626), 1989, section III: the hidden Markov models from which they come.
# - Graves, Jaitly, [*Towards end-to-end speech recognition with recurrent neural
#   networks*](https://proceedings.mlr.press/v32/graves14.html), 2014: letters from speech with nothing in between.
# - Hannun, [*Sequence modeling with CTC*](https://doi.org/10.23915/distill.00008), 2017: all of this lesson in
#   drawings.
# - Zeyer, Schlüter, Ney, [*Why does CTC result in peaky behavior?*](https://arxiv.org/abs/2105.14849), 2021: why the
#   network says little else but the blank.
