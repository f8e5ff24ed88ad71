"""Every fusion is a layer: it must do what every layer must."""

import json

import numpy as np
import pytest

from mmdl import fusion, layers, tree
from mmdl.fusion import FUSIONS
from tests import layer_checks
from tests.fusion.cases import CASES, PRESENT, TOKENS, build, vectors

KINDS = {kind.__name__: kind for kind in [*FUSIONS.values(), *map(layers.__dict__.get, layers.__all__)]}


@pytest.mark.parametrize("check", layer_checks.CHECKS + layer_checks.BATCH_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", CASES)
def test_every_fusion(case, check):
    check(*build(case))


@pytest.mark.parametrize("case", TOKENS)
def test_padding(case):
    layer_checks.padding_is_not_seen(*build(case))
    layer_checks.more_padding_changes_nothing(*build(case))


@pytest.mark.parametrize("case", CASES)
def test_every_parameter_and_every_encoding_gets_a_gradient(case):
    _, dx, gradient = layer_checks.backward(*build(case))
    for path, array in tree.leaves((dx, gradient)):
        # A bias of the keys shifts all scores of a query alike, so it can have none
        assert array.any() or path.endswith("bk"), path


@pytest.mark.parametrize("name", FUSIONS)
def test_description_and_rebuilt(name):
    layer, encodings = build(name)
    description = json.loads(json.dumps(tree.describe(layer)))
    rebuilt = tree.rebuild(description, dict(tree.leaves(layer)), KINDS)
    assert tree.equal(rebuilt, layer) and tree.equal(rebuilt(encodings), layer(encodings))


@pytest.mark.parametrize("name", [name for name in FUSIONS if name != "attention"])
def test_start_from_a_seed(name):
    first, second, other = (FUSIONS[name].init(np.random.default_rng(seed), (2, 3), 4) for seed in (0, 0, 1))
    assert tree.equal(first, second)
    assert tree.equal(first, other) == (tree.count(first) == 0)
    assert {array.dtype for _, array in tree.leaves(first)} <= {np.dtype("float32")}


@pytest.mark.parametrize("name", ["concatenate", "sum", "product"])
def test_only_experts_look_at_who_is_present(name):
    layer, _ = build(name)
    encodings = vectors(np.random.default_rng(0), 2, 5)
    assert np.array_equal(layer.forward(encodings, PRESENT[:, :2])[0], layer(encodings))


def test_names():
    assert list(FUSIONS) == ["attention", "concatenate", "sum", "product", "product-of-experts", "average"]
    assert {kind.takes for kind in FUSIONS.values()} == {"tokens", "vectors", "logits"}
    assert {kind.__name__ for kind in FUSIONS.values()} == set(fusion.__all__) - {"FUSIONS"}
    assert all(name in CASES for name in FUSIONS)
