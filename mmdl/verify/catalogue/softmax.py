"""Softmax and its logarithm."""

import numpy as np

from mmdl.ops.softmax import log_softmax, softmax
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def blind_to_shift(entry, arguments, rng):
    """Adding one number to all scores of a row changes nothing."""
    shift = 10 * rng.standard_normal((*arguments["s"].shape[:-1], 1))
    return difference(entry(s=arguments["s"] + shift), entry(**arguments))


def rows_sum_to_one(entry, arguments, rng):
    """Each row of probabilities sums to one."""
    total = entry(**arguments).sum(axis=-1)
    return difference(total, np.ones_like(total))


def is_logarithm_of_softmax(entry, arguments, rng):
    """It is the logarithm of softmax."""
    return difference(entry(**arguments), np.log(softmax(**arguments)))


def scores(draws):
    """s (..., K)"""
    return draws.arrays(s="... K")


ENTRIES = (
    Entry.of(
        softmax,
        scores,
        differentiable=("s",),
        outputs=("p",),
        laws=(blind_to_shift, rows_sum_to_one),
        extreme=("s",),
        impossible=("s",),
    ),
    Entry.of(
        log_softmax,
        scores,
        differentiable=("s",),
        outputs=("l",),
        laws=(blind_to_shift, is_logarithm_of_softmax),
        extreme=("s",),
        impossible=("s",),
    ),
)
