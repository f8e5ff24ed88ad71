"""Cases for students: one batch axis, lengths as they are wanted, and now and then the inputs that trip people up."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mmdl.verify.draws import Draws
from mmdl.verify.oracle import each
from mmdl.verify.properties import EXTREME


class Batches(Draws):
    """Draws in which `...` is always N, so that what an exercise says about shapes is all there is to know.

    Parameters
    ----------
    pick : as in Draws
    rng : numpy.random.Generator
    length : function of a letter and the lengths it may have, which chooses one; `pick` if not given
    always : bool
        Nothing optional is left out.
    """

    def __init__(self, pick, rng, length=None, always=False):
        super().__init__(pick, 0)
        self.rng = rng
        self.length = length or (lambda letter, options: pick(options))
        self.always = always

    def size(self, letter, options=(1, 2, 3, 4)):
        if letter not in self.lengths:
            some = [option for option in options if option]  # nothing at all is no question for a student
            self.lengths[letter] = int(self.length(letter, some))
        return self.lengths[letter]

    def leading(self):
        return (self.size("N"),)

    def narrower(self):
        return self.leading()

    def maybe(self, contract):
        return self.array(contract) if self.always else super().maybe(contract)

    def mask(self, contract, leading=None):
        drawn = super().mask(contract, leading)
        return self.rng.random(self.shape(contract, leading)) < 0.6 if drawn is None and self.always else drawn


def roomy(seed):
    """Draws in which no length is 1 and, where there is a choice, no two are equal: what is mixed up shows."""
    rng = np.random.default_rng([seed, 2])
    chosen = set()

    def pick(options):
        return options[rng.integers(len(options))]

    def length(letter, options):
        more = (5, 6, 7) if letter == "N" else ()  # a batch may be of any size, and its size has to differ
        several = [option for option in (*options, *more) if option > 1]
        length = pick([option for option in several if option not in chosen] or several or options)
        chosen.add(length)
        return length

    return Batches(pick, rng, length)


def large(factor, place=0):
    """Draws that always choose what stands at one place, the simplest at 0, but sizes `factor` times larger.

    Kernels and the number of modalities stay small.
    """

    def length(letter, options):
        return options[-1] if letter in "IJM" else factor * max(options)

    return Batches(lambda options: options[min(place, len(options) - 1)], np.random.default_rng(factor), length)


class Variant(NamedTuple):
    """A kind of case that a function may fail on although it is right elsewhere."""

    words: str
    change: Callable  # arguments, names of those that must stand ±1e4 -> arguments


def _extreme(arguments, names):
    return arguments | {name: each(lambda x: EXTREME * np.sign(x), arguments[name]) for name in names}


def _tied(arguments, names):
    return arguments | {name: each(np.round, x) for name, x in arguments.items() if _is_array_of(float, x)}


def _empty(arguments, names):
    return arguments | {name: each(np.zeros_like, x) for name, x in arguments.items() if _is_array_of(bool, x)}


def _is_array_of(kind, x):
    return getattr(x[0] if isinstance(x, tuple) else x, "dtype", None) == kind


PLAIN = Variant("", lambda arguments, names: arguments)
EXTREMES = Variant("for numbers as large as ±10,000", _extreme)
TIES = Variant("where some numbers are equal", _tied)
ZEROS = Variant("where some numbers are zero", _tied)  # as rounding makes them
NOTHING = Variant("where the mask is False everywhere", _empty)
