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
# # 19 Contrastive
#
# **Question.** Can a picture find its name?
#
# Needs: lessons 00, 01, 04, 05, 09, 15; about 55 s.
#
# Our classifiers know ten families. A name that training never saw is no class at all. So let us not ask "which class?"
# but "**which of these names fits best?**" Two networks, two *towers*, answer together: one makes a vector of every
# picture, one of every name, and vectors can be compared.

# %%
import numpy as np

from mmdl import data
from mmdl.data.distinct import pairs
from mmdl.layers import Conv2D, Dense, Dropout, Embedding, Flatten, MaxPool2D, ReLU, SequencePool, Sequential
from mmdl.models import ContrastiveModel
from mmdl.ops import contrastive as library
from mmdl.ops.softmax import log_softmax, softmax
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_19_contrastive import draw
from mmdl.training import Adam, Callback, classification, fit
from mmdl.training.retrieval import embeddings, evaluate_retrieval, gallery, search, titles
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formula
#
# A batch has $N$ pairs. The towers give $x$, $(N, D)$, for the pictures and $z$, $(N, D)$, for their names. Then
#
# $$a_n = \frac{x_n}{\lVert x_n \rVert} \qquad b_n = \frac{z_n}{\lVert z_n \rVert} \qquad
#   s_{nm} = \frac{\langle a_n, b_m \rangle}{\tau} \qquad
#   L = -\frac{1}{2N} \sum_n \left( \log p_{nn} + \log q_{nn} \right)$$
#
# - $\lVert x_n \rVert$ is the length of row $n$, so $a_n$ and $b_n$ have the length 1: only their directions count;
# - $\langle a_n, b_m \rangle$ is then the **cosine** of the angle between picture $n$ and name $m$, from −1 to 1;
# - $\tau$ is the **temperature**, a positive number. The network learns $\lambda = -\log \tau$, which may be anything;
# - $p$ is the softmax of every *row* of $s$ (which name fits picture $n$? name $n$), $q$ that of every *column*.
#
# A batch is $2N$ questions with $N$ answers each, $L$ their mean cross-entropy (lesson 04). Nobody wrote labels: **the
# other pairs of the batch are the wrong answers.** CLIP learned so from 400 million pictures of the internet.
#
# ## By hand, and in loops
#
# $N = 2$, $\tau = 1$; $x = ((1, 0), (0, 2))$ and $z = ((3, 4), (0, 1))$, so $a = ((1, 0), (0, 1))$ and
# $b = ((0.6, 0.8), (0, 1))$. Then $s = ((0.6, 0), (0.8, 1))$, and
#
# - rows: $p_{00} = e^{0.6} / (e^{0.6} + e^0) = 0.646$ and $p_{11} = e^1 / (e^{0.8} + e^1) = 0.550$;
# - columns: $q_{00} = e^{0.6} / (e^{0.6} + e^{0.8}) = 0.450$ and $q_{11} = e^1 / (e^0 + e^1) = 0.731$;
# - $L = -(\log 0.646 + \log 0.550 + \log 0.450 + \log 0.731) / 4 = 0.537$. Mere guessing costs $\log 2 = 0.693$.


# %%
def contrastive_loops(x, z, tau):
    N, D = x.shape
    s, loss = np.zeros((N, N)), 0
    for n in range(N):
        for m in range(N):
            for d in range(D):
                s[n, m] += x[n, d] / np.sqrt(sum(x[n] ** 2)) * z[m, d] / np.sqrt(sum(z[m] ** 2)) / tau
    for n in range(N):
        loss -= np.log(np.exp(s[n, n]) / sum(np.exp(s[n])))  #     row n:    which name?
        loss -= np.log(np.exp(s[n, n]) / sum(np.exp(s[:, n])))  #  column n: which picture?
    return loss / (2 * N)


by_hand = contrastive_loops(np.array([[1.0, 0], [0, 2]]), np.array([[3.0, 4], [0, 1]]), tau=1)
assert abs(by_hand - 0.537) < 0.0005

# %% [markdown]
# ## The op, in three steps as in the library
#
# **A trap.** With rows alone everything runs, and learns. But then the towers are no longer equals: let them change
# places, which transposes $s$, and the loss is another number.


# %%
def normalize(x):
    length = np.sqrt((x * x).sum(axis=1, keepdims=True))  #  (N, D) -> (N, 1)
    return x / np.where(length == 0, 1, length), length  #           a row of zeros stays zero


def similarity(a, b, log_scale):
    return np.exp(log_scale) * (a @ b.T)  #  e^λ = 1 / τ     (N, D) (D, N) -> (N, N)


def contrastive_loss(s):
    p, q, own = softmax(s), softmax(s.T).T, np.eye(len(s))  #     rows, columns, ones on the diagonal
    loss = -(np.diag(log_softmax(s)) + np.diag(log_softmax(s.T))).mean() / 2  # log p, where p may be too small
    return loss, (p - own + q - own) / (2 * len(s))  #            L and ds: both at once, as in lesson 04


def forward(x, z, log_scale):
    (a, a_length), (b, b_length) = normalize(x), normalize(z)
    s = similarity(a, b, log_scale)
    return contrastive_loss(s), (a, a_length, b, b_length, s)


rng = np.random.default_rng(19)
(x, z), log_scale = rng.standard_normal((2, 5, 3)), np.array([0.7])
(loss, ds), trace = forward(x, z, log_scale)
a, a_length, b, _, s = trace
theirs = library.contrastive_loss(library.similarity(a, b, log_scale)).value
assert np.allclose(loss, [contrastive_loops(x, z, np.exp(-0.7)), theirs], rtol=0, atol=1e-12)
rows_only = [-np.log(np.diag(softmax(each))).mean() for each in (s, s.T)]
print("rows only {:.3f}, towers exchanged {:.3f};".format(*rows_only), f"both ways {loss:.3f}")
assert abs(rows_only[0] - rows_only[1]) > 0.05 and np.isclose(contrastive_loss(s.T)[0], loss)

# %% [markdown]
# ## Backward, and checked: upwards through the three steps
#
# 1. the loss: $ds = (p - I + q - I) / 2N$, lesson 04's $p - y$ for rows and for columns; $I$ has ones on the diagonal;
# 2. $s = e^\lambda a b^\mathsf{T}$, a product of matrices: $da = e^\lambda\, ds\, b$ and
#    $db = e^\lambda\, ds^\mathsf{T} a$. The derivative of $e^\lambda$ is itself, so $d\lambda = \sum ds \circ s$;
# 3. $a = x / r$, one row, $r = \lVert x \rVert$. Now $x$ acts directly, which gives $da / r$, and through $r$. There
#    $dr = -\langle da, x \rangle / r^2 = -\langle da, a \rangle / r$, and from $r^2 = \sum x_d^2$ follows
#    $\partial r / \partial x = x / r = a$. Together $dx = (da - a \langle da, a \rangle) / r$: **the part of $da$ along
#    $a$ is taken away**, for it would only make $x$ longer.


# %%
def backward(ds, a, a_length, b, b_length, s, log_scale):
    da, db = np.exp(log_scale) * (ds @ b), np.exp(log_scale) * (ds.T @ a)  #   2.  da = e^λ ds b,  db = e^λ dsᵀ a
    dlog_scale = (ds * s).sum().reshape(1)  #                                      dλ = Σ ds ∘ s
    dx = (da - a * (da * a).sum(axis=1, keepdims=True)) / a_length  #          3.  dx = (da − a ⟨da, a⟩) / ‖x‖
    dz = (db - b * (db * b).sum(axis=1, keepdims=True)) / b_length  #              dz = (db − b ⟨db, b⟩) / ‖z‖
    return dx, dz, dlog_scale


gradients = backward(ds, *trace, log_scale)
da, _, dlog_scale = library.similarity_backward(ds, a, b, log_scale, s)
assert np.allclose(library.normalize_backward(da, a, a_length), gradients[0]) and np.allclose(dlog_scale, gradients[2])
for place, gradient in enumerate(gradients):
    nudges = complex_step_gradient(lambda *each: forward(*each)[0][0], [x, z, log_scale], place, np.array(1.0))
    assert np.allclose(gradient, nudges, rtol=0, atol=1e-12)

# %% [markdown]
# ## What is the temperature for?
#
# Suppose that the towers were *perfect*: every picture points exactly where its name does (cosine 1), and is at right
# angles to all other names (cosine 0). What do 64 perfect pairs pay?

# %%
temperatures = np.array([1, 0.3, 0.1, 0.01])
perfect = np.array([max(0, contrastive_loss(np.eye(64) / tau)[0]) for tau in temperatures])  # no rounding below 0
for tau, cost in zip(temperatures, perfect, strict=True):
    print(f"temperature {tau:4}: perfect pairs pay {cost:.3f}   (guessing: {np.log(64):.3f})")
assert np.allclose(perfect[[0, 2]], [3.185, 0.003], rtol=0, atol=5e-4)

# %% [markdown]
# Perfection is hardly better than guessing at $\tau = 1$! Cosines end at 1, and $e^1$ against 63 times $e^0$ is a
# probability of 0.04: softmax needs larger differences, and dividing by $\tau$ makes them.
#
# ## Who else is in the batch?
#
# A character has pictures in up to twelve fonts. If chance draws two of them, one counts as a wrong answer to the
# other's name. Of such twins each gets $p = 1/2$ at best, and pays $\log 2$, however good the towers are.

# %%
glyphs = data.load("glyphs", whole_names=True, word_dropout=0.0)
who, twins = glyphs.train.about["character"], np.eye(64)
twice = np.mean([len(set(who[rng.choice(len(who), 64, replace=False)])) < 64 for _ in range(2000)])
twins[:2, :2] = 1  # the first two pairs are the same character
cost, push = contrastive_loss(twins / 0.01)
print(f"{twice:.0%} of random batches of 64 hold a character twice; perfect pairs pay {cost:.4f} for it")
assert 0.55 < twice < 0.67 and np.isclose(cost, 2 / 64 * np.log(2)) and push[0, 1] > 0

# %% [markdown]
# And $ds > 0$ between the twins: descent makes equal things less alike. So `pairs` deals the pictures out like cards,
# and no batch holds a character twice.
#
# ## An experiment: four temperatures, and one that is learned
#
# One font, whole names. One tower is a small convolutional network, the other takes the mean of its word vectors. The
# test: 628 characters that training has not seen. Is a picture's name among its first ten? By chance in 1.6 % of cases.
# The temperature multiplies the gradients, so one learning rate for all might only show whom it suits: each temperature
# is tried with three rates, each of these with three seeds, and we compare **each at its best rate**.

# %%
known, unseen = (each.select(each.about["font"] == "DejaVuSans") for each in (glyphs.train, glyphs.test))


def train(tau, rate, seed, learn=False, D=64):
    rng, held, words = np.random.default_rng(seed), Callback(), glyphs.preprocessors["text"].entries
    see = Conv2D.init(rng, 1, 16, (5, 5), stride=2), MaxPool2D(2), ReLU(), Flatten(), Dropout(0.5)
    see += Dense.init(rng, 576, 128), ReLU(), Dense.init(rng, 128, D)
    read = Embedding.init(rng, words, D, padding_id=0), SequencePool("mean"), Dense.init(rng, D, D)
    towers = {"image": Sequential(see), "text": Sequential(read)}
    model = ContrastiveModel(towers, np.array([-np.log(tau)], np.float32), glyphs.preprocessors)
    held.step = lambda training: training.model.log_scale.fill(-np.log(tau))  # after each step λ is put back
    loss = classification(lambda s, labels: contrastive_loss(s))
    settings = {"epochs": 9, "batch_size": 64, "batches": pairs, "loss": loss}
    settings |= {"optimizer": Adam(rate), "augment": {"word_dropout": 0.1}, "callbacks": [] if learn else [held]}
    return fit(model, known, rng=rng, **settings).model


guessed = guess("At temperature 0.1: for how many unseen pictures is the own name among the first ten of 628?", "%")

rates, seeds = (0.001, 0.003, 0.01), range(3)
found, models, chance = {}, {}, 10 / len(unseen)
print("name among the first ten, mean of three seeds, by rate:", *rates)
for tau, learn in [*((tau, False) for tau in temperatures), (0.07, True)]:
    runs = [[train(tau, rate, seed, learn) for seed in seeds] for rate in rates]
    retrieved = [[evaluate_retrieval(model, unseen)["image", "text"][10] for model in row] for row in runs]
    best = np.mean(retrieved, axis=1).argmax()
    found[tau], models[tau] = np.array(retrieved[best]), runs[best]
    at = np.exp(-runs[best][0].log_scale[0])
    print(f"temperature {at:5.3f}{' (learned)' * learn:10}", *(f"{share:6.1%}" for share in np.mean(retrieved, axis=1)))
    print(f"{'at the best rate, by seed':26}", *(f"{share:6.1%}" for share in found[tau]))
worst, best = {tau: each.min() for tau, each in found.items()}, {tau: each.max() for tau, each in found.items()}
assert min(worst[0.1], worst[0.07]) > 0.55 and best[1] < 0.75 * worst[0.1] and best[0.01] < worst[0.1]

# %% [markdown]
# **The same towers, the same data, each at its best rate: the temperature remains.** No rate makes up for it. (The last
# one was learned.) Why? In row $n$ of
# $ds = (p - I + q - I) / 2N$ a wrong name $m$ is pushed away from the picture as hard as $p_{nm}$ says. Take cosines of
# unseen glyphs, and look how much of the push in a row goes to the *one* wrong name that fits best:

# %%
shown, model = gallery(unseen), models[0.07][0]
a, b = (embeddings(model, shown.select(slice(0, None, 10)), name) for name in model.towers)
wrong = [softmax(a @ b.T / tau) * (1 - np.eye(len(a))) for tau in temperatures]
first = np.array([np.mean(each.max(axis=1) / each.sum(axis=1)) for each in wrong])
print("first of 62 gets", "".join(f"{share:8.0%}" for share in first), "  at these temperatures")
assert np.all(np.diff(first) > 0) and first[0] < 0.1 and first[3] > 0.6

# %% [markdown]
# At 1 all are pushed nearly alike, and little is learned about the difference between Ǎ and Ă. At 0.01 the first gets
# nearly everything, by a hair's breadth, and it may be one that cannot be told from the right one: the Latin and the
# Greek A are one picture. A temperature that is learned, from 0.07 on as in CLIP, needs no search.
#
# ## The picture, and a search by words
#
# With all fonts and a minute of training: `mmdl train --objective contrastive`, then `mmdl search`.

# %%
places, scores = search(model, shown, 4, text="LEFTWARDS DOUBLE ARROW")
for place, score in zip(places, scores, strict=True):
    print(f"   {shown.about['character'][place]}  {score:.2f}  {titles(shown, {})[place]}")
recall = np.array([each.mean() for each in found.values()])
limits, learned = (chance, np.log(64)), (np.exp(-model.log_scale[0]), recall[-1])
save_figure(draw(model, unseen, temperatures, recall[:4], perfect, limits, learned, guessed), "19_contrastive")

# %% [markdown]
# ## Exercises
#
# `mmdl check --new 19` writes a file to complete, `mmdl check 19_contrastive.py` looks at it.
#
# `normalize`, `similarity` and their backward passes; `contrastive_loss`, both ways; `recall_at`, where ties lose.
#
# ## What you now know
#
# - Pairs are enough to learn from: in a batch the other pairs are the wrong answers.
# - Unit vectors make scores cosines, and the temperature makes of cosines probabilities: it decides what is learned.
# - The loss asks rows and columns, so both towers are equals; nothing may stand in a batch twice.
#
# ## Where this comes from
#
# - van den Oord, Li, Vinyals, [*Representation learning with contrastive predictive
#   coding*](https://arxiv.org/abs/1807.03748), 2018, section 2.3: the loss of this lesson, and what it says about
#   mutual information.
# - Radford and others, [*Learning transferable visual models from natural language
#   supervision*](https://arxiv.org/abs/2103.00020), 2021, section 2.3: the same loss as figure 3 writes it, on 400
#   million pairs.
# - Wang, Isola, [*Understanding contrastive representation learning through alignment and uniformity on the
#   hypersphere*](https://arxiv.org/abs/2005.10242), 2020: pairs together and everything else apart, the two things that
#   the loss asks for.
# - Chuang and others, [*Debiased contrastive learning*](https://arxiv.org/abs/2007.00224), 2020: what false negatives
#   do, and a correction for them.
