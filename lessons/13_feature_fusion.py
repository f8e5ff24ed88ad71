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
# Needs: lessons 00, 01, 04, 05, 06, 09, 12; about 40 s.
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
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_13_feature_fusion import draw
from mmdl.training import Adam, EarlyStopping, Validation, fit, predictions
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
# What one case wins, the others lose. And $\log(1 + e^{-u})$ is a curve that bends upwards (a **convex** one): the mean
# of its values is never less than its value at the mean of the $u$. By hand, $u = 1$ and $-1$: the values 0.313 and
# 1.313 have the mean 0.813, and at the mean, 0, the curve is at 0.693. So **the mean loss is never less than $\log(1 +
# e^0) = \log 2$**, whatever $f$ and $g$ are: a table or the deepest network. (Accuracy is a bad witness here: every
# sixth model has *three of four* right.) Keras holds the article's product above $10^{-7}$; a case that low costs 16
# and so, on average over four, more than $\log 2$ already. The average of experts fails alike: its *probabilities* are
# additive, those of the truth have the mean ½, and $-\log$ bends upwards, too.
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
# ## The models, piece by piece
#
# All models get the same **encoders**: two dense layers with ReLUs for the pixels; for the words the mean of their
# vectors and a dense layer.

# %%
WIDTH, NAMES = 32, ("picture", "name")


def encoder(rng, name):  # layers: (N, 28, 28, 1) or words (N, T) -> (N, WIDTH)
    if name == "picture":
        return Flatten(), Dense.init(rng, 784, 64), ReLU(), Dense.init(rng, 64, WIDTH), ReLU()
    return Embedding.init(rng, tokenizer.entries, WIDTH), SequencePool(), Dense.init(rng, WIDTH, WIDTH), ReLU()


# %% [markdown]
# A **fusion** takes one of three things, and the encoder gets an end that yields it: the vectors as they are;
# **tokens** (one each, for attention); or **scores** (for experts, an affine layer each). The fusion's class says what
# it takes.


# %%
def end(rng, takes, classes):
    return {"vectors": (), "tokens": (OneToken(),), "logits": (Dense.init(rng, WIDTH, classes),)}[takes]


def fusion(rng, kind, classes, modalities, **settings):
    if kind.takes == "logits":
        return kind.init(rng, [classes] * modalities)
    if kind.takes == "tokens":
        settings["lengths"] = [1] * modalities
    return kind.init(rng, [WIDTH] * modalities, WIDTH, **settings)


# %% [markdown]
# Behind the fusion stands the **head**: one affine layer. Experts need none, their scores are the answer already. Only
# the model "concatenate, hidden" has one more layer, which bends.


# %%
def head(rng, kind, classes, D, hidden):
    if kind.takes == "logits":
        return ()
    bend = (Dense.init(rng, D, WIDTH), ReLU()) if hidden else ()
    return *bend, Dense.init(rng, WIDTH if hidden else D, classes)


def classifier(rng, model, classes, learned=None):
    """The model of that name; its encoders new, or those of a model that has learned"""
    name, names = model.split(",")[0], [each for each in NAMES if "alone" not in model or each in model]
    kind = FUSIONS["concatenate" if "alone" in model else name]
    layers = {each: encoder(rng, each) for each in names}
    if learned:
        layers = {each: learned.modalities[each].encoder.layers[: len(layers[each])] for each in names}
    encoders = {each: Modality(Sequential((*layers[each], *end(rng, kind.takes, classes))), None) for each in names}
    settings = {"tokens": int("closed" not in model)} if name == "bottleneck" else {}
    fused = fusion(rng, kind, classes, len(names), **settings)
    D = {"concatenate": 2 * WIDTH, "tensor": (WIDTH + 1) ** 2}.get(name, WIDTH)
    return MultimodalClassifier(encoders, fused, Sequential(head(rng, kind, classes, D, "hidden" in model)), (), {})


# %% [markdown]
# For synergy the encoders come from the second question: they *know* both scripts, and need only be put together. All
# that three times, from different random numbers. We note the loss as a share of $\log K$, by the names of `mmdl train
# --fusion`. For synergy we ask three things: what is left on the pairs it **trained** on; what is left on **unseen**
# pairs; and what would be left if all its scores there were multiplied by one number, the best for the validation pairs
# (lesson 04: that changes no answer, only how sure it is).

# %%
EPOCHS, SEEDS = {"redundant": 3, "unique": 4, "synergy": 4}, range(3)
ADDITIVE = ["picture alone", "name alone", "average", "product-of-experts", "article-product", "concatenate", "sum"]
ADDITIVE.append("bottleneck, closed")
JOINT = ["concatenate, hidden", "product", "gated", "film", "tensor", "low-rank"]  # all other heads are affine
JOINT += ["attention", "cross-attention", "bottleneck"]


def learn(model, seed):
    """The models for the three questions, and the loss on the training pairs of the last one, epoch by epoch"""
    rng, learned, models = np.random.default_rng(seed), None, {}
    for question, epochs in EPOCHS.items():
        start = classifier(rng, model, 1 + train[question].labels.max(), learned if question == "synergy" else None)
        best = Validation(validation[question]), EarlyStopping(epochs)  # the model of the best epoch
        how = {"optimizer": Adam(3e-3), "epochs": epochs, "callbacks": best, "rng": rng}
        learned, history, *_ = fit(start, train[question], **how)
        models[question] = learned
    return models, history["loss"]


def losses(model, examples, factors):  # of the scores times each of the factors
    s = np.log(predictions(model, examples).clip(1e-30)).astype(float)  # a constant may be missing: softmax forgets it
    return np.array([softmax_cross_entropy(factor * s, examples.labels).value for factor in factors])


def what_is_left(models):
    """Shares of log K: redundant, unique and synergy, unseen; synergy on the training pairs; unseen, tempered"""
    share = [losses(models[each], test[each], [1])[0] / np.log(test[each].labels.max() + 1) for each in EPOCHS]
    factors, last = np.geomspace(0.03, 3, 40), models["synergy"]
    best = factors[losses(last, validation["synergy"], factors).argmin()]
    return *share, *(losses(last, *on)[0] / np.log(2) for on in ((train["synergy"], [1]), (test["synergy"], [best])))


left, curves, right = {}, {}, {}
print("share of log K that is left   redundant  unique  synergy: unseen  trained  unseen, tempered")
for model in [*ADDITIVE, "mixture-of-experts", *JOINT]:
    runs = [learn(model, seed) for seed in SEEDS]
    left[model] = np.array([what_is_left(models) for models, _ in runs])  # (seeds, 5)
    curves[model] = np.array([loss for _, loss in runs])  # of the last question, synergy
    answers = [predictions(models["redundant"], test["redundant"]).argmax(axis=1) for models, _ in runs]
    right[model] = np.array(answers) == test["redundant"].labels
    print("{:27s} {:11.2f} {:7.2f} {:16.2f} {:8.2f} {:17.2f}".format(model, *left[model].mean(axis=0)))
    if model == "bottleneck":
        print("    of these trained, by seed:", *(f"{share:.2f}" for share in left[model][:, 3]))

for model, (_, unique, unseen, trained, tempered) in ((model, rows.T) for model, rows in left.items()):
    half = "alone" in model or model == "average"
    assert unique.min() > 0.5 - 1e-6 if half else unique.max() < 0.49
    assert model not in ADDITIVE or (np.abs(unseen - 1).max() < 0.05 and curves[model].min() > np.log(2) - 0.01)
    assert model not in JOINT or (np.median(trained) < 0.2 and np.median(tempered) < 0.65)
assert np.log(2) / 2 - 0.01 < curves["mixture-of-experts"].min() < 0.45

# %% [markdown]
# - **Redundant.** The name alone is good, and concatenation better; the **average is worse than the name alone**. A
#   vote of the unsure dilutes the vote of the one who knows. Do the two make different mistakes? Count (next cell): no
#   pair is wrong in both, so there is something to gain, and how much of it depends on the fusion.
# - **Unique**: alone, each modality leaves half, and adding finds most of it. But the average of experts leaves half!
#   The picture expert can at best say (½, ½, 0, 0) and the name expert (½, 0, ½, 0). The average is (½, ¼, ¼, 0), a
#   loss of $\log 2$, half of $\log 4$. The product is (1, 0, 0, 0).
# - **Synergy**: what no single modality knows, no additive fusion finds, though its encoders know both scripts, not
#   even on the pairs it trained on. The article's product of two outputs is one of these. What multiplies or bends
#   *after* the two have met finds it.
#
# And on *unseen* pairs? There much is left, for cross-attention and others, though nothing is left on the pairs they
# trained on. Two reasons, which can be told apart. A pair is wrong as soon as *one* of the two scripts is mistaken, and
# unseen pictures are often mistaken. And these models are **too sure** of such mistakes: they have seen no mistake on
# their training pairs. One number for all scores takes away only that; what is left then is the last column.

# %%
picture, name = right["picture alone"], right["name alone"]  # (seeds, pairs)
wrong = {"only the picture": ~picture & name, "only the name": picture & ~name, "both": ~picture & ~name}
wrong = {who: pairs.mean(axis=1) for who, pairs in wrong.items()} | {
    "both, if by chance": (~picture).mean() * (~name).mean()
}
print("wrong alone:", ", ".join(f"{who} {share.mean():.1%}" for who, share in wrong.items()))
redundant, cross = {model: rows[:, 0] for model, rows in left.items()}, left["cross-attention"].T
assert np.all(wrong["both"] < np.minimum(wrong["only the picture"], wrong["only the name"]))
assert redundant["average"].mean() > redundant["name alone"].mean() + 0.02
assert redundant["concatenate"].mean() < redundant["name alone"].mean()
assert np.all(cross[3] < cross[2] - 0.2) and np.all(cross[4] < cross[2])
means = ({model: each.mean(axis=0) for model, each in table.items()} for table in (left, curves))
save_figure(draw(*means, ADDITIVE, JOINT, guessed), "13_feature_fusion")

# %% [markdown]
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
#
# ## Where this comes from
#
# - Arevalo, Solorio, Montes-y-Gómez, González, [*Gated multimodal units for information
#   fusion*](https://arxiv.org/abs/1702.01992), 2017, section 3: a gate for each number that decides which modality is
#   heard.
# - Perez, Strub, de Vries, Dumoulin, Courville, [*FiLM: visual reasoning with a general conditioning
#   layer*](https://arxiv.org/abs/1709.07871), 2018, section 2: one modality scales and moves the features of the other.
# - Zadeh, Chen, Poria, Cambria, Morency, [*Tensor fusion network for multimodal sentiment
#   analysis*](https://arxiv.org/abs/1707.07250), 2017, section 4.2: all products of all features, and how fast they
#   become too many.
# - Liang and others, [*Quantifying and modeling multimodal interactions: an information decomposition
#   framework*](https://arxiv.org/abs/2302.12247), 2023: redundant, unique and synergy as quantities that can be
#   estimated from data.
# - Baltrušaitis, Ahuja, Morency, [*Multimodal machine learning: a survey and
#   taxonomy*](https://arxiv.org/abs/1705.09406), 2019, section 6: the many ways to fuse, put in order.
