"""Model files of version 1, as they were first written: they load, and say what they said."""

from pathlib import Path

import numpy as np
import pytest

from mmdl import tree
from mmdl.data import Batch
from mmdl.tokens import Tokens
from mmdl.training import load

FIXTURES = Path(__file__).parent / "fixtures"
NUMBERS = dict(np.load(FIXTURES / "version1_numbers.npz"))


def under(*names):
    """The numbers that were kept under these names: an array, Tokens, a tuple or a dictionary of such."""
    start = "|".join(map(str, names)) + "|"
    return nested({key.removeprefix(start): array for key, array in NUMBERS.items() if key.startswith(start)})


def nested(arrays):
    """{"0.0": values, "0.1": mask, "1": array} -> (Tokens, array)"""
    if "" in arrays:
        return arrays[""]
    parts = {}
    for path, array in arrays.items():
        first, _, rest = path.partition(".")
        parts.setdefault(first, {})[rest] = array
    parts = {name: nested(part) for name, part in parts.items()}
    if not all(name.isdigit() for name in parts):
        return parts
    is_tokens = len(parts) == 2 and isinstance(parts["1"], np.ndarray) and parts["1"].dtype == bool
    return Tokens(*parts.values()) if is_tokens else tuple(parts.values())


def same(found, expected):
    """The same arrays, but for rounding: sums may be taken in another order on another processor."""
    found, expected = ([array for _, array in tree.leaves(each)] for each in (found, expected))
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["layers", "fusions"])
def test_parts(kind):
    """Every kind of layer and of fusion, kept as the parts of one Sequential."""
    kept, extras = load(FIXTURES / f"version1_{kind}.npz")
    assert len(kept.layers) == len(extras["cases"]) > 25
    for place, part in enumerate(kept.layers):
        same(part(under(kind, place, "x")), under(kind, place, "y"))
        if f"{kind}|{place}|present|" in NUMBERS:
            absent, _ = part.forward(under(kind, place, "x"), under(kind, place, "present"))
            same(absent, under(kind, place, "absent"))


@pytest.mark.parametrize("kind", ["classifier", "contrastive"])
def test_models(kind):
    """A classifier of all kinds of modalities, some absent, and two towers."""
    model, extras = load(FIXTURES / f"version1_{kind}.npz")
    assert extras == {"history": {"loss": [2.5, 1.25]}}
    same(model(Batch(under(kind, "inputs"), under(kind, "present"), np.zeros(6, int))), under(kind, "y"))
