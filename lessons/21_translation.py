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
# # 21 Translation
#
# **Question.** What must a fixed vector forget?
#
# Needs: lessons 00, 01, 04, 06, 08, 09, 10; about 55 s.
#
# Machine translation is one of the four applications that the article names. One network reads a sentence and hands on
# what it has understood; another, the **decoder**, writes, one letter after the other. In the first such systems
# (2014) what was handed on was *one vector*, however long the sentence. Here numbers are read in English words and
# written in German letters: *eighty three* becomes *dreiundachtzig*, "three-and-eighty".

# %%
import numpy as np

from mmdl import data
from mmdl.models.writer import writer
from mmdl.ops.attention import attention
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.softmax import softmax
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_21_translation import draw
from mmdl.training import Adam, fit
from mmdl.training.decoding import decode
from mmdl.training.losses import writing
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# The reader leaves a **memory**: a token $m_s$ of $D$ numbers for each of $S$ words. The decoder is an LSTM (lesson 08)
# whose state $h_t$ has seen the letters written so far. To choose the next letter, it looks at the memory:
#
# $$k_s = m_s W_k \qquad a_{ts} = \mathrm{softmax}_s \big(\langle h_t, k_s \rangle / \sqrt H\big) \qquad
#   c_t = \sum_s a_{ts} m_s \qquad y_t = \tanh\big((h_t, c_t)\, W_c + b_c\big)$$
#
# - $h$ is $(T, H)$, the memory $m$ is $(S, D)$, $W_k$ is $(D, H)$; lesson 10's attention, whose values are the memory;
# - $c_t$ is $(D)$, the **context**: what the decoder has looked up for this letter;
# - an affine layer makes scores of $y_t$, one for each letter and one for the **end**.
#
# *Without* attention $y_t = h_t$, and all that is known of the sentence stands in $h_0$: an affine layer and $\tanh$ of
# the *mean* of the memory. That is the fixed vector.
#
# In training, the decoder reads the *true* letters, moved by one place, with the end in front (**teacher forcing**): at
# every place it has what stands before, and says what comes next.
#
# ## By hand
#
# Two words in memory, $m = (4), (8)$, with scores $\log 3$ and $0$: the weights are $\frac34$ and $\frac14$, and the
# context is $\frac34 \cdot 4 + \frac14 \cdot 8 = 5$.


# %%
def look_up_loops(h, m, Wk):
    context, H = np.zeros((len(h), m.shape[1])), h.shape[1]
    for t in range(len(h)):
        scores = [sum(h[t, j] * (m[s] @ Wk)[j] for j in range(H)) / np.sqrt(H) for s in range(len(m))]
        for weight, token in zip(softmax(np.array(scores)), m, strict=True):
            context[t] += weight * token
    return context


by_hand = look_up_loops(np.array([[np.log(3) / 4]]), np.array([[4.0], [8]]), np.array([[-1.0]]))
print("context:", by_hand.item())
assert np.allclose(by_hand, 5)

# %% [markdown]
# ## The op, and backward
#
# From above comes $dc$. Lesson 10 has the backward pass of attention; here it is again, with one fork more. **The
# memory is read twice: as value and, through $W_k$, as key.** Both ways add up:
#
# 1. $c = a\, m$: $da = dc\, m^\mathsf{T}$, and the memory as value gets $a^\mathsf{T} dc$;
# 2. softmax: $de = a \circ (da - \langle da, a \rangle)$, over the divisor: $de / \sqrt H$;
# 3. $e = h\, k^\mathsf{T}$: $dh = de\, k$ and $dk = de^\mathsf{T} h$;
# 4. $k = m W_k$: $dW_k = m^\mathsf{T} dk$, and the memory as key gets $dk\, W_k^\mathsf{T}$.


# %%
def look_up(h, m, Wk):
    k = m @ Wk
    a = softmax(h @ k.mT / np.sqrt(h.shape[-1]))
    return a @ m, a


def look_up_backward(dc, h, m, Wk, a):
    da, dm = dc @ m.mT, a.mT @ dc  #                                         1. as value
    de = a * (da - (da * a).sum(axis=-1, keepdims=True)) / np.sqrt(h.shape[-1])  # 2.
    dh, dk = de @ (m @ Wk), de.mT @ h  #                                     3.
    dWk = (m.mT @ dk).sum(axis=0)  #                                         4. over the batch
    return dh, dm + dk @ Wk.T, dWk  #                                           and as key


rng = np.random.default_rng(21)
h, m, Wk, dc = (rng.standard_normal(shape) for shape in ((2, 3, 4), (2, 5, 6), (6, 4), (2, 3, 6)))
c, a = look_up(h, m, Wk)
assert np.allclose(c, [look_up_loops(*each, Wk) for each in zip(h, m, strict=True)])
assert np.allclose(c, attention(h, m @ Wk, m).y)
for place, mine in enumerate(look_up_backward(dc, h, m, Wk, a)):
    nudges = complex_step_gradient(lambda *each: look_up(*each)[0], [h, m, Wk], place, dc)
    assert np.allclose(mine, nudges, rtol=0, atol=1e-12)

# %% [markdown]
# ## A mean over what?
#
# Texts have unequal lengths. The loss is the mean over all *letters* of a batch: lesson 04's, with a mask where a text
# has ended. **A trap**: the mean of each text first, and then of the texts, weighs a letter of a short text more. By
# hand, a text of one letter that costs 2 and one of three that cost 1 each: $\frac{2 + 1 + 1 + 1}{4} = 1.25$, but
# $\frac{2 + 1}{2} = 1.5$. Both are losses; only the first is the average surprise at a letter.

# %%
logits, targets = np.log(np.full((2, 3, 2), 0.5)), np.zeros((2, 3), int)
logits[0, 0] = np.log([np.exp(-2), 1 - np.exp(-2)])
logits[1] = np.log([np.exp(-1), 1 - np.exp(-1)])
there = np.array([[True, False, False], [True, True, True]])
assert np.isclose(softmax_cross_entropy(logits, targets, mask=there).value, 1.25)

# %% [markdown]
# ## Writing: greedy, or several at once
#
# A trained decoder writes by itself: it reads its own last letter. **Greedy** takes the likeliest letter each time. By
# hand, that may miss the likeliest *text*: A has 0.6 and B 0.4; after A, two letters have 0.5 each; after B, one has
# 0.9. Greedy begins with A and gets $0.6 \cdot 0.5 = 0.30$; B would have had $0.4 \cdot 0.9 = 0.36$. A **beam** keeps
# several beginnings, continues each by every letter, and keeps the best again. With a beam of two, B survives.


# %%
def best_of_beam(log_p, log_q):
    """log p of B beginnings (B), of every next letter (B, K) -> beginning, letter and log p of the best B"""
    total = (log_p[:, None] + log_q).ravel()
    best = np.argsort(-total, kind="stable")[: len(log_p)]
    return best // log_q.shape[1], best % log_q.shape[1], total[best]


beginning, letter, log_p = best_of_beam(np.log([0.6, 0.4]), np.log([[0.5, 0.5], [0.9, 0.1]]))
assert beginning[0] == 1 and letter[0] == 0 and np.isclose(np.exp(log_p[0]), 0.36)

# %% [markdown]
# ## An experiment: with and without attention
#
# The numbers are those of `mmdl train --objective write --data numbers`. We learn from those **below 10,000**, without
# the ten pairs of tens and units 21, 32, 43, ..., 98, 19. Then we ask for unseen numbers of three kinds: others of the
# same kind; with an *unseen pair*; and *one digit longer*. Right is only what has every letter right.
#
# The control takes away attention and nothing else: same reader, same LSTM, same data. Each has two learning rates and
# three seeds, and is compared at its best; and lest it only needs time, the one without gets four times as much.

# %%
guessed = guess("With attention 0.9 or more of the unseen numbers are right. Without it, how many, in %?", "%")
PAIRS, EPOCHS = (21, 32, 43, 54, 65, 76, 87, 98, 29, 34), 12
numbers = data.load("numbers", count=1500)
n = {part: getattr(numbers, part).about["number"].astype(int) for part in ("train", "validation", "test")}
pair = {part: np.isin(each % 100, PAIRS) for part, each in n.items()}
learned = numbers.train.select((n["train"] < 10_000) & ~pair["train"])
asked = {
    "like those learned": numbers.test.select((n["test"] < 10_000) & ~pair["test"]),
    "unseen pairs": numbers.train.select((n["train"] < 10_000) & pair["train"]),
    "a digit longer": numbers.test.select((n["test"] >= 10_000) & (n["test"] < 100_000)),
}
print(len(learned), "numbers to learn from; asked:", {kind: len(each) for kind, each in asked.items()})
assert min(map(len, asked.values())) > 50


def train(decoder, rate, seed, epochs=EPOCHS):
    rng = np.random.default_rng(seed)
    start = writer(rng, numbers, decoder, width=32)
    return fit(start, learned, optimizer=Adam(rate), epochs=epochs, loss=writing(), rng=rng, clip=1.0).model


def written(model, examples):
    """The first answer to each example, as text, and where the decoder looked for it"""
    batch = next(data.batches(examples, len(examples)))
    answers = [each[0] for each in decode(model.decoder, model.read(batch), numbers.target.length)]
    return [numbers.target.texts(answer.ids[None])[0] for answer in answers], [answer.weights for answer in answers]


def right(model):
    return [np.mean(np.array(written(model, each)[0]) == each.about["target"]) for each in asked.values()]


runs, models = {}, {}
print("right, three seeds:         " + "   ".join(f"{kind:20}" for kind in asked))
for name, decoder in ("with attention", "lstm"), ("without", "lstm-without-attention"):
    tried = {rate: [train(decoder, rate, seed) for seed in range(3)] for rate in (0.003, 0.01)}
    found = {rate: np.array([right(model) for model in each]) for rate, each in tried.items()}
    best = max(found, key=lambda rate: found[rate][:, 0].mean())
    runs[name], models[name] = found[best], tried[best]
runs["without, 4 times as long"] = np.array(
    [right(train("lstm-without-attention", best, seed, 4 * EPOCHS)) for seed in range(3)]
)
for name, shares in runs.items():
    print(f"{name:27}", "   ".join(f"{' '.join(f'{share:.2f}' for share in column):20}" for column in shares.T))
same, pairs, longer = runs["with attention"].T
assert same.min() > 0.9 and pairs.min() > 0.8 and longer.max() < 0.05
assert runs["without"][:, 0].max() < 0.1 and runs["without, 4 times as long"][:, 0].max() < same.min() - 0.3

# %% [markdown]
# **Attention decides, here.** The fixed vector is no hopeless case (four times the training gives it some), but it must
# hold the whole number at once and keep it while it writes forty letters; who may look again need not.
#
# The two other columns tell what was learned. An **unseen pair** is no problem: tens and units are looked up one after
# the other, and each was seen. A number that is **one digit longer** is hopeless: not one is right. The network has
# learned where things stand in texts of *this* length, not how numbers are built. It composes what it has seen in
# places that it has seen.
#
# ## The picture: where does it look?

# %%
model = models["with attention"][0]
every, kind = np.concatenate([*n.values()]), np.repeat([*n], [len(each) for each in n.values()])
known = ~np.isin(every % 100, PAIRS) & (every % 100 > 20) & (every % 10 > 0)  # of tens and units
shown = []
for wanted in (known & (every < 100), known & (every > 1000) & (every < 10_000) & (kind == "test")):
    number = every[wanted][0]
    examples = getattr(numbers, kind[wanted][0])
    example = examples.select([np.flatnonzero(examples.about["number"] == str(number))[0]])
    (text,), (weights,) = written(model, example)
    values, mask = example.inputs["text"]
    words = numbers.preprocessors["text"].words_of(values[0] if mask is None else values[0][mask[0]])
    print(" ".join(words), "→", text)
    shown.append((words, text, weights))
save_figure(draw(shown, runs, list(asked), guessed), "21_translation")

# %% [markdown]
# The path is no straight line: German says the units *before* the tens, so the eye goes to the last word, then back to
# the one before it. Nobody told the network that; there was only the loss at the letters. (Lesson 14 warns: this says
# where it looked. That looking matters was shown by taking it away.)
#
# ## Exercises
#
# `mmdl check --new 21` writes them into a file of yours; `mmdl check 21_translation.py` then tells how far you are.
#
# - `look_up` and `look_up_backward`: the memory is read twice.
# - `token_loss_gradient`: a mean over letters, not over texts. `best_of_beam`: one step of the beam.
# - Two questions: what greedy misses, and what a mean is over.
#
# ## What you now know
#
# - A decoder writes one token at a time; in training it reads the true ones, moved by one.
# - With attention the memory gets gradients as value and as key.
# - One vector forgets; looking again does not. It is told by a control that lacks attention only, at its best rate, and
#   with more time.
# - New pairs of known parts are easy; longer texts than ever seen are not.
#
# ## Where this comes from
#
# - Sutskever, Vinyals, Le, [*Sequence to sequence learning with neural networks*](https://arxiv.org/abs/1409.3215),
#   2014: a whole sentence through one vector.
# - Bahdanau, Cho, Bengio, [*Neural machine translation by jointly learning to align and
#   translate*](https://arxiv.org/abs/1409.0473), 2015, section 5.2: the decoder that looks back, and the first drawings
#   of an alignment.
# - Luong, Pham, Manning, [*Effective approaches to attention-based neural machine
#   translation*](https://arxiv.org/abs/1508.04025), 2015, section 3.1: the product of state and key, as it is used
#   here.
# - Wu and others, [*Google's neural machine translation system*](https://arxiv.org/abs/1609.08144), 2016, section 7:
#   the beam, and its penalty for short texts.
# - Lake, Baroni, [*Generalization without systematicity*](https://arxiv.org/abs/1711.00350), 2018: networks that put
#   known parts in new places, and fail where texts get longer.
