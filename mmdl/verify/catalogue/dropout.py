"""Dropout."""

import numpy as np

from mmdl.ops.dropout import dropout
from mmdl.verify.catalogue.activations import vectors
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def expectation_is_x(entry, arguments, rng):
    """The mean over masks, each number kept with probability 1 − rate, is x."""
    x, rate = arguments["x"], arguments["rate"]
    kept, dropped = (entry(x=x, mask=np.full(x.shape, keep), rate=rate) for keep in (True, False))
    return difference((1 - rate) * kept + rate * dropped, x)


def mask_and_rate(draws):
    """x, a mask of the same shape, and a rate."""
    x = vectors(draws)["x"]
    return {"x": x, "mask": draws.rng.random(x.shape) < 0.6, "rate": draws.of(0.5, 0.1, 0.0)}


ENTRIES = (Entry.of(dropout, mask_and_rate, laws=(expectation_is_x,), extreme=("x",)),)
