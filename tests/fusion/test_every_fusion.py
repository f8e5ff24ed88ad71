"""Every fusion is a layer: it must do what every layer must."""

import inspect
import json

import numpy as np
import pytest

from mmdl import fusion, tree
from mmdl.errors import DataError
from mmdl.fusion import FUSIONS
from mmdl.models.kinds import KINDS
from mmdl.training import SGD
from tests import layer_checks
from tests.fusion.cases import CASES, PRESENT, TOKENS, build, three_kinds_of_tokens, vectors

MANY = [(name, count) for name in FUSIONS for count in (2, 3)]


@pytest.mark.parametrize("check", layer_checks.CHECKS + layer_checks.BATCH_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", CASES)
def test_every_fusion(case, check):
    check(*build(case))


@pytest.mark.parametrize("case", TOKENS)
def test_padding(case):
    layer_checks.padding_is_not_seen(*build(case))
    layer_checks.more_padding_changes_nothing(*build(case))
    layer_checks.no_mask_is_a_full_mask(*build(case))
    layer_checks.ones_and_zeros_are_a_mask(*build(case))


@pytest.mark.parametrize("case", CASES)
def test_every_parameter_and_every_encoding_gets_a_gradient(case):
    _, dx, gradient = layer_checks.backward(*build(case))
    for path, array in tree.leaves((dx, gradient)):
        # A bias of the keys shifts all scores of a query alike, so it can have none; a closed bottleneck has no tokens
        assert array.any() or path.endswith("bk") or not array.size, path


@pytest.mark.parametrize(("name", "count"), MANY)
def test_every_parameter_learns_from_the_start(name, count):
    """Nothing begins at a point from which no step leads away: after one step every array is another."""
    layer, encodings = start(name, count)
    before = tree.copy(layer)
    y, trace = layer.forward(encodings)
    gradient = layer.gradient(layer_checks.upstream(y), trace)
    SGD(0.1).step(layer, gradient, SGD(0.1).start(layer))
    for (path, new), (_, old) in zip(tree.leaves(layer), tree.leaves(before), strict=True):
        assert not np.array_equal(new, old) or path.endswith("bk"), path
        assert np.isfinite(new).all(), path


@pytest.mark.parametrize("name", FUSIONS)
def test_the_wrong_number_of_modalities(name):
    """What was made for three says so when it is given two; what has nothing to learn takes any number."""
    layer, encodings = start(name, 3)
    if tree.count(layer):
        with pytest.raises(ValueError, match="made for 3 modalities, not for 2"):
            layer(encodings[:2])
    else:
        assert layer(encodings[:2]).shape[0] == 4


@pytest.mark.parametrize("name", ["film", "cross-attention"])
def test_one_modality_is_too_few(name):
    with pytest.raises(DataError, match="needs two modalities or more"):
        start(name, 1)


@pytest.mark.parametrize("name", FUSIONS)
def test_description_and_rebuilt(name):
    layer, encodings = build(name)
    description = json.loads(json.dumps(tree.describe(layer)))
    rebuilt = tree.rebuild(description, dict(tree.leaves(layer)), KINDS)
    assert tree.equal(rebuilt, layer) and tree.equal(rebuilt(encodings), layer(encodings))


@pytest.mark.parametrize(("name", "count"), MANY)
def test_start_from_a_seed(name, count):
    first, second, other = (start(name, count, seed)[0] for seed in (0, 0, 1))
    assert tree.equal(first, second)
    assert tree.equal(first, other) == (tree.count(first) == 0)
    assert {array.dtype for _, array in tree.leaves(first)} <= {np.dtype("float32")}


@pytest.mark.parametrize("name", FUSIONS)
def test_only_experts_are_told_who_is_present(name):
    layer, encodings = build(name)
    assert layer.needs_presence == (layer.takes == "logits")
    if layer.needs_presence:
        present = PRESENT[:, : len(encodings)]
        assert not np.array_equal(layer.forward(encodings, present)[0], layer(encodings))
    else:
        assert list(inspect.signature(layer.forward).parameters) == ["encodings"]


def test_names():
    by_kind = {
        kind: [name for name in FUSIONS if FUSIONS[name].takes == kind] for kind in ("tokens", "vectors", "logits")
    }
    assert [name for names in by_kind.values() for name in names] == list(FUSIONS)
    assert [names[0] for names in by_kind.values()] == ["attention", "concatenate", "product-of-experts"]
    assert all(kind.name == name and kind.__name__ in fusion.__all__ for name, kind in FUSIONS.items())
    assert all(name in CASES for name in FUSIONS)


def test_unknown_names():
    with pytest.raises(DataError, match=r'no fusion "magic"; there are attention, .*mixture-of-experts'):
        fusion.fusion_named("magic")


def start(name, count, seed=0):
    """The fusion of `count` modalities as training finds it, in float32, and encodings for it."""
    rng, kind = np.random.default_rng(seed), FUSIONS[name]
    widths = (4, 4, 4) if kind.takes == "logits" else (3, 2, 1)
    sizes = {"tokens": (4, (5, 6, 4)[:count]), "vectors": (4,), "logits": ()}[kind.takes]
    encodings = three_kinds_of_tokens(rng) if kind.takes == "tokens" else vectors(rng, *widths)
    return kind.init(rng, widths[:count], *sizes), layer_checks.single(encodings[:count])
