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
# # 13 Feature fusion
#
# **Question.** When does fusion help?
#
# Needs: lessons 00, 01, 04, 05, 06, 09, 12; about 20 s.
#
# Lesson 12 put opinions together. Now we meet earlier: each **encoder** (the part of a network that reads one kind of
# data) ends in a vector of **features**, the vectors become one, and a last layer, the **head**, makes scores of it.
# This is **fusion at feature level**. How the vectors are put together decides what can be learned.

# %%
import numpy as np

from mmdl import data
from mmdl.data import Examples, Tokenizer
from mmdl.data.sources.glyphs import caption
from mmdl.fusion import FUSIONS
from mmdl.layers import Dense, Embedding, Flatten, OneToken, ReLU, SequencePool, Sequential
from mmdl.models import Modality, MultimodalClassifier
from mmdl.ops import fusion as library
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_13_feature_fusion import draw
from mmdl.training import Adam, EarlyStopping, Validation, evaluate, fit
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## The formulas
#
# Two **modalities** (kinds of data), two vectors: $a$ from the picture and $b$ from the name. For a batch of $N$ they
# are $(N, D)$, a row for each example. The fused $z$ has a row for each example, too:
#
# - **concatenation** puts them side by side: $z = (a, b)$, $(N, 2D)$;
# - the **sum** adds them entry by entry: $z = a + b$, $(N, D)$;
# - the **product** multiplies them entry by entry: $z = a \circ b$, $(N, D)$. Where $a$ is zero, $b$ is switched off.
#
# ## Loops for one example, and numbers by hand
#
# $a = (1, 2)$ and $b = (3, -1)$: concatenated $(1, 2, 3, -1)$, added $(4, 1)$, multiplied $(3, -2)$.


# %%
def loops(a, b):
    D = range(len(a))
    return [*a, *b], [a[d] + b[d] for d in D], [a[d] * b[d] for d in D]


assert loops([1, 2], [3, -1]) == ([1, 2, 3, -1], [4, 1], [3, -2])

# %% [markdown]
# ## The ops, and backward
#
# From above comes $dz$, shaped as $z$. Concatenation: $dz$ is **cut** where the two were joined. Sum: $z$ moves as much
# as $a$ does, and as much as $b$ does, so both **get all** of $dz$. Product: $z$ moves $b$ times as much as $a$, and
# $a$ times as much as $b$. Each gets **the other's** value.


# %%
def concatenate_backward(dz, a, b):
    return dz[:, : a.shape[1]], dz[:, a.shape[1] :]  #    z = (a, b):    da, db = the columns that they filled


def sum_backward(dz, a, b):
    return dz, dz  #                                      z = a + b:     da = dz,      db = dz


def product_backward(dz, a, b):
    return dz * b, dz * a  #                              z = a ∘ b:     da = dz ∘ b,  db = dz ∘ a


rng = np.random.default_rng(0)
a, b = rng.standard_normal((2, 3, 4))  # N = 3, D = 4
for kind, forward, backward, op, op_backward in (
    (0, lambda a, b: np.hstack([a, b]), concatenate_backward, library.concatenate, library.concatenate_backward),
    (1, np.add, sum_backward, library.elementwise_sum, library.elementwise_sum_backward),
    (2, np.multiply, product_backward, library.elementwise_product, library.elementwise_product_backward),
):
    z = forward(a, b)
    dz = rng.standard_normal(z.shape)
    assert np.allclose(z, [loops(*rows)[kind] for rows in zip(a, b, strict=True)]) and np.array_equal(z, op((a, b)))
    for place, mine in enumerate(backward(dz, a, b)):
        assert np.allclose(mine, complex_step_gradient(forward, [a, b], place, dz), rtol=0, atol=1e-12)
        assert np.array_equal(mine, op_backward(dz, (a, b))[place])

# %% [markdown]
# ## Concatenation was a product of experts
#
# The usual head is affine: scores $s = z W + c$. Let $z = (a, b)$ and cut $W$ into its upper rows, which meet $a$, and
# its lower rows, which meet $b$:
#
# $$s = (a, b) \begin{pmatrix} W_a \\ W_b \end{pmatrix} + c = a W_a + (b W_b + c)$$
#
# That is the scores of one expert who knows only $a$, plus those of one who knows only $b$. A sum of scores: lesson
# 12's product of experts! So is the sum, since $(a + b) W = a W + b W$. All three say $s = f(a) + g(b)$, a function of
# $a$ plus one of $b$. Call such a fusion **additive**.

# %%
W, c = rng.standard_normal((8, 2)), rng.standard_normal(2)
one, two = (library.product_of_experts(s) for s in ((np.hstack([a, b]) @ W + c,), (a @ W[:4], b @ W[4:] + c)))
assert np.allclose(one, two, rtol=0, atol=1e-14)  # one head, or two experts

# %% [markdown]
# ## An experiment: are they different?
#
# The smallest question about *both*: $a$ and $b$ are 0 or 1, all four cases are equally frequent; are they different?
# (This is XOR, exclusive or.) Of the scores only the **margin** counts, $d$ = score of "different" minus score of
# "same". It is additive too: $d = f(a) + g(b)$. We try 100,000 tables $f$, $g$, at random, and take the best. With
# $y = 1$ where "different" is right and $-1$ elsewhere, softmax gives the truth $1 / (1 + e^{-y d})$: its negative
# logarithm is the loss, $\log(1 + e^{-y d})$.

# %%
guessed = guess("The best of 100,000 additive models: what loss? (knowing nothing: log 2 = 0.69; perfect: 0)")
f, g = 3 * rng.standard_normal((2, 10**5, 2))  # two numbers each: for 0 and for 1
y = np.array([[-1, 1], [1, -1]])  # rows: a; columns: b
d = f[:, :, None] + g[:, None, :]  # (100000, 2, 2): for every f and g the four cases
loss, right = np.log(1 + np.exp(-y * d)).mean(axis=(1, 2)), (np.sign(d) == y).sum(axis=(1, 2))
print(f"log 2 = {np.log(2):.4f}; the best has {loss.min():.4f}; {(right == 3).mean():.0%} have three of four right")
assert loss.min() > np.log(2) - 1e-12 and right.max() == 3
assert np.array_equal(-np.outer([-1, 1], [-1, 1]), y)  # what can: a product, see below

# %% [markdown]
# Not one is better than knowing nothing. Why? Add up the four $y d$:
#
# $$-\,(f_0 + g_0) \;+\; (f_0 + g_1) \;+\; (f_1 + g_0) \;-\; (f_1 + g_1) \;=\; 0$$
#
# What one case wins, the others lose. And $\log(1 + e^{-u})$ is a curve that bends upwards: the mean of its values is
# never less than its value at the mean of the $u$. So **the mean loss is never less than $\log(1 + e^0) = \log 2$**,
# whatever $f$ and $g$ are: a table or the deepest network. (Accuracy is a bad witness here: every sixth model has
# *three of four* right.) Keras holds the article's product above $10^{-7}$; a case that low costs 16 and so, on average
# over four, more than $\log 2$ already. The average of experts fails alike: its *probabilities* are additive, those of
# the truth have the mean ½, and $-\log$ bends upwards, too.
#
# ## What can: multiply, or bend, after the two have met
#
# With $a, b = \pm 1$, $a \circ b$ is $-1$ exactly if they differ: one **product** is enough. So is each of these:
#
# - a **hidden layer** behind the concatenation sees $a$ and $b$ *together*, and bends, before it decides;
# - **gated** (GMU): $z = g \circ \tanh(a U) + (1 - g) \circ \tanh(b V)$; both set the gate, $g = \sigma((a, b) W)$;
# - **FiLM**: $z = \gamma \circ a + \beta$, where $\gamma$ and $\beta$ are computed from $b$;
# - **tensor**: *all* products of an entry of $(a, 1)$ with one of $(b, 1)$. By the 1, $a$ and $b$ themselves are in it;
# - **low-rank**: the sum of a few $(a, 1) U_f \circ (b, 1) V_f$, a tensor and a matrix in one;
# - **attention** over tokens, here one of each modality: all look at all (lesson 14), each at the other only
#   (**cross-attention**), or at a **bottleneck**, a token that hears of both. Closed, it lets nothing pass: additive!
#
# In between stands the **mixture of experts**, $p = g p_1 + (1 - g) p_2$; an affine layer makes the gate $g$ of both
# experts' scores. It can believe one in some cases, the other in the rest, and so know half of them: its loss is never
# less than ½ $\log 2$. (That proof is longer, and stands in `tests/fusion/test_experts.py`.)
#
# ## Three questions
#
# Now with real pictures and names, of one font: Arabic letters and Canadian syllabics. We pair every picture with
# several names, of its own script and of the other, equally often, and ask:
#
# 1. **redundant**: picture and name are of one script. Which? Both modalities know.
# 2. **unique**: any pair. Which script is the picture, and which the name (four classes)? Each knows one half.
# 3. **synergy**: any pair. Are they of different scripts? That is XOR: a picture alone says *nothing* about it.

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans",))
scripts = [glyphs.classes.index(script) for script in ("Arabic", "Canadian syllabics")]
tokenizer = Tokenizer.fit(map(caption, glyphs.train.about["character"]), minimum=2)  # rarer words are "unknown"


def questions(examples):
    members = [rng.permutation(np.flatnonzero(examples.labels == script)) for script in scripts]
    n = min(map(len, members))
    cases = [(0, 0), (0, 1), (1, 0), (1, 1)] * 2
    pictures = examples.select(np.concatenate([members[p][:n] for p, _ in cases]))
    names = np.concatenate([rng.permutation(members[q][:n]) for _, q in cases])
    words = tokenizer.encode(map(caption, examples.about["character"][names]))
    pairs = {"picture": pictures.inputs["image"], "name": words}
    p, q = np.repeat(cases, n, axis=0).T  # scripts of the picture and of the name: 0 or 1
    synergy = Examples(pairs, (p != q).astype(int))
    return {"redundant": Examples(pairs, p).select(p == q), "unique": Examples(pairs, 2 * p + q), "synergy": synergy}


train, validation, test = map(questions, (glyphs.train, glyphs.validation, glyphs.test))

# %% [markdown]
# All models get the same encoders: two dense layers with ReLUs for the pixels; for the words the mean of their vectors
# and a dense layer. For synergy they come from the second question: they *know* both scripts, and need only be put
# together. The table shows the loss on unseen pairs as a share of $\log K$, by the names of `mmdl train --fusion`.

# %%
WIDTH, EPOCHS = 32, {"redundant": 3, "unique": 4, "synergy": 4}
ADDITIVE = ["picture alone", "name alone", "average", "product-of-experts", "article-product", "concatenate", "sum"]
ADDITIVE.append("bottleneck, closed")
JOINT = ["concatenate, hidden", "product", "gated", "film", "tensor", "low-rank"]  # all other heads are affine
JOINT += ["attention", "cross-attention", "bottleneck"]


def classifier(model, classes, learned):
    rng, fusion = np.random.default_rng(3), "concatenate" if "alone" in model else model.split(",")[0]
    kind, names = FUSIONS[fusion], [model.split()[0]] if "alone" in model else ["picture", "name"]
    encoders = {
        "picture": [Flatten(), Dense.init(rng, 784, 64), ReLU(), Dense.init(rng, 64, WIDTH), ReLU()],
        "name": [Embedding.init(rng, tokenizer.entries, WIDTH), SequencePool(), Dense.init(rng, WIDTH, WIDTH), ReLU()],
    }
    if learned:
        encoders = {name: learned.modalities[name].encoder.layers[: len(encoders[name])] for name in names}
    end = {"vectors": (), "tokens": (OneToken(),), "logits": (Dense.init(rng, WIDTH, classes),)}[kind.takes]
    modalities = {name: Modality(Sequential((*encoders[name], *end)), None) for name in names}
    settings = {} if kind.takes == "logits" else {"width": WIDTH}
    settings |= {"lengths": [1] * len(names)} if kind.takes == "tokens" else {}
    settings |= {"tokens": int("closed" not in model)} if fusion == "bottleneck" else {}
    fused = kind.init(rng, [classes if kind.takes == "logits" else WIDTH] * len(names), **settings)
    z = {"concatenate": WIDTH * len(names), "tensor": (WIDTH + 1) ** 2}.get(fusion, WIDTH)
    bend = (Dense.init(rng, z, WIDTH), ReLU()) if "hidden" in model else ()
    head = () if kind.takes == "logits" else (*bend, Dense.init(rng, WIDTH if bend else z, classes))
    return MultimodalClassifier(modalities, fused, Sequential(head), (), {})


left, curves = {}, {}
print(f"{'share of log K that is left':28s}", *(f"{question:>10s}" for question in EPOCHS))
for model in [*ADDITIVE, "mixture-of-experts", *JOINT]:
    left[model], learned = [], None
    for question, epochs in EPOCHS.items():
        classes = 1 + train[question].labels.max()
        how = {"optimizer": Adam(3e-3), "epochs": epochs, "rng": np.random.default_rng(4)}
        best = Validation(validation[question]), EarlyStopping(epochs)  # the model of the best epoch
        start = classifier(model, classes, learned if question == "synergy" else None)
        learned, history, *_ = fit(start, train[question], callbacks=best, **how)
        left[model].append(evaluate(learned, test[question])["loss"] / np.log(classes))
    curves[model] = history["loss"]  # of the last question, synergy
    print(f"{model:28s}", *(f"{share:10.2f}" for share in left[model]))

for model, (_, unique, synergy) in left.items():
    assert unique > 0.5 - 1e-6 if "alone" in model or model == "average" else unique < 0.49
    assert model not in ADDITIVE or (abs(synergy - 1) < 0.02 and min(curves[model]) > np.log(2) - 0.01)
    assert model not in JOINT or (synergy < 0.95 and min(curves[model]) < 0.2)
assert np.log(2) / 2 - 0.01 < min(curves["mixture-of-experts"]) < 0.45
assert left["concatenate"][0] < min(left["picture alone"][0], left["name alone"][0])
save_figure(draw(left, curves, ADDITIVE, JOINT, guessed), "13_feature_fusion")

# %% [markdown]
# - **Redundant**: the name alone is good. Fusion helps a little: picture and name make different mistakes.
# - **Unique**: alone, each modality leaves half, and adding finds most of it. But the average of experts leaves half!
#   The picture expert can at best say (½, ½, 0, 0) and the name expert (½, 0, ½, 0). The average is (½, ¼, ¼, 0), a
#   loss of $\log 2$, half of $\log 4$. The product is (1, 0, 0, 0).
# - **Synergy**: what no single modality knows, no additive fusion finds, though its encoders know both scripts. The
#   article's product of two outputs is one of these. What multiplies or bends *after* the two have met does.
#
# ## Exercises
#
# `mmdl check --new 13` writes a file to complete, `mmdl check 13_feature_fusion.py` looks at it.
#
# `concatenate`, `elementwise_product`, `tensor_product` (*all* products $a_i b_j$), and their backward passes.
#
# ## What you now know
#
# - Concatenation hands back the pieces of the gradient, the sum all of it, the product the other's value times it.
# - Concatenation with an affine head, the sum and the product of experts are the same model: $s = f(a) + g(b)$.
# - Additive fusion joins what each modality knows by itself; what only both know needs a product or a hidden layer.
