"""Splits with every class in its share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdl.data.split import stratified


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(0, 2**32 - 1), st.data())
def test_each_class_has_its_share_of_every_split(counts, seed, data):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    first = data.draw(st.integers(0, len(labels)))
    sizes = [first, data.draw(st.integers(0, len(labels) - first))]
    splits = stratified(labels, sizes, rng)
    assert [len(split) for split in splits] == sizes
    together = np.concatenate(splits)
    assert len(np.unique(together)) == len(together)
    for split, size in zip(splits, sizes, strict=True):
        assert np.array_equal(split, np.sort(split))
        found = np.bincount(labels[split], minlength=len(counts))
        assert np.abs(found - size * np.array(counts) / len(labels)).max() <= 2


def test_it_is_the_seed_that_decides():
    labels = np.arange(1000) % 10
    first, again, other = (stratified(labels, [700, 300], np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert all(map(np.array_equal, first, again))
    assert not np.array_equal(first[0], other[0])
    assert np.bincount(labels[first[0]]).tolist() == [70] * 10
    assert np.median(first[0]) == pytest.approx(500, abs=60)  # from all parts of the data
