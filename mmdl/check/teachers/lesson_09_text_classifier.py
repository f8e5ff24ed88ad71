"""Lesson 09: words and texts as arrays, and windows of words."""

import numpy as np

from mmdl.check.exercise import Exercise, backward, forward
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.convolution import conv1d
from mmdl.ops.embedding import embedding_backward
from mmdl.ops.lstm import lstm
from mmdl.ops.sequence_pooling import masked_mean


def pad_sequences(sequences):
    """ids (N, T) and mask (N, T), T being the length of the longest sequence"""
    T = max(map(len, sequences), default=0)
    ids, mask = np.zeros((len(sequences), T), int), np.zeros((len(sequences), T), bool)
    for n, sequence in enumerate(sequences):
        ids[n, : len(sequence)] = sequence
        mask[n, : len(sequence)] = True
    return ids, mask


def sentences(draws):
    """Lists of word ids, some of them empty perhaps."""
    lengths = [draws.of(1, 2, 3, 0, 5) for _ in range(draws.size("N"))]
    return {"sequences": [draws.rng.integers(1, 30, length).tolist() for length in lengths]}


def text_cnn(x, w3, w4, w5):
    """y = [maxₜ conv1d(x, w3), maxₜ conv1d(x, w4), maxₜ conv1d(x, w5)]

    Source: Kim 2014, without bias and activation, which can follow the maximum: they keep the order of numbers.
    """
    return np.concatenate([conv1d(x, w).max(axis=1) for w in (w3, w4, w5)], axis=1)


def max_over_time_backward(dy, c):
    """dc = dy at the place of the largest, elsewhere 0"""
    return dy[:, None] * (c.argmax(axis=1)[:, None] == np.arange(c.shape[1])[:, None])


def windows(draws):
    """Texts for which the widest window has several places, and filters of three widths."""
    draws.size("T", (6, 7, 8))
    return draws.arrays(x="N T D", w3="3 D K", w4="4 D K", w5="5 D K")


def places(draws):
    """What filters found at each place, and a gradient of the maxima."""
    draws.size("T", (3, 2, 4, 5))
    return {"c": draws.distinct("N T K"), "dy": draws.array("N K")}


EXERCISES = (
    Exercise(
        pad_sequences,
        sentences,
        ("ids", "mask"),
        (
            "T is the largest length: max(len(s) for s in sequences).",
            "Start from zeros: np.zeros((N, T), int) and np.zeros((N, T), bool). Then write each text into its row.",
            "ids[n, : len(s)] = s, and mask[n, : len(s)] = True.",
        ),
        axes={"ids": "N T", "mask": "N T"},
    ),
    forward(
        "embedding",
        "For each place n, t take row ids[n, t] of the table.",
        "NumPy takes all rows at once when the index is an array: E[ids].",
    ),
    backward(
        "embedding",
        "Each place sends its dy to the row of its word. A word that stands at three places gets three of them.",
        "dE[ids] += dy looks right, but NumPy adds only once for every row, however often it is named.",
        "A loop over all places with += is right; np.add.at(dE, ids, dy) does the same.",
    ),
    forward(
        "masked_mean",
        "Add up the tokens that are there, and divide by how many there are: not by T.",
        "mask[:, :, None] * x is zero where there is no token. The count is mask.sum(axis=1, keepdims=True).",
        "A text without tokens would be 0 / 0: divide by np.maximum(count, 1).",
    ),
    backward(
        "masked_mean",
        "Each token that is there moved the mean by 1 / count; the others moved nothing.",
        "dx[n, t] = mask[n, t] dy[n] / count[n], the count being at least 1.",
    ),
    Exercise(
        text_cnn,
        windows,
        ("y",),
        (
            "A window of h words fits at T − h + 1 places: t from 0 to T − h. Each width has its own number of places.",
            "c = Σᵢ x[:, i : i + P] @ w[i], P being T − h + 1: one product for each word of the window. It is (N, P, K).",
            "c.max(axis=1) for each width, and np.concatenate([...], axis=1) of the three.",
        ),
        axes={"y": "N 3K"},
    ),
    Exercise(
        max_over_time_backward,
        places,
        ("dc",),
        (
            "y moves with the largest of the places and with no other. Each filter k has a winner of its own.",
            "c.argmax(axis=1) is (N, K): where dy has to go. The rest is zero.",
            "dy[:, None] * (c == c.max(axis=1, keepdims=True))",
        ),
        axes={"dc": "N T K"},
    ),
)

MISTAKES = []
in_embedding_backward = mistakes_in(MISTAKES, "embedding_backward")
in_masked_mean = mistakes_in(MISTAKES, "masked_mean")
in_masked_mean_backward = mistakes_in(MISTAKES, "masked_mean_backward")
in_text_cnn = mistakes_in(MISTAKES, "text_cnn")
in_max_backward = mistakes_in(MISTAKES, "max_over_time_backward")


def _there(x, mask):
    return np.ones(x.shape[:2], bool) if mask is None else mask


@in_embedding_backward(
    "A word that stands twice gets two gradients: np.add.at(dE, ids, dy) adds, dE[ids] += dy overwrites."
)
def repeats_overwrite(dy, ids, E, padding_id=None):
    """It is wrong only for words that stand at several places: the last place counts, the others are lost."""
    dE = np.zeros_like(E)
    dE[ids] += dy
    return dE


@in_embedding_backward("Add up what all places send; do not average.")
def repeats_averaged(dy, ids, E, padding_id=None):
    """It is wrong only for words that stand at several places: they get the mean of the gradients, not the sum."""
    counts = np.bincount(ids.ravel(), minlength=len(E))
    return embedding_backward(dy, ids, E) / np.maximum(counts, 1)[:, None]


@in_masked_mean("Divide by the number of tokens that are there, mask.sum(axis=1), and not by T.")
def padding_counted(x, mask=None):
    """Padding adds nothing, but it is counted: the sum is divided by T."""
    return (x * _there(x, mask)[:, :, None]).sum(axis=1) / x.shape[1]


@in_masked_mean("Only tokens that are there count: multiply by the mask before you add up.")
def mask_ignored(x, mask=None):
    """The mask is not used: padding takes part in the mean."""
    return x.mean(axis=1)


@in_masked_mean("A text without tokens has a count of 0: divide by np.maximum(count, 1).")
def nothing_divided_by_nothing(x, mask=None):
    """It is right but for a text without tokens, where it divides 0 by 0."""
    return (x * _there(x, mask)[:, :, None]).sum(axis=1) / _there(x, mask).sum(axis=1, keepdims=True)


@in_masked_mean_backward("Divide by the number of tokens that are there, as forward, and not by T.")
def divided_by_the_length(dy, x, mask=None):
    """dx is divided by T instead of by the number of tokens that are there."""
    return _there(x, mask)[:, :, None] * dy[:, None] / x.shape[1]


@in_masked_mean_backward("The tokens shared one mean: each gets dy divided by their number.")
def share_left_out(dy, x, mask=None):
    """Every token gets the whole dy; it should be divided by the number of tokens."""
    return _there(x, mask)[:, :, None] * dy[:, None]


@in_masked_mean_backward("Where there is no token there is no gradient: multiply by the mask.")
def padding_gets_a_gradient(dy, x, mask=None):
    """Padding gets a gradient, too, as if there were tokens."""
    count = np.maximum(_there(x, mask).sum(axis=1), 1)[:, None, None]
    return np.broadcast_to(dy[:, None] / count, x.shape).copy()


@mistakes_in(MISTAKES, "pad_sequences")("The words come first and the zeros after them.")
def zeros_in_front(sequences):
    """The zeros stand in front of the words; they belong behind them."""
    T = max(map(len, sequences), default=0)
    mask = np.array([[t >= T - len(sequence) for t in range(T)] for sequence in sequences], bool)
    ids = np.zeros(mask.shape, int)
    ids[mask] = [word for sequence in sequences for word in sequence]
    return ids, mask


@in_text_cnn("Take the largest over time: c.max(axis=1).")
def mean_over_time(x, w3, w4, w5):
    """Each filter's mean over time is taken, not its maximum."""
    return np.concatenate([conv1d(x, w).mean(axis=1) for w in (w3, w4, w5)], axis=1)


@in_text_cnn("Word t + i of the text meets row i of the window: x[t + i] w[i].")
def windows_turned(x, w3, w4, w5):
    """The windows are turned around: the first word meets the last row of w."""
    return text_cnn(x, w3[::-1], w4[::-1], w5[::-1])


@in_text_cnn("A window of h words fits at T − h + 1 places: the last begins at T − h.")
def last_window_left_out(x, w3, w4, w5):
    """The last window, which ends with the last word, is left out."""
    return text_cnn(x[:, :-1], w3, w4, w5)


@in_text_cnn("Each width has places of its own: T − h + 1 of them.")
def places_of_the_widest(x, w3, w4, w5):
    """The narrow windows look only where the widest begins, at T − 4 places: the last words are not read."""
    P = x.shape[1] - 4
    return np.concatenate([conv1d(x, w)[:, :P].max(axis=1) for w in (w3, w4, w5)], axis=1)


@in_text_cnn("Only windows that fit: no zeros around the text.")
def zeros_around_the_text(x, w3, w4, w5):
    """The text is filled up with zeros, "same": windows that reach beyond its ends take part in the maximum."""
    return np.concatenate([conv1d(x, w, padding="same").max(axis=1) for w in (w3, w4, w5)], axis=1)


@in_text_cnn("Side by side: np.concatenate along axis 1.")
def widths_added(x, w3, w4, w5):
    """The three widths are added up: K numbers for a text, where there should be 3K side by side."""
    return sum(conv1d(x, w).max(axis=1) for w in (w3, w4, w5))


@in_max_backward("The largest takes all; the others moved nothing.")
def shared_by_all_places(dy, c):
    """All places share dy equally, as if y were the mean over time."""
    return np.broadcast_to(dy[:, None] / c.shape[1], c.shape).copy()


@in_max_backward("Only the place of the largest gets dy, the others zero.")
def whole_gradient_to_all_places(dy, c):
    """Every place gets dy, not only that of the largest."""
    return np.broadcast_to(dy[:, None], c.shape).copy()


@in_max_backward("Multiply by dy.")
def winner_without_dy(dy, c):
    """The place of the largest gets 1, and dy is not used."""
    return max_over_time_backward(np.ones_like(dy), c)


@in_max_backward("Each filter has a winner of its own: argmax over time only, axis 1.")
def one_place_for_all_filters(dy, c):
    """All filters send their dy to the place where the largest of them all stands; each has a place of its own."""
    place = c.max(axis=2).argmax(axis=1)
    return dy[:, None] * (place[:, None] == np.arange(c.shape[1]))[:, :, None]


@in_max_backward("dy goes to where the largest number stands; the number itself is not multiplied.")
def multiplied_by_the_maximum(dy, c):
    """dy is multiplied by the largest number itself: the derivative of a copy is 1."""
    return max_over_time_backward(dy, c) * c


@prediction("At how many places does the word stand?")
def one_word_three_times():
    """Three places send a gradient of 1 to the row of word 5, and they add up: 3."""
    ids = np.array([[5, 7, 5, 5]])
    return float(embedding_backward(np.ones((1, 4, 2)), ids, np.zeros((8, 2)))[5, 0])


@prediction("What does a sum know of the order of its terms?")
def shuffled_words():
    """A mean does not know the order of its words; a state that reads one word after the other does."""
    rng = np.random.default_rng(0)
    e = rng.standard_normal((1, 5, 3))
    other, mask = e[:, ::-1], np.ones((1, 5), bool)
    weights = rng.standard_normal((3, 8)), rng.standard_normal((2, 8)), rng.standard_normal(8)
    mean = np.allclose(masked_mean(e, mask), masked_mean(other, mask))
    last = np.allclose(lstm(e, *weights).h[:, -1], lstm(other, *weights).h[:, -1])
    return "b" if mean and not last else "a"


@prediction("One row for each text, one column for each word of the longest.")
def shape_of_padded_texts():
    """(3, 3): three texts, and the longest has three words; the empty one is a row of zeros that the mask excludes."""
    return pad_sequences([[4], [8, 1, 6], []])[0].shape


PREDICTIONS = (one_word_three_times, shuffled_words, shape_of_padded_texts)
