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
# # 09 Text classifier
#
# **Question.** What does reading order add?
#
# Needs: lessons 00, 01, 04, 06, 08; about 15 s.
#
# We build the article's text classifier: words become vectors, LSTMs read them in order, an affine layer decides.
# Against it stands the mean of the word vectors, a **bag of words**, which cannot read at all. The texts are Unicode
# names (GREEK SMALL LETTER ALPHA) without the words for the family (GREEK). So that it is not too easy, each other word
# is lost with probability ½, in training afresh every time. Which of ten families is the character from?

# %%
import numpy as np

from mmdl import data, tree
from mmdl.layers import LSTM, Dense, Embedding, SequencePool, Sequential
from mmdl.ops.embedding import embedding, embedding_backward
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.sequence_pooling import masked_mean, masked_mean_backward
from mmdl.plots import guess, save_figure
from mmdl.plots.lessons.lesson_09_text_classifier import draw
from mmdl.tokens import Tokens
from mmdl.training import Adam, cosine
from mmdl.verify.oracle import complex_step_gradient

# %% [markdown]
# ## From words to numbers
#
# The **vocabulary** gives each word of the training texts a number, its **id**. Id 1 (printed as ?) is for words that
# training never saw. Shorter texts are filled up with id 0, **padding**. A **mask** of the same shape is True where
# there is a word. Both travel together, as `Tokens(values, mask)`.

# %%
glyphs = data.load("glyphs", fonts=("DejaVuSans",))
train, test, tokenizer = glyphs.train, glyphs.test, glyphs.preprocessors["text"]
texts, labels = test.inputs["text"], test.labels
print(f"{len(train)} names to learn from, {len(test)} to test, {tokenizer.entries} ids")
print(test.about["name"][150], tokenizer.words_of(texts.values[150]), texts.values[150], texts.mask[150], sep="\n")

# %% [markdown]
# ## The formula
#
# $$x_t = E_{\mathrm{id}_t}, \qquad y = \frac{\sum_t m_t x_t}{\sum_t m_t}$$
#
# - $E$ is $(A, D)$, the **embedding**: a table with $D$ numbers for each of $A$ ids, learned like any other parameter;
# - $\mathrm{id}_t$ is the id at place $t$ of a text with $T$ places, and $x_t$ is $(D)$: its row of the table;
# - $m_t$ is 1 where there is a word, 0 where there is padding; $y$ is $(D)$, the mean of the words (of none: zeros).
#
# ## Loops


# %%
def bag_loops(ids, mask, E):
    y = np.zeros(E.shape[1])
    for t, d in np.ndindex(len(ids), E.shape[1]):
        y[d] += mask[t] * E[ids[t], d] / max(1, sum(mask))
    return y


# %% [markdown]
# ## By hand, and the op
#
# A table of four rows, and the text 3, 1, 3, with a padding behind: $y = \frac13 ((2, 4) + (1, 0) + (2, 4)) = (\frac53,
# \frac83)$. For a batch, `E[ids]` looks all rows up: ids $(N, T)$ give $x$ $(N, T, D)$.


# %%
def bag(E, ids, mask):
    counts = np.maximum(mask.sum(axis=1, keepdims=True), 1)
    return (E[ids] * mask[:, :, None]).sum(axis=1) / counts


E = np.array([[9.0, 9.0], [1.0, 0.0], [0.0, 5.0], [2.0, 4.0]])
ids, mask = np.array([[3, 1, 3, 0]]), np.array([[True, True, True, False]])
for y in (bag_loops(ids[0], mask[0], E), bag(E, ids, mask)[0], masked_mean(embedding(ids, E), mask)[0]):
    assert np.allclose(y, [5 / 3, 8 / 3])

# %% [markdown]
# ## Backward
#
# 1. From above comes $dy$ $(N, D)$. Each word went into the sum with the factor $m_t / \sum m$, so
#    $dx_t = \frac{m_t}{\sum m}\, dy$: words share equally, padding gets nothing.
# 2. A look-up is a copy, and a copy is a fork (lesson 00): a word's row of $dE$ is the **sum** of the $dx_t$ of all
#    places where it stands. Rows of words that do not occur get zero.
#
# In our example with $dy = (3, 0)$, each word gets $(1, 0)$. Id 3 stands there twice: $dE_3 = (2, 0)$, $dE_1 = (1, 0)$.
#
# **A trap.** Why not `dE[ids] += dx`? NumPy reads all rows, adds, and writes all rows: of two additions to the same row
# one is lost. A small test that repeats no word does not notice; so below we check on forty real names.


# %%
def bag_backward(dy, E, ids, mask):
    counts = np.maximum(mask.sum(axis=1, keepdims=True), 1)
    dx = (mask / counts)[:, :, None] * dy[:, None]  #      1.  dxₜ = mₜ / Σ m · dy
    dE = np.zeros_like(E)
    np.add.at(dE, ids, dx)  #                              2.  dE[idₜ] += dxₜ, one after the other
    return dE


dy = np.array([[3.0, 0.0]])
dE, trap = bag_backward(dy, E, ids, mask), np.zeros_like(E)
trap[ids] += masked_mean_backward(dy, embedding(ids, E), mask)
print("dE =", dE.tolist(), "  trap =", trap.tolist())
assert np.array_equal(dE, [[0, 0], [1, 0], [0, 0], [2, 0]]) and trap[3, 0] == 1

# %% [markdown]
# ## Checked
#
# First the gradient. Then the LSTM, which needs the mask too: at a padded step it keeps state and cell. So its last
# state is that after the last word, and **padding never changes a result**. Without the mask it "reads" the padding.

# %%
rng = np.random.default_rng(9)
E, dy = rng.standard_normal((tokenizer.entries, 3)), rng.standard_normal((40, 3))
ids, mask = (array[:40] for array in train.inputs["text"])
dE = bag_backward(dy, E, ids, mask)
assert np.allclose(dE, embedding_backward(masked_mean_backward(dy, E[ids], mask), ids, E), rtol=0, atol=1e-12)
assert np.allclose(dE, complex_step_gradient(lambda E: bag(E, ids, mask), [E], 0, dy), rtol=0, atol=1e-12)

reader = Sequential((Embedding(E), LSTM.init(rng, 3, 4, dtype=float)))
wider, padded = (np.pad(array, ((0, 0), (0, 7))) for array in (ids, mask))
ends = [reader(Tokens(*each)).values[:, -1] for each in ((ids, mask), (wider, padded), (wider, wider >= 0))]
moved = [np.abs(end - ends[0]).max() for end in ends]
print(f"seven columns of padding move the last state by {moved[1]:.2f}, without a mask by {moved[2]:.2f}")
assert moved[1] < 1e-12 and moved[2] > 0.1

# %% [markdown]
# ## An experiment: does order matter?
#
# Four classifiers learn the family: a bag of words; an LSTM; the same LSTM with the words of each name **shuffled**, in
# training and in the test; and the article's two LSTMs, the second reading the states of the first.

# %%
guessed = guess("The bag of words is right for about 76 % of the test names. And the LSTM?", "%")


def classifier(rng, lstms, classes):
    readers = [LSTM.init(rng, 64 if k else 32, 64) for k in range(lstms)]
    table, pool = Embedding.init(rng, tokenizer.entries, 32, padding_id=0), SequencePool("last" if lstms else "mean")
    return Sequential((table, *readers, pool, Dense.init(rng, 64 if lstms else 32, classes)))


def reorder(tokens, keys):
    """The words of each row in the order of their keys, (N, T) or (T,); padding stays behind."""
    order = np.where(tokens.mask, keys, np.inf).argsort(axis=1)
    return Tokens(np.take_along_axis(tokens.values, order, axis=1), tokens.mask)


def learn(rng, model, examples, epochs, word_dropout=0.0, shuffled=False):
    optimizer, steps = Adam(), epochs * np.ceil(len(examples) / 64)
    state = optimizer.start(model)
    for _ in range(epochs):
        for batch in data.batches(examples, 64, rng, word_dropout):
            tokens = batch["text"]
            logits, trace = model.forward(reorder(tokens, rng.random(tokens.mask.shape)) if shuffled else tokens)
            _, dlogits = softmax_cross_entropy(logits, batch.labels)
            rate = 0.01 * cosine(state.steps, steps, warm_up=0.3)  # rises to 0.01, then falls to nothing
            optimizer.step(model, model.gradient(dlogits, trace), state, rate)
    return model


mixed, family, models = reorder(texts, rng.random(texts.mask.shape)), {}, {}
for name, lstms in {"bag of words": 0, "LSTM": 1, "LSTM, words shuffled": 1, "two LSTMs": 2}.items():
    shuffled, family[name] = "shuffled" in name, []
    for rng in map(np.random.default_rng, (2, 1, 0)):
        models[name] = learn(rng, classifier(rng, lstms, 10), train, 15, word_dropout=0.5, shuffled=shuffled)
        family[name].append(np.mean(models[name](mixed if shuffled else texts).argmax(axis=1) == labels))
    print(f"{name:21} {tree.count(models[name]):6} parameters, right", *(f"{share:.3f}" for share in family[name]))
mean, luck = {name: np.mean(shares) for name, shares in family.items()}, 2 * np.sqrt(0.76 * 0.24 / len(labels))
assert max(abs(mean[name] - mean["LSTM"]) for name in ("bag of words", "LSTM, words shuffled")) < luck < 0.035
assert 0.65 < mean["two LSTMs"] < mean["LSTM"] + luck

# %% [markdown]
# **Order adds nothing.** An LSTM that never sees a name in order is as good, and so is the bag, with half of the
# parameters; a second LSTM does not help. (628 names fix a share of 76 % only to $\pm 3.4$ %, two standard deviations,
# $2 \sqrt{0.76 \cdot 0.24 / 628}$. Less is the luck of the draw.)
#
# Is the LSTM no good at reading, then? Ask something that *only* order tells: we show each name as it is and backwards,
# and ask which it was. For the bag both are the same text: it must be right half of the time.


# %%
def both_ways(examples):
    tokens = examples.inputs["text"]
    backwards = reorder(tokens, -np.arange(tokens.mask.shape[1]))
    differ = (tokens.values != backwards.values).any(axis=1)  # a single word is the same either way
    text = Tokens(*(np.concatenate([a[differ], b[differ]]) for a, b in zip(tokens, backwards, strict=True)))
    return data.Examples({"text": text}, np.repeat([0, 1], differ.sum()))


seen, unseen, direction = both_ways(train), both_ways(test), {}
for name, lstms in {"bag of words": 0, "LSTM": 1}.items():
    rng = np.random.default_rng(0)
    model = learn(rng, classifier(rng, lstms, 2), seen, 3)
    direction[name] = np.mean(model(unseen.inputs["text"]).argmax(axis=1) == unseen.labels)
    print(f"forwards or backwards? {name:13} right {direction[name]:.3f} of {len(unseen)}")
assert abs(direction["bag of words"] - 0.5) < 0.005 and direction["LSTM"] > 0.8

# %% [markdown]
# ## The picture
#
# What did the bag learn? We draw the rows of its table along the two directions in which they differ most (the first
# two **principal components**). Each word that training saw three times or more has the colour of its *main* family,
# in whose names it stands most often.

# %%
ids, mask = train.inputs["text"]
uses = np.zeros((tokenizer.entries, 10), int)
np.add.at(uses, (ids[mask], np.repeat(train.labels, mask.sum(axis=1))), 1)
frequent = np.flatnonzero(uses.sum(axis=1) >= 3)
words, main = tokenizer.words_of(frequent), uses[frequent].argmax(axis=1)
E = models["bag of words"].layers[0].E[frequent]
unit = E / np.linalg.norm(E, axis=1, keepdims=True)
nearest = (unit @ unit.T - 2 * np.eye(len(E))).argsort(axis=1)[:, ::-1]  # by the angle between words; itself is last
same, by_chance = np.mean(main == main[nearest[:, 0]]), np.mean(main == main[:, None])
print(f"nearest neighbour of the same main family: {same:.2f} (any two words: {by_chance:.2f})")
assert same > 0.85 and by_chance < 0.2
assert all(words.index(b) in nearest[words.index(a), :4] for a, b in (("CAPITAL", "SMALL"), ("LEFT", "RIGHT")))
save_figure(draw(family, direction, luck, words, np.array(glyphs.classes)[main], E, guessed), "09_text_classifier")

# %% [markdown]
# Word vectors mirror what they were trained for. Nobody told the table what a word means, only which family it speaks
# for. So LEFT stands beside RIGHT and CAPITAL beside SMALL: opposites, but said of the same characters.
#
# ## Exercises
#
# `mmdl check --new 9` writes a file to complete, `mmdl check 09_text_classifier.py` looks at it.
#
# - `pad_sequences`: texts into one array, and its mask. `masked_mean`, `masked_mean_backward`: words that are there.
# - `embedding` and `embedding_backward`: looking up, and adding up. Mind words that occur more than once.
# - `text_cnn` and `max_over_time_backward`: a reader between the two (Kim 2014). Windows of three, four and five words
#   slide along the text, and of each filter only its largest answer counts: it knows order within a window.
#
# ## What you now know
#
# - An embedding is a table of vectors. Looking up is copying, so a row's gradient is a sum over its word's places.
# - A mask travels with padded texts, and padding never changes a result.
# - An LSTM can read order; these names do not need it. Compare with something simple, and mind the luck of the draw.
#
# ## Where this comes from
#
# - Bengio, Ducharme, Vincent, Jauvin, [*A neural probabilistic language
#   model*](https://www.jmlr.org/papers/v3/bengio03a.html), 2003: words as vectors that are learned along with the task.
# - Mikolov, Chen, Corrado, Dean, [*Efficient estimation of word representations in vector
#   space*](https://arxiv.org/abs/1301.3781), 2013: vectors from nothing but neighbours, and how they add and subtract.
# - Iyyer, Manjunatha, Boyd-Graber, Daumé, [*Deep unordered composition rivals syntactic methods for text
#   classification*](https://aclanthology.org/P15-1162), 2015: means of word vectors that keep up with networks that
#   read in order.
# - Kim, [*Convolutional neural networks for sentence classification*](https://arxiv.org/abs/1408.5882), 2014: windows
#   over words instead of states, with little more code than a bag.
