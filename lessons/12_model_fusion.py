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
# # 12 Model fusion
#
# **Question.** Two experts, two opinions: multiply them or average them?
#
# Needs: lessons 00, 01, 04; about 5 s.
#
# One **expert** sees only the picture of a letter. Another reads only some words of its name. Each is a whole model
# and ends in probabilities for the classes. To make one opinion out of several is **fusion at model level**. The
# article multiplies: `model1.output * model2.output`. Should it?

# %%
import numpy as np

from mmdl import data
from mmdl.data.batches import drop_words
from mmdl.ops import fusion
from mmdl.ops.losses import categorical_cross_entropy, softmax_cross_entropy
from mmdl.ops.softmax import log_softmax, softmax, softmax_backward
from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import guess, mark_guess, save_figure
from mmdl.plots.style import BLUE, GREEN, VERMILLION, styled
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formulas
#
# There are $M$ experts, numbered by $m$, and $K$ classes. $p_{mk}$ is the probability that expert $m$ gives to class
# $k$; each $p_m$ has $K$ entries that add up to one. Together they say
#
# $$p_k = \frac{\prod_m p_{mk}}{\sum_j \prod_m p_{mj}} \quad\text{(product)} \qquad\qquad
#   p_k = \frac{1}{M} \sum_m p_{mk} \quad\text{(average)}$$
#
# $\prod$ multiplies as $\sum$ adds. Products of probabilities do not add up to one, so we divide by their sum.
# Remember this division: the article's line does not have it.
#
# ## Loops


# %%
def product_loops(p):
    M, K = len(p), len(p[0])
    y = [1.0] * K
    for k in range(K):
        for m in range(M):
            y[k] *= p[m][k]
    total = sum(y)
    return [y[k] / total for k in range(K)]


def average_loops(p):
    M, K = len(p), len(p[0])
    return [sum(p[m][k] for m in range(M)) / M for k in range(K)]


# %% [markdown]
# ## By hand
#
# The picture says $(0.8, 0.1, 0.1)$, the name says $(0.4, 0.4, 0.2)$. Multiplied: $(0.32, 0.04, 0.02)$, which adds up
# to 0.38. Divided by that: $(0.842, 0.105, 0.053)$. The average is $(0.6, 0.25, 0.15)$.
#
# The product is surer of the first class than either expert. An average is never surer than its surest expert.

# %%
opinions = [[0.8, 0.1, 0.1], [0.4, 0.4, 0.2]]
print("product:", np.round(product_loops(opinions), 3), "  average:", np.round(average_loops(opinions), 3))
assert np.allclose(product_loops(opinions), [0.842, 0.105, 0.053], rtol=0, atol=5e-4)
assert np.allclose(average_loops(opinions), [0.6, 0.25, 0.15])

# %% [markdown]
# ## The ops
#
# An expert computes scores $s_m$, and $p_m$ is their softmax (lesson 04). We keep to logarithms, where nothing
# underflows. A product turns into a sum, and whatever a row lacks to a total of one, `log_softmax` puts right:
#
# $$l = \log p = \text{log\_softmax}\Big(\sum_m s_m\Big) \quad\text{(product)} \qquad\qquad
#   l_k = \log \sum_m e^{\log p_{mk}} - \log M \quad\text{(average)}$$
#
# **A product of experts is a sum of scores.** Each $s_m$ is $(N, K)$, a row for each of $N$ examples, and so is $l$.


# %%
def product(scores):
    return log_softmax(sum(scores))


def average(scores):
    log_p = [log_softmax(s) for s in scores]
    largest = np.max([l.real for l in log_p], axis=0)  # taken out, so that not all exponentials are zero
    return np.log(sum(np.exp(l - largest) for l in log_p)) + largest - np.log(len(scores))


rng = np.random.default_rng(0)
scores = tuple(3 * rng.standard_normal((4, 5)) for _ in range(3))  # M = 3, N = 4, K = 5
for ours, op, loops in (
    (product, fusion.product_of_experts, product_loops),
    (average, fusion.average_of_experts, average_loops),
):
    by_loops = [loops([softmax(s[n]) for s in scores]) for n in range(4)]
    assert np.allclose(np.exp(ours(scores)), by_loops, rtol=0, atol=1e-12)
    assert np.allclose(ours(scores), op(scores), rtol=0, atol=1e-12)

# %% [markdown]
# ## Backward
#
# From above comes $dl$, $(N, K)$. The **product** has two steps, and the last comes first. With $S = \sum_m s_m$,
# `log_softmax` says $l_k = S_k - \log \sum_j e^{S_j}$. So each $S_k$ feeds its own $l_k$, and through the sum all of
# them, with weight $-p_k$. And $S$ is a sum, which hands its gradient to everyone.
#
# The **average**: $e^{l_k} = \frac1M \sum_m p_{mk}$, so when $\log p_{mk}$ grows, $l_k$ grows by the expert's *share*
# of the vote, $p_{mk} / \sum_{i} p_{ik}$, for each bit. Below that, each expert has a `log_softmax` of its own.


# %%
def product_backward(dl, scores, l):
    dS = dl - np.exp(l) * dl.sum(axis=-1, keepdims=True)  #    dS = dl − p Σ dl           (log_softmax)
    return tuple(dS for _ in scores)  #                        ds_m = dS                  (S = Σ s_m)


def average_backward(dl, scores, l):
    gradients = []
    for s in scores:
        log_p = log_softmax(s)
        share = np.exp(log_p - l) / len(scores)  #             p_mk / Σ p_k, where  Σ p_k = M e^{l_k}
        d = dl * share  #                                      d log p_m = dl ∘ share
        gradients.append(d - np.exp(log_p) * d.sum(axis=-1, keepdims=True))  # ds_m = d − p_m Σ d  (log_softmax)
    return tuple(gradients)


dl = rng.standard_normal((4, 5))
for forward, ours, op in (
    (product, product_backward, fusion.product_of_experts_backward),
    (average, average_backward, fusion.average_of_experts_backward),
):
    gradients = ours(dl, scores, forward(scores))
    nudges = complex_step_gradient(lambda scores, f=forward: f(scores), [scores], 0, dl)
    for mine, nudged, theirs in zip(gradients, nudges, op(dl, scores, forward(scores)), strict=True):
        assert np.allclose(mine, nudged, rtol=0, atol=1e-12) and np.allclose(mine, theirs, rtol=0, atol=1e-12)

# %% [markdown]
# ## What training tells the experts
#
# Put the loss $-\log p_c$ of the true class $c$ on top, for one example. Then $dl$ is $-t$, where the target $t$ is a
# row of zeros with a one at the truth, and both backward passes become short:
#
# - product: $ds_m = p - t$. All experts hear the same, *what we all together got wrong*.
# - average: $ds_m = \text{share}_m \cdot (p_m - t)$. Each hears *its own* mistake, and the less it gave to the truth,
#   the less it hears: the better expert learns, the other one is left alone.

# %%
t = np.eye(5)[[3, 0, 0, 4]]
of_product = product_backward(-t, scores, product(scores))
of_average = average_backward(-t, scores, average(scores))
p_truth = np.array([(softmax(s) * t).sum(axis=1, keepdims=True) for s in scores])
for m, s in enumerate(scores):
    assert np.allclose(of_product[m], np.exp(product(scores)) - t, rtol=0, atol=1e-12)
    assert np.allclose(of_average[m], p_truth[m] / p_truth.sum(axis=0) * (softmax(s) - t), rtol=0, atol=1e-12)

# %% [markdown]
# **A trap.** Leave out the division. Then the loss is $-\log \prod_m p_{mc} = -\sum_m \log p_{mc}$: a sum of
# *separate* losses, and $ds_m = p_m - t$. The program runs and learns, but no expert hears anything of the others.
#
# The article has no division either, and yet its experts train together. Why? Keras's categorical cross-entropy
# divides by the sum, without a word. Ours does too. (The article ends with `argmax`, the class with the largest value.
# There the division does not matter: it changes no order within a row.)

# %%
product_of_p = np.prod([softmax(s) for s in scores], axis=0)
_, dp = categorical_cross_entropy(product_of_p, t, floor=0)  # divides by the sum inside
others = softmax(scores[1]) * softmax(scores[2])
keras = softmax_backward(dp * others, softmax(scores[0])) * 4  # of the first expert; times 4, as the loss is a mean
alone = softmax_backward(-t / product_of_p * others, softmax(scores[0]))  # −log of the product, not divided
print("rows of the product add up to", product_of_p.sum(axis=1).round(3))
assert np.allclose(keras, of_product[0], rtol=0, atol=1e-9)
assert np.allclose(alone, softmax(scores[0]) - t, rtol=0, atol=1e-9)
assert np.array_equal(product_of_p.argmax(axis=1), product(scores).argmax(axis=1))

# %% [markdown]
# ## An experiment: two against one
#
# Three classes A, B, C; the truth is A. Two experts give A 0.7 and the others 0.15 each. A third is wrong: it gives B
# the probability $c$ and shares the rest between A and C. How sure must it be to overrule the two?

# %%
guessed = guess("Multiplying: from which c on does B win? (a number between 0.33 and 1)")

c = np.linspace(1 / 3, 0.9999, 2000)
wrong = np.stack([(1 - c) / 2, c, (1 - c) / 2], axis=1)
trio = [np.log(np.full((2000, 3), [0.7, 0.15, 0.15]))] * 2 + [np.log(wrong)]
multiplied, averaged = np.exp(product(trio)), np.exp(average(trio))
flip = c[np.argmax(multiplied[:, 1] > multiplied[:, 0])]
print(f"product: B wins from c = {flip:.3f} on")
print(f"average: at c = {c[-1]} A still has {averaged[-1, 0]:.3f}, B {averaged[-1, 1]:.3f}")
assert abs(flip - 0.916) < 2e-3 and np.isclose(0.7**2 * (1 - 0.91589) / 2, 0.15**2 * 0.91589, rtol=1e-3)
assert (averaged[:, 0] > averaged[:, 1]).all()
crowd = product([trio[0][:1]] * 10 + [np.log([[1e-8, 1 - 2e-8, 1e-8]])])  # ten against one who is very sure
assert crowd.argmax() == 1

# %% [markdown]
# (With a pencil: A gets $0.7^2 \cdot \frac{1 - c}{2}$ and B gets $0.15^2 \cdot c$; they are equal at $c = 0.916$.) In
# the product, one expert who is *sure that it is not so* overrules any number of others: what a factor near zero takes
# away, they cannot give back. In an average a vote is a vote, and 0.9999 counts hardly more than 0.9.
#
# ## Real experts
#
# The glyphs of lesson 04, of one font. The first expert is that lesson's classifier of pixels. The second counts
# words: $x$ has a column for each known word, and half of the words of each name are missing. Each learns alone.

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans",))
labels, truth = glyphs.train.labels, glyphs.test.labels
classes = len(glyphs.classes)


def pixels(examples):
    return examples.inputs["image"].reshape(-1, 784) / np.float32(255)


def counts(words):
    x = np.zeros((len(words.values), glyphs.preprocessors["text"].entries), np.float32)
    np.add.at(x, (np.arange(len(x))[:, None], words.values), words.mask)
    return x


picture, picture_test = [pixels(glyphs.train)], pixels(glyphs.test)
name = [counts(drop_words(glyphs.train.inputs["text"], 0.5, rng)) for _ in range(4)]  # other words missing each time
name_test = counts(glyphs.test.inputs["text"])


def train(inputs, rates, steps):
    """Experts s = x W + b under one product; with one expert alone, that is the classifier of lesson 04."""
    experts = [(np.zeros((x[0].shape[1], classes), np.float32), np.zeros(classes, np.float32)) for x in inputs]
    for step in range(steps):
        xs = [x[step % len(x)] for x in inputs]
        _, ds = softmax_cross_entropy(sum(x @ W + b for x, (W, b) in zip(xs, experts, strict=True)), labels)
        for x, (W, b), rate in zip(xs, experts, rates, strict=True):
            W -= rate * (x.T @ ds)
            b -= rate * ds.sum(axis=0)
    return experts


def tell(what, l):
    value, right = softmax_cross_entropy(l, truth).value, (l.argmax(axis=1) == truth).mean()
    print(f"{what:42s} {value:5.2f} {right:6.2f}")
    return value


((W1, b1),), ((W2, b2),) = train([picture], [0.3], 300), train([name], [10.0], 200)
s1, s2 = picture_test @ W1 + b1, name_test @ W2 + b2
print(f"{len(truth)} unseen glyphs                           loss  right")
alone1, alone2 = tell("picture", s1), tell("name", s2)
together, voted = tell("product", product((s1, s2))), tell("average", average((s1, s2)))
assert together + 0.05 < voted and together + 0.03 < min(alone1, alone2)

# %% [markdown]
# Multiplying wins, and here is why. If picture and name tell *different* things about the glyph (if they are
# **independent** given the class), the rules of probability say
#
# $$p(k \mid \text{both}) \;\propto\; p(k) \cdot p(\text{picture} \mid k) \cdot p(\text{name} \mid k)
#   \;\propto\; \frac{p(k \mid \text{picture}) \cdot p(k \mid \text{name})}{p(k)}$$
#
# ($\propto$: up to a factor that is the same for all $k$.) A product indeed, but divided by $p(k)$, the share of class
# $k$ among all glyphs. Both experts know that Latin is common; plain multiplying counts it twice.

# %%
prior = np.log(np.bincount(labels) / len(labels)).astype(np.float32)
divided = tell("product, divided by p(k)", product((s1, s2, -prior)))
(V1, a1), (V2, a2) = train([picture, name], [0.3, 10.0], 200)
jointly = tell("product, trained together", product((picture_test @ V1 + a1, name_test @ V2 + a2)))
weaker = tell("... and then the picture expert alone", picture_test @ V1 + a1)
assert divided + 0.05 < together and jointly + 0.05 < together and weaker > alone1 + 0.2

# %% [markdown]
# Two experts that train together, both pushed by $p - t$, need not be told: nothing is counted twice. The price: each
# learns only what the other leaves to do, and is worse alone (lesson 16 comes back to that).
#
# ## When multiplying hurts
#
# Independence can fail. Ask the *same* picture expert several times: no new evidence, but the product grows surer with
# each copy. Or exchange some pictures for others: the expert is wrong there, and does not know it.

# %%
copies = np.arange(1, 6)
copied = [[softmax_cross_entropy(f((s1,) * M), truth).value for f in (product, average)] for M in copies]
shares, order = np.linspace(0, 1, 11), np.random.default_rng(1).permutation(len(truth))
exchanged = []
for share in shares:
    rows = order[: round(share * len(truth))]
    mixed = s1.copy()
    mixed[rows] = s1[np.roll(rows, 1)]
    exchanged.append([softmax_cross_entropy(f((mixed, s2)), truth).value for f in (product, average)])
copied, exchanged = np.array(copied), np.array(exchanged)
print("copies   product  average         exchanged   product  average")
for M, two, share, others in zip(copies, copied, shares[::2], exchanged[::2], strict=False):
    print(f"{M:6d} {two[0]:9.2f} {two[1]:8.2f} {share:15.0%} {others[0]:11.2f} {others[1]:8.2f}")
assert np.allclose(copied[:, 1], alone1, atol=1e-4) and copied[4, 0] > 2 * alone1
assert exchanged[0, 0] < exchanged[0, 1] and exchanged[-1, 0] > exchanged[-1, 1] + 0.1

# %% [markdown]
# ## The picture


# %%
@styled
def draw():
    figure = figure_of(None, 3.7)
    duel, same, broken = figure.subplots(1, 3, width_ratios=(1.25, 1, 1))
    for p, colour, word in ((multiplied, BLUE, "product"), (averaged, VERMILLION, "average")):
        duel.plot(c, p[:, 0], color=colour)
        duel.plot(c, p[:, 1], color=colour, linestyle="--")
        duel.text(0.35, p[0, 0] + 0.03, f"A, {word}", color=colour)
        duel.text(0.35, p[0, 1] + 0.09, f"B, {word}", color=colour)
    here = flip, multiplied[np.argmax(c >= flip), 0]
    duel.plot(*here, "o", color=BLUE)
    thin = {"arrowstyle": "-", "color": BLUE}
    duel.annotate(f"overruled\nat {flip:.2f}", here, (0.94, 0.04), color=BLUE, ha="right", arrowprops=thin)
    duel.set(xlim=(1 / 3, 1), ylim=(0, 1.05), title="Two say A (0.7), one says B")
    duel.set(xlabel="how sure the third is of B", ylabel="probability of all three together")
    mark_guess(duel, guessed, axis="x")
    for ax, x, losses in ((same, copies, copied), (broken, shares, exchanged)):
        ax.plot(x, losses[:, 0], "o-", color=BLUE, markersize=4)
        ax.plot(x, losses[:, 1], "o-", color=VERMILLION, markersize=4)
        ax.set_ylabel("loss on unseen glyphs")
    same.text(3.6, copied[3, 0], "product", color=BLUE, ha="right")
    same.text(5, copied[4, 1] + 0.1, "average", color=VERMILLION, ha="right")
    same.set(title="One expert, copied", xlabel="copies of the picture expert", xticks=copies, ylim=(0, None))
    broken.text(0.75, exchanged[8, 0], "product", color=BLUE, ha="right")
    broken.text(1, exchanged[8, 1] - 0.08, "average", color=VERMILLION, ha="right")
    broken.axhline(alone2, color=GREEN, linestyle=":")
    broken.text(1, alone2 - 0.03, "name alone", color=GREEN, ha="right", va="top")
    broken.set(title="Picture and name", xlabel="share of pictures exchanged")
    figure.suptitle("Multiply experts that know different things and are right; average the rest")
    return figure


save_figure(draw(), "12_model_fusion")

# %% [markdown]
# ## Exercises
#
# `mmdl check lessons/exercises/12_model_fusion.py`
#
# - `average_of_experts`: log-probabilities of the average, safe for scores of 10,000; and its backward pass.
# - `product_of_experts`: the same for the product. Does every row of $e^l$ add up to one?
#
# ## What you now know
#
# - A product of experts is a sum of scores, and a softmax; an average is a vote.
# - In a product, who is sure that it is not so overrules all others; in an average everybody has one vote.
# - Training a product gives all experts the same gradient, $p - t$; without the division each would train alone.
# - Multiply independent evidence, and count what all know already (the shares of the classes) only once. Copies and
#   confident mistakes are what a product cannot bear.
