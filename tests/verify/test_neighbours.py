"""What is tried on an op: alone as together, with NaN where nothing is read, in front of every argument in turn."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl.errors import ShapeError
from mmdl.ops.losses import Loss
from mmdl.verify.catalogue import CATALOGUE
from mmdl.verify.compare import PropertyError
from mmdl.verify.neighbours import broadcasts_as_documented, ignores_its_neighbours
from mmdl.verify.promotion import promotes_numbers_but_not_ids
from mmdl.verify.properties import PROPERTIES, keeps_dtype_and_stays_finite
from tests.verify.test_laws import cases


def recorded(op):
    """The entry of an op, and a list of the arguments it is called with."""
    calls, right = [], CATALOGUE[op].forward
    return replace(CATALOGUE[op], forward=lambda **given: calls.append(given) or right(**given)), calls


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("op", ["affine", "softmax_cross_entropy", "contrastive_loss", "hann_window", "film"])
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


def test_gradients_of_a_loss_are_shares_of_a_mean():
    def forgets_the_mean(y, targets):
        return Loss(((y - targets) ** 2).mean(), 2 * (y - targets))

    entry = replace(CATALOGUE["mean_squared_error"], forward=forgets_the_mean)
    with pytest.raises(PropertyError, match=r"^the gradient of mean_squared_error for example 0 of 2\["):
        ignores_its_neighbours(entry, {"y": np.ones((2, 1)), "targets": np.zeros((2, 1))}, rng())


@pytest.mark.parametrize("x", [[1.0], [-1.0], [1.0, -1.0], [-1.0, 1.0]])
@pytest.mark.parametrize("right", [CATALOGUE["relu"].forward, abs])
def test_nan_shows(right, x):
    hides = replace(CATALOGUE["relu"], forward=lambda x: np.where(np.isnan(x), 0, right(x)), backward=lambda dy: dy)
    with pytest.raises(PropertyError, match=r"^y of relu is a number for an example that is NaN$"):
        ignores_its_neighbours(hides, {"x": np.array(x)}, rng())


def test_nan_stays_where_it_is():
    spreads = replace(CATALOGUE["relu"], forward=lambda x: x + 0 * x.sum())
    with pytest.raises(PropertyError, match=r"^y of relu, beside one of NaN,\[0\] is nan, but alone it says 1$"):
        ignores_its_neighbours(spreads, {"x": np.array([1.0, 2.0])}, rng())


def test_what_is_impossible_has_no_gradient_and_no_neighbours():
    right, scores = CATALOGUE["softmax"], {"s": rng().standard_normal((30, 3))}
    pulled = replace(right, backward=lambda dp, p: right.backward(dp, p) + 0.1)
    with pytest.raises(PropertyError, match=r"^ds of softmax is not 0 where s is −∞$"):
        ignores_its_neighbours(pulled, scores, rng())
    told = replace(
        right, forward=lambda s: right.forward(s) + 0.1 * np.isneginf(s).any(), backward=lambda dp, p: 0 * dp
    )
    with pytest.raises(PropertyError, match=r"^p of softmax for example \d+ of 30\["):
        ignores_its_neighbours(told, scores, rng())


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


def test_absent_experts_say_nan():
    entry, calls = recorded("product_of_experts")
    present = np.array([[True, False], [False, True], [True, True]])
    ignores_its_neighbours(entry, {"logits": tuple(rng().standard_normal((2, 3, 2))), "present": present}, rng())
    spoilt = [np.isnan(call["logits"]).all(axis=-1) for call in calls if np.isnan(call["logits"]).any()]
    assert any((nan == ~present.T).all() for nan in spoilt if nan.shape == (2, 3))


def test_gradients_do_not_read_what_is_masked():
    reads = replace(
        CATALOGUE["masked_mean"], backward=lambda dy, x, mask: CATALOGUE["masked_mean"].backward(dy, x, mask) + 0 * x
    )
    arguments = {"x": np.ones((1, 2, 1)), "mask": np.array([[True, False]])}
    with pytest.raises(PropertyError, match=r"^dx of masked_mean, with NaN where mask is False,\[0, 1, 0\] is nan"):
        ignores_its_neighbours(reads, arguments, rng())


def test_gradients_are_broadcast_too():
    def wrong(change):
        right = CATALOGUE["film"].backward
        return replace(
            CATALOGUE["film"], backward=lambda dy, x, gamma, beta: change(dy, beta, *right(dy, x, gamma, beta))
        )

    arguments = {name: rng().standard_normal(3) for name in ("x", "gamma", "beta")}
    mean = wrong(lambda dy, beta, dx, dgamma, dbeta: (dx, dgamma, dbeta * beta.size / dy.size))
    with pytest.raises(PropertyError, match=r"^dbeta of film where only x has a first axis\["):
        broadcasts_as_documented(mean, arguments, rng())
    turned = wrong(lambda dy, beta, dx, dgamma, dbeta: (dx[::-1] if dx.ndim > 1 else dx, dgamma, dbeta))
    with pytest.raises(PropertyError, match=r"^dx of film where only x has a first axis\["):
        broadcasts_as_documented(turned, arguments, rng())


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


@pytest.mark.parametrize("refused", [1, 1e4])
def test_what_is_no_hard_case_may_not_be_refused(refused):
    def refuses(x):
        if (abs(x) == refused).any():
            raise ShapeError("relu: not of this size")
        return CATALOGUE["relu"].forward(x)

    with pytest.raises(ShapeError):
        keeps_dtype_and_stays_finite(replace(CATALOGUE["relu"], forward=refuses), {"x": np.ones(2)}, rng())


def test_whole_numbers_are_tried_below_zero_and_without_a_sign():
    entry, calls = recorded("relu")
    for seed in range(10):
        promotes_numbers_but_not_ids(entry, {"x": np.array([-2.5, 3.5])}, np.random.default_rng(seed))
    tried = {(call["x"].dtype.kind, *call["x"].tolist()) for call in calls}
    assert {("i", -2, 4), ("u", 2, 4)} < tried and ("u", 0, 4) not in tried


def test_results_in_another_type_of_numbers_are_told():
    single = replace(CATALOGUE["relu"], forward=lambda x: CATALOGUE["relu"].forward(x).astype(np.float32))
    with pytest.raises(PropertyError, match=r"^y of relu for x \w+ is float32$"):
        promotes_numbers_but_not_ids(single, {"x": np.ones(2)}, rng())


def test_nothing_to_see_is_tried_where_everything_is_there():
    def mean(x, mask):
        y = CATALOGUE["masked_mean"].forward(x, mask)
        return np.where(mask.any(axis=1)[:, None], y, y.dtype.type(np.nan))

    entry = replace(CATALOGUE["masked_mean"], forward=mean)
    with pytest.raises(PropertyError, match=r"^y of masked_mean with nothing to see holds nan in float32$"):
        keeps_dtype_and_stays_finite(entry, {"x": np.ones((2, 3, 1)), "mask": np.ones((2, 3), bool)}, rng())
