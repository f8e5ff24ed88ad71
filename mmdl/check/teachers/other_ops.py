"""Mistakes in ops that no lesson asks for."""

import numpy as np

from mmdl.check.known import mistakes_in
from mmdl.check.teachers.lesson_05_image_classifier import to_winners
from mmdl.ops.activations import gelu_backward, sigmoid
from mmdl.ops.losses import Loss
from mmdl.ops.softmax import log_softmax, softmax

MISTAKES = []


@mistakes_in(MISTAKES, "avg_pool2d_backward")("y is a mean: each cell gets dy divided by their number.")
def not_divided(dy, x, window=2):
    """Every cell gets the whole dy; it should be divided by the number of cells in the window."""
    return to_winners(dy, x, window, np.ones_like)


@mistakes_in(MISTAKES, "global_average_pool_backward")("y is a mean over R · C places: divide by their number.")
def whole_gradient_everywhere(dy, x):
    """Every place gets the whole dy; it should be divided by the number of places."""
    return np.broadcast_to(dy[:, None, None], x.shape).copy()


@mistakes_in(MISTAKES, "log_softmax")(
    "log p = s − max − log Σ e^(s − max): never take the logarithm of a p that may be 0."
)
def logarithm_of_softmax(s):
    """It is right for small scores; for large ones a probability becomes 0, and its logarithm −∞."""
    return np.log(softmax(s))


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


@mistakes_in(MISTAKES, "mean_squared_error")("The slope of e² is 2 e.")
def two_left_out(y, targets):
    """The gradient is half of what it should be."""
    error = y - targets
    return Loss((error * error).mean(), error / error.size)


@mistakes_in(MISTAKES, "log_softmax")("log Σ e^s is one number for each row: axis=-1, keepdims=True.")
def logarithm_over_the_batch(s):
    """The sum in the logarithm runs over the examples, not over the classes."""
    return log_softmax(s.T).T


@mistakes_in(MISTAKES, "last_valid")("Padding may stand at the end: take the last place where the mask is True.")
def last_place(x, mask=None):
    """The last place is taken, whether there is a token or not."""
    return x[:, -1]
