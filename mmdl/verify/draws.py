"""Random arguments for an op: sizes and settings are chosen one by one, numbers come from a seed."""

import math
import re

import numpy as np


class Draws:
    """One case in the making.

    `pick` chooses one of a sequence whose simplest entries come first. Hypothesis can do it, and then finds
    the smallest failing case; so can `lambda options: options[rng.integers(len(options))]`. Numbers come from
    the seed alone, and no two are equal: what is mixed up shows.
    """

    def __init__(self, pick, seed):
        self.pick = pick
        self.rng = np.random.default_rng(seed)
        self.lengths = {}  # of the letters drawn so far

    def of(self, *options):
        """One of the options."""
        return self.pick(options)

    def size(self, letter, options=(1, 2, 3, 4)):
        """The length of a letter, chosen where it first appears."""
        if letter not in self.lengths:
            self.lengths[letter] = self.pick(options)
        return self.lengths[letter]

    def leading(self):
        """The lengths that `...` stands for: at most two axes."""
        if "..." not in self.lengths:
            axes, *lengths = self.of(0, 1, 2), self.of(2, 1, 3), self.of(3, 2, 1)
            self.lengths["..."] = tuple(lengths[:axes])
        return self.lengths["..."]

    def narrower(self):
        """Leading axes that broadcast to `leading()`: all of them, one less, or the first of length one."""
        full = self.leading()
        return self.of(full, full[1:], (1, *full[1:])[: len(full)])

    def shape(self, contract, leading=None):
        """The shape of a contract such as "... T+1 4H"; `leading` overrides the lengths of `...`."""
        lengths = []
        for axis in contract.split():
            if axis == "...":
                lengths += self.leading() if leading is None else leading
            else:
                factor, letter, more = re.fullmatch(r"(\d*)([A-Z]?)(?:\+(\d+))?", axis).groups()
                lengths.append(int(factor or 1) * (self.size(letter) if letter else 1) + int(more or 0))
        return tuple(lengths)

    def array(self, contract, leading=None):
        """Normal numbers of unit scale."""
        return np.asarray(self.rng.standard_normal(self.shape(contract, leading)))

    def arrays(self, **contracts):
        """Arguments by name, each with its contract."""
        return {name: self.array(contract) for name, contract in contracts.items()}

    def modalities(self, contract):
        """A tuple of M arrays, all but the first with `narrower` leading axes."""
        return tuple(self.array(contract, self.narrower() if m else None) for m in range(self.size("M", (1, 2, 3))))

    def maybe(self, contract):
        """An array, or None."""
        return self.array(contract) if self.of(False, True) else None

    def distinct(self, contract):
        """Numbers from -2 to 2 that keep apart: a small step changes no maximum, and no variance is tiny."""
        shape = self.shape(contract)
        count = math.prod(shape)
        places = self.rng.permutation(count) + self.rng.uniform(0.3, 0.7, count)
        return (4 * places / count - 2).reshape(shape)

    def orthogonal(self, letter, gates=1):
        """Square orthogonal matrices side by side: recurrent kernels under which nothing grows or fades."""
        square = self.size(letter), self.size(letter)
        return np.hstack([np.linalg.qr(self.rng.standard_normal(square))[0] for _ in range(gates)])

    def integers(self, contract, below):
        """Numbers from 0 to below - 1, repeats and all."""
        return np.asarray(self.rng.integers(below, size=self.shape(contract)))

    def mask(self, contract, leading=None):
        """True where there is something: rows that end, rows with gaps, rows with nothing, or some of each; or None."""
        kind, shape = self.of("none", "ends", "gaps", "nothing", "each"), self.shape(contract, leading)
        if kind == "none":
            return None
        if kind == "ends":
            return np.arange(shape[-1]) < self.rng.integers(shape[-1] + 1, size=(*shape[:-1], 1))
        mask = self.rng.random(shape) < 0.6
        if kind == "each":  # one row that is full, one that ends, one with nothing, and so on
            rows = mask.reshape(math.prod(shape[:-1]), shape[-1])
            rows[:] = True
            rows[1::3, (shape[-1] + 1) // 2 :] = False
            rows[2::3] = False
        if kind == "nothing":
            mask.reshape(math.prod(shape[:-1]), shape[-1])[-1:] = False
        return mask

    def some(self, contract):
        """True for at least one entry; or None."""
        if not self.of(False, True):
            return None
        mask = np.asarray(self.rng.random(self.shape(contract)) < 0.6)
        mask.flat[:1] = True
        return mask


def in_words(arguments):
    """What a reader needs to try the case again: shapes of arrays of numbers, values of everything else."""
    words = [_in_words(name, value) for name, value in arguments.items() if value is not None]
    stored = [value for value in arguments.values() if isinstance(value, np.ndarray) and not value.flags.c_contiguous]
    return ", ".join(words + ["stored column by column"] * bool(stored))


def _in_words(name, value):
    if isinstance(value, np.ndarray) and value.dtype.kind in "bi":
        return f"{name} = {value.astype(int).tolist()}"
    if isinstance(value, np.ndarray):
        return f"{name} {value.shape}"
    if isinstance(value, tuple) and all(isinstance(part, np.ndarray) for part in value):
        return f"{name} {' and '.join(str(part.shape) for part in value)}"
    return f"{name} = {value!r}"
