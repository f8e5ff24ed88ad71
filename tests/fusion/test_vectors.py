"""Fusion of vectors."""

import numpy as np
import pytest

from mmdl.errors import ShapeError
from mmdl.fusion import Concatenate, Product, Sum
from mmdl.layers import Dense
from tests.close import close
from tests.fusion.cases import vectors
from tests.layer_checks import scattered

RNG = np.random.default_rng(0)
X = vectors(RNG, 2, 5)
PROJECTED = [scattered(kind.init(RNG, (2, 5), 3), RNG) for kind in (Sum, Product)]


def test_side_by_side():
    layer = Concatenate.init(RNG, (2, 5), 3)
    z, trace = layer.forward(X)
    assert z.shape == (4, 7)
    assert np.array_equal(z[:, :2], X[0]) and np.array_equal(z[:, 2:], X[1])
    dimage, dtext = layer.backward(z, trace)[0]
    assert np.array_equal(dimage, X[0]) and np.array_equal(dtext, X[1])


def test_sum_and_product_of_what_each_projects():
    for layer, combine in zip(PROJECTED, (np.add, np.multiply), strict=True):
        image, text = (x @ dense.W + dense.b for x, dense in zip(X, layer.projections, strict=True))
        assert close(layer(X), combine(image, text), rtol=0, atol=1e-14)


def test_a_factor_of_zero_switches_off():
    """Where one modality says 0, the other's features neither count nor learn."""
    silent = Dense(np.zeros((2, 3)), np.array([0.0, 1, 1]))
    layer = Product((silent, PROJECTED[1].projections[1]))
    z, trace = layer.forward(X)
    gradient = layer.gradient(np.ones_like(z), trace)
    assert not z[:, 0].any() and z[:, 1:].all()
    assert not gradient.projections[1].W[:, 0].any() and gradient.projections[1].W[:, 1:].all()


@pytest.mark.parametrize("layer", PROJECTED, ids=["sum", "product"])
def test_traces_have_names(layer):
    _, trace = layer.forward(X)
    assert trace.encodings is X
    assert [each.shape for each in trace.projected] == [(4, 3), (4, 3)]


@pytest.mark.parametrize("layer", PROJECTED, ids=["sum", "product"])
def test_modalities_that_do_not_fit(layer):
    with pytest.raises(ShapeError, match="affine: D is 5 in x"):
        layer(X[::-1])
    with pytest.raises(ValueError):
        layer(X[:1])


def test_batches_that_do_not_fit():
    with pytest.raises(ShapeError) as error:
        Concatenate()((X[0], X[1][:3]))
    assert str(error.value) == (
        "concatenate: leading axes (4,) of features[0] (..., _) = (4, 2) "
        "do not broadcast with (3,) of features[1] (..., _) = (3, 5)"
    )
