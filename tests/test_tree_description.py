"""Models as plain JSON, and back."""

import json

import numpy as np
import pytest

from mmdl import tree
from mmdl.errors import FormatError
from tests.trees import KINDS, Leaf, Model, a, model


def through_json(x):
    return json.loads(json.dumps(tree.describe(x)))


class TestDescription:
    @pytest.mark.parametrize(
        "described",
        [
            model(),
            None,
            True,
            3,
            2.5,
            "name",
            (),
            {},
            (1, (2, "same"), None),
            a(1),
            (a(1), {"x": a(2)}),
            {"array": a(1), "kind": "a name", "fields": {"kind": None}},
            Leaf(a(1), kind="array"),
        ],
        ids=lambda described: type(described).__name__,
    )
    def test_round_trip(self, described):
        rebuilt = tree.rebuild(through_json(described), dict(tree.leaves(described)), KINDS)
        assert tree.equal(rebuilt, described)

    def test_is_plain_json(self):
        assert tree.describe(Model({"a": Leaf(a(1), None, 0.1)}, "x")) == {
            "kind": "Model",
            "fields": {
                "parts": {
                    "kind": "dict",
                    "fields": {
                        "a": {
                            "kind": "Leaf",
                            "fields": {"W": {"array": "parts.a.W"}, "b": None, "rate": 0.1, "kind": "tanh"},
                        }
                    },
                },
                "name": "x",
            },
        }

    def test_shared_arrays_are_named_once_and_stay_shared(self):
        before = model()
        described = through_json(before)
        assert described["fields"]["parts"]["fields"]["more"][2]["fields"]["b"] == {"array": "parts.more.0.W"}
        rebuilt = tree.rebuild(described, dict(tree.distinct(before)), KINDS)
        assert tree.equal(rebuilt, before)
        assert rebuilt.parts["more"][0].W is rebuilt.parts["more"][2].b

    def test_arrays_are_taken_as_they_are(self):
        W = a(1)
        assert tree.rebuild(through_json(Leaf(W)), {"W": W}, KINDS).W is W

    @pytest.mark.parametrize(
        "misplaced", [np.random.default_rng(0), [1, 2], {1, 2}, 2j, np.int64(3), lambda: 0, Leaf, b"bytes"]
    )
    def test_what_has_no_place_in_it(self, misplaced):
        with pytest.raises(FormatError):
            tree.describe(Model((misplaced,)))

    def test_a_generator_says_why(self):
        with pytest.raises(FormatError, match="training mode"):
            tree.describe(Model(np.random.default_rng(0)))

    @pytest.mark.parametrize("ambiguous", [{"a.b": a(1), "a": {"b": a(2)}}, {1: a(1), "1": a(2)}])
    def test_names_that_would_be_mixed_up(self, ambiguous):
        with pytest.raises(FormatError, match="two arrays have the same dotted path"):
            tree.describe(ambiguous)

    def test_a_dot_that_mixes_nothing_up(self):
        before = {"image.left": a(1), "image": {"right": a(2)}}
        assert tree.equal(tree.rebuild(through_json(before), dict(tree.leaves(before)), KINDS), before)


class TestBadDescriptions:
    def refused(self, description, arrays=None):
        with pytest.raises(FormatError) as error:
            tree.rebuild(description, arrays or {}, KINDS)
        return str(error.value)

    def test_missing_array(self):
        assert self.refused({"array": "head.W"}, {"head.b": a(1)}) == "the array 'head.W' is missing"

    def test_unknown_kind(self):
        sentence = self.refused({"kind": "Popen", "fields": {"args": "ls"}})
        assert sentence == "'Popen' is no known kind of layer"

    def test_wrong_fields(self):
        assert self.refused({"kind": "Leaf", "fields": {"V": 1}}) == "'V' is no field of Leaf"
        assert self.refused({"kind": "Leaf", "fields": {}}) == "[] are not the fields of Leaf"

    @pytest.mark.parametrize(
        "description",
        [
            {},
            {"fields": {}},
            {"kind": None},
            {"kind": ["Leaf"], "fields": {}},
            {"kind": {"kind": "Leaf"}, "fields": {}},
            {"kind": "Leaf", "fields": [1]},
            {"kind": "Leaf", "fields": 3},
            {"kind": "dict", "fields": None},
            {"array": ["W"]},
            {"array": None},
            {"array": {}},
            [{"kind": "dict", "fields": {"x": {"kind": "nothing"}}}],
        ],
        ids=str,
    )
    def test_anything_else(self, description):
        assert self.refused(description).endswith(("describes no part of a model", "is no known kind of layer"))
