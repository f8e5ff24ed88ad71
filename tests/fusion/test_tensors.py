"""Fusion by all products."""

import numpy as np
import pytest

from mmdl.errors import ShapeError
from mmdl.fusion import LowRankFusion, TensorFusion
from tests.close import close
from tests.fusion.cases import build, vectors
from tests.layer_checks import scattered

RNG = np.random.default_rng(0)


def with_one(x):
    return np.hstack([x, np.ones((len(x), 1))])


def test_every_product_of_two():
    layer, x = build("tensor")
    a, b = (each @ dense.W + dense.b for each, dense in zip(x, layer.projections, strict=True))
    expected = np.einsum("ni,nj->nij", with_one(a), with_one(b)).reshape(4, -1)
    assert close(layer(x), expected, rtol=0, atol=1e-14)


def test_the_trace_tells_what_was_multiplied():
    layer, x = build("tensor of three")
    z, trace = layer.forward(x)
    assert trace.encodings is x and [each.shape for each in trace.projected] == [(4, 3)] * 3
    assert z.shape == (4, 4**3)


def test_the_tensor_is_never_too_large():
    """Every number of modalities gets projections so narrow that there are at most 4096 products."""
    for count in range(1, 8):
        layer = TensorFusion.init(RNG, (2,) * count, 64)
        widths = {dense.W.shape[1] for dense in layer.projections}
        assert len(widths) == 1
        width = widths.pop()
        assert (width + 1) ** count <= 4096 < (width + 2) ** count or width == 64
    assert TensorFusion.init(RNG, (2, 2), 64).projections[0].W.shape == (2, 63)
    assert TensorFusion.init(RNG, (2, 2, 2), 64).projections[0].W.shape == (2, 15)


def test_low_rank_is_a_tensor_and_a_matrix():
    """LMF equals TFN and a dense layer without bias, whose matrix is a sum of outer products of the factors."""
    layer, (a, b, c) = build("low-rank of three")
    U, V, W = layer.factors
    matrix = np.einsum("ifk,jfk,lfk->ijlk", U, V, W)
    tensor = np.einsum("ni,nj,nl->nijl", with_one(a), with_one(b), with_one(c))
    assert close(layer((a, b, c)), np.einsum("nijl,ijlk->nk", tensor, matrix), rtol=0, atol=1e-13)


def test_low_rank_tells_what_each_modality_says():
    layer, x = build("low-rank")
    z, trace = layer.forward(x)
    assert [each.shape for each in trace.projected] == [(4, 4, 3)] * 2
    assert close(z, (trace.projected[0] * trace.projected[1]).sum(axis=1))


def test_rank_is_a_setting():
    layer = scattered(LowRankFusion.init(RNG, (2, 5), 3, rank=1), RNG)
    assert [W.shape for W in layer.factors] == [(3, 1, 3), (6, 1, 3)]
    assert layer(vectors(RNG, 2, 5)).shape == (4, 3)


def test_a_silent_modality_leaves_the_others():
    """By its 1, a modality of zeros does not switch the others off, as it does in a plain product."""
    layer, (a, b) = build("low-rank")
    assert layer((a, np.zeros_like(b))).any(axis=1).all()
    dense = np.einsum("ni,ifk,fk->nk", with_one(a), layer.factors[0], layer.factors[1][-1])
    assert close(layer((a, np.zeros_like(b))), dense, rtol=0, atol=1e-14)


def test_modalities_that_do_not_fit():
    layer, x = build("low-rank")
    with pytest.raises(ShapeError) as error:
        layer(x[::-1])
    assert str(error.value) == "low_rank_fusion: factors[0] has 3 rows, but features[0] has 5 entries and a 1"
    tensor, x = build("tensor")
    with pytest.raises(ShapeError, match="affine: D is 5 in x"):
        tensor(x[::-1])
