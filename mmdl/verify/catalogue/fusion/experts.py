"""Fusion of the opinions of experts."""

import numpy as np

from mmdl.ops.fusion.experts import (
    average_of_experts,
    mixture_of_experts,
    product_of_experts,
    product_of_probabilities,
)
from mmdl.ops.losses import categorical_cross_entropy
from mmdl.ops.softmax import log_softmax, softmax
from mmdl.verify.catalogue.fusion.vectors import commutes
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def probabilities_sum_to_one(entry, arguments, rng):
    """The probabilities sum to one, whoever is present."""
    total = np.exp(entry(**arguments)).sum(axis=-1)
    return difference(total, np.ones_like(total))


def leaves_absent_experts_out(entry, arguments, rng):
    """An absent expert changes nothing, and gets no gradient."""
    logits = arguments["logits"]
    leading = np.broadcast_shapes(*(x.shape[:-1] for x in logits))
    m = rng.integers(len(logits))
    present = np.ones((*leading, len(logits)), bool)
    present[..., m] = False
    case = arguments | {"present": present}
    l = entry(**case)
    gradient = entry.pull(rng.standard_normal(l.shape), **case)["logits"][m]
    heard = {"logits": logits[:m] + logits[m + 1 :] or (np.zeros_like(logits[m]),), "present": None}
    if "scores" in arguments and len(logits) > 1:
        heard["scores"] = np.delete(arguments["scores"], m, axis=-1)
    expected = np.broadcast_to(entry(**arguments | heard), l.shape)
    return difference((l, gradient), (expected, np.zeros_like(gradient)))


def is_softmax_of_summed_logits(entry, arguments, rng):
    """The normalised product of the probabilities is the softmax of the summed logits."""
    product = np.prod(np.broadcast_arrays(*map(softmax, arguments["logits"])), axis=0)
    normalised = product / product.sum(axis=-1, keepdims=True)
    summed = softmax(sum(arguments["logits"]))
    found = np.exp(entry(logits=arguments["logits"]))
    return difference((found, found), (normalised, summed))


def is_mean_of_probabilities(entry, arguments, rng):
    """It is the logarithm of the mean of the probabilities."""
    mean = np.mean(np.broadcast_arrays(*map(softmax, arguments["logits"])), axis=0)
    return difference(entry(logits=arguments["logits"]), np.log(mean))


def copies_add_nothing(entry, arguments, rng):
    """Experts who all say the same are no better than one of them."""
    first = arguments["logits"][0]
    return difference(entry(logits=(first, first, first)), log_softmax(first))


def is_what_the_loss_of_keras_sees(entry, arguments, rng):
    """The loss of the truth is the categorical cross-entropy of the bare product, which does not sum to one."""
    logits, floor = arguments["logits"], arguments["floor"]
    l = entry(logits=logits, floor=floor)
    targets = np.eye(l.shape[-1])[rng.integers(l.shape[-1], size=l.shape[:-1])]
    product = np.prod(np.broadcast_arrays(*map(softmax, logits)), axis=0)
    return difference(-(targets * l).sum(axis=-1).mean(), categorical_cross_entropy(product, targets, floor).value)


def is_product_of_experts_within_bounds(entry, arguments, rng):
    """Where no probability is held it is the product of experts; where one is, it has no gradient."""
    logits, present, floor = (arguments[name] for name in ("logits", "present", "floor"))
    l, expected = entry(**arguments), product_of_experts(logits, present)
    p = np.exp(expected)
    held = (p < floor) | (p > 1 - floor)
    gradient = entry.pull(np.where(held, rng.standard_normal(l.shape), 0), **arguments)["logits"]
    return difference((np.where(held, 0, l), *gradient), (np.where(held, 0, expected), *map(np.zeros_like, gradient)))


def equal_scores_give_the_average(entry, arguments, rng):
    """With all scores alike it is the average of experts."""
    alike = arguments | {"scores": np.zeros_like(arguments["scores"])}
    return difference(entry(**alike), average_of_experts(arguments["logits"], arguments["present"]))


def who_is_chosen_speaks_alone(entry, arguments, rng):
    """A gate that is sure of one expert gives what that expert says."""
    logits = arguments["logits"]
    m = rng.integers(len(logits))
    scores = np.zeros_like(arguments["scores"])
    scores[..., m] = 1e3
    l = entry(logits=logits, scores=scores)
    return difference(l, np.broadcast_to(log_softmax(logits[m]), l.shape))


def experts(draws):
    """Logits of some experts; all of them present, or some, or none."""
    logits = draws.modalities("... K")
    return {"logits": logits, "present": draws.mask("... M")}


def bounded(draws):
    """Experts, and a floor so low that nothing reaches it, or so high that much does."""
    return experts(draws) | {"floor": draws.of(1e-7, 0.05, 0.2)}


def with_gates(draws):
    """Experts, and scores of who is to be listened to."""
    return experts(draws) | {"scores": draws.array("... M", draws.narrower())}


def _experts(forward, *laws, draw=experts, scores=()):
    laws = (commutes, leaves_absent_experts_out, *laws)
    numbers = ("logits", *scores)
    return Entry.of(
        forward, draw, differentiable=numbers, outputs=("l",), laws=laws, extreme=numbers, impossible=numbers
    )


ENTRIES = (
    _experts(product_of_experts, probabilities_sum_to_one, is_softmax_of_summed_logits),
    _experts(average_of_experts, probabilities_sum_to_one, is_mean_of_probabilities, copies_add_nothing),
    _experts(
        product_of_probabilities, is_what_the_loss_of_keras_sees, is_product_of_experts_within_bounds, draw=bounded
    ),
    _experts(
        mixture_of_experts, probabilities_sum_to_one, equal_scores_give_the_average, who_is_chosen_speaks_alone,
        draw=with_gates, scores=("scores",),
    ),
)  # fmt: skip
