"""Pictures without their strongest components: no more and no less is gone than was asked for."""

import numpy as np
import pytest
from PIL import Image

from mmdl import tree
from mmdl.data import ImagePreprocessor, RemainderPreprocessor
from mmdl.errors import DataError

IMAGES = ImagePreprocessor(8, 6, 4)


def pictures(count=200):
    """A few strong patterns, and weak noise."""
    rng = np.random.default_rng(0)
    patterns = rng.uniform(0, 60, (4, 8, 6, 1))
    levels = np.tensordot(rng.random((count, 4)) * [2.0, 1.0, 0.5, 0.2], patterns, axes=1) + rng.uniform(
        0, 40, (count, 8, 6, 1)
    )
    return levels.astype(np.uint8)


def of_svd(x, count):
    """Another way to the same: the right singular vectors of the centred pictures."""
    centred = x.reshape(len(x), -1) / 255 - x.reshape(len(x), -1).mean(axis=0) / 255
    _, singular, V = np.linalg.svd(centred, full_matrices=False)
    return centred - centred @ V[:count].T @ V[:count], np.cumsum(singular**2) / (singular**2).sum()


@pytest.mark.parametrize("energy", [0.3, 0.75, 0.9])
def test_the_fewest_components_with_that_energy_are_gone(energy):
    x = pictures()
    faint = RemainderPreprocessor.fit(x, energy, IMAGES)
    count = len(faint.components) // 48
    expected, shares = of_svd(x, count)
    assert shares[count - 1] >= energy and (count == 1 or shares[count - 2] < energy)
    found = faint.remainder(x / np.float32(255))
    assert found.shape == x.shape and found.dtype == np.float32
    assert np.abs(found.reshape(len(x), -1) - expected).max() < 1e-3
    assert (found**2).sum() / (len(x) * (x / 255).var(axis=0).sum()) == pytest.approx(1 - shares[count - 1], abs=1e-3)


def test_nothing_to_take_away_leaves_the_mean_out_only():
    x = pictures()
    faint = RemainderPreprocessor.fit(x, 0, IMAGES)
    assert faint.components == ()
    assert np.abs(faint.remainder(x / np.float32(255)) - (x / 255 - x.mean(axis=0) / 255)).max() < 1e-4


def test_pictures_from_outside_go_the_same_way():
    faint = RemainderPreprocessor.fit(pictures(), 0.75, IMAGES)
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, (20, 20), np.uint8))
    own = faint.encode([picture])
    assert own.shape == (1, *faint.shape) == (1, 8, 6, 1) and own.dtype == np.float32
    assert np.array_equal(own, faint.remainder(IMAGES.encode([picture])).clip(0, 1)) and own.any()
    assert not faint.encode([Image.new("L", (20, 20), 255)]).any()  # blank
    assert faint.encode([]).shape == (0, 8, 6, 1)


def test_it_survives_being_saved():
    faint = RemainderPreprocessor.fit(pictures(), 0.75, IMAGES)
    kinds = {kind.__name__: kind for kind in (RemainderPreprocessor, ImagePreprocessor)}
    assert not list(tree.leaves(faint))  # nothing in it is there to be learned
    assert tree.rebuild(tree.describe(faint), {}, kinds) == faint
    assert len(repr(faint)) < 200


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match="pictures of 48 pixels do not go with a mean of 2 numbers"):
        RemainderPreprocessor(IMAGES, (0.0, 0.0), ())
    for energy in (1.0, -0.1):
        with pytest.raises(DataError, match="between 0 and 1"):
            RemainderPreprocessor.fit(pictures(), energy, IMAGES)


def test_what_is_shown_is_clipped():
    """Negative means cannot come of pictures, but make all that is white brighter than white."""
    faint = RemainderPreprocessor(IMAGES, (-0.5,) * 24 + (0.5,) * 24, ())
    picture = np.zeros((8, 6), np.uint8)
    picture[1:7, 1:5] = 255
    found, blank = faint.encode([picture, np.zeros((8, 6), np.uint8)])
    assert not blank.any()
    assert found[:4].min() == 0.5 and found[:4].max() == 1 and found[4:].min() == 0 and found[4:].max() == 0.5


def test_it_says_how_many_are_gone():
    faint = RemainderPreprocessor(IMAGES, (0.0,) * 48, (1.0,) * 96)
    assert faint.describe() == "8 x 6 pixels, ink on black, without 2 principal components"
