"""Signs of place: the right numbers where they do not belong, or only some of them."""

import itertools

import numpy as np

from mmdl.check.signs.alike import SAME, alike
from mmdl.check.signs.kind import Sign, thing


def signs_of_place(pair):
    """Exchanged, turned, shifted, added up too far or not far enough."""
    name = pair.name
    for other in pair.others:
        yield Sign(
            "another_result",
            lambda pair, other=other: other in pair.others and alike(pair.given, pair.others[other]),
            f"What you return as {name} is {other}.",
            "Mind the order of the results; or each got what belongs to the other.",
        )
    dimensions = range(pair.truth.ndim)
    for order in itertools.permutations(dimensions):
        if order != tuple(dimensions):
            yield Sign(
                "transposed",
                lambda pair, order=order: alike(pair.given, pair.truth.transpose(order)),
                f"{name} is the transpose of what it should be.",
                "A gradient has the shape of what it belongs to; in a product of two matrices their order decides.",
            )
    yield Sign(
        "other_shape",
        lambda pair: pair.given.size == pair.truth.size and alike(pair.given.ravel(), pair.truth.ravel()),
        f"The numbers of {name} are right, only the shape is not.",
        "keepdims=True keeps an axis, [..., None] adds one, reshape changes them.",
    )
    yield from _sums(pair)
    for count in dimensions:
        for axes in itertools.combinations(dimensions, count + 1):
            yield Sign(
                "mirrored",
                lambda pair, axes=axes: alike(pair.given, np.flip(pair.truth, axes)),
                f"{name} is mirrored along axis {' and '.join(map(str, axes))}.",
                "Does an index run backwards, or an offset count the wrong way?",
            )
    yield from _lengths(pair)
    for axis in dimensions:
        yield from _shifts(pair, axis)
    for count in (2, 3, 4):
        for order in itertools.permutations(range(count)):
            if order != tuple(range(count)):
                yield Sign(
                    "blocks_exchanged",
                    lambda pair, order=order: _in_blocks(pair, order),
                    f"The {count} blocks of columns of {name} come in another order than they should.",
                    "Compare the order of the blocks with the one in the exercise.",
                )


def signs_of_parts(pair):
    """Only some numbers right, or all of them, but who knows where."""
    for axis in range(pair.truth.ndim):
        for end, word in ((0, "first"), (-1, "last")):
            yield Sign(
                "one_right",
                lambda pair, axis=axis, end=end: _only_right_at(pair, axis, end),
                f"Of {pair.name} only the {word} {thing(pair, axis)} is right.",
                f"What is different about the {word} one? Something is not handed on, or overwritten.",
            )
    yield Sign(
        "elsewhere",
        lambda pair: alike(np.sort(pair.given, axis=None), np.sort(pair.truth, axis=None)),
        f"{pair.name} holds the right numbers at the wrong places.",
        "A reshape keeps the order of the numbers; to exchange axes takes .T, .mT or swapaxes.",
    )


def _sums(pair):
    for axis in range(pair.given.ndim):
        yield Sign(
            "not_summed",
            lambda pair, axis=axis: pair.given.ndim == pair.truth.ndim + 1 and alike(pair.given.sum(axis), pair.truth),
            f"{pair.name} has an axis too many; added up along axis {axis} it is right.",
            "What was used several times gets the sum of all that comes back.",
        )
    for axis in range(pair.truth.ndim):
        yield Sign(
            "summed_too_far",
            lambda pair, axis=axis: alike(pair.given, pair.truth.sum(axis)),
            f"{pair.name} is added up along axis {axis}, where nothing is to be added.",
            "Say along which axis you add: axis=0 runs over the rows, axis=-1 along a row.",
        )


def _lengths(pair):
    """One entry too few or too many along some axes."""
    dimensions = range(pair.truth.ndim)
    for count in dimensions:
        for axes in itertools.combinations(dimensions, count + 1):
            things = " and one ".join(thing(pair, axis) for axis in axes)
            for end, first in ((slice(None, -1), "last"), (slice(1, None), "first")):
                yield Sign(
                    "too_short",
                    lambda pair, axes=axes, end=end: _is_cut(pair.truth, pair.given, axes, end),
                    f"{pair.name} is one {things} short: the {first} is missing, what is there is right.",
                    "Count both ends: from 0 to n there are n + 1.",
                )
                yield Sign(
                    "too_long",
                    lambda pair, axes=axes, end=end: _is_cut(pair.given, pair.truth, axes, end),
                    f"{pair.name} is one {things} too long: without the {first} it is right.",
                    "Where is the last place that still counts? Count both ends: from 0 to n there are n + 1.",
                )


def _is_cut(whole, cut, axes, end):
    """Whether one array is the other without its first or its last entries along some axes."""
    if whole.ndim != cut.ndim or not all(whole.shape[axis] for axis in axes):
        return False
    return alike(cut, whole[tuple(end if axis in axes else slice(None) for axis in range(whole.ndim))])


def _shifts(pair, axis):
    for step, where in ((1, "later"), (-1, "earlier")):
        yield Sign(
            "shifted",
            lambda pair, step=step: _is_shifted(pair, axis, step),
            f"{pair.name} stands one {thing(pair, axis)} {where} than it should.",
            "Count from 0 once more: state 0 is what was there before the first step.",
        )


def _is_shifted(pair, axis, step):
    if pair.given.shape != pair.truth.shape or pair.truth.shape[axis] < 3:
        return False
    given, truth = np.moveaxis(pair.given, axis, 0), np.moveaxis(pair.truth, axis, 0)
    return alike(given[1:], truth[:-1]) if step == 1 else alike(given[:-1], truth[1:])


def _only_right_at(pair, axis, end):
    if pair.given.shape != pair.truth.shape or pair.truth.shape[axis] < 2:
        return False
    given, truth = np.moveaxis(pair.given, axis, 0), np.moveaxis(pair.truth, axis, 0)
    others = slice(1, None) if end == 0 else slice(None, -1)
    return alike(given[end], truth[end]) and not any(map(alike, given[others], truth[others])) and bool(truth.any())


def _in_blocks(pair, order):
    if pair.given.shape != pair.truth.shape or pair.truth.ndim == 0 or pair.truth.shape[-1] % len(order):
        return False
    blocks = np.split(pair.truth, len(order), axis=-1)
    if len(blocks[0].ravel()) < 1 or np.ptp(pair.truth) < SAME:
        return False
    return alike(pair.given, np.concatenate([blocks[place] for place in order], axis=-1))
