"""Lesson 04: softmax and cross-entropy."""

import numpy as np

from mmdl.check.exercise import backward, forward
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.losses import Loss, softmax_cross_entropy
from mmdl.ops.softmax import log_softmax, softmax

SOFTMAX = forward(
    "softmax",
    "e to the power of each score, divided by the sum of its row: axis=-1, keepdims=True.",
    "e^10000 is too large for a float. What happens to p if a number is taken away from all scores of a row?",
    "Subtract the row's largest score first: s - s.max(axis=-1, keepdims=True).",
)

LOSS = forward(
    "softmax_cross_entropy",
    "First p = softmax(logits). The loss of example n is -log p[n, labels[n]]; the result is the mean over n.",
    "p[np.arange(N), labels] picks one entry from each row. For the logarithm of a tiny p: log p = s - log Σ e^s.",
    "The gradient is p, less 1 at the label, divided by N: it is the gradient of the mean.",
    variants=None,
)

EXERCISES = (
    SOFTMAX,
    backward(
        "softmax",
        "p_k = e^(s_k) / Σ e^s. Raising s_k raises p_k, and lowers all others, because they share one sum.",
        "dp_j / ds_k = p_j (δ_jk − p_k), where δ_jk is 1 for j = k and 0 elsewhere. Now sum over j, times dp_j.",
        "ds = p ∘ (dp - ⟨dp, p⟩), with the inner product of each row: (dp * p).sum(axis=-1, keepdims=True).",
    ),
    LOSS,
    backward(
        "log_softmax",
        "l[j] moves by 1 with its own score, and by −p[k] with every score s[k]: the logarithm of the sum is in all of them.",
        "So s[k] gets dl[k], less p[k] times what all of the row send together.",
        "dl − p Σ dl, with p = np.exp(l) and the sum along each row, keepdims=True.",
    ),
)

MISTAKES = []
in_softmax = mistakes_in(MISTAKES, "softmax")
in_softmax_backward = mistakes_in(MISTAKES, "softmax_backward")
in_loss = mistakes_in(MISTAKES, "softmax_cross_entropy")


@in_softmax("Subtract each row's maximum first: that changes nothing in p, and e^s cannot overflow.")
def overflow(s):
    """It is right for small scores, but for scores like 10,000 it gives nan: e^s is too large for a float."""
    e = np.exp(s)
    return e / e.sum(axis=-1, keepdims=True)


@in_softmax("Normalise each row by itself: axis=-1, keepdims=True.")
def normalised_over_the_batch(s):
    """The columns of p sum to one, not its rows: what an example gets depends on the others in its batch."""
    return softmax(s.T).T


@in_softmax("Normalise each row by itself: axis=-1, keepdims=True.")
def normalised_over_everything(s):
    """All entries of p together sum to one: what an example gets depends on the others in its batch."""
    return softmax(s.reshape(1, -1)).reshape(s.shape)


@in_softmax("Take the maximum of each row: s.max(axis=-1, keepdims=True).")
def maximum_of_the_whole_batch(s):
    """One maximum is subtracted from all rows; a row that lies far below it becomes 0 / 0."""
    e = np.exp(s - s.max())
    return e / e.sum(axis=-1, keepdims=True)


@in_softmax_backward("When one probability rises the others fall: subtract ⟨dp, p⟩.")
def diagonal_only(dp, p):
    """Only the diagonal of the Jacobian, p (1 − p), is used: the entries of a row of ds do not add up to zero."""
    return dp * p * (1 - p)


@in_softmax_backward("When one probability rises the others fall: subtract ⟨dp, p⟩ before you multiply by p.")
def nothing_subtracted(dp, p):
    """ds is p ∘ dp: the entries of its rows do not add up to zero."""
    return p * dp


@in_softmax_backward("Each row has an inner product of its own: sum(axis=-1, keepdims=True).")
def one_product_for_the_batch(dp, p):
    """The inner product ⟨dp, p⟩ is taken over the whole batch instead of row by row."""
    return p * (dp - np.sum(dp * p))


@in_softmax_backward("It is p ∘ (dp − ⟨dp, p⟩): the inner product weights dp by p.")
def sum_of_dp_subtracted(dp, p):
    """The plain sum of dp is subtracted, as in the backward pass of log-softmax."""
    return p * (dp - dp.sum(axis=-1, keepdims=True))


@in_loss("The loss is a mean, so its gradient is divided by N, too.")
def gradient_not_averaged(logits, labels, smoothing=0.0, mask=None):
    """The gradient is N times too large, N being the number of examples: it is that of a sum."""
    value, gradient = softmax_cross_entropy(logits, labels, smoothing, mask)
    return Loss(value, gradient * labels.size)


@in_loss("Divide by the number of examples.")
def summed_over_the_batch(logits, labels, smoothing=0.0, mask=None):
    """Loss and gradient are sums over the examples instead of means."""
    value, gradient = softmax_cross_entropy(logits, labels, smoothing, mask)
    return Loss(value * labels.size, gradient * labels.size)


@in_loss("Divide once: the gradient of a mean over N examples has one 1 / N.")
def averaged_twice(logits, labels, smoothing=0.0, mask=None):
    """The gradient is divided by N twice."""
    value, gradient = softmax_cross_entropy(logits, labels, smoothing, mask)
    return Loss(value, gradient / labels.size)


@in_loss("The mean runs over examples only; the sum over classes stays a sum.")
def averaged_over_classes(logits, labels, smoothing=0.0, mask=None):
    """Loss and gradient are divided by the number of classes, too."""
    value, gradient = softmax_cross_entropy(logits, labels, smoothing, mask)
    return Loss(value / logits.shape[-1], gradient / logits.shape[-1])


@in_loss("Subtract 1 at the label of each example: p − one_hot.")
def truth_not_subtracted(logits, labels, smoothing=0.0, mask=None):
    """The gradient is p / N; nothing was subtracted at the labels, so its rows do not add up to zero."""
    return Loss(softmax_cross_entropy(logits, labels).value, softmax(logits) / labels.size)


@in_loss("log p = s − max − log Σ e^(s − max): never take the logarithm of a p that may be 0.")
def logarithm_of_zero(logits, labels, smoothing=0.0, mask=None):
    """It is right for small scores; for large ones p becomes 0, and its logarithm −∞."""
    p = softmax(logits)
    return Loss(-np.log(np.take_along_axis(p, labels[..., None], -1)).mean(), softmax_cross_entropy(logits, labels)[1])


@mistakes_in(MISTAKES, "log_softmax_backward")("The sum of dl belongs to it: dl − p Σ dl.")
def sum_left_out(dl, l):
    """p is subtracted without the sum of dl before it."""
    return dl - np.exp(l)


@mistakes_in(MISTAKES, "log_softmax_backward")("log Σ e^s holds all scores: subtract p times the sum of dl.")
def logarithm_passed_by(dl, l):
    """ds is dl: the way through the logarithm of the sum is missing."""
    return dl.copy()


@in_softmax_backward("The mean is weighted by p: ⟨dp, p⟩ = Σ dp ∘ p.")
def plain_mean_subtracted(dp, p):
    """The plain mean of dp is subtracted, where the one weighted by p belongs."""
    return p * (dp - dp.mean(axis=-1, keepdims=True))


@in_loss("One entry of each row: p[np.arange(N), labels]. p[:, labels] takes all labels in every row.")
def labels_of_all_in_every_row(logits, labels, smoothing=0.0, mask=None):
    """p[:, labels] is taken, in loss and gradient: every row is asked for the labels of all examples."""
    p = softmax(logits)
    gradient = p.copy()
    gradient[:, labels] -= 1
    return Loss(-log_softmax(logits)[:, labels].mean(), gradient / len(labels))


@prediction("Every class has the probability 1 / 100.")
def loss_of_the_undecided():
    """−log(1 / 100) = log 100 = 4.605. A fresh classifier begins there; a loss above it is worse than not knowing."""
    return float(softmax_cross_entropy(np.zeros((1, 100)), np.array([0])).value)


@prediction("e^(s + 1000) = e^s · e^1000.")
def shifted_scores():
    """A common factor cancels: only differences of scores count. (That is why the maximum may be taken away.)"""
    s = np.array([[2.0, 1.0, 0.0]])
    return "a" if np.allclose(softmax(s), softmax(s + 1000)) else "b"


@prediction("The gradient is (p − one_hot) / N.", "p adds up to one; and the one-hot row?")
def sum_of_a_row():
    """p and the one-hot row both add up to one, so their difference adds up to 0: what one score gains others lose."""
    gradient = softmax_cross_entropy(np.array([[2.0, 1.0, 0.0]]), np.array([1])).gradient
    return abs(round(float(gradient.sum()), 12))


PREDICTIONS = (loss_of_the_undecided, shifted_scores, sum_of_a_row)
