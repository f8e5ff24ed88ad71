"""Contrastive learning: unit rows, their similarity, and the symmetric loss."""

import numpy as np

from mmdl.ops.contrastive import contrastive_loss, normalize, similarity
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def rows_have_length_one(entry, arguments, rng):
    """Rows have length one, but for rows of zeros."""
    y, x = entry(**arguments), arguments["x"]
    return difference((y * y).sum(axis=-1), x.any(axis=-1).astype(float))


def blind_to_length(entry, arguments, rng):
    """A positive factor before a row changes nothing."""
    factor = rng.uniform(0.5, 2, (*arguments["x"].shape[:-1], 1))
    return difference(entry(x=factor * arguments["x"]), entry(**arguments))


def no_gradient_along_a_row(entry, arguments, rng):
    """The gradient of a row is at right angles to it: to be longer is of no use."""
    x = arguments["x"]
    along = (x * entry.pull(rng.standard_normal(x.shape), **arguments)["x"]).sum(axis=-1)
    return difference(along, np.zeros_like(along))


def exchanging_the_towers_transposes(entry, arguments, rng):
    """If a and b change places, rows and columns do."""
    exchanged = arguments | {"a": arguments["b"], "b": arguments["a"]}
    return difference(entry(**exchanged), entry(**arguments).T)


def scale_grows_by_steps(entry, arguments, rng):
    """Adding log 2 to λ doubles every entry."""
    return difference(entry(**arguments | {"log_scale": arguments["log_scale"] + np.log(2)}), 2 * entry(**arguments))


def blind_to_order(entry, arguments, rng):
    """A permutation of the pairs changes nothing; the gradient is permuted."""
    order = rng.permutation(len(arguments["s"]))
    permuted = entry.results(s=arguments["s"][order][:, order])
    value, gradient = entry.results(**arguments).values()
    return difference((permuted["value"], permuted["gradient"]), (value, gradient[order][:, order]))


def blind_to_exchange(entry, arguments, rng):
    """Exchanging the towers, which transposes s, changes nothing; the gradient is transposed."""
    exchanged = entry.results(s=arguments["s"].T)
    value, gradient = entry.results(**arguments).values()
    return difference((exchanged["value"], exchanged["gradient"]), (value, gradient.T))


def log_of_the_count_if_all_are_alike(entry, arguments, rng):
    """Identical embeddings, which make all of s one number, cost log N."""
    N = len(arguments["s"])
    return difference(entry(s=np.full((N, N), rng.standard_normal())), np.log(N))


def is_two_cross_entropies(entry, arguments, rng):
    """It is the mean of softmax cross-entropy over rows and over columns, each with its own partner as the label."""
    s, labels = arguments["s"], np.arange(len(arguments["s"]))
    rows, columns = softmax_cross_entropy(s, labels), softmax_cross_entropy(s.T, labels)
    found = entry.results(**arguments)
    gradient = (rows.gradient + columns.gradient.T) / 2
    return difference((found["value"], found["gradient"]), ((rows.value + columns.value) / 2, gradient))


def gradient_sums_to_zero(entry, arguments, rng):
    """A number that is added to all of s changes nothing: the gradient sums to zero."""
    return abs(entry.results(**arguments)["gradient"].sum())


def some_zero_rows(draws):
    """x (..., D), some of its rows zero perhaps."""
    x = draws.array("... D")
    return {"x": x * (draws.rng.random((*x.shape[:-1], 1)) < 0.7) if draws.of(False, True) else x}


ENTRIES = (
    Entry.of(
        normalize,
        some_zero_rows,
        laws=(rows_have_length_one, blind_to_length, no_gradient_along_a_row),
        extreme=("x",),
    ),
    Entry.of(
        similarity,
        lambda draws: draws.arrays(a="N D", b="S D", log_scale="1"),
        differentiable=("a", "b", "log_scale"),
        outputs=("s",),
        laws=(exchanging_the_towers_transposes, scale_grows_by_steps),
        extreme=("a", "b"),
        whole_batch=True,
    ),
    Entry.of(
        contrastive_loss,
        lambda draws: draws.arrays(s="N N"),
        differentiable=("s",),
        outputs=("value",),
        laws=(
            blind_to_order,
            blind_to_exchange,
            log_of_the_count_if_all_are_alike,
            is_two_cross_entropies,
            gradient_sums_to_zero,
        ),
        extreme=("s",),
        whole_batch=True,
        of_the_batch=True,
        impossible=("s",),
    ),
)
