"""Fusion by cross-attention."""

from dataclasses import replace
from itertools import product

import numpy as np

from mmdl.fusion.cross_attention import pairs
from mmdl.layers import Dense
from mmdl.tokens import Tokens
from tests.close import close
from tests.fusion.cases import build
from tests.layer_checks import backward

FUSION, X = build("cross-attention")


def test_by_hand():
    image, text = (
        x.values @ dense.W + dense.b + FUSION.modality[m] + FUSION.positions[m][: x.values.shape[1]]
        for m, (x, dense) in enumerate(zip(X, FUSION.projections, strict=True))
    )
    first, second = FUSION.blocks
    seen = first((image, Tokens(text, X[1].mask))), second((text, Tokens(image, X[0].mask)))
    means = [np.zeros((4, 4)), np.zeros((4, 4))]
    for m in range(2):
        for n in range(4):
            if X[m].mask[n].any():
                means[m][n] = FUSION.norm(seen[m])[n, X[m].mask[n]].mean(axis=0)
    assert close(FUSION(X), FUSION.feed_forward((means[0] + means[1]) / 2), rtol=0, atol=1e-13)


def test_the_trace_tells_who_looked_at_whom():
    _, trace = FUSION.forward(X)
    assert set(trace.between) == {(0, 1), (1, 0)}
    words, patches = trace.between[0, 1], trace.between[1, 0]
    assert words.shape == (4, 2, 3, 4) and patches.shape == (4, 2, 4, 3)
    assert close(patches.sum(axis=-1), 1)
    assert not words[2].any()  # there is no word to look at
    assert not words[1, ..., 1:].any()  # and here only one


def test_three_look_at_each_other_in_pairs():
    fusion, x = build("cross-attention of three")
    _, trace = fusion.forward(x)
    assert len(fusion.blocks) == 6
    assert list(trace.between) == pairs(x) == [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]
    assert trace.between[2, 1].shape == (4, 2, 2, 4)


def test_nobody_looks_at_itself():
    """With the other modality away, each token is alone: what another token of its own modality says has no effect."""
    image, text = X
    nothing = Tokens(text.values, np.zeros_like(text.mask))
    other = image.values.copy()
    other[:, 0] += 1
    joint = [
        FUSION.blocks[0].forward((values, Tokens(np.zeros((4, 4, 4)), nothing.mask)))[0]
        for values in (np.pad(image.values, ((0, 0), (0, 0), (0, 1))), np.pad(other, ((0, 0), (0, 0), (0, 1))))
    ]
    assert np.array_equal(joint[0][:, 1:], joint[1][:, 1:]) and not close(joint[0][:, 0], joint[1][:, 0])


def test_both_ways_learn():
    _, _, gradient = backward(FUSION, X)
    for block in gradient.blocks:
        assert block.Wq.any() and block.Wk.any() and block.Wv.any()


def test_an_example_without_any_token_is_the_feed_forward_of_nothing():
    nothing = tuple(Tokens(x.values, np.zeros_like(x.mask)) for x in X)
    assert np.array_equal(FUSION(nothing), FUSION.feed_forward(np.zeros((4, 4))))


def test_no_block_sees_three_modalities():
    """Without the feed-forward network at the end no three interact: the third mixed difference is zero."""
    fusion, x = build("cross-attention of three")
    rng = np.random.default_rng(0)
    other = tuple(Tokens(rng.standard_normal(each.values.shape), each.mask) for each in x)
    narrow = fusion.feed_forward.narrow
    silent = replace(fusion, feed_forward=replace(fusion.feed_forward, narrow=Dense(0 * narrow.W, 0 * narrow.b)))
    for each, size in ((fusion, 1), (silent, 0)):
        mixed = sum(
            (-1) ** sum(which)
            * each(tuple(pair[bit] for pair, bit in zip(zip(x, other, strict=True), which, strict=True)))
            for which in product((0, 1), repeat=3)
        )
        assert (np.abs(mixed).max() > 1e-3) == size
        assert size or close(mixed, 0, rtol=0, atol=1e-13)
