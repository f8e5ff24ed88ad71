"""No law stands there for nothing: each refuses a plausible slip, asked alone."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl.verify.catalogue import CATALOGUE
from mmdl.verify.draws import Draws
from tests.verify import slips  # noqa: F401  (plants them)
from tests.verify.planting import SLIPS


def named(op, law):
    """The law of an entry by its name."""
    return next(stated for stated in CATALOGUE[op].laws if stated.__name__ == law)


def cases(op, count=100):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        yield CATALOGUE[op].arguments(Draws(lambda options, rng=rng: options[rng.integers(len(options))], seed)), rng


@pytest.mark.parametrize(("op", "law", "wrong"), SLIPS, ids=["-".join((op, law, *wrong)) for op, law, wrong in SLIPS])
def test_a_law_refuses_a_slip(op, law, wrong):
    holds, entry = named(op, law), replace(CATALOGUE[op], **wrong)
    assert any(not holds(entry, *case) < 1e-6 for case in cases(op))


def test_every_law_refuses_something():
    every = {law for entry in CATALOGUE.values() for law in entry.laws}
    assert every - {named(op, law) for op, law, _ in SLIPS} == set()
