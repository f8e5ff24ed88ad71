"""Pooling over images."""

import numpy as np

from mmdl.ops.pooling import avg_pool2d, global_average_pool, global_max_pool, max_pool2d
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def follows_a_shift_of_values(entry, arguments, rng):
    """A number added to the whole image is added to y: padding neither wins nor counts."""
    return difference(entry(**arguments | {"x": arguments["x"] - 100}), entry(**arguments) - 100)


def gradient_is_handed_on_whole(entry, arguments, rng):
    """The entries of dx add up to those of dy, among equal values too."""
    tied = {**arguments, "x": np.round(arguments["x"])}
    dy = rng.standard_normal(entry(**tied).shape)
    return difference(entry.pull(dy, **tied)["x"].sum(), dy.sum())


def first_of_equals_wins(entry, arguments, rng):
    """Of equal values the first wins, row by row."""
    x, window = np.zeros_like(arguments["x"]), np.broadcast_to(arguments["window"], 2)
    same = {"x": x, "window": arguments["window"]}
    dy = rng.standard_normal(entry(**same).shape)
    expected = x.copy()
    expected[:, : dy.shape[1] * window[0] : window[0], : dy.shape[2] * window[1] : window[1]] = dy
    return difference(entry.pull(dy, **same)["x"], expected)


def first_place_wins(entry, arguments, rng):
    """Of equal values the first wins, row by row."""
    x = np.zeros_like(arguments["x"])
    dy = rng.standard_normal(entry(x=x).shape)
    expected = x.copy()
    expected[:, 0, 0] = dy
    return difference(entry.pull(dy, x=x)["x"], expected)


def blind_to_places(entry, arguments, rng):
    """Where in the image a value stands does not matter."""
    x = arguments["x"]
    mixed = rng.permuted(x.reshape(len(x), -1, x.shape[3]), axis=1).reshape(x.shape)
    return difference(entry(x=mixed), entry(x=x))


def images(draws):
    """Images of distinct values, under windows that overlap, leave gaps or reach into the padding."""
    window = draws.of(2, 1, (2, 1), (1, 3), 3)
    for axis, length in zip("RC", np.broadcast_to(window, 2), strict=True):
        draws.size(axis, range(int(length), int(length) + 3))
    draws.size("N", (1, 2)), draws.size("D", (1, 2))
    stride, padding = draws.of(None, 1, 2, (1, 2)), draws.of("valid", "same", int(np.min(window)) - 1)
    return {"x": draws.distinct("N R C D"), "window": window, "stride": stride, "padding": padding}


def whole_images(draws):
    """Images of distinct values."""
    return {"x": draws.distinct("N R C D")}


ENTRIES = (
    Entry.of(
        max_pool2d,
        images,
        laws=(follows_a_shift_of_values, gradient_is_handed_on_whole, first_of_equals_wins),
        extreme=("x",),
    ),
    Entry.of(avg_pool2d, images, laws=(follows_a_shift_of_values, gradient_is_handed_on_whole), extreme=("x",)),
    Entry.of(
        global_max_pool,
        whole_images,
        laws=(blind_to_places, gradient_is_handed_on_whole, first_place_wins),
        extreme=("x",),
    ),
    Entry.of(global_average_pool, whole_images, laws=(blind_to_places, gradient_is_handed_on_whole), extreme=("x",)),
)
