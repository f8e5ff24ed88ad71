"""A formula of one example is mapped over whatever axes the contracts call a batch."""

import numpy as np

from mmdl.verify.batching import leading_axes, map_formula, without_examples
from tests.close import close


def dot(q, k, scale=1):
    """One query, one key: q (D,), k (D,) -> ()"""
    return scale * np.sum(q * k)


def test_leading_axes():
    x = np.zeros((2, 3, 4))
    assert leading_axes("N T D", x) == 1
    assert leading_axes("... D", x) == 2
    assert leading_axes("M>0 of ... T D", x) == 1
    assert leading_axes("...", x) == 3
    assert leading_axes("I J K", x) == 0


def test_leading_axes_broadcast():
    q, k = np.random.default_rng(0).standard_normal((2, 2, 3, 4))
    contracts = {"q": "... D", "k": "... D"}
    (full,) = map_formula(dot, contracts, {"q": q, "k": k, "scale": 2})
    assert close(full, 2 * (q * k).sum(axis=-1))
    (narrow,) = map_formula(dot, contracts, {"q": q, "k": k[0]})
    assert close(narrow, (q * k[0]).sum(axis=-1))
    (single,) = map_formula(dot, contracts, {"q": q[0, 0], "k": k[0, 0]})
    assert close(single, q[0, 0] @ k[0, 0])


def test_parameters_and_settings_are_handed_over_whole():
    def affine(x, W, b=None):
        return x @ W, x.sum()

    x, W = np.arange(6.0).reshape(2, 3), np.ones((3, 2))
    y, total = map_formula(affine, {"x": "N D", "W": "D K", "b": "K"}, {"x": x, "W": W, "b": None})
    assert y.shape == (2, 2) and total.tolist() == [3, 12]


def test_tuples_are_mapped_array_by_array():
    def add(features, present=None):
        return sum(x for x, here in zip(features, present, strict=True) if here)

    a, b = np.ones((2, 3)), np.full(3, 10.0)
    arguments = {"features": (a, b), "present": np.array([[True, True], [False, True]])}
    (y,) = map_formula(add, {"features": "M of ... D", "present": "... M"}, arguments)
    assert y.tolist() == [[11] * 3, [10] * 3]


def test_any_shape_means_vectors():
    def double(x):
        assert x.ndim == 1
        return 2 * x

    (y,) = map_formula(double, {"x": "..."}, {"x": np.ones((2, 3, 4))})
    assert y.shape == (2, 3, 4)


def test_an_empty_batch_keeps_its_parameters():
    x, W, mask = np.zeros((2, 3)), np.zeros((3, 4)), np.ones(2, bool)
    empty = without_examples({"x": "N D", "W": "D K", "mask": "N"}, {"x": x, "W": W, "mask": mask, "f": "tanh"})
    assert empty["x"].shape == (0, 3) and empty["mask"].shape == (0,) and empty["W"] is W and empty["f"] == "tanh"


def test_only_the_outermost_axis_is_emptied():
    q, k = np.zeros((2, 3, 4)), np.zeros((3, 4))
    empty = without_examples({"q": "... D", "k": "... D"}, {"q": q, "k": k})
    assert empty["q"].shape == (0, 3, 4) and empty["k"] is k
    features = without_examples({"features": "M of ... D"}, {"features": (q, k)})["features"]
    assert features[0].shape == (0, 3, 4) and features[1] is k


def test_without_a_batch_there_is_nothing_to_empty():
    assert without_examples({"x": "... D"}, {"x": np.zeros(3)}) is None
    assert without_examples({}, {"T": 2, "D": 3}) is None
