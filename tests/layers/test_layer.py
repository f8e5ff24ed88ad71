"""Every layer against what every layer must do."""

import json

import numpy as np
import pytest

import mmdl.layers
from mmdl import tree
from mmdl.errors import FormatError
from mmdl.layers import Dense, Dropout, Layer, Sequential, training_mode
from tests import layer_checks
from tests.layers.cases import CASES, DROPPING, FIXED_LENGTH, IN_TRAINING, INDEPENDENT, WITH_PADDING, build

KINDS = {name: getattr(mmdl.layers, name) for name in mmdl.layers.__all__ if name[0].isupper() and name != "Layer"}
KINDS = {name: kind for name, kind in KINDS.items() if "decoder" not in kind.__module__}  # see test_decoder


def named(check):
    return check.__name__


def parts_of_cases():
    """Every layer that stands anywhere in a case."""
    found = []
    for name in CASES:
        tree.map_nodes(lambda node: found.append(node) or node, build(name)[0])
    return found


@pytest.mark.parametrize("check", layer_checks.CHECKS, ids=named)
@pytest.mark.parametrize("case", CASES)
def test_every_layer(case, check):
    check(*build(case))


@pytest.mark.parametrize("check", layer_checks.BATCH_CHECKS, ids=named)
@pytest.mark.parametrize("case", INDEPENDENT)
def test_examples_are_independent(case, check):
    check(*build(case))


@pytest.mark.parametrize("case", WITH_PADDING | FIXED_LENGTH)
def test_padding_is_not_seen(case):
    layer_checks.padding_is_not_seen(*build(case))


@pytest.mark.parametrize("case", WITH_PADDING | FIXED_LENGTH)
def test_no_mask_is_a_full_mask(case):
    layer_checks.no_mask_is_a_full_mask(*build(case))
    layer_checks.ones_and_zeros_are_a_mask(*build(case))


@pytest.mark.parametrize("case", WITH_PADDING)
def test_more_padding_changes_nothing(case):
    layer_checks.more_padding_changes_nothing(*build(case))


@pytest.mark.parametrize("case", IN_TRAINING)
def test_nobody_moves_no_statistics(case):
    layer, x = build(case)
    layer_checks.survives_an_empty_batch(layer, x)
    y, trace = layer.forward(layer_checks.rows(x, slice(0, 0)))
    gradient = layer.gradient(np.zeros_like(getattr(y, "values", y)), trace)
    assert all(np.all(g == 0) for _, g in tree.leaves(gradient))


@pytest.mark.parametrize("case", DROPPING)
def test_dropout_survives_an_empty_batch(case):
    layer_checks.survives_an_empty_batch(*build(case))


@pytest.mark.parametrize("case", INDEPENDENT)
def test_description_and_rebuilt(case):
    layer, x = build(case)
    description = json.loads(json.dumps(tree.describe(layer)))
    rebuilt = tree.rebuild(description, dict(tree.leaves(layer)), KINDS)
    assert tree.equal(rebuilt, layer)
    assert tree.equal(rebuilt(x), layer(x))


@pytest.mark.parametrize("case", CASES)
def test_traces_are_named(case):
    """A trace is an array, Tokens or a result with names; only a Sequential has a plain tuple of its layers' traces."""
    layer, x = build(case)
    _, trace = layer.forward(x)
    assert trace is None or isinstance(trace, np.ndarray) or hasattr(trace, "_fields") or type(layer) is Sequential


@pytest.mark.parametrize("kind", KINDS)
def test_every_layer_has_a_case(kind):
    assert issubclass(KINDS[kind], Layer)
    layer = next(part for part in parts_of_cases() if type(part) is KINDS[kind])
    with pytest.raises(AttributeError):
        layer.anything = 1
    assert layer == layer and hash(layer)  # compared by identity: arrays have no truth value


def test_a_layer_says_what_is_left_to_do():
    with pytest.raises(NotImplementedError):
        Layer().forward(np.zeros(1))
    with pytest.raises(NotImplementedError):
        Layer().gradient(np.zeros(1), None)


class TestTrainingMode:
    rng = np.random.default_rng(0)

    def model(self):
        return {
            "a": Sequential((Dense.init(self.rng, 2, 2), Dropout(0.5))),
            "b": (Dropout(0.1), None, "name"),
        }

    def test_switches_all_parts_on(self):
        model = training_mode(self.model(), self.rng)
        assert model["a"].layers[1].rng is self.rng and model["b"][0].rng is self.rng
        assert model["b"][1:] == (None, "name")

    def test_is_a_copy_with_the_same_arrays(self):
        model = self.model()
        training = training_mode(model, self.rng)
        assert model["a"].layers[1].rng is None
        assert all(a is b for (_, a), (_, b) in zip(tree.leaves(model), tree.leaves(training), strict=True))

    def test_keeps_what_is_shared(self):
        shared = Dense.init(self.rng, 2, 2)
        training = training_mode(Sequential((shared, Dropout(0.5), shared)), self.rng)
        assert training.layers[0].W is training.layers[2].W

    @pytest.mark.parametrize("case", IN_TRAINING | DROPPING)
    def test_makes_a_difference(self, case):
        layer, x = build(case)
        assert not tree.equal(training_mode(layer, None)(x), layer(x))

    def test_without_a_generator_it_is_left(self):
        model = self.model()
        assert tree.equal(training_mode(training_mode(model, self.rng), None), model)

    @pytest.mark.parametrize("kind", ["Dropout", "BatchNorm"])
    def test_a_model_in_training_cannot_be_described(self, kind):
        layer = Dropout(0.5) if kind == "Dropout" else mmdl.layers.BatchNorm.init(2)
        with pytest.raises(FormatError, match="training mode"):
            tree.describe(training_mode({"part": layer}, self.rng))
