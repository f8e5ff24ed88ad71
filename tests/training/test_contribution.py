"""The Shapley value: its axioms on random games, and the mean over all orders that it is."""

from itertools import combinations, permutations

import numpy as np
import pytest

from mmdl.errors import DataError
from mmdl.training.contribution import shapley

PLAYERS = ("image", "audio", "text", "numbers")
close = pytest.approx


def subsets(players):
    return [names for size in range(len(players) + 1) for names in combinations(players, size)]


@pytest.fixture(params=[1, 2, 3, 4], ids=lambda count: f"{count} modalities")
def game(request):
    players = PLAYERS[: request.param]
    rng = np.random.default_rng(request.param)
    return players, {names: float(rng.normal()) for names in subsets(players)}


def test_it_is_the_mean_over_all_orders_of_arrival(game):
    players, value = game
    v = {frozenset(names): each for names, each in value.items()}
    added = {name: [] for name in players}
    for order in permutations(players):
        for place, name in enumerate(order):
            added[name].append(v[frozenset(order[: place + 1])] - v[frozenset(order[:place])])
    assert shapley(value) == close({name: np.mean(each) for name, each in added.items()})


def test_efficiency(game):
    """All that is gained is shared out."""
    players, value = game
    assert sum(shapley(value).values()) == close(value[players] - value[()])


def test_symmetry(game):
    """Who adds as much as another to everything gets as much."""
    players, value = game
    rng = np.random.default_rng(7)
    by_size = rng.normal(size=(len(players) + 1, 2))
    other = players[-1]
    alike = {names: float(by_size[len(names), int(other in names)]) for names in value}
    shares = shapley(alike)
    assert len({round(shares[name], 12) for name in players if name != other}) <= 1
    if len(players) > 2:
        assert shares[players[0]] != close(shares[other])


def test_dummy(game):
    """Who adds the same to everything gets just that, and nothing for nothing."""
    players, value = game
    alone = {names: value[tuple(name for name in names if name != players[0])] for names in value}
    for gift in (0.0, 0.3):
        given = {names: each + gift * (players[0] in names) for names, each in alone.items()}
        assert shapley(given)[players[0]] == close(gift)


def test_additivity(game):
    players, value = game
    other = {names: each**2 for names, each in value.items()}
    both = shapley({names: value[names] + other[names] for names in value})
    assert both == close({name: shapley(value)[name] + shapley(other)[name] for name in players})


def test_a_game_worked_out_by_hand():
    """Nothing alone, all together: half each. And one who is better than the other."""
    assert shapley({(): 0.5, ("a",): 0.5, ("b",): 0.5, ("a", "b"): 0.9}) == close({"a": 0.2, "b": 0.2})
    assert shapley({(): 0.1, ("a",): 0.5, ("b",): 0.3, ("a", "b"): 0.6}) == close({"a": 0.35, "b": 0.15})


def test_the_order_of_names_does_not_matter():
    assert shapley({(): 0, ("b",): 1, ("a",): 2, ("b", "a"): 5}) == shapley(
        {(): 0, ("a",): 2, ("b",): 1, ("a", "b"): 5}
    )


@pytest.mark.parametrize(
    ("missing", "name"),
    [
        ((), "nothing"),
        (("audio", "image"), "audio and image"),
        (("audio", "image", "text"), "audio and image and text"),
    ],
)
def test_a_value_that_is_missing_is_named(missing, name):
    value = {names: 1.0 for names in subsets(("audio", "image", "text")) if names != missing}
    with pytest.raises(DataError, match=f"the value of {name} is needed"):
        shapley(value)
