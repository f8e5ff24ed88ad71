"""Draws keep to their contracts, and say in words what they are."""

import numpy as np
import pytest

from mmdl.verify.draws import Draws, in_words
from tests.close import close


def draws(seed=0):
    choose = np.random.default_rng([seed, 1])
    return Draws(lambda options: options[choose.integers(len(options))], seed)


def first():
    """Draws that always choose the simplest option."""
    return Draws(lambda options: options[0], 0)


def test_letters_agree_over_all_arrays_of_a_case():
    for seed in range(20):
        case = draws(seed).arrays(x="N T D", h="N T+1 H", W="D 4H", b="2 3H")
        (N, T, D), H = case["x"].shape, case["h"].shape[2]
        assert case["h"].shape == (N, T + 1, H)
        assert case["W"].shape == (D, 4 * H)
        assert case["b"].shape == (2, 3 * H)


def test_narrower_axes_broadcast():
    for seed in range(20):
        one = draws(seed)
        full = one.leading()
        assert np.broadcast_shapes(full, one.narrower()) == full


def test_narrower_axes_are_all_or_one_less_or_the_first_of_length_one():
    offered = Draws(lambda options: options, 0)
    offered.lengths["..."] = (2, 3)
    assert offered.narrower() == ((2, 3), (3,), (1, 3))
    offered.lengths["..."] = ()
    assert offered.narrower() == ((), (), ())


def test_the_seed_decides_the_numbers():
    assert (draws(1).array("2 3") == draws(1).array("2 3")).all()
    assert (draws(1).array("2 3") != draws(2).array("2 3")).all()


def test_modalities_share_their_letters():
    for seed in range(20):
        one = draws(seed)
        features = one.modalities("... D")
        assert len(features) == one.size("M")
        assert {x.shape[-1] for x in features} == {one.size("D")}
        assert features[0].shape[:-1] == one.leading()


def test_distinct_numbers_keep_apart():
    values = np.sort(draws().distinct("3 4 2"), axis=None)
    assert np.diff(values).min() > 0.5 * 4 / 24
    assert 1.8 < np.abs(values).max() < 2
    assert draws().distinct("3 0").shape == (3, 0)


def test_orthogonal_kernels_lie_side_by_side():
    one = draws()
    U = one.orthogonal("H", gates=3)
    H = one.size("H")
    for gate in range(3):
        block = U[:, gate * H : (gate + 1) * H]
        assert close(block.T @ block, np.eye(H))


def test_masks_of_every_kind_turn_up():
    masks = [draws(seed).mask("N T") for seed in range(200)]
    there = [mask for mask in masks if mask is not None]
    assert len(there) < len(masks)
    assert any((~mask.any(axis=1)).any() for mask in there)
    assert any((np.diff(mask.astype(int), axis=1) > 0).any() for mask in there)


def only(kind):
    """Draws that choose this kind of mask."""
    return Draws(lambda options: kind, 0)


@pytest.mark.parametrize("kind", ["ends", "gaps", "nothing", "each"])
@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3)])
def test_a_mask_has_the_shape_of_its_contract(kind, shape):
    mask = only(kind).mask(" ".join(map(str, shape)))
    assert mask.shape == shape and mask.dtype == bool


def test_each_kind_of_row_comes_in_turn():
    ends, nothing, full = [True, True, False], [False] * 3, [True] * 3
    assert only("each").mask("6 3").tolist() == [full, ends, nothing] * 2
    assert only("each").mask("2 4")[1].tolist() == [True, True, False, False]


def test_the_last_row_holds_nothing():
    assert not only("nothing").mask("1 4").any()
    mask = only("nothing").mask("40 4")
    assert not mask[-1].any() and mask[-2].any() and mask[:-1].any(axis=1).sum() > 30


def test_rows_that_end_have_no_gap():
    mask = only("ends").mask("40 4")
    assert (mask[:, 1:] <= mask[:, :-1]).all() and set(mask.sum(axis=1)) == {0, 1, 2, 3, 4}


def test_some_leaves_at_least_one():
    masks = [draws(seed).some("...") for seed in range(50)]
    assert any(mask is None for mask in masks)
    assert all(mask.any() for mask in masks if mask is not None)
    assert {int(Draws(lambda options: True, seed).some("3").sum()) for seed in range(50)} == {1, 2, 3}


def test_maybe_is_now_and_then_something():
    assert Draws(lambda options: options[-1], 0).maybe("2").shape == (2,)


def test_integers_stay_below_and_are_arrays():
    ids = draws().integers("", 3)
    assert isinstance(ids, np.ndarray) and ids.shape == () and 0 <= ids < 3


def test_simplest_choices_give_the_smallest_case():
    one = first()
    assert one.array("... D").shape == (1,)
    assert one.maybe("D") is None and one.mask("N T") is None and one.some("N") is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"x": np.zeros((2, 3)), "b": None, "stride": 2, "padding": "same"},
            "x (2, 3), stride = 2, padding = 'same'",
        ),
        ({"features": (np.zeros(1), np.zeros((2, 1)))}, "features (1,) and (2, 1)"),
        ({"mask": np.array([True, False]), "ids": np.array([3, 1])}, "mask = [1, 0], ids = [3, 1]"),
        ({"padding": ((0, 1), (2, 0))}, "padding = ((0, 1), (2, 0))"),
        ({"x": np.asfortranarray(np.zeros((2, 2)))}, "x (2, 2), stored column by column"),
    ],
)
def test_in_words(arguments, words):
    assert in_words(arguments) == words
