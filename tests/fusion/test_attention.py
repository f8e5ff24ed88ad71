"""Fusion by attention."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl import tree
from mmdl.errors import ShapeError
from mmdl.fusion import AttentionFusion
from mmdl.tokens import Tokens
from tests.close import close
from tests.fusion.cases import attention, build, tokens
from tests.layer_checks import backward, single

FUSION, X = build("attention")


def test_by_hand():
    joined = np.concatenate(
        [
            x.values @ dense.W + dense.b + FUSION.modality[m] + FUSION.positions[m][: x.values.shape[1]]
            for m, (x, dense) in enumerate(zip(X, FUSION.projections, strict=True))
        ],
        axis=1,
    )
    mask = np.concatenate([x.mask for x in X], axis=1)
    y = FUSION.norm(FUSION.block(Tokens(joined, mask)).values)
    expected = [y[n, mask[n]].mean(axis=0) for n in range(4)]
    assert close(FUSION(X), expected, rtol=0, atol=1e-13)


def test_the_trace_tells_who_looked_at_whom():
    _, trace = FUSION.forward(X)
    weights, (image, text) = trace.block.attention.weights, trace.spans
    assert weights.shape == (4, 2, 7, 7)
    assert (image, text) == (slice(0, 3), slice(3, 7))
    assert close(weights.sum(axis=-1), 1)
    assert (weights[0, :, text, image] > 0).all()  # every word looks at every patch
    assert not weights[2, :, :, text].any()  # there are no words to look at


def test_who_asks_alone_looks_at_others():
    everyone, asking = (replace(FUSION, asks=asks).forward(X) for asks in (None, 1))
    assert [*asking[1].between] == [(1, 0), (1, 1)] and len(everyone[1].between) == 4
    for pair, weights in asking[1].between.items():
        assert close(weights, everyone[1].between[pair], rtol=0, atol=1e-14)
    y = everyone[1].norm.y[:, 3:]
    assert close(
        asking[0],
        [(row[there].mean(axis=0) if there.any() else 0 * row[0]) for row, there in zip(y, X[1].mask, strict=True)],
    )


def test_order_matters():
    """Positions tell the first word from the second."""
    image, text = X
    turned = Tokens(text.values[:, ::-1], text.mask[:, ::-1])
    assert not close(FUSION((image, turned))[0], FUSION(X)[0])


def test_the_modality_matters():
    """The same numbers as a patch and as a word are two things."""
    fusion = AttentionFusion.init(np.random.default_rng(0), (3, 3), 4, (3, 3), heads=2, dtype=np.float64)
    alike = AttentionFusion(fusion.projections[:1] * 2, fusion.modality, fusion.positions[:1] * 2, *_rest(fusion))
    image = X[0]
    nothing = Tokens(image.values, np.zeros_like(image.mask))
    assert not close(alike((image, nothing)), alike((nothing, image)))


def test_positions_of_tokens_that_never_came_do_not_move():
    _, _, gradient = backward(FUSION, X)
    assert not gradient.positions[0][3:].any() and not gradient.positions[1][4:].any()
    assert gradient.positions[0][:3].any(axis=1).all() and gradient.positions[1][:4].any(axis=1).all()


def test_an_example_without_any_token_gives_zeros():
    nothing = tuple(Tokens(x.values, np.zeros_like(x.mask)) for x in X)
    dz, dx, gradient = backward(FUSION, nothing)
    assert not FUSION(nothing).any() and dz.shape == (4, 4)
    assert not any(array.any() for _, array in tree.leaves((dx, gradient)))


def test_more_tokens_than_positions():
    fusion = single(attention(np.random.default_rng(0), lengths=(3, 3)))
    with pytest.raises(ShapeError) as error:
        fusion(X)
    assert str(error.value) == "AttentionFusion: modality 1 has 4 tokens but there are positions for 3"


def test_start():
    first, second, other = (attention(np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert tree.equal(first, second) and not tree.equal(first, other)
    assert first.modality.shape == (2, 4)
    assert [array.shape for array in first.positions] == [(5, 4), (6, 4)]
    assert [dense.W.shape for dense in first.projections] == [(3, 4), (2, 4)]
    assert first.block.feed_forward.widen.W.shape == (4, 3)
    assert {array.dtype for _, array in tree.leaves(first)} == {np.dtype("float32")}
    assert 0.005 < np.std(first.positions[1]) < 0.05
    wider = AttentionFusion.init(np.random.default_rng(0), (3,), 8, (5,))
    assert wider.block.feed_forward.widen.W.shape == (8, 32) and wider.block.attention.heads == 4


def test_wrong_width():
    image, text = tokens(np.random.default_rng(0))
    with pytest.raises(ShapeError, match="affine: D is 2 in x"):
        FUSION((text, image))


def _rest(fusion):
    return fusion.block, fusion.norm
