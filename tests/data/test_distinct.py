"""Batches that hold nothing twice: everything is dealt, nothing meets its own kind."""

from collections import Counter

import numpy as np
import pytest

from mmdl.data import Examples
from mmdl.data.distinct import apart, first_of_each, identities, pairs
from mmdl.tokens import Tokens


def rng(seed=0):
    return np.random.default_rng(seed)


def some(count=200, kinds=40, seed=0, empty=()):
    """Characters in up to a dozen fonts, each with its own number as its only word."""
    character = np.char.add("c", rng(seed).integers(kinds, size=count).astype(str))
    ids = np.unique(character, return_inverse=True)[1][:, None] + 2
    mask = ~np.isin(np.arange(count), empty)[:, None]
    images = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 2, 2, 1))
    inputs = {"image": images, "text": Tokens(np.where(mask, ids, 0).astype(np.int32), mask)}
    return Examples(inputs, np.arange(count) % 5, about={"character": character})


class TestWhoIsTheSame:
    def test_characters_come_first(self):
        given = some()
        found = identities(given)
        for here, there in ((0, 1), (3, 77), (5, 199)):
            same = given.about["character"][here] == given.about["character"][there]
            assert (found[here] == found[there]) == same
        assert len(set(found.tolist())) == len(set(given.about["character"].tolist()))

    def test_then_texts_whatever_stands_in_padding(self):
        values = np.array([[3, 4, 9], [3, 4, 7], [4, 3, 9], [3, 0, 0], [3, 1, 0]])  # 1 is a word that is not known
        mask = np.array([[1, 1, 0], [1, 1, 0], [1, 1, 0], [1, 0, 0], [1, 1, 0]], bool)
        found = identities(Examples({"text": Tokens(values, mask)}, np.zeros(5, int)))
        assert found[0] == found[1] and len({*found.tolist()}) == 4

    def test_then_labels(self):
        frames = Tokens(rng().normal(size=(4, 3, 2)), np.ones((4, 3), bool))
        found = identities(Examples({"audio": frames, "image": np.zeros((4, 2, 2, 1))}, np.array([7, 2, 7, 2])))
        assert found.tolist() == [1, 0, 1, 0]

    def test_the_first_of_each_in_order(self):
        given = some()
        places = first_of_each(given)
        assert places.tolist() == sorted(places.tolist())
        shown = given.about["character"][places].tolist()
        assert shown == list(dict.fromkeys(given.about["character"].tolist()))


class TestApart:
    @pytest.mark.parametrize(("count", "alike", "size"), [(200, 5, 16), (97, 1, 10), (500, 25, 20), (12, 1, 64)])
    def test_all_are_dealt_once_and_no_hand_holds_two_of_a_kind(self, count, alike, size):
        identity = rng(count).permutation(np.arange(count) // alike)
        hands = apart(identity, size, rng())
        assert len(hands) == -(-count // size)
        assert sorted(np.concatenate(hands).tolist()) == list(range(count))
        for hand in hands:
            assert len(set(identity[hand].tolist())) == len(hand) <= size
        assert np.ptp([len(hand) for hand in hands]) <= 1

    def test_a_kind_with_more_than_there_are_hands_loses_some(self):
        identity = np.array([0] * 30 + [1, 2, 3, 4])
        dealt = [np.concatenate(apart(identity, 10, rng(seed))) for seed in range(40)]
        for places in dealt:
            assert Counter(identity[places].tolist()) == {0: 4, 1: 1, 2: 1, 3: 1, 4: 1}
        assert set(np.concatenate(dealt).tolist()) == set(range(34))

    def test_chance_decides_who_meets_whom(self):
        identity = np.arange(300) // 6
        meetings = Counter()
        for seed in range(30):
            for hand in apart(identity, 10, rng(seed)):
                kinds = sorted(identity[hand].tolist())
                meetings.update((a, b) for a in kinds for b in kinds if a < b)
        assert len(meetings) == 50 * 49 // 2  # every two kinds meet
        assert max(meetings.values()) < 4 * sum(meetings.values()) / len(meetings)

    def test_the_same_seed_gives_the_same(self):
        identity = rng().integers(20, size=100)
        one, two, other = (apart(identity, 8, rng(seed)) for seed in (3, 3, 4))
        assert all(np.array_equal(*each) for each in zip(one, two, strict=True))
        assert not all(np.array_equal(*each) for each in zip(one, other, strict=True))


class TestPairs:
    def test_each_example_once_with_its_own_inputs_and_its_place_as_the_label(self):
        given = some()
        seen = []
        found = list(pairs(given, 16, rng()))
        assert len(found) == -(-len(given) // 16)  # as many as the training loop counts
        for batch in found:
            places = np.rint(batch["image"][:, 0, 0, 0] * 255).astype(int)
            seen += places.tolist()
            assert np.array_equal(batch["text"].values, given.inputs["text"].values[places])
            assert len(set(given.about["character"][places].tolist())) == len(batch)
            assert batch.labels.tolist() == list(range(len(batch)))
        assert sorted(seen) == list(range(len(given)))

    def test_whoever_lacks_something_is_left_out(self):
        given = some(empty=[0, 5, 17])
        found = list(pairs(given, 16, rng()))
        seen = {round(float(value) * 255) for batch in found for value in batch["image"][:, 0, 0, 0]}
        assert seen == set(range(200)) - {0, 5, 17}
        assert all(each.all() for batch in found for each in batch.present.values())
        assert all(batch.labels.tolist() == list(range(len(batch))) for batch in found)

    def test_words_are_dropped_and_what_has_none_left_is_no_pair(self):
        count = sum(len(batch) for batch in pairs(some(), 16, rng(), word_dropout=0.5))
        assert 60 < count < 140
        assert list(pairs(some(), 16, rng(), word_dropout=1.0)) == []
