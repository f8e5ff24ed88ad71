"""No law stands there for nothing: each refuses a plausible slip, asked alone."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl.verify.catalogue import CATALOGUE
from mmdl.verify.draws import Draws
from tests.verify import backward_slips, slips  # noqa: F401  (plants them)
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


@pytest.mark.parametrize("op", ["masked_mean", "rnn"])
def test_a_law_of_masks_makes_one_up_where_none_is_drawn(op):
    holds = named(op, "blind_to_padding")
    for wrong in (wrong for slip, law, wrong in SLIPS if (slip, law) == (op, holds.__name__)):
        entry = replace(CATALOGUE[op], **wrong)
        assert any(not holds(entry, *case) < 1e-6 for case in cases(op) if case[0]["mask"] is None)


def test_a_law_asks_for_no_more_than_it_says():
    """Numbers that stay as they are have the right mean, too; nothing was said of zeros."""
    untouched = replace(CATALOGUE["dropout"], forward=lambda x, mask, rate: x)
    assert all(named("dropout", "expectation_is_x")(untouched, *case) < 1e-12 for case in cases("dropout"))


def test_every_law_refuses_something():
    every = {law for entry in CATALOGUE.values() for law in entry.laws}
    assert every - {named(op, law) for op, law, _ in SLIPS} == set()
