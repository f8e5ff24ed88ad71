"""Mistakes in fusion: of experts, and of features."""

import numpy as np

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
