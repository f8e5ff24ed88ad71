"""Signs of scale: the right numbers times something."""

import itertools
import math

import numpy as np

from mmdl.check.signs.alike import alike
from mmdl.check.signs.kind import Sign

WHATEVER = ", whatever the sizes"
CONSTANTS = {
    "twice": 2,
    "half": 1 / 2,
    "three times": 3,
    "a third of": 1 / 3,
    "four times": 4,
    "a quarter of": 1 / 4,
    "√2 times": math.sqrt(2),
    "1 / √2 times": math.sqrt(1 / 2),
    "log 2 times": math.log(2),
    "1 / log 2 times": 1 / math.log(2),
    "1 / log 10 times": 1 / math.log(10),
}


def signs_of_scale(pair):
    """Zero, the wrong sign, too large or too small by a number: best if that number is a size that has a name."""
    name = pair.name
    yield Sign(
        "all_zero",
        lambda pair: not pair.given.any() and pair.given.shape == pair.truth.shape,
        f"{name} is zero everywhere.",
        "Is what you compute ever written into it, and does its gradient arrive?",
    )
    yield _times(
        "sign", -1, f"{name} has the wrong sign.", "Look for a minus, or for a difference the wrong way round."
    )
    yield Sign(
        "signs_only",
        lambda pair: pair.given.shape == pair.truth.shape and alike(np.abs(pair.given), np.abs(pair.truth)),
        f"The sizes of {name} are right, only some signs are not.",
        "Is an absolute value missing, or too much, or a minus in a part of it?",
    )
    for word, constant in CONSTANTS.items():
        yield _times(
            "constant",
            constant,
            f"{name} is {word} what it should be{WHATEVER}.",
            "Look for a constant factor.",
        )
    for letter in _expressions(pair.lengths):
        yield Sign(
            "ratio",
            _multiple(letter),
            f"{name} is {letter} times the truth{WHATEVER}.",
            _advice(letter),
        )
    constant = ratio(pair)
    if constant is not None:
        yield _times(
            "constant",
            constant,
            f"{name} is {constant:.6g} times what it should be{WHATEVER}.",
            "Look for a constant factor.",
        )


def _times(name, factor, shows, hint):
    return Sign(name, lambda pair: alike(pair.given, factor * pair.truth), shows, hint)


def _expressions(lengths):
    """N, 1 / N, √N, 1 / √N, N · T, 1 / (N · T), ... as they are written"""
    for letter in lengths:
        yield from (letter, f"1 / {letter}", f"√{letter}", f"1 / √{letter}")
    for pair in itertools.combinations(lengths, 2):
        yield from (" · ".join(pair), f"1 / ({' · '.join(pair)})")
        yield from (f"{pair[0]} / {pair[1]}", f"{pair[1]} / {pair[0]}")
    for letter in lengths:
        yield from (f"{letter} / ({letter} − 1)", f"({letter} − 1) / {letter}")


def _multiple(written):
    """Whether a result is as many times the truth as the expression says."""

    def fits(pair):
        value = _value(written, pair.lengths)
        return value is not None and alike(pair.given, value * pair.truth)

    return fits


def _value(written, lengths):
    """The value of an expression over the lengths of one case; None if a letter is not there."""
    over, _, under = written.rpartition(" / ") if " / " in written else (written, "", "1")
    values = [_product(part.strip("()"), lengths) for part in (over, under)]
    return None if None in values or values[1] == 0 else values[0] / values[1]


def _product(written, lengths):
    if written.endswith(" − 1"):
        base = _product(written.removesuffix(" − 1"), lengths)
        return None if base is None else base - 1
    value = 1.0
    for part in written.split(" · "):
        letter = part.removeprefix("√")
        if not letter.isdigit() and letter not in lengths:
            return None
        length = int(letter) if letter.isdigit() else lengths[letter]
        value *= math.sqrt(length) if part.startswith("√") else length
    return value


def _advice(written):
    if " − 1" in written:
        return "Divide by the count, or by the count − 1: the exercise says which."
    if written.startswith("1 / "):
        size = written.removeprefix("1 / ")
        return f"Is there a mean where a sum should be? Somewhere something is divided by {size} that should not, or twice."
    return f"Is there a sum where a mean should be? A division by {written} is missing."


def ratio(pair):
    """The one number by which all entries of the truth are multiplied; None if there is none."""
    if pair.given.shape != pair.truth.shape or pair.truth.size < 2 or not pair.truth.any():
        return None
    place = np.argmax(np.abs(pair.truth))
    ratio = float(pair.given.flat[place] / pair.truth.flat[place])
    return ratio if np.isfinite(ratio) and ratio and alike(pair.given, ratio * pair.truth) else None
