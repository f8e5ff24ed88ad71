"""How a slip is planted: a function of an op is exchanged for a wrong one that a law must refuse."""

from types import SimpleNamespace

import numpy as np

from mmdl.verify.catalogue import CATALOGUE

SLIPS = []  # op, name of the law, what takes the place of a function of the op's entry


def forward(op, law, wrong):
    """A wrong function."""
    SLIPS.append((op, law, {"forward": wrong}))


def backward(op, law, wrong):
    """A wrong backward pass."""
    SLIPS.append((op, law, {"backward": wrong}))


def forgets(op, law, *names):
    """The op, to which these arguments are not handed on."""
    right = CATALOGUE[op].forward
    forward(op, law, lambda **given: right(**{name: given[name] for name in given if name not in names}))


def changed(op, law, **changes):
    """The op, to which something else is given: made of what should be, and of all arguments."""
    right = CATALOGUE[op].forward

    def wrong(**given):
        a = SimpleNamespace(**given)
        return right(**given | {name: change(given.get(name), a) for name, change in changes.items()})

    forward(op, law, wrong)


def altered(op, law, **fields):
    """The op, one of whose results is another: made of all results, and of all arguments."""
    right = CATALOGUE[op].forward

    def wrong(**given):
        results = right(**given)
        a = SimpleNamespace(**{"mask": True} | given)
        return results._replace(**{name: alter(results, a) for name, alter in fields.items()})

    forward(op, law, wrong)


def or_one(x):
    """What one may divide by."""
    return np.where(x == 0, 1, x)
