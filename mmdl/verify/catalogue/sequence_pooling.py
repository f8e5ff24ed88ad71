"""Pooling over sequences."""

import numpy as np

from mmdl.ops.sequence_pooling import last_valid, masked_max, masked_mean
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def first_token_wins(entry, arguments, rng):
    """Of equal values the first token's wins."""
    mask = _mask(arguments, rng)
    x = np.zeros_like(arguments["x"])
    dy = rng.standard_normal(entry(**arguments).shape)
    is_first = mask & (mask.cumsum(axis=1) == 1)
    return difference(entry.pull(dy, x=x, mask=mask)["x"], is_first[:, :, None] * dy[:, None])


def blind_to_order(entry, arguments, rng):
    """The order of the tokens does not matter."""
    order = rng.permutation(arguments["x"].shape[1])
    mask = _mask(arguments, rng)
    mixed = entry(x=arguments["x"][:, order], mask=mask[:, order])
    return difference(mixed, entry(x=arguments["x"], mask=mask))


def blind_to_padding(entry, arguments, rng):
    """What stands where there is no token changes nothing, and gets no gradient."""
    x, mask = arguments["x"], _mask(arguments, rng)
    other = np.where(mask[:, :, None], x, rng.standard_normal(x.shape))
    y = entry(x=x, mask=mask)
    dx = entry.pull(rng.standard_normal(y.shape), x=x, mask=mask)["x"]
    return difference((entry(x=other, mask=mask), dx[~mask]), (y, np.zeros_like(dx[~mask])))


def nothing_gives_zeros(entry, arguments, rng):
    """A sequence without tokens gives zeros."""
    y = entry(x=arguments["x"], mask=np.zeros(arguments["x"].shape[:2], bool))
    return difference(y, np.zeros_like(y))


def sequences(draws):
    """Sequences of distinct values, with a mask or without."""
    draws.size("T", (1, 2, 3, 4, 0))
    return {"x": draws.distinct("N T D"), "mask": draws.mask("N T")}


def _mask(arguments, rng):
    drawn = arguments["mask"]
    return rng.random(arguments["x"].shape[:2]) < 0.6 if drawn is None else drawn


ENTRIES = (
    Entry.of(masked_mean, sequences, laws=(blind_to_order, blind_to_padding, nothing_gives_zeros), extreme=("x",)),
    Entry.of(
        masked_max,
        sequences,
        laws=(blind_to_order, blind_to_padding, nothing_gives_zeros, first_token_wins),
        extreme=("x",),
    ),
    Entry.of(last_valid, sequences, laws=(blind_to_padding, nothing_gives_zeros), extreme=("x",)),
)
