"""Models as trees."""

import numpy as np
import pytest

from mmdl import tree
from mmdl.tokens import Tokens
from tests.trees import PATHS, Leaf, Model, Moving, Pair, a, model


class TestMap:
    def test_every_array(self):
        doubled = tree.map(lambda x: 2 * x, model())
        for (path, mine), (_, theirs) in zip(tree.leaves(doubled), tree.leaves(model()), strict=True):
            assert np.array_equal(mine, 2 * theirs), path

    def test_settings_and_kinds_stay(self):
        mapped = tree.map(np.copy, model())
        assert type(mapped) is Model and mapped.name == "model"
        assert mapped.parts["more"][1] is None
        assert (mapped.parts["more"][2].rate, mapped.parts["more"][2].kind) == (0.1, "tanh")
        assert list(mapped.parts) == ["words", "more", "nested"]

    def test_several_trees_place_by_place(self):
        ones = tree.map(np.ones_like, model())
        moved = tree.map(lambda p, g, m: p - 2 * g + m, model(), ones, ones)
        assert all(
            np.array_equal(mine, theirs - 1)
            for (_, mine), (_, theirs) in zip(tree.leaves(moved), tree.leaves(model()), strict=True)
        )

    def test_settings_come_from_the_first_tree(self):
        assert tree.map(np.add, Leaf(a(1), rate=0.1), Leaf(a(2), rate=0.9)).rate == 0.1

    def test_the_first_tree_is_left_alone(self):
        before = model()
        tree.map(lambda x: x + 1, before)
        assert tree.equal(before, model())

    def test_results_with_names_keep_them(self):
        mapped = tree.map(np.negative, Pair(a(1), Tokens(a(2), None)))
        assert type(mapped) is Pair and type(mapped.right) is Tokens
        assert mapped.left == -1 and mapped.right.values == -2 and mapped.right.mask is None

    @pytest.mark.parametrize("nothing", [None, (), {}, 3, "name", Leaf])
    def test_what_holds_no_array(self, nothing):
        assert tree.map(np.negative, nothing) == nothing

    def test_an_array_is_a_tree(self):
        assert tree.map(np.add, a(1), a(2)).tolist() == [3]

    def test_sharing_is_broken(self):
        shared = a(1)
        left, right = tree.map(np.copy, (shared, shared))
        assert left is not right

    @pytest.mark.parametrize("other", [(a(1),), (a(1), a(2), a(3))])
    def test_tuples_of_other_lengths(self, other):
        with pytest.raises(ValueError):
            tree.map(np.add, (a(1), a(2)), other)

    def test_dictionaries_with_other_names(self):
        with pytest.raises(KeyError):
            tree.map(np.add, {"a": a(1)}, {"b": a(1)})

    def test_dictionaries_in_another_order(self):
        total = tree.map(np.add, {"a": a(1), "b": a(2)}, {"b": a(20), "a": a(10)})
        assert (total["a"], total["b"]) == (11, 22)


class TestMapNodes:
    def test_every_dataclass_outermost_last(self):
        seen = []
        tree.map_nodes(lambda node: seen.append(type(node).__name__) or node, model())
        assert seen == ["Leaf", "Leaf", "Leaf", "Moving", "Model"]

    def test_arrays_stay_the_same_ones(self):
        before = model()
        after = tree.map_nodes(lambda node: node, before)
        assert all(x is y for (_, x), (_, y) in zip(tree.leaves(before), tree.leaves(after), strict=True))
        assert after.parts["more"][0].W is after.parts["more"][2].b

    def test_what_f_returns_stands_there_and_is_what_the_outer_f_sees(self):
        changed = tree.map_nodes(lambda node: node.W if isinstance(node, Leaf) else node, model())
        assert changed.parts["words"].tolist() == [1, 2]
        assert tree.map_nodes(lambda node: node.parts if isinstance(node, Model) else 1, model())["words"] == 1

    @pytest.mark.parametrize("nothing", [None, 3, "name"])
    def test_what_holds_no_dataclass(self, nothing):
        assert tree.map_nodes(lambda node: 1 / 0, nothing) is nothing


class TestLeaves:
    def test_paths_and_order(self):
        assert [path for path, _ in tree.leaves(model())] == PATHS

    def test_names_of_results(self):
        assert [path for path, _ in tree.leaves(Pair(a(1), (a(2), a(3))))] == ["0", "1.0", "1.1"]

    def test_a_single_array(self):
        x = a(1)
        assert list(tree.leaves(x)) == [("", x)]

    @pytest.mark.parametrize("nothing", [None, (), {}, 3, "name", Leaf])
    def test_what_holds_no_array(self, nothing):
        assert list(tree.leaves(nothing)) == []

    def test_distinct_arrays_come_once_under_their_first_path(self):
        assert [path for path, _ in tree.distinct(model())] == [path for path in PATHS if path != "parts.more.2.b"]

    def test_equal_numbers_are_not_one_array(self):
        assert len(list(tree.distinct((a(1), a(1))))) == 2


class TestSums:
    def test_add(self):
        total = tree.add(model(), model())
        assert tree.equal(total, tree.map(lambda x: 2 * x, model()))

    def test_zeros(self):
        zeros = tree.zeros(model())
        assert [x.shape for _, x in tree.leaves(zeros)] == [x.shape for _, x in tree.leaves(model())]
        assert not any(x.any() for _, x in tree.leaves(zeros))
        assert tree.zeros(np.ones(2, np.float32)).dtype == np.float32

    def test_count_knows_sharing_and_running_statistics(self):
        assert tree.count(model()) == sum(x.size for _, x in tree.leaves(model())) - 2 - 2

    def test_count_of_nothing(self):
        assert tree.count(()) == 0


class TestCopy:
    def test_equal_but_apart(self):
        before = model()
        after = tree.copy(before)
        assert tree.equal(before, after)
        for (_, x), (_, y) in zip(tree.leaves(before), tree.leaves(after), strict=True):
            assert not np.shares_memory(x, y)

    def test_what_was_shared_is_shared(self):
        after = tree.copy(model())
        assert after.parts["more"][0].W is after.parts["more"][2].b
        assert len({id(x) for _, x in tree.leaves(after)}) == len(PATHS) - 1

    def test_arrays_are_what_parameters_have_to_be(self):
        frozen = np.asfortranarray(np.arange(6.0).reshape(2, 3))
        frozen.flags.writeable = False
        (after,) = tree.copy((frozen,))
        assert after.flags.c_contiguous and after.flags.writeable and np.array_equal(after, frozen)


class TestEqual:
    def test_itself(self):
        assert tree.equal(model(), model()) is True

    @pytest.mark.parametrize("path", PATHS)
    def test_every_number_counts(self, path):
        other = model()
        dict(tree.leaves(other))[path].flat[0] += 1e-15 * 1e3
        assert not tree.equal(model(), other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (a(1), a(1, 1)),
            (a(1), np.ones(1, np.float32)),
            (a(1), None),
            (a(1), 1.0),
            (a(1), (a(1),)),
            (Leaf(a(1)), Leaf(a(1), rate=0.6)),
            (Leaf(a(1)), Leaf(a(1), kind="relu")),
            (Leaf(a(1)), Leaf(a(1), a(1))),
            (Leaf(a(1)), Moving(a(1))),
            ((a(1), a(2)), (a(1),)),
            ((a(1),), {"0": a(1)}),
            ({"a": a(1)}, {"b": a(1)}),
            ({"a": a(1)}, {"a": a(1), "b": a(1)}),
            (1, True),
            (1, 1.0),
            ("a", "b"),
            (Pair(a(1), 2), (a(1), 2)),
        ],
    )
    def test_differences(self, one, other):
        assert not tree.equal(one, other) and not tree.equal(other, one)

    @pytest.mark.parametrize("same", [None, (), {}, "a", (1, (2.5, None)), Leaf(a(1)), a(np.nan), np.array([1, 2])])
    def test_likeness(self, same):
        assert tree.equal(same, tree.copy(same))

    def test_the_order_of_names_does_not_count(self):
        assert tree.equal({"a": a(1), "b": a(2)}, {"b": a(2), "a": a(1)})


class TestRunning:
    def test_paths_and_momenta(self):
        assert tree.running_momentum(model()) == {"parts.nested.deep.mean": 0.9}
        assert tree.running_momentum((Moving(a(1), slowness=0.5), Leaf(a(1)))) == {"0.mean": 0.5}
        assert tree.running_momentum(Moving(a(1), slowness=0.1)) == {"mean": 0.1}

    @pytest.mark.parametrize("nothing", [None, a(1), (), Leaf(a(1)), Moving])
    def test_nothing_runs(self, nothing):
        assert tree.running_momentum(nothing) == {}
