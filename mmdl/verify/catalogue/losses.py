"""Losses, which return their gradient."""

import numpy as np

from mmdl.ops.activations import sigmoid
from mmdl.ops.losses import (
    bernoulli_cross_entropy,
    binary_cross_entropy,
    categorical_cross_entropy,
    mean_squared_error,
    soft_cross_entropy,
    softmax_cross_entropy,
)
from mmdl.ops.softmax import softmax
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def gradient_rows_sum_to_zero(entry, arguments, rng):
    """The entries of each gradient row sum to zero: what one class gains the others lose."""
    total = entry.results(**arguments)["gradient"].sum(axis=-1)
    return difference(total, np.zeros_like(total))


def smoothing_mixes_losses(entry, arguments, rng):
    """Label smoothing mixes the loss of the true class with the mean of the losses of all classes."""
    labels, smoothing = arguments["labels"], 0.3
    plain = entry(**arguments | {"smoothing": 0.0})
    every = [
        entry(**arguments | {"smoothing": 0.0, "labels": np.full_like(labels, k)})
        for k in range(arguments["logits"].shape[-1])
    ]
    mixed = (1 - smoothing) * plain + smoothing * np.mean(every)
    return difference(entry(**arguments | {"smoothing": smoothing}), mixed)


def blind_to_masked_examples(entry, arguments, rng):
    """Masked examples count neither in the mean nor in the gradient."""
    logits, labels, mask = arguments["logits"], arguments["labels"], arguments["mask"]
    mask = np.ones(labels.shape, bool) if mask is None else mask
    full = entry.results(**arguments | {"mask": mask})
    alone = entry.results(logits=logits[mask], labels=labels[mask], smoothing=arguments["smoothing"])
    gradient = np.zeros_like(logits)
    gradient[mask] = alone["gradient"]
    return difference((full["value"], full["gradient"]), (alone["value"], gradient))


def linear_in_targets(entry, arguments, rng):
    """The loss of a mixture of targets is as much of each loss: mixup needs no other."""
    logits, a = arguments["logits"], arguments["targets"]
    b, share = rng.random(a.shape), 0.3
    mixed = entry(logits=logits, targets=share * a + (1 - share) * b)
    return difference(mixed, share * entry(logits=logits, targets=a) + (1 - share) * entry(logits=logits, targets=b))


def is_cross_entropy_of_labels(entry, arguments, rng):
    """For one-hot targets it is softmax cross-entropy."""
    logits = arguments["logits"]
    labels = np.asarray(rng.integers(logits.shape[-1], size=logits.shape[:-1]))
    one_hot = (np.arange(logits.shape[-1]) == labels[..., None]).astype(float)
    return difference(entry(logits=logits, targets=one_hot), softmax_cross_entropy(logits, labels).value)


def blind_to_scale(entry, arguments, rng):
    """Probabilities need not sum to one: a factor before a row changes nothing."""
    factor = rng.uniform(0.5, 2, (*arguments["p"].shape[:-1], 1))
    return difference(entry(**arguments | {"p": factor * arguments["p"]}), entry(**arguments))


def is_softmax_cross_entropy(entry, arguments, rng):
    """For p = softmax(logits) and one-hot targets it is softmax cross-entropy."""
    shape = arguments["p"].shape
    logits, labels = rng.standard_normal(shape), np.asarray(rng.integers(shape[-1], size=shape[:-1]))
    one_hot = (np.arange(shape[-1]) == labels[..., None]).astype(float)
    value = entry(p=softmax(logits), targets=one_hot, floor=0.0)
    return difference(value, softmax_cross_entropy(logits, labels).value)


def is_softmax_of_two(entry, arguments, rng):
    """For targets 0 and 1 it is softmax cross-entropy between the logits 0 and s."""
    s = arguments["logits"]
    labels = np.asarray(rng.integers(2, size=s.shape))
    of_two = softmax_cross_entropy(np.stack([np.zeros_like(s), s], axis=-1), labels).value
    return difference(entry(logits=s, targets=labels.astype(float)), of_two)


def is_binary_cross_entropy(entry, arguments, rng):
    """For p = σ(logits) it is the binary cross-entropy of the logits."""
    logits = rng.standard_normal(arguments["p"].shape)
    value = entry(p=sigmoid(logits), targets=arguments["targets"], floor=0.0)
    return difference(value, binary_cross_entropy(logits, arguments["targets"]).value)


def is_symmetric(entry, arguments, rng):
    """The two arguments may change places, and equal ones cost nothing."""
    y, targets = arguments["y"], arguments["targets"]
    return difference((entry(y=targets, targets=y), entry(y=y, targets=y)), (entry(**arguments), 0.0))


def labelled(draws):
    """Logits and labels, with smoothing and a mask or without."""
    arrays = {"logits": draws.array("... K"), "labels": draws.integers("...", draws.size("K"))}
    return arrays | {"smoothing": draws.of(0.0, 0.1), "mask": draws.some("...")}


def scores_and_targets(draws):
    """Logits, and targets of which some are zero and rows add up to anything."""
    targets = draws.rng.uniform(0, 2, draws.shape("... K"))
    return {"logits": draws.array("... K"), "targets": np.where(targets < 0.5, 0.0, targets)}


def distributions(draws):
    """Positive numbers, some of them zero, against one-hot targets or distributions."""
    p = draws.rng.uniform(0.2, 1, draws.shape("... K"))
    if draws.of(False, True):
        p[..., 1:2] = 0
    targets = draws.of(lambda scores: scores == scores.max(axis=-1, keepdims=True), softmax)(draws.array("... K"))
    return {"p": p, "targets": targets.astype(float)}


def probabilities(draws):
    """Probabilities and targets between 0 and 1; some probabilities may lie beyond the floor."""
    p, targets = draws.rng.uniform(0.2, 0.8, draws.shape("... D")), draws.rng.random(draws.shape("... D"))
    return {"p": p, "targets": targets, "floor": draws.of(1e-7, 0.3)}


def yes_and_no(draws):
    """Logits and targets between 0 and 1."""
    return {"logits": draws.array("... D"), "targets": draws.rng.random(draws.shape("... D"))}


ENTRIES = tuple(
    Entry.of(
        forward,
        draw,
        differentiable=(name,),
        outputs=("value",),
        laws=laws,
        extreme=(name,) if name != "p" else (),
        whole_batch=True,
        impossible=(name,) if name == "logits" else (),
    )
    for forward, draw, name, laws in (
        (
            softmax_cross_entropy,
            labelled,
            "logits",
            (gradient_rows_sum_to_zero, smoothing_mixes_losses, blind_to_masked_examples),
        ),
        (
            soft_cross_entropy,
            scores_and_targets,
            "logits",
            (gradient_rows_sum_to_zero, linear_in_targets, is_cross_entropy_of_labels),
        ),
        (categorical_cross_entropy, distributions, "p", (blind_to_scale, is_softmax_cross_entropy)),
        (bernoulli_cross_entropy, probabilities, "p", (is_binary_cross_entropy,)),
        (binary_cross_entropy, yes_and_no, "logits", (is_softmax_of_two,)),
        (mean_squared_error, lambda draws: draws.arrays(y="... D", targets="... D"), "y", (is_symmetric,)),
    )
)
