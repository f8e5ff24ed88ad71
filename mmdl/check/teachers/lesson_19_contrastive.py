"""Lesson 19: unit vectors, their similarity, and the loss of two towers."""

import numpy as np

from mmdl.check.exercise import Exercise, backward, forward, tied
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.contrastive import Normalized, contrastive_loss, similarity_backward
from mmdl.ops.losses import Loss
from mmdl.ops.softmax import log_softmax
from mmdl.training.retrieval import recall_at


def square(draws):
    """A similarity matrix, and how many guesses there are."""
    return {"similarity": draws.array("N N"), "k": draws.of(1, 2)}


EXERCISES = (
    forward(
        "normalize",
        "The length of a row is the root of the sum of its squares: axis=-1, keepdims=True. Each row has its own.",
        "Divide each row by its length. A row of zeros has length 0: it must stay zero, and not become 0 / 0.",
        "y = x / np.where(length > 0, length, 1); return y and length.",
    ),
    backward(
        "normalize",
        "A push along y makes x longer, and y stays what it is. Which part of dy is left?",
        "Take away from each row of dy its part along y: dy − y ⟨dy, y⟩. The longer x was, the less it turns: divide.",
        "dx = (dy − y ⟨dy, y⟩) / length, and zero where the length is zero.",
    ),
    forward(
        "similarity",
        "Every row of a against every row of b: an inner product each, all of them as one product of matrices.",
        "a @ b.T is (N, S). log_scale is the logarithm of what it is multiplied by: np.exp(log_scale).",
    ),
    backward(
        "similarity",
        "s = e^λ a bᵀ is linear in a and in b. What does one row of a meet? All rows of b, along a row of ds.",
        "da = e^λ ds b. Exchange the towers and s is transposed: db = e^λ dsᵀ a.",
        "The derivative of e^λ is e^λ itself, so ds/dλ = s: add up ds ∘ s, and return it with one axis, shape (1,).",
    ),
    forward(
        "contrastive_loss",
        "Row n asks which column is its own: cross-entropy with the label n. Column n asks the same of the rows.",
        "The loss is the mean of 2 N numbers, −log p[n, n] and −log q[n, n], p along rows and q along columns of s.",
        "The gradient: p and q, each less 1 on the diagonal, added up and divided by 2 N.",
        "For log p and log q take the largest score of a row, or of a column, away first, as in lesson 04.",
    ),
    tied(
        Exercise(
            recall_at,
            square,
            ("recall",),
            (
                "The right answer of row n is column n: its score is similarity[n, n].",
                "Its rank is how many columns of the row have at least that score; it counts itself, and so do ties.",
                "ranks = (similarity >= own[:, None]).sum(axis=1); the share of rows with ranks <= k.",
            ),
            axes={"recall": ""},
        )
    ),
)

MISTAKES = []
in_normalize = mistakes_in(MISTAKES, "normalize")
in_normalize_backward = mistakes_in(MISTAKES, "normalize_backward")
in_similarity = mistakes_in(MISTAKES, "similarity")
in_similarity_backward = mistakes_in(MISTAKES, "similarity_backward")
in_loss = mistakes_in(MISTAKES, "contrastive_loss")
in_recall = mistakes_in(MISTAKES, "recall_at")


def recall(similarity, k):
    """The right one."""
    own = np.diagonal(similarity)[:, None]
    return float(((similarity >= own).sum(axis=1) <= k).mean())


@in_normalize("The length is the root of the sum of squares: np.sqrt.")
def root_forgotten(x):
    """Each row is divided by its squared length."""
    squared = (x * x).sum(axis=-1, keepdims=True)
    return Normalized(np.divide(x, squared, out=np.zeros_like(x), where=squared > 0), squared)


@in_normalize("Every row has a length of its own: axis=-1, keepdims=True.")
def one_length_for_the_batch(x):
    """All rows are divided by one length, that of the whole batch."""
    length = np.full((*x.shape[:-1], 1), np.sqrt((x * x).sum()))
    return Normalized(np.divide(x, length, out=np.zeros_like(x), where=length > 0), length)


@in_normalize("The length is the root of the sum of squares, not the sum of magnitudes.")
def magnitudes_added(x):
    """Each row is divided by the sum of its magnitudes: their sum is one, the length is not."""
    total = np.abs(x).sum(axis=-1, keepdims=True)
    return Normalized(np.divide(x, total, out=np.zeros_like(x), where=total > 0), total)


@in_normalize("A row of zeros must stay zero: divide by the length only where it is larger than 0.")
def zeros_divided_by_zero(x):
    """It is right but for rows of zeros, where it divides 0 by 0."""
    length = np.sqrt((x * x).sum(axis=-1, keepdims=True))
    return Normalized(x / length, length)


@in_normalize_backward("The length depends on x, too. Take the part along y away: dy − y ⟨dy, y⟩.")
def length_held_fixed(dy, y, length):
    """dx is dy / length, as if the length did not depend on x: it pushes along y, where nothing changes."""
    return np.divide(dy, length, out=np.zeros_like(dy), where=length > 0)


@in_normalize_backward("A long x turns slowly: divide by its length.")
def length_left_out(dy, y, length):
    """The part along y is taken away, but the division by the length is missing."""
    return np.where(length > 0, dy - y * (dy * y).sum(axis=-1, keepdims=True), 0)


@in_normalize_backward("Every row has an inner product of its own: sum(axis=-1, keepdims=True).")
def one_inner_product_for_the_batch(dy, y, length):
    """The inner product ⟨dy, y⟩ is taken over the whole batch instead of row by row."""
    return np.divide(dy - y * (dy * y).sum(), length, out=np.zeros_like(dy), where=length > 0)


@in_similarity("log_scale is a logarithm: multiply by np.exp(log_scale).")
def logarithm_as_the_scale(a, b, log_scale):
    """The inner products are multiplied by log_scale itself, not by e to its power."""
    return log_scale * (a @ b.T)


@in_similarity("e^λ is one over the temperature: multiply by it.")
def divided_by_the_scale(a, b, log_scale):
    """The inner products are divided by e^λ instead of multiplied."""
    return np.exp(-log_scale) * (a @ b.T)


@in_similarity("Multiply by np.exp(log_scale).")
def scale_left_out(a, b, log_scale):
    """The inner products stand there as they are, without the scale."""
    return a @ b.T


@in_similarity_backward("s is e^λ times the inner products, so da and db are, too.")
def gradient_without_the_scale(ds, a, b, log_scale, s):
    """da and db lack the factor e^λ."""
    return ds @ b, ds.T @ a, similarity_backward(ds, a, b, log_scale, s)[2]


@in_similarity_backward("λ is the logarithm of the scale: ds/dλ is s itself, e^λ included.")
def gradient_of_the_scale_itself(ds, a, b, log_scale, s):
    """dlog_scale is the gradient of e^λ, not of λ: the factor e^λ is missing."""
    da, db, dlog_scale = similarity_backward(ds, a, b, log_scale, s)
    return da, db, dlog_scale * np.exp(-log_scale)


@in_similarity_backward("One scale serves all of s: add up all of ds ∘ s.")
def scale_averaged(ds, a, b, log_scale, s):
    """dlog_scale is the mean of ds ∘ s; it should be the sum."""
    da, db, dlog_scale = similarity_backward(ds, a, b, log_scale, s)
    return da, db, dlog_scale / s.size


@in_loss("Columns have to find their rows, too: the mean of both losses. Now exchanging the towers changes the loss.")
def rows_only(s):
    """Only rows look for their columns; exchanging the towers, which transposes s, changes the loss."""
    log_p = log_softmax(s)
    return Loss(-np.trace(log_p) / len(s), (np.exp(log_p) - np.eye(len(s))) / len(s))


@in_loss("Rows have to find their columns, too: the mean of both losses.")
def columns_only(s):
    """Only columns look for their rows; exchanging the towers, which transposes s, changes the loss."""
    value, gradient = rows_only(s.T)
    return Loss(value, gradient.T)


@in_loss("Two losses, one mean: divide by 2 N.")
def both_ways_added(s):
    """The losses of both ways are added up, not averaged: loss and gradient are twice too large."""
    value, gradient = contrastive_loss(s)
    return Loss(2 * value, 2 * gradient)


@in_loss("The loss is a mean, so its gradient is divided by 2 N, too.")
def loss_gradient_not_averaged(s):
    """The gradient is N times too large, N being the number of pairs."""
    value, gradient = contrastive_loss(s)
    return Loss(value, gradient * len(s))


@in_loss("The gradient is (p − I + q − I) / 2N: each of the two losses has its own label on the diagonal.")
def one_diagonal_for_two_losses(s):
    """In the gradient the diagonal is taken away once, and there are two losses."""
    value, gradient = contrastive_loss(s)
    return Loss(value, gradient + np.eye(len(s)) / (2 * len(s)))


@in_loss("Take the largest score away before np.exp, of every row for p and of every column for q.")
def exponentials_overflow(s):
    """It is right for small scores, but for scores like 10,000 it gives nan: e^s is too large for a float."""
    e = np.exp(s)
    p, q = e / e.sum(axis=1, keepdims=True), e / e.sum(axis=0)
    value = -(np.trace(np.log(p)) + np.trace(np.log(q))) / (2 * len(s))
    return Loss(value, (p + q - 2 * np.eye(len(s))) / (2 * len(s)))


@in_loss("The diagonal says how well partners fit; the others must be told from it: a softmax along rows and columns.")
def diagonal_alone(s):
    """It is minus the mean of the diagonal: partners are drawn together, and nothing keeps all others apart."""
    return Loss(-np.trace(s) / len(s), -np.eye(len(s)) / len(s))


@in_recall("Whoever is just as similar might as well come first: count `>=`, itself included.")
def ties_go_out_luckily(similarity, k):
    """It is right but for ties, which all go out in favour of the model."""
    own = np.diagonal(similarity)[:, None]
    return float(((similarity > own).sum(axis=1) < k).mean())


@in_recall("With k guesses the right one may be the k-th: rank <= k.")
def one_guess_too_few(similarity, k):
    """The k-th guess is not counted."""
    return recall(similarity, k - 1)


@in_recall("Row n looks for column n: count along axis=1.")
def columns_asked(similarity, k):
    """Columns look for their rows: it is the recall of the other way."""
    return recall(similarity.T, k)


@in_normalize("Every row is a vector: axis=-1, keepdims=True.")
def columns_normalised(x):
    """The columns get the length one, instead of the rows."""
    length = np.sqrt((x * x).sum(axis=0, keepdims=True))
    return Normalized(x / np.where(length > 0, length, 1), length)


@in_normalize_backward("Divide once by the length.")
def divided_by_the_squared_length(dy, y, length):
    """dx is divided by the squared length instead of the length."""
    along = dy - y * (dy * y).sum(axis=-1, keepdims=True)
    return np.divide(along, length * length, out=np.zeros_like(dy), where=length > 0)


@prediction("Each row asks which of 64 columns is its own, and knows nothing.")
def loss_of_a_blank_tower():
    """log 64 = 4.159: both ways ask a question with 64 answers that are all alike."""
    return float(contrastive_loss(np.zeros((64, 64))).value)


@prediction("p of the partner is e / (e + 63).")
def loss_of_perfect_pairs():
    """log(e + 63) − 1 = 3.19, hardly less than chance: cosines end at 1, so a temperature has to stretch them."""
    return float(contrastive_loss(np.eye(64)).value)


@prediction("The loss asks rows for columns, and columns for rows.")
def exchanged_towers():
    """It is the mean of both ways, so turning s exchanges two halves of the same sum."""
    s = np.random.default_rng(0).standard_normal((5, 5))
    return "b" if np.isclose(contrastive_loss(s).value, contrastive_loss(s.T).value) else "a"


PREDICTIONS = (loss_of_a_blank_tower, loss_of_perfect_pairs, exchanged_towers)
