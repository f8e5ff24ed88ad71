"""Recall and search: counted by hand, unlucky at ties, blind to how examples are grouped."""

from dataclasses import dataclass

import numpy as np
import pytest

from mmdl.data import Examples, Tokenizer
from mmdl.tokens import Tokens
from mmdl.training.retrieval import embeddings, evaluate_retrieval, gallery, ranks, recall_at, search, titles
from tests.close import close

S = np.array(
    [
        [0.9, 0.1, 0.2, 0.3],  # best
        [0.8, 0.5, 0.1, 0.6],  # third
        [0.4, 0.4, 0.4, 0.4],  # as good as all others: fourth
        [0.1, 0.2, 0.3, 0.2],  # second, with one just as good: third
    ]
)


@dataclass
class Given:
    """A model whose towers read the unit vectors from the examples."""

    towers: tuple = ("image", "text")

    def units(self, name, x):
        x = x.values if isinstance(x, Tokens) else x
        return np.asarray(x, float).reshape(len(x), -1)


def some(a, b, **about):
    mask = np.ones(b.shape, bool)
    return Examples({"image": a, "text": Tokens(b, mask)}, np.arange(len(a)), about=about)


def test_ranks_by_hand():
    assert ranks(S).tolist() == [1, 3, 4, 3]
    assert [recall_at(S, k) for k in (1, 2, 3, 4)] == [0.25, 0.25, 0.75, 1]
    assert [recall_at(S.T, k) for k in (1, 2, 3, 4)] == [0.75, 0.75, 0.75, 1]


def test_a_model_that_finds_all_alike_finds_nothing():
    assert recall_at(np.ones((5, 5)), 4) == 0


def test_what_is_no_number_is_not_found():
    assert recall_at(np.full((3, 3), np.nan), 2) == 0


def test_ranks_are_what_sorting_finds():
    s = np.random.default_rng(0).standard_normal((30, 30))
    expected = [1 + list(np.argsort(-row)).index(n) for n, row in enumerate(s)]
    assert ranks(s).tolist() == expected


def test_both_ways_and_chance():
    rng = np.random.default_rng(0)
    given = some(rng.standard_normal((20, 3)), rng.standard_normal((20, 3)))
    s = given.inputs["image"] @ given.inputs["text"].values.T
    for size in (3, 256):
        found = evaluate_retrieval(Given(), given, at=(1, 4, 30), batch_size=size)
        assert found["image", "text"] == {k: recall_at(s, k) for k in (1, 4, 30)}
        assert found["text", "image"] == {k: recall_at(s.T, k) for k in (1, 4, 30)}
        assert found["chance"] == {1: 0.05, 4: 0.2, 30: 1}
        assert [*evaluate_retrieval(Given(), given)["chance"]] == [1, 5, 10]  # as the field reports them
        assert close(embeddings(Given(), given, "text", size), given.inputs["text"].values)


def test_a_gallery_shows_each_thing_once_and_only_whole_pairs():
    given = Examples(
        {"image": np.arange(5)[:, None], "text": Tokens(np.array([[2], [0], [2], [3], [4]]), np.ones((5, 1), bool))},
        np.zeros(5, int),
        present={"image": np.array([False, True, True, True, True])},
        about={"character": np.array(list("abaac"))},
    )
    assert gallery(given).about["character"].tolist() == ["b", "a", "c"]
    assert gallery(given).inputs["image"].ravel().tolist() == [1, 2, 4]


def test_search_ranks_by_cosine(monkeypatch):
    given = some(np.array([[1.0, 0], [0.6, 0.8], [0, 1.0], [-1, 0]]), np.zeros((4, 2)))
    model = Given()
    model.embed = lambda **raw: np.array([[0.0, 1.0]])
    places, scores = search(model, given, top=3, text="up")
    assert places.tolist() == [2, 1, 0] and scores.tolist() == [1, 0.8, 0]
    assert len(search(model, given, top=10, text="up")[0]) == 4


@pytest.mark.parametrize(
    ("about", "preprocessors", "expected"),
    [
        ({"name": np.array(["ONE", "TWO"])}, {"text": Tokenizer(("A", "B"), 2)}, ["ONE", "TWO"]),
        ({}, {"text": Tokenizer(("A", "B"), 2)}, ["A B", "B ?"]),
        ({}, {"text": Tokenizer(("A", "B"), 2, "letter")}, ["AB", "B?"]),
        ({}, {}, ["example 0", "example 1"]),
    ],
)
def test_titles(about, preprocessors, expected):
    assert titles(some(np.zeros((2, 2)), np.array([[2, 3], [3, 1]]), **about), preprocessors) == expected
