"""The catalogue is complete, and can be read."""

import importlib
import inspect
import itertools
import pkgutil

import numpy as np
import pytest

import mmdl.ops
import mmdl.verify
from mmdl.verify.catalogue import CATALOGUE, KINDS
from mmdl.verify.draws import Draws
from mmdl.verify.properties import PROPERTIES

LAWS = [law for entry in CATALOGUE.values() for law in entry.laws]


def differentiable_ops():
    """The names of all functions in `ops` that have a backward beside them, or return a Loss."""
    for module in pkgutil.walk_packages(mmdl.ops.__path__, "mmdl.ops."):
        file = module.name.removeprefix("mmdl.ops.")
        if not file.startswith("_"):
            functions = vars(importlib.import_module(module.name))
            own = [name for name, f in functions.items() if getattr(f, "__module__", "") == module.name]
            yield from (name for name in own if f"{name}_backward" in own or name.endswith("_loss"))
            if file in ("losses", "positions", "filters"):
                yield from (name for name in own if inspect.isfunction(functions[name]) and not name.startswith("_"))


def test_every_op_has_its_line():
    assert set(differentiable_ops()) == set(CATALOGUE)


def test_no_op_stands_there_twice():
    assert sum(len(kind.ENTRIES) for kind in KINDS) == len(CATALOGUE)


@pytest.mark.parametrize("op", CATALOGUE)
def test_names_in_an_entry_are_names_of_the_op(op):
    entry = CATALOGUE[op]
    parameters = set(inspect.signature(entry.forward).parameters)
    assert entry.name == entry.forward.__name__ == op
    assert {*entry.differentiable, *entry.extreme} <= parameters
    assert entry.laws


@pytest.mark.parametrize("op", CATALOGUE)
def test_every_parameter_is_drawn(op):
    """A setting that no draw ever names would be tested with its default only."""
    entry, drawn = CATALOGUE[op], set()
    for seed in range(5):
        rng = np.random.default_rng(seed)
        drawn |= set(entry.arguments(Draws(lambda options, rng=rng: options[rng.integers(len(options))], seed)))
    elsewhere = {  # `total` adds up the sums of several processes, in tests of ranks
        "categorical_cross_entropy": {"floor"},
        "batch_norm_inference": {"epsilon"},
        "batch_norm": {"total"},
    }
    spared = elsewhere.get(op, set())
    assert drawn | spared == set(inspect.signature(entry.forward).parameters) | spared


def test_the_simplest_kernel_covers_the_whole_of_x():
    """Where one window fits, and no more, is where windows are counted wrongly."""
    for op, kernel in (("conv1d", slice(1)), ("conv2d", slice(2))):
        case = CATALOGUE[op].arguments(Draws(lambda options: options[0], 0))
        assert case["x"].shape[1:-1] == case["w"].shape[kernel]


def drawn(op, count=60):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        yield CATALOGUE[op].arguments(Draws(lambda options, rng=rng: options[rng.integers(len(options))], seed))


def test_numbers_are_drawn_on_both_sides_of_what_matters():
    targets = np.concatenate([case["targets"].ravel() for case in drawn("soft_cross_entropy")])
    p = np.concatenate([case["p"].ravel() for case in drawn("categorical_cross_entropy")])
    for zeros in (targets, p, np.concatenate([case["x"].ravel() for case in drawn("normalize")])):
        assert 0.02 < (zeros == 0).mean() < 0.8
    assert any({True, False} == set(case["x"].any(axis=-1).flat) for case in drawn("normalize"))
    assert targets.min() == p.min() == 0 and targets.max() > 1
    p = np.concatenate([case["p"].ravel() for case in drawn("bernoulli_cross_entropy")])
    assert 0 < p.min() < 0.3 and 0.7 < p.max() < 1  # beyond the higher floor, 0.3, and within
    assert {bool(kept) for case in drawn("dropout") for kept in case["mask"].flat} == {True, False}


def test_labels_of_ctc_fit_into_their_frames_and_no_more_are_hidden_than_must():
    tight, gaps, whole = 0, 0, 0
    for case in drawn("ctc_loss", 200):
        logits, labels, mask, there = (case[name] for name in ("logits", "labels", "mask", "label_mask"))
        whole += there is None and labels.size > 0
        for n in range(len(labels)):
            word = [int(label) for s, label in enumerate(labels[n]) if there is None or there[n, s]]
            frames = logits.shape[1] if mask is None else mask[n].sum()
            needed = len(word) + sum(a == b for a, b in itertools.pairwise(word))
            assert needed <= frames and case["blank"] not in word
            tight += needed == frames == len(word) == 2
            gaps += there is not None and there[n].tolist() == [False, True]
    assert tight and gaps and whole


def test_features_of_different_widths_are_as_many_as_drawn():
    for last in (0, -1):
        draws = Draws(lambda options, last=last: options[last], 0)
        assert len(CATALOGUE["concatenate"].draw(draws)["features"]) == draws.size("M")


@pytest.mark.parametrize("stated", dict.fromkeys((*PROPERTIES, *LAWS)), ids=lambda stated: stated.__name__)
def test_properties_and_laws_open_with_a_sentence(stated):
    first = stated.__doc__.splitlines()[0]
    assert first[0].isupper() or "=" in first
    assert first.endswith(".") or "=" in first


def test_the_catalogue_has_a_file_for_each_file_of_ops():
    """The recurrences stand together, because they obey the same laws."""
    together = {"rnn": "recurrence", "lstm": "recurrence", "gru": "recurrence"}
    for package, mirror in (("mmdl.ops", "mmdl.verify.catalogue"), ("mmdl.ops.fusion", "mmdl.verify.catalogue.fusion")):
        files, mirrored = (
            {file.name for file in pkgutil.iter_modules(importlib.import_module(name).__path__)}
            for name in (package, mirror)
        )
        assert {together.get(name, name) for name in files if not name.startswith("_")} == mirrored


def test_verify_exports_what_it_names():
    assert all(hasattr(mmdl.verify, name) for name in mmdl.verify.__all__) and not hasattr(mmdl.verify, "nothing")
