"""Batches: every example once, and dropout that keeps its promises."""

import numpy as np
import pytest

from mmdl.data import Dataset, Examples, Standardizer, TargetTokenizer, batches
from mmdl.data.batches import drop_modalities, drop_words
from mmdl.errors import DataError
from mmdl.tokens import Tokens

N = 103


def examples(seed=0, n=N):
    """Three modalities: pictures, words (some texts empty), and frames of sound."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 7, n)
    mask = np.arange(7) < lengths[:, None]
    words = np.where(mask, rng.integers(2, 50, mask.shape), 0).astype(np.int32)
    frames = Tokens(rng.normal(size=(n, 5, 3)).astype(np.float32), np.arange(5) < rng.integers(1, 6, n)[:, None])
    inputs = {
        "image": rng.integers(0, 256, (n, 4, 4, 1)).astype(np.uint8),
        "text": Tokens(words, mask),
        "sound": frames,
    }
    return Examples(inputs, np.arange(n), about={"name": np.arange(n).astype(str)})


def test_in_order_without_a_generator():
    given = examples()
    found = list(batches(given, 32))
    assert [len(batch) for batch in found] == [32, 32, 32, 7]
    assert np.concatenate([batch.labels for batch in found]).tolist() == list(range(N))
    assert np.array_equal(np.concatenate([b["image"] for b in found]), given.inputs["image"] / np.float32(255))
    assert found[0]["image"].dtype == np.float32
    for name in given.inputs:
        assert np.array_equal(np.concatenate([b.present[name] for b in found]), given.present[name])


def test_shuffled_with_one_and_each_example_with_its_own_inputs():
    given = examples()
    found = list(batches(given, 32, np.random.default_rng(0)))
    labels = np.concatenate([batch.labels for batch in found])
    assert labels.tolist() != list(range(N)) and sorted(labels) == list(range(N))
    for batch in found:
        assert np.array_equal(batch["image"], given.inputs["image"][batch.labels] / np.float32(255))
        for name in ("text", "sound"):
            length = batch[name].mask.shape[1]
            assert np.array_equal(batch[name].values, given.inputs[name].values[batch.labels, :length])
            assert np.array_equal(batch[name].mask, given.inputs[name].mask[batch.labels, :length])


def test_the_same_seed_gives_the_same_bits():
    def run(seed):
        settings = {"word_dropout": 0.5, "modality_dropout": 0.3}
        return [
            part.tobytes()
            for batch in batches(examples(), 16, np.random.default_rng(seed), **settings)
            for part in (
                batch.labels,
                batch["image"],
                *batch["text"],
                *batch["sound"],
                *batch.present.values(),
            )
        ]

    assert run(5) == run(5) and run(5) != run(6)


def test_sequences_are_trimmed_to_the_longest_of_the_batch():
    for batch in batches(examples(), 4, np.random.default_rng(1), word_dropout=0.7):
        for name in ("text", "sound"):
            assert batch[name].mask.shape[1] == max(1, batch[name].mask.sum(axis=1).max())
            assert batch[name].values.shape[:2] == batch[name].mask.shape


def test_nothing_to_read_leaves_one_column():
    batch = next(batches(examples().only("image"), 8))
    assert batch["text"].mask.shape == (8, 1) and not batch["text"].mask.any()
    assert not batch.present["text"].any() and batch.present["image"].all()


def test_word_dropout_keeps_the_order_and_closes_the_gap():
    given = Tokens(np.tile(np.arange(2, 12, dtype=np.int32), (5000, 1)), np.ones((5000, 10), bool))
    ids, mask = drop_words(given, 0.3, np.random.default_rng(0))
    assert mask.mean() == pytest.approx(0.7, abs=0.01)
    assert (np.diff(mask.astype(int), axis=1) <= 0).all()  # tokens first, padding after them
    assert (ids[~mask] == 0).all()
    assert all((np.diff(row[seen]) > 0).all() for row, seen in zip(ids, mask, strict=True))
    survived = np.bincount(ids[mask], minlength=12)[2:] / 5000
    assert np.abs(survived - 0.7).max() < 0.03  # every word and every place has the same chance


def test_word_dropout_leaves_sound_and_the_examples_alone():
    given = examples()
    before = given.inputs["text"].values.copy()
    found = list(batches(given, N, np.random.default_rng(0), word_dropout=0.9))
    assert found[0]["sound"].mask.sum() == given.inputs["sound"].mask.sum()
    assert np.array_equal(given.inputs["text"].values, before)


def test_word_dropout_is_fresh_in_every_epoch():
    rng = np.random.default_rng(0)
    one, two = (next(batches(examples(), N, rng, word_dropout=0.5)) for _ in range(2))
    same = np.argsort(one.labels), np.argsort(two.labels)
    assert one["text"].mask.sum(axis=1)[same[0]].tolist() != two["text"].mask.sum(axis=1)[same[1]].tolist()


@pytest.mark.parametrize("rate", [0.15, 0.9, 1.0])
def test_modality_dropout_never_takes_the_last(rate):
    rng = np.random.default_rng(0)
    present = {name: rng.random(20_000) < 0.8 for name in ("image", "text", "sound")}
    before = np.stack(list(present.values()))
    after = np.stack(list(drop_modalities(present, rate, rng).values()))
    assert not (after & ~before).any()
    assert np.array_equal(after.any(axis=0), before.any(axis=0))
    assert after[:, before.sum(axis=0) == 1].sum() == (before.sum(axis=0) == 1).sum()
    if rate == 1:
        assert (after.sum(axis=0) <= 1).all()
        assert np.abs(after[:, before.all(axis=0)].mean(axis=1) - 1 / 3).max() < 0.02  # each as likely as the others


def test_modality_dropout_has_the_rate_that_was_asked_for():
    present = dict.fromkeys(("image", "text"), np.ones(50_000, bool))
    after = drop_modalities(present, 0.2, np.random.default_rng(0))
    for seen in after.values():  # of the pairs that both would go, half are kept
        assert 1 - seen.mean() == pytest.approx(0.2 - 0.2**2 / 2, abs=0.01)


def test_a_dropped_sequence_has_no_tokens():
    settings = {"word_dropout": 0.5, "modality_dropout": 0.5}
    for batch in batches(examples(), 16, np.random.default_rng(0), **settings):
        for name in ("text", "sound"):
            assert np.array_equal(batch.present[name], batch[name].mask.any(axis=1))
        assert np.any(list(batch.present.values()), axis=0).all()


def test_bad_settings_are_refused_at_once():
    for bad in ({"size": 0}, {"size": 4, "word_dropout": 1.5}, {"size": 4, "modality_dropout": -0.1}):
        with pytest.raises(DataError):
            batches(examples(), rng=np.random.default_rng(0), **bad)
    with pytest.raises(DataError, match="generator"):
        batches(examples(), 4, word_dropout=0.5)
    assert not list(batches(examples(n=0), 4, np.random.default_rng(0), 0.5, 0.5))


def test_select_and_only():
    given = examples()
    for rows in (np.array([5, 2]), np.arange(N) == 7, slice(3, 9)):
        some = given.select(rows)
        assert np.array_equal(some.labels, given.labels[rows])
        assert np.array_equal(some.inputs["text"].values, given.inputs["text"].values[rows])
        assert np.array_equal(some.about["name"], given.about["name"][rows])
        assert np.array_equal(some.only("text").present["text"], given.present["text"][rows])
    assert not given.only("text").select(slice(4)).present["image"].any()
    with pytest.raises(DataError, match="'smell' is no modality"):
        given.only("smell")


def test_examples_must_fit_together():
    image = np.zeros((3, 2, 2, 1), np.uint8)
    with pytest.raises(DataError, match="image has 3 examples, but there are 4 labels"):
        Examples({"image": image}, np.zeros(4, int))
    with pytest.raises(DataError, match="'text', which is no modality"):
        Examples({"image": image}, np.zeros(3, int), present={"text": np.ones(3, bool)})


def test_a_dataset_names_its_modalities():
    given = examples()
    assert Dataset("three", ("a",), given, given, given, {}).modalities == ("image", "text", "sound")


def test_targets_go_with_their_examples():
    tokenizer = TargetTokenizer.fit(["a", "bb", "ccc", "dddd"])
    texts = ["a", "ccc", "bb", "dddd", "a"]
    given = Examples({"x": np.arange(5.0)[:, None]}, np.arange(5), targets=tokenizer.encode(texts))
    for batch in batches(given, 2, np.random.default_rng(0)):
        assert tokenizer.texts(batch.targets) == [texts[label] for label in batch.labels]
        assert batch.targets.mask.any(axis=0).all()  # as long as the longest of them
        assert tokenizer.texts(batch.select([0]).targets) == [texts[batch.labels[0]]]
    assert tokenizer.texts(given.select([3, 1]).targets) == ["dddd", "ccc"]
    assert given.only("x").targets is given.targets
    dataset = Dataset("t", ("a",), given, None, given, {"x": Standardizer((0.0,), (1.0,))}, target=tokenizer)
    assert tokenizer.texts(dataset.with_modalities("x").test.targets) == texts
    with pytest.raises(DataError, match="there are 5 targets, but 4 labels"):
        Examples({"x": np.zeros((4, 1))}, np.arange(4), targets=given.targets)
