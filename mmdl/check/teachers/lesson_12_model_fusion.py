"""Lesson 12: experts that vote."""

import numpy as np

from mmdl.check.exercise import backward, forward
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.fusion import average_of_experts, product_of_experts, product_of_experts_backward
from mmdl.ops.softmax import log_softmax, softmax

EXERCISES = (
    forward(
        "average_of_experts",
        "First every expert's p_m = softmax(logits_m), then their mean, then the logarithm.",
        "A probability may be too small for a float, and log 0 is −∞. Work with log p_m: s − max − log Σ e^(s − max).",
        "log Σ_m e^(l_m) is safe when the largest l_m is taken out first: max + log Σ e^(l_m − max). Then subtract log M.",
    ),
    backward(
        "average_of_experts",
        "Two steps back: from l to every log p_m, and from log p_m to logits_m.",
        "The share of expert m in the vote for class k is p_m[k] / Σ p[k]; that is e^(log p_m − l) / M.",
        "Through log-softmax: dlogits_m = d − p_m Σ_k d, with d = dl ∘ share_m.",
    ),
    forward(
        "product_of_experts",
        "The logarithm of a product is a sum. What is the product of softmaxes, before it is normalised?",
        "Add up the logits of all experts, and take the log-softmax of that.",
        "log-softmax: s − max − log Σ e^(s − max), along the last axis.",
    ),
    backward(
        "product_of_experts",
        "l = log_softmax(Σ logits). A sum hands its gradient to everyone.",
        "Log-softmax backward: dl - p Σ_k dl, with p = np.exp(l) and a sum along each row.",
        "Return a tuple with that gradient M times.",
    ),
)

MISTAKES = []
in_product = mistakes_in(MISTAKES, "product_of_experts")
in_product_backward = mistakes_in(MISTAKES, "product_of_experts_backward")
in_average = mistakes_in(MISTAKES, "average_of_experts")
in_average_backward = mistakes_in(MISTAKES, "average_of_experts_backward")


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
    return np.logaddexp.reduce([log_softmax(x) for x in logits])


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


@prediction("0.7 · 0.7 · 0.1 for the one, 0.3 · 0.3 · 0.9 for the other; then make them add up to one.")
def three_experts():
    """0.049 against 0.081: 0.377. One who is surer than each of the others may outvote both."""
    logits = tuple(np.log([[p, 1 - p]]) for p in (0.7, 0.7, 0.1))
    return float(np.exp(product_of_experts(logits))[0, 0])


@prediction("An average of 0.9, nine times, and 0. And a product with a factor 0.")
def one_who_is_sure():
    """In a product each expert has a veto; in an average each has a tenth of the vote."""
    logits = (np.log([[0.9, 0.1]]),) * 9 + (np.array([[-1e4, 0.0]]),)
    average, product = (np.exp(vote(logits))[0, 0] for vote in (average_of_experts, product_of_experts))
    return "a" if abs(average - 0.81) < 1e-9 and product < 1e-9 else "c"


PREDICTIONS = (three_experts, one_who_is_sure)
