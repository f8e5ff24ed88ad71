"""Signs of what is missing in a formula, or stands in it once too often; and of what was lost in rounding."""

import math

import numpy as np

from mmdl.check.signs.alike import SAME, alike
from mmdl.check.signs.kind import Sign
from mmdl.check.signs.scale import ratio

ROUNDED = 1e-5  # a relative error below this looks like float32
NEARLY = 1e-2
FACTORS = {
    "{}": lambda a: a,
    "(1 − {})": lambda a: 1 - a,
    "(1 − {}²)": lambda a: 1 - a * a,
    "{0} (1 − {0})": lambda a: a * (1 - a),
}


def signs_of_terms(pair):
    """An argument as it came, or a part of it; a term or a factor that is one of the arguments."""
    for name in pair.arguments:
        yield from _signs_of_copies(pair, name)
    for name in pair.arguments:
        enters = f"Where does {name} enter the formula?"
        for sign, words in ((1, "is missing"), (-1, "stands once too often")):
            yield Sign("term", _lacks_term(name, sign), f"In {pair.name} the term {name} {words}.", enters)
        for written, change in FACTORS.items():
            factor = written.format(name)
            yield Sign(
                "factor", _is_product("truth", "given", name, change), f"{pair.name} lacks the factor {factor}.", enters
            )
            yield Sign(
                "factor",
                _is_product("given", "truth", name, change),
                f"{pair.name} has a factor {factor} too many.",
                enters,
            )
    difference = _constant(pair.given - pair.truth) if pair.given.shape == pair.truth.shape else None
    if difference:
        yield Sign(
            "off_by",
            lambda pair: pair.given.shape == pair.truth.shape and alike(pair.given, pair.truth + difference, SAME),
            f"{pair.name} is {abs(difference):.6g} too {'large' if difference > 0 else 'small'}, wherever it is wrong.",
            "Count again what is added or taken away: the first, the last, the ends.",
        )
    yield Sign(
        "offset",
        lambda pair: (
            pair.given.shape == pair.truth.shape
            and pair.truth.size > 1
            and np.isfinite(pair.given).all()
            and alike(pair.given - pair.truth, np.full(pair.truth.shape, (pair.given - pair.truth).flat[0]))
        ),
        f"{pair.name} is off by the same number everywhere.",
        "Something constant is added, or left out.",
    )


def _signs_of_copies(pair, name):
    """A result that is an argument, or one row of it, or lies on the other side of it."""
    yield Sign(
        "copy",
        lambda pair: alike(pair.given, pair.arguments.get(name)),
        f"What you return as {pair.name} is {name}, as it came in.",
        f"What has to happen to {name} before it is {pair.name}?",
    )
    for end, word in ((0, "first"), (-1, "last")):
        yield Sign(
            "one_row",
            lambda pair, end=end: _is_row(pair, name, end),
            f"{pair.name} is the {word} row of {name} alone; the others have no part in it.",
            "Do all rows arrive, or does one overwrite the others? += adds, = sets.",
        )
    yield Sign(
        "other_way",
        lambda pair: _is_beyond(pair, name),
        f"{pair.name} moves from {name} the wrong way, as far as it should.",
        "A minus became a plus, or a difference is the wrong way round.",
    )


def _is_row(pair, name, end):
    a = pair.arguments.get(name)
    return a is not None and a.ndim == pair.given.ndim + 1 and len(a) > 1 and alike(pair.given, a[end])


def _is_beyond(pair, name):
    """Whether truth and result lie on opposite sides of an argument, equally far."""
    a = pair.arguments.get(name)
    return a is not None and a.shape == pair.truth.shape == pair.given.shape and alike(pair.given, 2 * a - pair.truth)


def _constant(array):
    """The one number in an array; None if there are several, or it is none."""
    one = array.size and np.isfinite(array).all()
    return float(array.flat[0]) if one and alike(array, np.full(array.shape, array.flat[0])) else None


def signs_of_rows(pair):
    """All of it, every row or every column off by a factor or a number of its own."""
    yield Sign(
        "multiple",
        lambda pair: ratio(pair) is not None,
        f"{pair.name} is a multiple of the truth, by another number in each case.",
        "Look for a factor or a divisor that is the same for all entries.",
    )
    for axis, line in ((-1, "row"), (0, "column")):
        yield Sign(
            f"{line}_offset",
            lambda pair, axis=axis: _is_constant(pair, axis, lambda pair: pair.given - pair.truth),
            f"In each {line} of {pair.name} all entries are off by the same number.",
            f"Something is added to whole {line}s, or left out there: a bias, a maximum, a mean, the logarithm of a sum.",
        )
        yield Sign(
            f"{line}_factor",
            lambda pair, axis=axis: _is_constant(pair, axis, lambda pair: pair.given / pair.truth),
            f"Each {line} of {pair.name} is a multiple of the right one, by a number of its own.",
            f"By what are whole {line}s divided or multiplied? Mind the axis of sums, and what is counted.",
        )


def signs_of_rounding(pair):
    """Nearly right, partly right, or no number at all."""
    name = pair.name
    yield Sign(
        "cut_off",
        lambda pair: alike(pair.given, np.trunc(pair.truth)),
        f"The decimals of {name} are cut off.",
        "It is written into an array of whole numbers; np.zeros(..., x.dtype) makes room for numbers like those of x.",
    )
    yield Sign(
        "rounded",
        lambda pair: _error(pair) < ROUNDED,
        f"{name} is right, but only to six digits or so.",
        "Somewhere the numbers pass through float32, or a constant is rounded, or an ε is too large.",
    )
    yield Sign(
        "nearly",
        lambda pair: _error(pair) < NEARLY,
        f"{name} is nearly right.",
        "Look for a small constant at the wrong place, or for an approximation that is too coarse.",
    )
    yield Sign(
        "not_finite",
        lambda pair: not np.isfinite(pair.given).all(),
        f"{name} holds nan or infinity.",
        "e to the power of a large number overflows, and 0 / 0 is nan: what do you divide, and can it be zero?",
    )
    yield Sign(
        "partly_zero",
        lambda pair: (
            pair.given.shape == pair.truth.shape and alike(pair.given, np.where(pair.given == 0, 0, pair.truth))
        ),
        f"{name} is right where it is not zero; but some of it is zero that should not be.",
        "Does a loop end too early, is something overwritten, or does a condition exclude too much?",
    )


def _is_constant(pair, axis, relation):
    """Whether the relation between a pair's arrays is the same number all along one axis."""
    if pair.given.shape != pair.truth.shape or pair.truth.ndim < 2 or pair.truth.shape[axis] < 2:
        return False
    with np.errstate(all="ignore"):
        related = relation(pair)
    return bool(np.isfinite(related).all()) and alike(related, np.broadcast_to(related.take([0], axis), related.shape))


def _lacks_term(name, sign):
    def fits(pair):
        a = pair.arguments.get(name)
        if a is None or not _broadcasts(a, pair.truth) or pair.given.shape != pair.truth.shape or not a.any():
            return False
        return alike(pair.truth - pair.given, np.broadcast_to(sign * a, pair.truth.shape))

    return fits


def _is_product(product, of, name, change):
    """Whether one array of a pair is the other times something made of an argument."""

    def fits(pair):
        a = pair.arguments.get(name)
        if a is None or not _broadcasts(a, pair.truth) or pair.given.shape != pair.truth.shape:
            return False
        return alike(getattr(pair, product), getattr(pair, of) * change(a))

    return fits


def _broadcasts(a, like):
    try:
        return np.broadcast_shapes(a.shape, like.shape) == like.shape
    except ValueError:
        return False


def _error(pair):
    if pair.given.shape != pair.truth.shape or not np.isfinite(pair.given).all():
        return math.inf
    scale = np.abs(pair.truth).max(initial=0)
    return np.abs(pair.given - pair.truth).max(initial=0) / scale if scale else math.inf
