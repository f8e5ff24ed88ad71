"""Mistakes in fusion, in steps of optimizers, in gradient checks, and in whole classifiers."""

import numpy as np

from mmdl.check.exercises.classifier import classifier_backward as whole_backward
from mmdl.check.exercises.classifier import replace_absent_backward as right_absent_backward
from mmdl.check.wrong.known import mistakes_in
from mmdl.ops.fusion import elementwise_product, product_of_experts_backward
from mmdl.ops.softmax import log_softmax, softmax

MISTAKES = []
in_product = mistakes_in(MISTAKES, "product_of_experts")
in_product_backward = mistakes_in(MISTAKES, "product_of_experts_backward")
in_average = mistakes_in(MISTAKES, "average_of_experts")
in_average_backward = mistakes_in(MISTAKES, "average_of_experts_backward")
in_features_backward = mistakes_in(MISTAKES, "elementwise_product_backward")


@in_product("The product of probabilities does not sum to one: normalise it, log_softmax of the summed logits.")
def product_not_normalised(logits, present=None):
    """l is the sum of the experts' log-probabilities: e^l does not sum to one, and each expert would train alone."""
    return sum(map(log_softmax, logits))


@in_product("The sum of the logits still has to go through a log-softmax.")
def logits_only_added(logits, present=None):
    """l is the sum of the logits: e^l does not sum to one."""
    return sum(logits)


@in_product("A product of probabilities is a sum of logarithms: add the logits up, do not average them.")
def geometric_mean(logits, present=None):
    """The logits are averaged instead of added up: a mean of opinions, of which none can overrule the others."""
    return log_softmax(sum(logits) / len(logits))


@in_product_backward("l is normalised, so all classes share what arrives: dl − p Σ dl.")
def gradient_of_a_sum(dl, logits, l, present=None):
    """Every expert gets dl, as if l were the plain sum of the logits."""
    return tuple(dl.copy() for _ in logits)


@in_product_backward("A sum hands its gradient to everyone, undivided.")
def gradient_divided_among_experts(dl, logits, l, present=None):
    """The gradient is divided by the number of experts."""
    return tuple(d / len(logits) for d in product_of_experts_backward(dl, logits, l))


@in_average("The mean is taken of the probabilities, and the logarithm after that.")
def mean_of_logarithms(logits, present=None):
    """It is the mean of the log-probabilities, a geometric mean; the mean comes before the logarithm."""
    return sum(map(log_softmax, logits)) / len(logits)


@in_average("The mean is taken of the probabilities: softmax first.")
def mean_of_logits(logits, present=None):
    """The logits are averaged, and then goes the log-softmax: that is a product of experts, only weaker."""
    return log_softmax(sum(logits) / len(logits))


@in_average("Divide by the number of experts: − log M.")
def votes_not_divided(logits, present=None):
    """The probabilities are added up but not divided by M: e^l sums to M."""
    return np.log(sum(map(softmax, logits)))


@in_average(
    "log p overflows where p is too small for a float: take the largest of the log-probabilities out of the sum."
)
def logarithm_of_nothing(logits, present=None):
    """It is right for small scores; for large ones a probability is 0, and its logarithm −∞."""
    return np.log(sum(map(softmax, logits)) / len(logits))


@in_average_backward("Who has said more about a class gets more of its gradient: dl ∘ p_m / Σ p.")
def equal_shares(dl, logits, l, present=None):
    """Every expert gets the same share, 1 / M, of dl, whatever it has said."""
    return tuple(d - softmax(x) * d.sum(axis=-1, keepdims=True) for x in logits for d in (dl / len(logits),))


@in_features_backward("Each gets what it was multiplied by: the others' values.")
def own_factor_kept(dy, features):
    """Each gets dy times its own value instead of the others': with two features, da and db are exchanged."""
    return tuple(dy * x for x in features)


@in_features_backward("Its own value does not belong to it: only the product of the others.")
def whole_product_kept(dy, features):
    """Each gets dy times the whole product, its own value included."""
    return tuple(dy * elementwise_product(features) for _ in features)


@in_features_backward("A product does not hand its gradient on as it is: each gets dy times the others' values.")
def gradient_as_of_a_sum(dy, features):
    """Each gets dy, as if the features were added up."""
    return tuple(dy.copy() for _ in features)


@mistakes_in(MISTAKES, "tensor_product_backward")("da gets b's values, and db gets a's.")
def own_values(dy, a, b):
    """Each gets dy times its own values."""
    dy = dy.reshape(len(a), a.shape[1], b.shape[1])
    return a * dy.sum(axis=2), b * dy.sum(axis=1)


@mistakes_in(MISTAKES, "tensor_product")("Entry d of a and k of b stand at d · K + k: a's index runs slowly, b's fast.")
def other_way_round(a, b):
    """The right numbers in another order: b's index runs slowly and a's fast."""
    return (b[:, :, None] * a[:, None, :]).reshape(len(a), -1)


@mistakes_in(MISTAKES, "momentum_step")("v adds up whole gradients: v = momentum · v + g.")
def gradient_dampened(p, g, v, rate=0.01, momentum=0.9):
    """v is a running mean, with (1 − momentum) g, as in Adam; here g is added whole."""
    v = momentum * v + (1 - momentum) * g
    return p - rate * v, v


@mistakes_in(MISTAKES, "momentum_step")("The parameter moves along the velocity, not along the gradient.")
def velocity_not_used(p, g, v, rate=0.01, momentum=0.9):
    """v is right, but p moves along g as in plain gradient descent."""
    return p - rate * g, momentum * v + g


@mistakes_in(MISTAKES, "momentum_step")("First the velocity, then the parameter by the new velocity.")
def old_velocity_used(p, g, v, rate=0.01, momentum=0.9):
    """v is right, but p moves along the velocity of the step before."""
    return p - rate * v, momentum * v + g


@mistakes_in(MISTAKES, "momentum_step")("Against the gradient: p − rate · v.")
def uphill(p, g, v, rate=0.01, momentum=0.9):
    """p moves along the gradient, uphill, instead of against it."""
    v = momentum * v + g
    return p + rate * v, v


def _adam(p, g, m, v, step, rate, beta1, beta2, root, first=True, second=True):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat, v_hat = m / (1 - beta1**step if first else 1), v / (1 - beta2**step if second else 1)
    return p - rate * m_hat / root(v_hat), m, v


@mistakes_in(MISTAKES, "adam_step")("Divide m by 1 − β₁^step and v by 1 − β₂^step: both started at zero.")
def bias_correction_left_out(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """p moves by them uncorrected: the first steps have the wrong size."""
    return _adam(p, g, m, v, step, rate, beta1, beta2, lambda v: np.sqrt(v) + epsilon, first=False, second=False)


@mistakes_in(MISTAKES, "adam_step")("ε stands outside the root: √v̂ + ε.")
def epsilon_inside_the_root(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """In the step ε is added under the root."""
    return _adam(p, g, m, v, step, rate, beta1, beta2, lambda v: np.sqrt(v + epsilon))


@mistakes_in(MISTAKES, "adam_step")("The step is divided by √v̂, not by v̂.")
def root_left_out(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """The step is divided by v̂ instead of its root."""
    return _adam(p, g, m, v, step, rate, beta1, beta2, lambda v: v + epsilon)


@mistakes_in(MISTAKES, "complex_step")(
    "Write ih into a complex copy: x.astype(complex). A float array keeps only the real part."
)
def through_a_float_buffer(f, x, dy, h=1e-30):
    """It is zero everywhere: the imaginary part is lost in an array of floats (NumPy warns of that)."""
    return np.zeros(x.shape)


@mistakes_in(MISTAKES, "central_difference")("Both sides, and twice h: (f(x + h) − f(x − h)) / 2h.")
def divided_by_h(f, x, dy, h=1e-5):
    """It is twice as large as it should be: the two points lie 2h apart."""
    return 2 * _one_sided(f, x, dy, h, 1)


@mistakes_in(MISTAKES, "central_difference")("One side alone is off by h; take both: (f(x + h) − f(x − h)) / 2h.")
def one_side_only(f, x, dy, h=1e-5):
    """It is right to five digits only: the difference is taken on one side."""
    return _one_sided(f, x, dy, h, 0)


@mistakes_in(MISTAKES, "replace_absent_backward")("An absent row's x was not used: its gradient is zero.")
def absent_rows_send_a_gradient(dy, present):
    """In dx absent rows get dy, too."""
    return dy.copy(), right_absent_backward(dy, present)[1]


@mistakes_in(MISTAKES, "replace_absent_backward")("Only the absent rows used the learned vector: dy[~present].")
def all_rows_counted(dy, present):
    """dabsent adds up all rows instead of the absent ones."""
    return right_absent_backward(dy, present)[0], dy.sum(axis=0)


@mistakes_in(MISTAKES, "classifier_backward")(
    "The head hands on two gradients, du and dv: the picture's goes on to w and b."
)
def image_branch_dropped(dlogits, image, ids, mask, p, trace):
    """The gradients of w and b are zero: what comes back from the head never reaches the picture's branch."""
    gradient = whole_backward(dlogits, image, ids, mask, p, trace)
    return gradient | {name: np.zeros_like(gradient[name]) for name in "wb"}


@mistakes_in(MISTAKES, "classifier_backward")(
    "The head hands on two gradients, du and dv: the text's goes on to E, W, U and c."
)
def text_branch_dropped(dlogits, image, ids, mask, p, trace):
    """The gradients of E, W, U and c are zero: what comes back from the head never reaches the text's branch."""
    gradient = whole_backward(dlogits, image, ids, mask, p, trace)
    return gradient | {name: np.zeros_like(gradient[name]) for name in "EWUc"}


@mistakes_in(MISTAKES, "saliency")("Start from the logit: dlogits is 1 at the label and 0 elsewhere.")
def gradient_of_the_probability(backward, logits, labels):
    """It is the saliency of the probability: where p is nearly 1 it vanishes."""
    p = softmax(logits)
    one_hot = np.arange(logits.shape[1]) == labels[:, None]
    return np.abs(backward(p * (one_hot - np.take_along_axis(p, labels[:, None], 1))))


@mistakes_in(MISTAKES, "principal_components")(
    "Take the mean of the rows away first: the directions are those of the distances from it."
)
def not_centred(x, components=2):
    """The mean is not taken away, neither from the points nor before the directions are looked for."""
    return x @ np.linalg.svd(x, full_matrices=False)[2][:components].T


@mistakes_in(MISTAKES, "occlusion")("Positive where covering hurts: f(x) − f(covered).")
def difference_turned_round(f, x, size=2, fill=0.0):
    """Every entry has the wrong sign: it is f(covered) − f(x)."""
    from mmdl.check.exercises.looking import occlusion

    return -occlusion(f, x, size, fill)


def _one_sided(f, x, dy, h, other):
    dx = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[i] += h
        below[i] -= other * h
        dx[i] = np.sum(dy * (f(above) - f(below))) / (h * (1 + other))
    return dx
