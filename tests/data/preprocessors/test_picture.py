"""Photographs become upright pictures of one size, whole and undistorted."""

import numpy as np
import pytest
from PIL import Image

from mmdl.data import PicturePreprocessor
from mmdl.data.files.pictures import upright_size
from mmdl.errors import DataError, FormatError

RNG = np.random.default_rng(0)
WIDE = np.zeros((60, 120, 3), np.uint8)
WIDE[:, :60, 0] = WIDE[:, 60:, 2] = 200  # red on the left, blue on the right


def test_a_picture_keeps_its_shape_and_its_edges():
    [picture] = PicturePreprocessor(40, 40).encode([WIDE])
    assert picture.shape == (40, 40, 3) and picture.dtype == np.float32
    inside = picture[10:30]
    np.testing.assert_allclose(inside[:, 2:18], np.broadcast_to([200 / 255, 0, 0], (20, 16, 3)), atol=0.01)
    np.testing.assert_allclose(inside[:, 22:38], np.broadcast_to([0, 0, 200 / 255], (20, 16, 3)), atol=0.01)
    free = np.concatenate([picture[:10], picture[30:]])
    np.testing.assert_allclose(free, np.broadcast_to([100 / 255, 0, 100 / 255], free.shape), atol=0.01)


def test_a_tall_picture_fits_into_a_wide_frame():
    [picture] = PicturePreprocessor(20, 40).encode([np.full((100, 50), 255, np.uint8)])
    assert (picture == 1).all()  # the free part has the mean colour, here white
    [picture] = PicturePreprocessor(20, 40, 1).encode([RNG.integers(0, 256, (100, 50), np.uint8)])
    flat = np.ptp(picture, axis=(0, 2)) == 0
    assert np.flatnonzero(~flat).tolist() == list(range(15, 25))


def test_small_pictures_are_enlarged():
    [picture] = PicturePreprocessor(16, 16, 1).encode([np.uint8([[0, 255]])])
    assert picture[8, :4].max() < 0.2 and picture[8, -4:].min() > 0.8


def test_what_fits_exactly_is_not_changed():
    levels = RNG.integers(0, 256, (12, 20, 3), np.uint8)
    preprocessor = PicturePreprocessor(12, 20)
    assert np.array_equal(preprocessor.frame(levels), levels)
    assert np.array_equal(preprocessor.encode([levels])[0], levels / np.float32(255))


def test_shrinking_averages():
    """A fine chequerboard becomes grey; taking every eighth pixel would leave it black or white."""
    board = np.uint8(255 * (np.indices((128, 128)).sum(axis=0) % 2))
    [picture] = PicturePreprocessor(16, 16, 1).encode([board])
    np.testing.assert_allclose(picture, 0.5, atol=0.03)


@pytest.mark.parametrize(("colour", "bright"), [("red", 0.299), ("lime", 0.587), ("blue", 0.114)])
def test_grey_is_how_bright_a_colour_is(colour, bright):
    [picture] = PicturePreprocessor(16, 16, 1).encode([Image.new("RGB", (20, 20), colour)])
    assert picture.shape == (16, 16, 1)
    np.testing.assert_allclose(picture, bright, atol=0.003)


def test_photographs_are_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera on its side
    lying = Image.fromarray(WIDE).transpose(Image.Transpose.ROTATE_90)
    lying.save(tmp_path / "photo.jpg", exif=exif, quality=95)
    preprocessor = PicturePreprocessor(30, 60)
    found, expected = preprocessor.encode([tmp_path / "photo.jpg", WIDE])
    np.testing.assert_allclose(found, expected, atol=0.1)
    assert lying.size == (60, 120)
    assert upright_size(tmp_path / "photo.jpg") == (60, 120)


def test_large_photographs_are_read_at_a_fraction_and_give_the_same(tmp_path):
    smooth = Image.fromarray(RNG.integers(0, 256, (6, 8, 3), np.uint8)).resize((1600, 1200))
    smooth.save(tmp_path / "large.jpg", quality=95)
    found, expected = PicturePreprocessor(48, 64).encode([tmp_path / "large.jpg", smooth])
    np.testing.assert_allclose(found, expected, atol=0.03)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I", "F"])
def test_any_kind_of_picture_will_do(mode):
    ramp = Image.fromarray(np.tile(np.linspace(0, 255, 32).astype(np.uint8), (32, 1)))
    [picture] = PicturePreprocessor(32, 32).encode([ramp.convert("RGB").convert("L").convert(mode)])
    assert picture.shape == (32, 32, 3)
    if mode != "1":
        np.testing.assert_allclose(picture, np.asarray(ramp)[..., None] / 255 * np.ones(3), atol=0.03)


def test_what_is_transparent_is_white():
    image = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 10, 20))
    [picture] = PicturePreprocessor(20, 20).encode([image])
    assert picture[0, 0].tolist() == [0, 0, 1] and picture[0, -1].tolist() == [1, 1, 1]


def test_nothing_gives_nothing():
    assert PicturePreprocessor(10, 12).encode([]).shape == (0, 10, 12, 3)


def test_missing_and_broken_files(tmp_path):
    Image.fromarray(WIDE).save(tmp_path / "whole.png")
    (tmp_path / "short.png").write_bytes((tmp_path / "whole.png").read_bytes()[:100])
    preprocessor = PicturePreprocessor()
    with pytest.raises(DataError, match=r"there is no picture .*none\.png"):
        preprocessor.encode([tmp_path / "none.png"])
    with pytest.raises(FormatError, match=r"short\.png cannot be read as a picture"):
        preprocessor.encode([tmp_path / "short.png"])
    with pytest.raises(DataError, match="must be a list"):
        preprocessor.encode(tmp_path / "whole.png")
    assert upright_size(tmp_path / "none.png") is None
    assert upright_size(tmp_path / "whole.png") == (60, 120)


@pytest.mark.parametrize("settings", [(7, 64), (64, 7), (64, 64, 2), (1025, 8), (8, 1025)])
def test_frames_that_make_no_sense(settings):
    with pytest.raises(DataError):
        PicturePreprocessor(*settings)
    assert PicturePreprocessor(8, 1024).shape == (8, 1024, 3)


@pytest.mark.parametrize(
    ("levels", "bright"),
    [
        (np.full((20, 20), 65535, np.uint16), 1),
        (np.full((20, 20), 6553, np.uint16), 0.1),
        (np.full((20, 20), 1.0, np.float32), 1),
        (np.full((20, 20), 0.25, np.float32), 0.25),
        (np.full((20, 20), 255.0, np.float32), 1),
        (np.full((2100, 2100), 6553, np.uint16), 0.1),
    ],
)
def test_white_is_what_the_type_says(levels, bright):
    """Flat white is white and dark pictures are dark, whatever else is in a picture."""
    [picture] = PicturePreprocessor(16, 16, 1).encode([Image.fromarray(levels)])
    assert picture == pytest.approx(np.full((16, 16, 1), bright), abs=0.005)


def test_statistics_are_those_of_the_pixels():
    frames = np.random.default_rng(0).integers(0, 256, (5, 8, 12, 3), np.uint8)
    frames[..., 2] = 7
    fitted = PicturePreprocessor.fit(frames)
    assert fitted.shape == (8, 12, 3)
    assert fitted.mean == pytest.approx((frames / 255).mean(axis=(0, 1, 2)), abs=1e-5)
    assert fitted.deviation == pytest.approx([*(frames / 255).std(axis=(0, 1, 2))[:2], 1], abs=1e-5)
    with pytest.raises(DataError, match="3 channels need as many means and deviations, not 1 means and 3 deviations"):
        PicturePreprocessor(16, 16, 3, (0.5,), (1.0, 1.0, 1.0))


def test_large_photographs_keep_what_the_frame_can_show(tmp_path, monkeypatch):
    """Fields of four pixels, of which each becomes one."""
    monkeypatch.setattr("mmdl.data.files.pictures.MAX_SIDE", 32)
    board = np.uint8(255 * ((np.indices((256, 256)) // 4).sum(axis=0) % 2))
    Image.fromarray(board).save(tmp_path / "board.jpg", quality=95)
    [picture] = PicturePreprocessor(64, 64, 1).encode([tmp_path / "board.jpg"])
    assert picture.std() > 0.2  # read at an eighth it would be grey


@pytest.mark.parametrize("shape", [(1, 1000), (1000, 1)])
def test_a_strip_is_one_pixel_wide_at_least(shape):
    frame = PicturePreprocessor(8, 8, 1).frame(np.repeat(np.uint8([0, 250]), 500).reshape(shape))
    seen = (frame != frame[0, 0])[..., 0].any(axis=int(np.argmax(shape)))
    assert seen.nonzero()[0].tolist() == [3] and {0, 250} < {*frame.ravel().tolist()}
