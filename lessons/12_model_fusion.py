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
from mmdl.ops.softmax import log_softmax, softmax
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_12_model_fusion import draw
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formulas
#
# There are $M$ experts, numbered by $m$, and $K$ classes. $p_{mk}$ is the probability that expert $m$ gives to class
# $k$; the $K$ entries of each $p_m$ add up to one. Together they say
#
# $$p_k = \frac{\prod_m p_{mk}}{\sum_j \prod_m p_{mj}} \quad\text{(product)} \qquad\qquad
#   p_k = \frac{1}{M} \sum_m p_{mk} \quad\text{(average)}$$
#
# $\prod$ multiplies as $\sum$ adds. Products of probabilities do not add up to one, so we divide by their sum.
# Remember this division: the article's line does not have it.
#
# ## Loops, and a number by hand
#
# The picture says $(0.8, 0.1, 0.1)$, the name says $(0.4, 0.4, 0.2)$. Multiplied: $(0.32, 0.04, 0.02)$, which adds up
# to 0.38. Divided by that: $(0.842, 0.105, 0.053)$, surer of the first class than either expert. The average is
# $(0.6, 0.25, 0.15)$: it always lies between the opinions.


# %%
def product_loops(p):
    y = [np.prod([p[m][k] for m in range(len(p))]) for k in range(len(p[0]))]
    return [y_k / sum(y) for y_k in y]


def average_loops(p):
    return [sum(p[m][k] for m in range(len(p))) / len(p) for k in range(len(p[0]))]


opinions = [[0.8, 0.1, 0.1], [0.4, 0.4, 0.2]]
print("product:", np.round(product_loops(opinions), 3), "  average:", np.round(average_loops(opinions), 3))
assert np.allclose(product_loops(opinions), [0.842, 0.105, 0.053], rtol=0, atol=5e-4)
assert np.allclose(average_loops(opinions), [0.6, 0.25, 0.15])

# %% [markdown]
# ## The ops
#
# Expert $m$ computes scores $s_m$, $(N, K)$, a row for each of $N$ examples; $p_m$ is their softmax. The ops answer
# with $l = \log p$, $(N, K)$ too, which is what the loss wants. Lesson 04 took softmax and logarithm in one go,
# $s_k - \log \sum_j e^{s_j}$; this is called `log_softmax`, and it is all that a product needs:
#
# $$l = \text{log\_softmax}\Big(\sum_m s_m\Big) \quad\text{(product)} \qquad\qquad
#   l = \log \frac{1}{M} \sum_m p_m \quad\text{(average)}$$
#
# Why? $\prod_m e^{s_{mk}} = e^{\sum_m s_{mk}}$, and whatever each row was divided by cancels when we divide by its sum
# again. **A product of experts is a sum of scores.**


# %%
def product(scores):
    return log_softmax(sum(scores))


def average(scores):
    return np.log(sum(softmax(s) for s in scores) / len(scores))


# %% [markdown]
# ## Backward
#
# From above comes $dl$, $(N, K)$. **Product:** $S = \sum_m s_m$ and $l_k = S_k - \log \sum_j e^{S_j}$. A nudge of $S_k$
# moves its own $l_k$ as far. It also moves the logarithm, which *every* $l_j$ subtracts, by
# $e^{S_k} / \sum_j e^{S_j} = p_k$ times as much. So $dS_k = dl_k - p_k \sum_j dl_j$, and a sum hands $dS$ to everyone.
#
# **Average:** $l_k = \log \frac1M \sum_i p_{ik}$ has the slope $1 / \sum_i p_{ik}$ in $p_{mk}$, which has the slope
# $p_{mk}$ in its own logarithm. Multiplied: the expert's *share* of the vote. Below that sits its own `log_softmax`.


# %%
def product_backward(dl, scores, l):
    dS = dl - np.exp(l) * dl.sum(axis=1, keepdims=True)  #     dS = dl − p Σ dl                  (log_softmax)
    return [dS for _ in scores]  #                             ds_m = dS                         (S = Σ s_m)


def average_backward(dl, scores, l):
    gradients = []
    for p in map(softmax, scores):
        d = dl * p / (len(scores) * np.exp(l))  #              d log p_m = dl ∘ p_m / Σ_i p_i    (Σ_i p_i = M e^l)
        gradients.append(d - p * d.sum(axis=1, keepdims=True))  # ds_m = d − p_m Σ d             (log_softmax)
    return gradients


rng = np.random.default_rng(0)
scores = tuple(3 * rng.standard_normal((4, 5)) for _ in range(3))  # M = 3, N = 4, K = 5
dl = rng.standard_normal((4, 5))
for forward, backward, loops, op, op_backward in (
    (product, product_backward, product_loops, fusion.product_of_experts, fusion.product_of_experts_backward),
    (average, average_backward, average_loops, fusion.average_of_experts, fusion.average_of_experts_backward),
):
    l = forward(scores)
    by_loops = [loops([softmax(s[n]) for s in scores]) for n in range(4)]
    assert np.allclose(np.exp(l), by_loops, rtol=0, atol=1e-12) and np.allclose(l, op(scores), rtol=0, atol=1e-12)
    nudges = complex_step_gradient(forward, [scores], 0, dl)
    for mine, nudged, theirs in zip(backward(dl, scores, l), nudges, op_backward(dl, scores, l), strict=True):
        assert np.allclose(mine, nudged, rtol=0, atol=1e-12) and np.allclose(mine, theirs, rtol=0, atol=1e-12)

# %% [markdown]
# Put the loss $-\log p_c$ of the true class $c$ on top. Then $dl = -t$, where the target $t$ is a row of zeros with a
# one at the truth, and the product's gradient is $ds_m = p - t$, for everyone: *what we all together got wrong*.
#
# **A trap.** Leave out the division. Then the loss is $-\log \prod_m p_{mc} = -\sum_m \log p_{mc}$, the sum of
# *separate* losses: the program runs and learns, but no expert hears anything of the others. The article has no
# division either, and yet its experts train together: Keras's categorical cross-entropy divides silently, as ours does.

# %%
labels, t = np.array([3, 0, 0, 4]), np.eye(5)[[3, 0, 0, 4]]
for ds in product_backward(-t, scores, product(scores)):
    assert np.allclose(ds, np.exp(product(scores)) - t, rtol=0, atol=1e-12)

raw = np.prod([softmax(s) for s in scores], axis=0)
print("rows of the product, not divided, add up to", raw.sum(axis=1).round(3))
undivided, silently = -np.log(raw[t == 1]).mean(), categorical_cross_entropy(raw, t, floor=0).value
assert np.isclose(undivided, sum(softmax_cross_entropy(s, labels).value for s in scores))
assert np.isclose(silently, softmax_cross_entropy(sum(scores), labels).value)

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
print(f"product: B wins from c = {flip:.3f} on;  average: at c = {c[-1]} A still has {averaged[-1, 0]:.3f}")
assert abs(flip - 0.916) < 2e-3 and (averaged[:, 0] > averaged[:, 1]).all()
crowd = product([trio[0][:1]] * 10 + [np.log([[1e-8, 1 - 2e-8, 1e-8]])])
assert crowd.argmax() == 1  # ten against one who is very sure: B

# %% [markdown]
# (With a pencil: A gets $0.7^2 \cdot \frac{1 - c}{2}$ and B gets $0.15^2 \cdot c$; they are equal at $c = 0.916$.) In
# the product, one who is *sure that it is not so* overrules any number of others: what a factor near zero takes away,
# they cannot give back. In an average a vote is a vote, and 0.9999 counts hardly more than 0.9.
#
# ## Real experts
#
# The glyphs of lesson 04. The first expert is that lesson's classifier of pixels, $s = x W + b$. The second is the same
# with another $x$: a column for each known word, with a 1 where the name has it. Half of all words are missing.

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans",))
labels, truth = glyphs.train.labels, glyphs.test.labels
x1, x1_test = (part.inputs["image"].reshape(-1, 784) / np.float32(255) for part in (glyphs.train, glyphs.test))
one_hot = np.eye(glyphs.preprocessors["text"].entries, dtype=np.float32)
one_hot[0] = 0  # word 0: there is none
x2_test = one_hot[glyphs.test.inputs["text"].values].sum(axis=1)


def scores_of(x, x_test, rate):
    W, b = np.zeros((x.shape[1], 10), np.float32), np.zeros(10, np.float32)
    for _ in range(300):
        _, ds = softmax_cross_entropy(x @ W + b, labels)
        W -= rate * (x.T @ ds)
        b -= rate * ds.sum(axis=0)
    return x_test @ W + b


s1 = scores_of(x1, x1_test, 0.3)
print(f"{len(truth)} unseen glyphs: loss, right; three times, as other words are missing in training")
for rng in map(np.random.default_rng, range(3)):
    x2 = one_hot[drop_words(glyphs.train.inputs["text"], 0.5, rng).values].sum(axis=1)
    s2 = scores_of(x2, x2_test, 10.0)
    said = {"picture": s1, "name": s2, "product": product((s1, s2)), "average": average((s1, s2))}
    said["product / p(k)"] = product((s1, s2, -np.log(np.bincount(labels) / len(labels))))
    loss = {what: softmax_cross_entropy(l, truth).value for what, l in said.items()}
    print("  ".join(f"{what} {loss[what]:.2f}, {(l.argmax(axis=1) == truth).mean():.2f}" for what, l in said.items()))
    assert loss["product"] + 0.05 < loss["average"] and loss["product"] + 0.03 < min(loss["picture"], loss["name"])
    assert loss["product / p(k)"] + 0.05 < loss["product"]

# %% [markdown]
# Multiplying wins. If picture and name tell *different* things about a glyph (if they are **independent** given the
# class), the rules of probability say why:
#
# $$p(k \mid \text{both}) \;\propto\; p(k) \cdot p(\text{picture} \mid k) \cdot p(\text{name} \mid k)
#   \;\propto\; \frac{p(k \mid \text{picture}) \cdot p(k \mid \text{name})}{p(k)}$$
#
# ($\mid$: given; $\propto$: up to a factor that is the same for all $k$.) A product indeed, but divided by $p(k)$, the
# share of class $k$ among all glyphs: both experts know that Latin is common, and plain multiplying counts it twice.
#
# **When multiplying hurts.** Ask the *same* picture expert several times: no new evidence, but the product grows surer
# with each copy. Or exchange some pictures for others: the expert is wrong there, and does not know it.


# %%
def losses(*scores):
    return [softmax_cross_entropy(rule(scores), truth).value for rule in (product, average)]


copies, shares = np.arange(1, 6), np.linspace(0, 1, 11)
others, luck = rng.permutation(s1), rng.random((len(s1), 1))
copied = np.array([losses(*[s1] * M) for M in copies])
exchanged = np.array([losses(np.where(luck < share, others, s1), s2) for share in shares])
print("all pictures exchanged: product {:.2f}, average {:.2f}".format(*exchanged[-1]))
assert np.allclose(copied[:, 1], loss["picture"], atol=1e-4) and copied[-1, 0] > 2 * loss["picture"]
assert exchanged[0, 0] < exchanged[0, 1] and exchanged[-1, 0] > exchanged[-1, 1] + 0.1

figure = draw(c, multiplied, averaged, flip, copies, copied, shares, exchanged, loss["name"], guessed)
save_figure(figure, "12_model_fusion")

# %% [markdown]
# ## Exercises
#
# `mmdl check --new 12` writes a file to complete, `mmdl check 12_model_fusion.py` looks at it.
#
# `average_of_experts`, `product_of_experts` and their backward passes, safe for scores of 10,000 (our average is not).
#
# ## What you now know
#
# - A product of experts is a sum of scores, and a softmax; an average is a vote.
# - In a product, who is sure that it is not so overrules all others; in an average everybody has one vote.
# - Training a product gives all experts the same gradient, $p - t$; without the division each would train alone.
# - Multiply independent evidence. Copies and confident mistakes are what a product cannot bear.
#
# ## Where this comes from
#
# - Hinton, [*Training products of experts by minimizing contrastive
#   divergence*](https://doi.org/10.1162/089976602760128018), 2002: experts that multiply, so that each can veto and
#   none needs to know everything.
# - Kittler, Hatef, Duin, Matas, [*On combining classifiers*](https://doi.org/10.1109/34.667881), 1998: product, sum and
#   vote compared, and why the sum forgives mistakes of an expert.
# - Genest, Zidek, [*Combining probability distributions: a critique and an annotated
#   bibliography*](https://doi.org/10.1214/ss/1177013825), 1986: what statisticians ask of a pooled opinion, and which
#   rule keeps which promise.
# - Jacobs, Jordan, Nowlan, Hinton, [*Adaptive mixtures of local experts*](https://doi.org/10.1162/neco.1991.3.1.79),
#   1991: let a gate decide whom to believe, and train each expert on what it is believed for.
