"""Mistakes in the affine map, activations, softmax and losses."""

import numpy as np

from mmdl.check.wrong.known import mistakes_in
from mmdl.ops.activations import gelu_backward, sigmoid
from mmdl.ops.dense import affine_backward
from mmdl.ops.losses import Loss, softmax_cross_entropy
from mmdl.ops.softmax import log_softmax, softmax

MISTAKES = []
in_affine = mistakes_in(MISTAKES, "affine")
in_affine_backward = mistakes_in(MISTAKES, "affine_backward")
in_softmax = mistakes_in(MISTAKES, "softmax")
in_softmax_backward = mistakes_in(MISTAKES, "softmax_backward")
in_loss = mistakes_in(MISTAKES, "softmax_cross_entropy")


@in_affine("Every row of y gets the bias on top: + b.")
def bias_left_out(x, W, b):
    """y is x W without the bias."""
    return x @ W


@in_affine_backward("dW has W's shape, (D, K): xᵀ dy.")
def weights_transposed(dy, x, W):
    """dW is the transpose of what it should be."""
    dx, dW, db = affine_backward(dy, x, W)
    return dx, dW.T, db


@in_affine_backward("One bias, N uses: add up dy over the examples, axis 0.")
def bias_not_summed(dy, x, W):
    """db has one row for every example; the sum of these rows is right."""
    return *affine_backward(dy, x, W)[:2], dy


@in_affine_backward("The mean was taken in the loss already, and stands in dy. Add up; do not average.")
def averaged_over_the_batch(dy, x, W):
    """dW and db are N times too small: they are means over the batch, not sums."""
    dx, dW, db = affine_backward(dy, x, W)
    return dx, dW / len(x), db / len(x)


@in_affine_backward("Every example used these weights: add up what all of them send back.")
def first_example_only(dy, x, W):
    """dW and db are those of the first example alone."""
    return affine_backward(dy, x, W)[0], *affine_backward(dy[:1], x[:1], W)[1:]


@in_affine_backward("axis=0 runs over the examples, which share the bias; axis=1 would add different biases up.")
def bias_summed_along_rows(dy, x, W):
    """db is the sum along each row of dy, one number an example, not one a bias."""
    return *affine_backward(dy, x, W)[:2], dy.sum(axis=1)


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
    """The loss is right; its gradient is N times too large, N being the number of examples."""
    value, gradient = softmax_cross_entropy(logits, labels, smoothing, mask)
    return Loss(value, gradient * labels.size)


@in_loss("Divide by the number of examples.")
def summed_over_the_batch(logits, labels, smoothing=0.0, mask=None):
    """Loss and gradient are sums over the examples instead of means."""
    value, gradient = softmax_cross_entropy(logits, labels, smoothing, mask)
    return Loss(value * labels.size, gradient * labels.size)


@in_loss("Divide once: the gradient of a mean over N examples has one 1 / N.")
def averaged_twice(logits, labels, smoothing=0.0, mask=None):
    """The loss is right; its gradient is divided by N twice."""
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


@mistakes_in(MISTAKES, "log_softmax")(
    "log p = s − max − log Σ e^(s − max): never take the logarithm of a p that may be 0."
)
def logarithm_of_softmax(s):
    """It is right for small scores; for large ones a probability becomes 0, and its logarithm −∞."""
    return np.log(softmax(s))


@mistakes_in(MISTAKES, "log_softmax_backward")("The sum of dl belongs to it: dl − p Σ dl.")
def sum_left_out(dl, l):
    """p is subtracted without the sum of dl before it."""
    return dl - np.exp(l)


@mistakes_in(MISTAKES, "relu")("Negative numbers become 0: max(x, 0).")
def absolute_value(x):
    """Negative numbers change their sign instead of becoming 0."""
    return np.abs(x)


@mistakes_in(MISTAKES, "relu_backward")("Where y is 0 nothing passes: multiply by (y > 0).")
def everything_passes(dy, y):
    """dx is dy: nothing is held back where y is 0."""
    return dy


@mistakes_in(MISTAKES, "relu_backward")("The slope of the active side is 1, not y: multiply by (y > 0).")
def multiplied_by_y(dy, y):
    """dx is dy ∘ y: zero where it should be, but elsewhere multiplied by y."""
    return dy * y


@mistakes_in(MISTAKES, "sigmoid_backward")("y is σ(x) already: the slope is y (1 − y).")
def sigmoid_taken_twice(dy, y):
    """The slope is that of σ at y instead of at x: σ is applied to what it gave."""
    return dy * sigmoid(y) * (1 - sigmoid(y))


@mistakes_in(MISTAKES, "tanh_backward")("y is tanh(x) already: the slope is 1 − y².")
def tanh_taken_twice(dy, y):
    """The slope is 1 − tanh²(y), but y is tanh(x) already; near 0 it makes no difference."""
    return dy * (1 - np.tanh(y) ** 2)


@mistakes_in(MISTAKES, "leaky_relu_backward")("On the negative side the slope passes: np.where(x > 0, dy, slope * dy).")
def nothing_passes_below_zero(dy, x, slope=0.01):
    """It is the gradient of the plain ReLU: on the negative side it is 0 instead of slope · dy."""
    return dy * (x > 0)


@mistakes_in(MISTAKES, "gelu_backward")("y = x Φ(x) is a product: its slope has two terms, Φ(x) + x φ(x).")
def second_term_left_out(dy, x):
    """Only Φ(x) is used; the term x φ(x) of the product rule is missing."""
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    return gelu_backward(dy, x) - dy * x * density


@mistakes_in(MISTAKES, "softplus")("For large x, log(1 + e^x) = x + log(1 + e^−x).")
def exponential_overflows(x):
    """It is right for small x; for large x, e^x is infinite."""
    return np.log1p(np.exp(x))


@mistakes_in(MISTAKES, "dropout")("Divide by 1 − rate, so that the mean over many masks is x.")
def not_made_larger(x, mask, rate):
    """What stays is not made larger: the mean over many masks is (1 − rate) x."""
    return x * mask


@mistakes_in(MISTAKES, "mean_squared_error")("The slope of e² is 2 e.")
def two_left_out(y, targets):
    """The loss is right; its gradient is half of what it should be."""
    error = y - targets
    return Loss((error * error).mean(), error / error.size)


@mistakes_in(MISTAKES, "log_softmax")("log Σ e^s is one number for each row: axis=-1, keepdims=True.")
def logarithm_over_the_batch(s):
    """The sum in the logarithm runs over the examples, not over the classes."""
    return log_softmax(s.T).T
