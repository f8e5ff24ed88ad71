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
# # 20 Writing
#
# **Question.** What does a language model know that counting does not?
#
# Needs: lessons 00, 01, 04, 06, 08, 09; about 35 s.
#
# A **language model** says which letter comes next. That is all; but whoever can do it can write: choose a letter, add
# it, ask again. Here the texts are names of characters, such as LATIN SMALL LETTER E WITH ACUTE.

# %%
import unicodedata
from collections import Counter, defaultdict

import numpy as np

from mmdl.layers import LSTM, Dense, Embedding, Sequential
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.softmax import softmax
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_20_writing import draw
from mmdl.tokens import Tokens
from mmdl.training import Adam
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# A text $x_1, \dots, x_T$ ends in a letter of its own, the **end**. By the rules of probability, without any loss,
#
# $$P(x) = \prod_{t=1}^{T} p(x_t \mid x_1, \dots, x_{t-1}) \qquad L = -\frac1T \sum_t \log p(x_t \mid \text{what stands
# before})$$
#
# $L$ is lesson 04's loss at every letter. Divided by $\log 2$ it is in **bits a letter**: 1 bit is the surprise at a
# fair coin, and $2^{\text{bits}}$, the **perplexity**, the number of equally likely letters that would surprise as
# much.
#
# **By hand.** A text of three letters whose probabilities were ½, ¼ and ½ costs $1 + 2 + 1 = 4$ bits, $\frac43$ a
# letter; the perplexity is $2^{4/3} = 2.52$.
#
# ## One road: count
#
# An **$n$-gram** looks at the last $n - 1$ letters only, the context, and counts what followed them. What it has not
# seen must not be impossible, so it keeps something for shorter contexts (Witten and Bell, 1991). With $c$ times the
# context, $c_x$ times followed by $x$, and $u$ different followers,
#
# $$p(x \mid \text{context}) = \frac{c_x + u \cdot p(x \mid \text{context without its first letter})}{c + u}$$
#
# and at the very end all letters are alike. **By hand**: A was followed by B three times, by C once, so $c = 4$, $u =
# 2$. If the shorter context gives B $\frac14$, then $p(B \mid A) = (3 + 2 \cdot \frac14) / 6 = 0.583$.


# %%
class Counting:
    def __init__(self, texts, n, K):
        self.n, self.K, self.followers = n, K, defaultdict(Counter)
        for text in texts:
            text = [0, *text]  # the end in front: a beginning is a context, too
            for t, letter in enumerate(text[1:], start=1):
                for k in range(min(n - 1, t) + 1):
                    self.followers[tuple(text[t - k : t])][letter] += 1

    def p(self, before):  # of every letter, after these: (K)
        p, before = np.full(self.K, 1 / self.K), [0, *before]
        for k in range(min(self.n - 1, len(before)) + 1):
            seen = self.followers.get(tuple(before[len(before) - k :]))
            if seen is None:
                break
            counts = np.zeros(self.K)
            counts[list(seen)] = list(seen.values())
            p = (counts + len(seen) * p) / (counts.sum() + len(seen))
        return p

    def bits(self, texts):
        surprise = [-np.log2(self.p(text[:t])[letter]) for text in texts for t, letter in enumerate(text)]
        return np.mean(surprise)


tiny = Counting([[1, 2], [1, 2], [1, 2], [1, 3]], n=2, K=4)
one = (3 + 3 * 1 / 4) / (8 + 3)  # p(2) by itself: 3 of 8 letters, three kinds of them, and ¼ if all are alike
assert np.isclose(tiny.p([1])[2], (3 + 2 * one) / (4 + 2))

# %% [markdown]
# ## The other: a network
#
# An LSTM (lesson 08) reads letter by letter, and its state says what comes next: $s_t = h_t V + b$. To learn, it is
# shown the *true* letters (**teacher forcing**), **moved by one**: at the place of $x_t$ it reads $x_{t-1}$, and the
# end in front of $x_1$. All places of a text are then learned at once.
#
# **Backward** is read upwards. With $M$ letters in the batch, mask and all:
#
# 1. the mean over all letters: $ds_t = (p_t - y_t) / M$ where there is a letter, else 0 (lesson 04);
# 2. $s = h V + b$: $dh = ds\, V^\mathsf{T}$, $dV = \sum_t h_t^\mathsf{T} ds_t$, $db = \sum_t ds_t$ (lesson 00);
# 3. the LSTM (lesson 08), and 4. the table of letters (lesson 09): the layers' own backward passes.


# %%
def moved(targets):
    return np.concatenate([np.zeros_like(targets[:, :1]), targets[:, :-1]], axis=1)  # 0 is the end, and the beginning


def letters_loss(h, V, b, targets, mask):
    s = h @ V + b
    log_p = s - np.log(np.exp(s).sum(axis=-1, keepdims=True))
    return -np.where(mask, np.take_along_axis(log_p, targets[..., None], axis=-1)[..., 0], 0).sum() / mask.sum()


def letters_loss_backward(h, V, b, targets, mask):
    y = np.eye(V.shape[1])[targets]
    ds = np.where(mask[..., None], softmax(h @ V + b) - y, 0) / mask.sum()  #  1.
    return ds @ V.T, np.einsum("nth,ntk->hk", h, ds), ds.sum(axis=(0, 1))  #   2.


rng = np.random.default_rng(20)
h, V, b, mask = (
    rng.standard_normal((2, 3, 4)),
    rng.standard_normal((4, 5)),
    rng.standard_normal(5),
    np.ones((2, 3), bool),
)
targets, mask[1, 1:] = rng.integers(5, size=(2, 3)), False
for place, mine in enumerate(letters_loss_backward(h, V, b, targets, mask)):
    nudges = complex_step_gradient(lambda *each: letters_loss(*each, targets, mask), [h, V, b], place, np.array(1.0))
    assert np.allclose(mine, nudges, rtol=0, atol=1e-12)
assert np.isclose(letters_loss(h, V, b, targets, mask), softmax_cross_entropy(h @ V + b, targets, mask=mask).value)

# %% [markdown]
# ## An experiment: who is less surprised?
#
# The names of all Latin, Greek and Cyrillic letters that Python knows, a random fifth of them for the test. Both roads
# are given their best: counting may choose its $n$ from 2 to 8, the network its learning rate, and it gets three seeds.

# %%
guessed = guess("Counting needs 0.6 bits a letter. And the network, after 10 epochs?", "bits")
scripts = "LATIN ", "GREEK ", "CYRILLIC "
names = sorted({name for c in map(chr, range(0x2FFFF)) if (name := unicodedata.name(c, "")).startswith(scripts)})
alphabet = sorted(set("".join(names)))
ids = {letter: k for k, letter in enumerate(alphabet, start=1)}
shuffled = [names[i] for i in np.random.default_rng(0).permutation(len(names))]
unseen, learned = shuffled[: len(names) // 5], shuffled[len(names) // 5 :]
K, LONGEST, EPOCHS = len(alphabet) + 1, max(map(len, names)) + 1, 10
codes = {
    part: [[ids[letter] for letter in name] + [0] for name in part_names]
    for part, part_names in (("learned", learned), ("unseen", unseen))
}
padded = {part: np.array([code + [0] * (LONGEST - len(code)) for code in each]) for part, each in codes.items()}
masks = {part: np.array([[t < len(code) for t in range(LONGEST)] for code in each]) for part, each in codes.items()}
print(f"{len(learned)} names to learn from, {len(unseen)} for the test, {K} letters with the end")

counted = {n: Counting(codes["learned"], n, K).bits(codes["unseen"][:100]) for n in range(2, 9)}
best = min(counted, key=counted.get)
print("bits a letter by counting:", "  ".join(f"{n}-gram {bits:.2f}" for n, bits in counted.items()))


def bits(model):
    logits = model(Tokens(moved(padded["unseen"][:100]), masks["unseen"][:100]))
    logits = getattr(logits, "values", logits)
    return softmax_cross_entropy(logits, padded["unseen"][:100], mask=masks["unseen"][:100]).value / np.log(2)


class Writer:
    """Table, LSTM and affine layer: what the library's layers give, one after the other"""

    def __init__(self, rng, H=64):
        self.parts = Embedding.init(rng, K, 24), LSTM.init(rng, 24, H), Dense.init(rng, H, K)

    def __call__(self, tokens):
        table, lstm, head = self.parts
        return head(lstm(table(tokens)).values)

    def gradient(self, tokens, targets):
        table, lstm, head = self.parts
        x, table_trace = table.forward(tokens)
        h, lstm_trace = lstm.forward(x)
        s, head_trace = head.forward(h.values)
        ds = softmax_cross_entropy(s, targets, mask=tokens.mask).gradient
        dh, dhead = head.backward(ds, head_trace)
        dx, dlstm = lstm.backward(dh, lstm_trace)
        return Sequential((table.backward(dx, table_trace)[1], dlstm, dhead))


def train(rate, seed, shift=moved, epochs=EPOCHS):
    rng, curve = np.random.default_rng(seed), []
    model, optimizer = Writer(rng), Adam(rate)
    whole = Sequential(model.parts)  # for the optimizer, which changes the arrays in place
    state = optimizer.start(whole)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(learned)), len(learned) // 32):
            T = masks["learned"][rows].sum(axis=1).max()  # no longer than the longest of them
            targets, mask = padded["learned"][rows, :T], masks["learned"][rows, :T]
            optimizer.step(whole, model.gradient(Tokens(shift(targets), mask), targets), state, clip=1.0)
        curve.append(bits(model))
    return model, curve


tried = {rate: [train(rate, seed) for seed in range(3)] for rate in (0.003, 0.01)}
for rate, runs in tried.items():
    print(f"bits a letter by the network, rate {rate}, three seeds:", *(f"{curve[-1]:.2f}" for _, curve in runs))
runs = min(tried.values(), key=lambda runs: np.mean([curve[-1] for _, curve in runs]))
curves = np.array([curve for _, curve in runs])
print(f"first epochs of one: {curves[0][:4].round(2)}; counting, n = {best}: {counted[best]:.2f}")
assert np.all(curves[:, -1] > counted[best]) and np.all(curves[:, -1] < counted[best] + 0.35)

# %% [markdown]
# **Counting is less surprised.** It takes a moment; the network takes a thousand times as long, and after ten epochs it
# is still behind. (Its curve goes on falling, and with more time or more names it may catch up; we did not try.) Names
# of characters are made of few parts, and what comes next stands mostly in the last five letters: longer contexts do
# not help counting either. Hold a language model against an $n$-gram before you admire it.
#
# **A trap.** Forget to move the input, and the network reads the very letter that it is to say: it copies. The loss
# falls to nothing, far below anything that is possible, and nothing was learned:

# %%
copying, _ = train(0.01, 0, shift=lambda targets: targets, epochs=2)
logits = copying(Tokens(padded["unseen"][:100], masks["unseen"][:100]))
cost = softmax_cross_entropy(logits, padded["unseen"][:100], mask=masks["unseen"][:100]).value / np.log(2)
print(f"input not moved: {cost:.3f} bits a letter, and of what it has to write by itself {bits(copying):.2f}")
assert cost < 0.1 and bits(copying) > np.log2(K)

# %% [markdown]
# ## Writing
#
# To write, draw the next letter from $p$, and go on with it. The **temperature** $\tau$ divides the scores first:
# $p_\tau = \mathrm{softmax}(s / \tau)$. By hand, $p = (\frac12, \frac14, \frac14)$ at $\tau = \frac12$: the squares are
# $(4, 1, 1) / 16$, so $p_\tau = (\frac23, \frac16, \frac16)$. Small $\tau$: the likely, again and again. Large: noise.
#
# How many of 100 texts are names that exist? *Real* alone says little, as a name may be learned by heart. So we count
# those of the test apart, and let counting write at the same temperatures.

# %%
assert np.allclose(softmax(np.log([1 / 2, 1 / 4, 1 / 4]) / 0.5), [2 / 3, 1 / 6, 1 / 6])


def by_network(model, rng, tau, N=100):
    texts = np.zeros((N, 0), int)
    for _ in range(LONGEST):
        read = np.concatenate([np.zeros((N, 1), int), texts], axis=1)
        s = model(Tokens(read, np.ones(read.shape, bool)))[:, -1]
        noise = rng.gumbel(size=s.shape)  # the largest of s / τ + this noise is a draw from softmax(s / τ)
        texts = np.concatenate([texts, (s / tau + noise).argmax(axis=1)[:, None]], axis=1)
    return [text[: list(text).index(0)] if 0 in text else text for text in texts.tolist()]


def by_counting(model, rng, tau, N=100):
    texts = []
    for _ in range(N):
        text = []
        while len(text) < LONGEST:
            text.append(int((np.log(model.p(text)) / tau + rng.gumbel(size=K)).argmax()))
            if text[-1] == 0:
                break
        texts.append(text[:-1] if text[-1] == 0 else text)
    return texts


taus, real = (0.3, 0.6, 1.0, 1.3), {}
parts = {"by heart": {*learned}, "new and real": {*unseen}}
for name, write, models in (
    ("network", by_network, [model for model, _ in runs]),
    ("counting", by_counting, [Counting(codes["learned"], best, K)] * 3),
):
    for tau in taus:
        texts = [
            {
                "".join(alphabet[k - 1] for k in text) if 0 not in text else ""
                for text in write(model, np.random.default_rng(seed), tau)
            }
            for seed, model in enumerate(models)
        ]
        real[name, tau] = np.array([[len(each & members) / 100 for members in parts.values()] for each in texts])
        heart, new = real[name, tau].mean(axis=0)
        print(f"{name:9} τ = {tau}: different names of 100 by heart {heart:4.0%}, new and real {new:4.0%}")
for name in ("network", "counting"):
    assert np.all(real[name, 1.3].sum(axis=1) < real[name, 0.6].sum(axis=1))
draws = by_network(runs[0][0], np.random.default_rng(0), 0.6, 6)
print("at τ = 0.6:", *("".join(alphabet[k - 1] for k in text if k) for text in draws), sep="\n   ")
save_figure(draw(curves, counted, real, taus, guessed), "20_writing")

# %% [markdown]
# A hot writer makes noise. A cold one repeats itself, and as we counted only *different* names it gains nothing below
# $\tau = 0.6$. And most of what is real was learned by heart, by either: the network's lead among what is new is a few
# names of a hundred. What a table of counts cannot have is a memory longer than $n$ letters (lesson 08); these names
# hardly ask for one.
#
# ## Exercises
#
# `mmdl check --new 20` writes them into a file of yours; `mmdl check 20_writing.py` then tells how far you are.
#
# - `moved_by_one` and `bits_a_letter`: what is read, and what it costs. `tempered`: hotter and colder.
# - `tempered_backward` and `letters_loss_backward`: derive them.
# - Two questions: a perplexity, and a loss that is too good.
#
# ## What you now know
#
# - A text's probability is a product of letters' probabilities; the loss is the mean surprise at a letter.
# - In training the input is the target moved by one. Unmoved it copies, and the loss is too good to be true.
# - Counting with a little smoothing is better here, and a thousand times faster. Beat it before you claim that a
#   network understands.
# - Temperature trades variety for safety; count apart what was learned by heart.
#
# ## Where this comes from
#
# - Shannon, [*A mathematical theory of communication*](https://doi.org/10.1002/j.1538-7305.1948.tb01338.x), 1948, part
#   I, section 3: English written by counting letters, then words.
# - Shannon, [*Prediction and entropy of printed English*](https://doi.org/10.1002/j.1538-7305.1951.tb01366.x), 1951:
#   how many bits a letter has, asked of people who guess the next one.
# - Witten, Bell, [*The zero-frequency problem*](https://doi.org/10.1109/18.87000), 1991: how much to keep for what was
#   never seen.
# - Bengio, Ducharme, Vincent, Jauvin, [*A neural probabilistic language
#   model*](https://www.jmlr.org/papers/v3/bengio03a.html), 2003: a network in the place of the counts.
# - Graves, [*Generating sequences with recurrent neural networks*](https://arxiv.org/abs/1308.0850), 2013: texts and
#   handwriting, letter by letter, by an LSTM.
