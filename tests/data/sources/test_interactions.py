"""Interactions: that what is said to be known of the label is known, and no more."""

import math
from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest

from mmdl import data
from mmdl.data.sources import interactions as module
from mmdl.data.sources.interactions import best_possible
from mmdl.errors import DataError

SETTINGS = [
    {},
    {"synergy": 1.0, "noise": 0.0},
    {"synergy": 1, "modalities": 3},
    {"redundant": 0.2, "unique": 0.5, "synergy": 0.3, "noise": 0.1},
    {"redundant": 0.1, "unique": 0.7, "modalities": 3, "noise": 0.25},
    {"unique": 1.0, "modalities": 3},
    {"redundant": 1.0, "noise": 0.5},
]
every_setting = pytest.mark.parametrize("settings", SETTINGS, ids=str)


def worlds(redundant=1 / 3, unique=1 / 3, synergy=1 / 3, modalities=2, noise=0.05):
    """Everything that can happen, from the description alone: (what each modality shows, label, probability)."""
    for sign, reversed_ in product((-1, 1), (False, True)):
        p = 0.5 * (noise if reversed_ else 1 - noise)
        label = -sign if reversed_ else sign
        yield ((sign, 0, 0),) * modalities, label, p * redundant
        for owner in range(modalities):
            shown = [(0, sign if m == owner else 0, 0) for m in range(modalities)]
            yield tuple(shown), label, p * unique / modalities
        parts = [each for each in product((-1, 1), repeat=modalities) if math.prod(each) == sign]
        for each in parts:
            yield tuple((0, 0, part) for part in each), label, p * synergy / len(parts)


def by_enumeration(settings, seen):
    """Accuracy and loss of the rule that knows the probability of each label given what the modalities `seen` show."""
    joint = Counter()
    for shown, label, p in worlds(**settings):
        joint[tuple(shown[m] for m in seen), label] += p
    observed = {shown for shown, _ in joint}
    accuracy = sum(max(joint[shown, -1], joint[shown, 1]) for shown in observed)
    total = {shown: joint[shown, -1] + joint[shown, 1] for shown in observed}
    loss = -sum(p * math.log(p / total[shown]) for (shown, _), p in joint.items() if p > 0)
    return {"loss": loss, "accuracy": accuracy}


def complete(settings):
    shares = module.shares_of(*(settings.get(way) for way in module.WAYS))
    return settings | dict(zip(module.WAYS, shares, strict=True))


@every_setting
def test_the_closed_form_is_what_enumeration_finds(settings):
    modalities = settings.get("modalities", 2)
    found = best_possible(**settings)
    subsets = [each for size in range(1, modalities + 1) for each in combinations(range(modalities), size)]
    assert list(found) == [tuple(module.MODALITIES[m] for m in seen) for seen in subsets]
    for seen, limits in zip(subsets, found.values(), strict=True):
        assert limits == pytest.approx(by_enumeration(complete(settings), seen), abs=1e-12)


@every_setting
def test_the_sample_is_from_these_worlds(settings):
    settings = {"modalities": 2, "noise": 0.05} | complete(settings)
    count = 200_000
    shares = [settings.pop(way) for way in module.WAYS]
    places, labels, _ = module.draw(np.random.default_rng(0), count, shares, **settings)
    drawn = Counter((tuple(map(tuple, shown)), 2 * label - 1) for shown, label in zip(places, labels, strict=True))
    expected = Counter()
    for shown, label, p in worlds(*shares, **settings):
        expected[shown, label] += p
    assert drawn.keys() <= expected.keys()
    for world, p in expected.items():
        assert abs(drawn[world] / count - p) < 5 * math.sqrt(p * (1 - p) / count) + 1e-12


def places_of(dataset, settings):
    """What the places show, turned back from the standardised vectors."""
    rng = np.random.default_rng(settings.get("seed", 0))
    names = dataset.modalities
    rotations = [np.linalg.qr(rng.normal(size=(8, 8)))[0] for _ in names]
    found = {}
    for name, rotation in zip(names, rotations, strict=True):
        standard = dataset.preprocessors[name]
        x = dataset.test.inputs[name] * np.array(standard.deviation) + np.array(standard.mean)
        shown = (x @ rotation.T)[:, :3]
        assert np.abs(shown - shown.round()).max() < 1e-4
        found[name] = shown.round()
    return found


@pytest.mark.parametrize("settings", [{}, {"modalities": 3, "seed": 4}], ids=str)
def test_the_vectors_lose_nothing(settings):
    dataset = data.load("interactions", **settings)
    places = places_of(dataset, settings)
    # So the best rule can be applied to them, and is as good as was promised, within five standard deviations
    sign = np.prod([shown[:, 2] for shown in places.values()], axis=0)
    sign += sum(shown[:, 0] + shown[:, 1] for shown in places.values())
    right = (sign > 0) == dataset.test.labels
    limit = dataset.best[dataset.modalities]["accuracy"]
    assert right.mean() == pytest.approx(limit, abs=5 * math.sqrt(limit * (1 - limit) / len(right)))


def test_xor_tells_nothing_to_one_alone_and_everything_to_both():
    best = best_possible(synergy=1.0, noise=0.0)
    for name in ("first", "second"):
        assert best[name,] == {"loss": math.log(2), "accuracy": 0.5}
    assert best["first", "second"] == {"loss": 0.0, "accuracy": 1.0}
    parity = best_possible(synergy=1.0, modalities=3)
    assert all(limits["loss"] == math.log(2) for seen, limits in parity.items() if len(seen) < 3)


def test_information_adds_up():
    """Redundant information counts once, unique per owner, synergy for all: shares of log 2 − h(noise)."""
    loss = {seen: limits["loss"] for seen, limits in best_possible(0.2, 0.3, 0.5, noise=0.1).items()}
    entropy = -0.1 * math.log(0.1) - 0.9 * math.log(0.9)
    share = {seen: (math.log(2) - each) / (math.log(2) - entropy) for seen, each in loss.items()}
    assert share["first",] == pytest.approx(0.2 + 0.15)
    assert share["first",] + share["second",] - 0.2 + 0.5 == pytest.approx(share["first", "second"]) == 1


def test_by_default_there_is_something_of_each_kind():
    dataset = data.load("interactions")
    assert dataset.modalities == ("first", "second") and dataset.classes == ("minus", "plus")
    ways, counts = np.unique(dataset.train.about["way"], return_counts=True)
    assert set(ways) == set(module.WAYS) and counts.min() > 0.3 * len(dataset.train)
    assert [len(each) for each in (dataset.train, dataset.validation, dataset.test)] == [8000, 2000, 4000]
    for name in dataset.modalities:
        x = dataset.train.inputs[name]
        assert x.shape == (8000, 8) and x.dtype == np.float32
        assert np.abs(x.mean(axis=0)).max() < 1e-5 and np.abs(x.std(axis=0) - 1).max() < 1e-4
    assert dataset.best == best_possible()
    assert "first and second no model is right more often than 0.950" in dataset.notes[2]
    assert "chance moves an accuracy by up to 0.016" in dataset.notes[3]


def test_shares_that_are_not_given_share_the_rest():
    assert module.shares_of(None, None, None) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert module.shares_of(None, 0.5, None) == (0.25, 0.5, 0.25)
    assert module.shares_of(None, None, 1) == (0, 0, 1)
    assert module.shares_of(0.1, 0.2, 0.7) == (0.1, 0.2, 0.7) and module.shares_of(0, 0.5, 0.5) == (0, 0.5, 0.5)
    assert module.shares_of(0.9, 0.1 + 1e-10, None)[2] == 0  # and not below: rounding is no mistake
    for shares in ((0.9, 0.1 + 1e-8, None), (0.5, 0.3, 0.2 + 1e-8), (0.5, 0.3, 0.2 - 1e-8)):
        with pytest.raises(DataError, match="add up to 1"):
            module.shares_of(*shares)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"redundant": 0.6, "synergy": 0.6}, "add up to 1; given was redundant 0.6, synergy 0.6"),
        ({"redundant": 0.2, "unique": 0.2, "synergy": 0.2}, "add up to 1"),
        ({"synergy": -0.1}, "between 0 and 1"),
        ({"unique": math.nan}, "between 0 and 1"),
        ({"modalities": 4}, "2 or 3 modalities, not of 4"),
        ({"noise": 0.6}, "from 0 to 0.5, not 0.6"),
        ({"noise": -0.1}, "from 0 to 0.5, not -0.1"),
    ],
)
def test_what_cannot_be_is_refused(settings, message):
    with pytest.raises(DataError, match=message):
        data.load("interactions", **settings)


def test_the_seed_decides():
    one, same, other = (data.load("interactions", seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.train.inputs["first"], same.train.inputs["first"])
    assert not np.array_equal(one.train.labels, other.train.labels)
