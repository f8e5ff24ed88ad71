"""What the runs of a comparison say together, and which differences count."""

import math

import pytest

from mmdl.training.comparison import Run
from mmdl.training.summary import BEST, NEAR, Spread, gather, spread, standings


def found(accuracy, loss, image=0.5):
    subsets = {"image": {"accuracy": image, "loss": 1.0}, "text": {"accuracy": 0.4, "loss": 1.1}}
    curve = {"levels": [0, 1.0, None], "accuracy": [accuracy, accuracy - 0.1, 0.4]}
    return {
        "parameters": 10,
        "milliseconds": 2.0,
        "nothing": 0.1,
        "subsets": subsets | {"image+text": {"accuracy": accuracy, "loss": loss}},
        "contribution": {"image": image - 0.1, "text": accuracy - image},
        "noise": {"image": curve, "text": curve},
    }


BOTH = ("image", "text")
ALONE = {"parameters": 5, "milliseconds": 1.0, "nothing": 0.1, "subsets": {"image": {"accuracy": 0.9, "loss": 0.3}}}
RESULTS = [
    (Run("image alone", "concatenate", ("image",), 0), ALONE),
    (Run("sum", "sum", BOTH, 0), found(0.6, 1.0)),
    (Run("product", "product", BOTH, 0), found(0.8, 0.5)),
    (Run("sum", "sum", BOTH, 1), found(0.7, 0.8)),
    (Run("product", "product", BOTH, 1), found(0.8, 0.7)),
]


@pytest.mark.filterwarnings("error")
def test_spread_has_one_degree_of_freedom_less():
    assert spread([1.0, 2.0, 3.0]) == (2.0, 1.0, 3)
    mean, deviation, count = spread([0.25])
    assert (mean, count) == (0.25, 1) and math.isnan(deviation)


def test_rows_are_sorted_and_hold_means_over_seeds():
    rows = gather(RESULTS)
    assert [row.model for row in rows] == ["product", "sum", "image alone"]
    row = rows[1]
    assert row.whole.mean == pytest.approx(0.65) and row.loss.mean == pytest.approx(0.9)
    assert row.whole.deviation == pytest.approx(0.1 / math.sqrt(2))
    assert set(row.accuracy) == {("image",), ("text",), BOTH}
    assert row.contribution["text"].mean == pytest.approx(0.15)
    levels, curve = row.noise["text"]
    assert levels == [0, 1.0, None] and [each.mean for each in curve] == pytest.approx([0.65, 0.55, 0.4])
    assert rows[2].contribution == {} and rows[2].noise == {}


def test_marks_where_a_difference_is_within_the_noise():
    spreads = {
        "top": Spread(0.9, 0.03, 9),
        "close": Spread(0.88, 0.04, 16),
        "far": Spread(0.87, 0.03, 9),
        "wide": Spread(0.8, 0.3, 9),
    }  # the standard errors of the differences are 0.0141, 0.0141 and 0.1005
    assert standings(spreads) == {"top": BEST, "close": NEAR, "far": "", "wide": NEAR}


def test_standard_errors_are_those_of_the_means():
    """√(s² / n): of 0.12 over four runs 0.06, and two of these are more than the difference of 0.1."""
    for deviation, mark in ((0.12, NEAR), (0.08, "")):
        for one, other in ((deviation, 0.0), (0.0, deviation)):
            assert standings({"a": Spread(0.9, one, 4), "b": Spread(0.8, other, 4)}) == {"a": BEST, "b": mark}


def test_of_losses_the_smallest_is_best():
    spreads = {"a": Spread(0.5, 0.01, 4), "b": Spread(0.505, 0.01, 4), "c": Spread(0.6, 0.01, 4)}
    assert standings(spreads, smaller=True) == {"a": BEST, "b": NEAR, "c": ""}


def test_of_single_runs_only_the_best_is_marked():
    assert standings({"a": spread([0.5]), "b": spread([0.5]), "c": spread([0.4])}) == {"a": BEST, "b": "", "c": ""}


def test_equal_without_any_deviation():
    assert standings({"a": Spread(0.5, 0.0, 3), "b": Spread(0.5, 0.0, 3)}) == {"a": BEST, "b": NEAR}
