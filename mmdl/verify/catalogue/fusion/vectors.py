"""Fusion of vectors: side by side, added, multiplied."""

import numpy as np

from mmdl.ops.fusion.vectors import concatenate, elementwise_product, elementwise_sum
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def splits_again(entry, arguments, rng):
    """Cut at the widths of the features, the result is the features again."""
    features = arguments["features"]
    found = np.split(entry(**arguments), np.cumsum([x.shape[-1] for x in features])[:-1], axis=-1)
    return difference(tuple(found), tuple(np.broadcast_to(x, y.shape) for x, y in zip(features, found, strict=True)))


def commutes(entry, arguments, rng):
    """The order of the modalities does not matter."""
    first = arguments[entry.differentiable[0]]
    order = rng.permutation(len(first))
    mixed = {}
    for name, value in arguments.items():
        if isinstance(value, tuple):
            mixed[name] = tuple(value[m] for m in order)
        elif isinstance(value, np.ndarray):  # with a column for each modality
            mixed[name] = value[..., order]
    return difference(entry(**arguments | mixed), entry(**arguments))


def widths(draws):
    """Features of different widths."""
    leads = [draws.leading(), *(draws.narrower() for _ in range(draws.size("M", (1, 2, 3)) - 1))]
    return {"features": tuple(draws.rng.standard_normal((*lead, draws.of(1, 2, 3))) for lead in leads)}


def features(draws):
    """Features of one width."""
    return {"features": draws.modalities("... D")}


def _features(forward, draw, *laws):
    return Entry.of(forward, draw, differentiable=("features",), laws=laws, extreme=("features",))


ENTRIES = (
    _features(concatenate, widths, splits_again),
    _features(elementwise_sum, features, commutes),
    _features(elementwise_product, features, commutes),
)
