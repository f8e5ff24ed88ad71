"""Fusion through a bottleneck."""

import numpy as np
import pytest

from mmdl.fusion import BottleneckFusion
from mmdl.tokens import Tokens
from tests.close import close
from tests.fusion.cases import build

RNG = np.random.default_rng(1)


def others_tokens(x):
    return Tokens(RNG.standard_normal(x.values.shape), x.mask)


def mixed_difference(fusion, image, text):
    """z(a, b) − z(a', b) − z(a, b') + z(a', b'): zero where neither modality has an influence on the other."""
    image2, text2 = others_tokens(image), others_tokens(text)
    return fusion((image, text)) - fusion((image2, text)) - fusion((image, text2)) + fusion((image2, text2))


def test_closed_modalities_do_not_influence_each_other():
    fusion, (image, text) = build("bottleneck, closed")
    assert close(mixed_difference(fusion, image, text), 0, rtol=0, atol=1e-14)
    alone = [
        fusion((image, Tokens(text.values, np.zeros_like(text.mask)))),
        fusion((Tokens(image.values, np.zeros_like(image.mask)), text)),
    ]
    assert close(fusion((image, text)), alone[0] + alone[1], rtol=0, atol=1e-14)


def test_open_they_do():
    fusion, (image, text) = build("bottleneck")
    found = np.abs(mixed_difference(fusion, image, text)).max(axis=1)
    assert (found[[0, 1, 3]] > 1e-4).all() and found[2] < 1e-14  # the third example has no words


def test_one_block_is_not_enough():
    """In one step the bottleneck hears of the modalities, but has no time left to tell them."""
    fusion = BottleneckFusion.init(RNG, (3, 2), 4, (5, 6), blocks=1, heads=2, dtype=np.float64)
    _, (image, text) = build("bottleneck")
    assert close(mixed_difference(fusion, image, text), 0, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("case", "lengths"), [("bottleneck", (3, 4)), ("bottleneck of three", (3, 4, 2))])
def test_the_trace_tells_who_looked_where(case, lengths):
    fusion, x = build(case)
    _, trace = fusion.forward(x)
    assert trace.lengths == lengths and trace.spans[1] == slice(3, 7)
    for block in trace.blocks:
        for weights, tokens, length in zip(block.seen.weights, x, lengths, strict=True):
            assert weights.shape == (4, 2, length + 2, length + 2)
            assert close(weights.sum(axis=-1), 1)
            assert not weights[..., :length].transpose(0, 3, 1, 2)[~tokens.mask].any()


def test_modalities_count_alike():
    """z is the mean of the modalities' means, however many tokens each has."""
    fusion, x = build("bottleneck, closed")
    _, trace = fusion.forward(x)
    means = [trace.norm.y[0, span][tokens.mask[0]].mean(axis=0) for span, tokens in zip(trace.spans, x, strict=True)]
    assert close(fusion(x)[0], (means[0] + means[1]) / 2, rtol=0, atol=1e-14)


def test_start():
    fusion = BottleneckFusion.init(RNG, (3, 2), 8, (5, 6))
    assert fusion.bottleneck.shape == (4, 8) and len(fusion.blocks) == 2
    assert fusion.blocks[0].feed_forward.widen.W.shape == (8, 16) and fusion.blocks[0].heads == 4
    assert 0.005 < np.std(fusion.bottleneck) < 0.05
