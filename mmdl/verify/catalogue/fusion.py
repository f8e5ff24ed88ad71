"""Fusion of features, and of the opinions of experts."""

import numpy as np

from mmdl.ops.fusion import (
    average_of_experts,
    concatenate,
    elementwise_product,
    elementwise_sum,
    product_of_experts,
)
from mmdl.ops.softmax import log_softmax, softmax
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def splits_again(entry, arguments, rng):
    """Cut at the widths of the features, the result is the features again."""
    features = arguments["features"]
    found = np.split(entry(**arguments), np.cumsum([x.shape[-1] for x in features])[:-1], axis=-1)
    return difference(tuple(found), tuple(np.broadcast_to(x, y.shape) for x, y in zip(features, found, strict=True)))


def commutes(entry, arguments, rng):
    """The order of the modalities does not matter."""
    name = entry.differentiable[0]
    order = rng.permutation(len(arguments[name]))
    mixed = {name: tuple(arguments[name][m] for m in order)}
    if arguments.get("present") is not None:
        mixed["present"] = arguments["present"][..., order]
    return difference(entry(**arguments | mixed), entry(**arguments))


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
    case = {"logits": logits, "present": present}
    l = entry(**case)
    gradient = entry.pull(rng.standard_normal(l.shape), **case)["logits"][m]
    others = logits[:m] + logits[m + 1 :]
    expected = np.broadcast_to(entry(logits=others), l.shape) if others else np.full_like(l, -np.log(l.shape[-1]))
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


def widths(draws):
    """Features of different widths."""
    leads = [draws.leading(), *(draws.narrower() for _ in range(draws.size("M", (1, 2, 3)) - 1))]
    return {"features": tuple(draws.rng.standard_normal((*lead, draws.of(1, 2, 3))) for lead in leads)}


def features(draws):
    """Features of one width."""
    return {"features": draws.modalities("... D")}


def experts(draws):
    """Logits of some experts; all of them present, or some, or none."""
    logits = draws.modalities("... K")
    return {"logits": logits, "present": draws.mask("... M")}


def _features(forward, draw, *laws):
    return Entry.of(forward, draw, differentiable=("features",), laws=laws, extreme=("features",))


def _experts(forward, *laws):
    laws = (commutes, probabilities_sum_to_one, leaves_absent_experts_out, *laws)
    return Entry.of(forward, experts, differentiable=("logits",), outputs=("l",), laws=laws, extreme=("logits",))


ENTRIES = (
    _features(concatenate, widths, splits_again),
    _features(elementwise_sum, features, commutes),
    _features(elementwise_product, features, commutes),
    _experts(product_of_experts, is_softmax_of_summed_logits),
    _experts(average_of_experts, is_mean_of_probabilities, copies_add_nothing),
)
