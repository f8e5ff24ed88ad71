"""What is tried on an op: alone as together, with NaN where nothing is read, in front of every argument in turn."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl.verify.catalogue import CATALOGUE
from mmdl.verify.compare import PropertyError
from mmdl.verify.neighbours import broadcasts_as_documented, ignores_its_neighbours
from mmdl.verify.properties import PROPERTIES, keeps_dtype_and_stays_finite
from tests.verify.test_laws import cases


def recorded(op):
    """The entry of an op, and a list of the arguments it is called with."""
    calls, right = [], CATALOGUE[op].forward
    return replace(CATALOGUE[op], forward=lambda **given: calls.append(given) or right(**given)), calls


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("op", ["affine", "softmax_cross_entropy", "contrastive_loss", "hann_window", "concatenate"])
def test_of_a_right_op_every_property_measures_rounding(op):
    for holds in PROPERTIES:
        assert all(0 <= holds(CATALOGUE[op], *case) < 1e-12 for case in cases(op, 8))


def test_gradients_have_no_neighbours_either():
    def inner_product_of_all_rows(dp, p):
        return p * (dp - (dp * p).sum())

    entry = replace(CATALOGUE["softmax"], backward=inner_product_of_all_rows)
    with pytest.raises(PropertyError, match=r"^ds of softmax for example 0 of 2\["):
        ignores_its_neighbours(entry, {"s": rng().standard_normal((2, 3))}, rng())


def test_gradients_of_what_all_share_add_up():
    def first_alone(dy, x, W):
        dx, dW, db = CATALOGUE["affine"].backward(dy, x, W)
        return dx, dW, db if len(dy) < 2 else dy[0]

    entry = replace(CATALOGUE["affine"], backward=first_alone)
    arguments = {"x": rng().standard_normal((2, 3)), "W": np.ones((3, 1)), "b": np.zeros(1)}
    with pytest.raises(PropertyError, match=r"^db of affine\[0\] is .*, but alone it says "):
        ignores_its_neighbours(entry, arguments, rng())


def test_nan_shows_in_the_only_example_too():
    hides = replace(CATALOGUE["relu"], forward=lambda x: np.where(x > 0, x, 0))
    with pytest.raises(PropertyError, match=r"^y of relu is a number for an example that is NaN$"):
        ignores_its_neighbours(hides, {"x": np.array([1.0])}, rng())


def test_masked_numbers_are_nan_and_masked_labels_no_class():
    entry, calls = recorded("softmax_cross_entropy")
    mask = np.array([True, False, True])
    ignores_its_neighbours(
        entry, {"logits": rng().standard_normal((3, 2)), "labels": np.array([0, 1, 1]), "mask": mask}, rng()
    )
    spoilt = [call for call in calls if np.isnan(call["logits"]).any()]
    assert spoilt
    for call in spoilt:
        assert np.isnan(call["logits"]).all(axis=1).tolist() == [False, True, False]
        assert (call["labels"] < 0).tolist() == [False, True, False]


def test_rows_are_forbidden_in_part_altogether_and_not_at_all():
    entry, calls = recorded("softmax")
    ignores_its_neighbours(entry, {"s": rng().standard_normal((30, 3))}, rng())
    count = next(np.isneginf(call["s"]) for call in calls if np.isneginf(call["s"]).any()).sum(axis=1)
    assert {0, 3} < set(count)


def test_one_argument_gets_an_axis_and_the_others_stay():
    entry, calls = recorded("elementwise_sum")
    broadcasts_as_documented(entry, {"features": tuple(rng().standard_normal((3, 4, 2)))}, rng())
    shapes = {tuple(x.shape for x in call["features"]) for call in calls}
    assert shapes == {((4, 2),) * 3, *((((4, 2),) * m + ((2, 4, 2),) + ((4, 2),) * (2 - m)) for m in range(3))}


def test_nothing_to_see_is_tried_where_everything_is_there():
    def mean(x, mask):
        y = CATALOGUE["masked_mean"].forward(x, mask)
        return np.where(mask.any(axis=1)[:, None], y, y.dtype.type(np.nan))

    entry = replace(CATALOGUE["masked_mean"], forward=mean)
    with pytest.raises(PropertyError, match=r"^y of masked_mean with nothing to see holds nan in float32$"):
        keeps_dtype_and_stays_finite(entry, {"x": np.ones((2, 3, 1)), "mask": np.ones((2, 3), bool)}, rng())
