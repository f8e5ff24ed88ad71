"""What becomes of the levels of a picture, exactly: of every mode, in strips, turned, transparent, without a limit."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mmdl.data.files import pictures
from mmdl.data.files.pictures import coloured, grey, is_transparent, opened, upright_size, white_of
from mmdl.errors import DataError, FormatError

RNG = np.random.default_rng(0)
NOISE = Image.fromarray(RNG.integers(0, 256, (50, 67, 4), np.uint8))
ORIENTATION = 0x0112
MORE = {"1": 0, "L": 0, "P": 0, "LA": 2, "RGB": 1, "RGBA": 0, "CMYK": 0, "I;16": 1, "I": 3, "F": 3}


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings(action="error"):
        yield


def noise(mode):
    """A picture of a mode, 67 pixels wide and 50 high."""
    wide = RNG.integers(0, 65536, (50, 67), np.uint16)
    if mode == "I;16":
        return Image.fromarray(wide)
    if mode in "IF":
        return Image.fromarray(wide.astype({"I": np.int32, "F": np.float32}[mode]))
    return NOISE.convert(mode if mode in ("LA", "RGBA") else "RGB").convert(mode)


def of_floats(*levels):
    return Image.fromarray(np.array([levels], np.float32))


def saved(image, path, **options):
    image.save(path, **options)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "picture.tif"


def means(image, factor):
    """Means of squares of pixels by Pillow's own `reduce`, of the whole picture at once."""
    if image.mode[0] in "IF":
        levels = np.asarray(image, np.float32)
        return np.asarray(Image.fromarray(levels).reduce(factor))
    if image.mode in ("LA", "RGBA"):  # colours count as much as they are seen
        return np.asarray(image.convert("RGBA").convert("RGBa").reduce(factor).convert("RGBA"))
    return np.asarray(image.convert("RGB").reduce(factor))


@pytest.mark.parametrize("strip", [1, 300, 67 * 12, 1 << 20])
@pytest.mark.parametrize("mode", MORE)
def test_strips_make_the_same_picture(mode, strip, path, monkeypatch):
    """Of which each has no more pixels than it may, or as few rows as make one."""
    monkeypatch.setattr(pictures, "MAX_SIDE", 16)
    monkeypatch.setattr(pictures, "STRIP", strip)
    crop, boxes = Image.Image.crop, []
    monkeypatch.setattr(Image.Image, "crop", lambda image, box: boxes.append(box) or crop(image, box))
    image = noise(mode)
    found = opened(saved(image, path))
    assert np.array_equal(np.asarray(found), means(image, 4))
    heights = [bottom - top for _, top, _, bottom in boxes]
    assert sum(heights) == 50 and 67 * max(heights) <= max(strip, 67 * 4)
    assert len(boxes) <= 50 / (strip // 67 // 4 * 4 or 4) + 1


@pytest.mark.parametrize(("enough", "factor"), [(None, 4), (13, 3), (25, 2), (26, 1), (50, 1), (400, 1)])
def test_how_much_a_picture_is_shrunk(enough, factor, path, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_SIDE", 16)
    found, image = opened(saved(noise("L"), path), enough), Image.open(path)
    expected = np.asarray(image) if factor == 1 else means(image, factor)
    assert found.mode == ("L" if factor == 1 else "RGB") and np.array_equal(np.asarray(found), expected)


def test_no_picture_is_shrunk_by_more_than_is_told(path, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_SIDE", 2)
    monkeypatch.setattr(pictures, "MAX_FACTOR", 5)
    assert opened(saved(noise("L"), path)).size == (14, 10)


def turned(pixels, orientation):
    """The pixels of a file as they are to be seen: its first row and column are top left, top right, ..."""
    flipped = {2: pixels[:, ::-1], 3: pixels[::-1, ::-1], 4: pixels[::-1], 5: pixels.T, 6: pixels[::-1].T}
    return (flipped | {7: pixels[::-1, ::-1].T, 8: pixels[:, ::-1].T}).get(orientation, pixels)


@pytest.mark.parametrize("orientation", [None, *range(10)])
@pytest.mark.parametrize("mode", ["L", "I;16"])
def test_every_orientation(mode, orientation, path, monkeypatch):
    """Tall and wide ones, whole and shrunk ones."""
    about = Image.Exif()
    if orientation is not None:
        about[ORIENTATION] = orientation
    for image in (noise(mode), noise(mode).transpose(Image.Transpose.ROTATE_90)):
        for side in (100, 16):
            monkeypatch.setattr(pictures, "MAX_SIDE", side)
            saved(image, path.with_suffix(".png"), exif=about)
            found = opened(path.with_suffix(".png"))
            pixels = np.asarray(image) if side == 100 else means(image, 4)
            pixels = pixels[..., 0] if pixels.ndim == 3 else pixels
            seen = np.asarray(found)[..., 0] if found.mode == "RGB" else np.asarray(found)
            assert np.array_equal(seen, turned(pixels, orientation))
            assert upright_size(path.with_suffix(".png")) == turned(np.asarray(image), orientation).shape
            assert found.mode[0] not in "IF" or white_of(found) == 65535


@pytest.mark.parametrize("mode", MORE)
def test_bytes_beyond_one_a_channel(mode, path, monkeypatch):
    """Pillow keeps a byte a pixel of grey ones, two of 16 bits, and four of all others."""
    saved(noise(mode), path)
    for more in (MORE[mode] * 50 * 67, MORE[mode] * 50 * 67 - 1):
        monkeypatch.setattr(pictures, "MAX_MORE", more)
        if more % 50 == 0:
            assert opened(path).size == (67, 50)
        else:
            with pytest.raises(FormatError, match="has 50 x 67 pixels, which are more than are read"):
                opened(path)


def test_as_many_pixels_as_are_read(path, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 50 * 67)
    monkeypatch.setattr(pictures, "LONGEST", 67)
    assert opened(saved(noise("L"), path)).size == (67, 50)
    monkeypatch.setattr(pictures, "LONGEST", 66)
    with pytest.raises(FormatError, match="has 50 x 67 pixels, which are more than are read"):
        opened(path)


def test_levels_of_8_bits():
    for mode in ("1", "L", "P", "RGB", "CMYK"):
        image = noise(mode)
        assert np.array_equal(np.asarray(coloured(image)), np.asarray(image.convert("RGB")))
        red, green, blue = np.moveaxis(np.asarray(image.convert("RGB"), float), -1, 0)
        close_to = 0.299 * red + 0.587 * green + 0.114 * blue if mode in ("RGB", "CMYK") else image.convert("L")
        assert np.abs(np.asarray(grey(image), float) - close_to).max() <= 1
    black = Image.new("1", (3, 2))
    assert np.asarray(grey(black)).max() == 0
    black.putpixel((0, 0), 1)
    assert np.asarray(coloured(black)).max() == 255


def test_levels_of_16_bits():
    levels = np.array([[0, 128, 129, 257, 257 * 128, 257 * 254 + 128, 257 * 254 + 129, 65535]], np.uint16)
    image = Image.fromarray(levels)
    assert np.asarray(coloured(image))[0].tolist() == [[v] * 3 for v in (0, 0, 1, 1, 128, 254, 255, 255)]
    assert np.asarray(grey(image))[0].tolist() == (levels[0].astype(int) * 255 // 65535).tolist()
    bright = Image.fromarray(levels // 2 + 1000)  # black is what is darkest, and white what is brightest
    assert np.asarray(grey(bright))[0, [0, -1]].tolist() == [0, 255]


def test_levels_that_are_floats():
    assert np.asarray(grey(of_floats(0, 0.1, 0.25, 0.5)))[0].tolist() == [0, 51, 127, 255]
    assert np.asarray(grey(of_floats(7, 7)))[0].tolist() == [0, 0]
    assert np.asarray(grey(of_floats(-1, 1)))[0].tolist() == [0, 255]
    assert np.asarray(coloured(of_floats(-0.5, 0, 0.5, 1)))[0, :, 0].tolist() == [0, 0, 128, 255]
    assert np.asarray(coloured(of_floats(-2, 0, 51, 255)))[0, :, 1].tolist() == [0, 0, 51, 255]


def test_floats_that_are_no_numbers():
    image = of_floats(np.nan, np.inf, -np.inf, 0.2, 1.0)
    assert np.asarray(grey(image))[0].tolist() == [0, 0, 0, 51, 255]
    assert np.asarray(coloured(image))[0, :, 2].tolist() == [0, 0, 0, 51, 255]
    assert white_of(of_floats(np.inf, 300.0)) == 65535
    for nothing in (np.nan, np.inf, -np.inf):
        assert np.asarray(grey(of_floats(nothing))).item() == 0
        assert np.asarray(coloured(of_floats(nothing)))[0, 0].tolist() == [0, 0, 0]


def test_white():
    for brightest, white in ((0, 1), (1, 1), (1.5, 255), (255, 255), (255.5, 65535), (65535, 65535), (65536, 65536)):
        assert white_of(of_floats(0, brightest)) == white
    for brightest, white in ((0, 255), (1, 255), (255, 255), (256, 65535), (65535, 65535), (65536, 65536)):
        assert white_of(Image.fromarray(np.array([[0, brightest]], np.int32))) == white
    assert white_of(Image.fromarray(np.array([[0, 255]], np.uint16))) == 65535


def test_a_text_in_a_file_does_not_say_what_is_white(path):
    about = PngInfo()
    about.add_text("white", "0")
    found = opened(saved(noise("I;16"), path.with_suffix(".png"), pnginfo=about))
    assert found.info["white"] == "0" and white_of(found) == 65535


@pytest.mark.parametrize(
    ("level", "seen", "background"),
    [(0, 255, 255), (127, 255, 255), (128, 255, 0), (255, 255, 0), (126, 90, 255), (129, 90, 0)],
)
def test_what_is_seen_through_a_grey_picture(level, seen, background):
    """Black behind what is light, white behind what is dark, or as dark as light."""
    for mode in ("LA", "RGBA"):
        image = Image.new(mode, (4, 1), (255 - level,) * (len(mode) - 1) + (0,))
        image.putpixel((0, 0), (level,) * (len(mode) - 1) + (seen,))
        first, *others = np.asarray(grey(image))[0].tolist()
        assert others == [background] * 3
        assert abs(first - (level * seen + background * (255 - seen)) / 255) <= 1


def test_as_dark_as_light():
    half = Image.merge("LA", [Image.fromarray(np.array([row], np.uint8)) for row in ([0, 255, 9], [255, 255, 0])])
    assert np.asarray(grey(half))[0].tolist() == [0, 255, 255]


def test_what_is_seen_through_a_coloured_picture():
    for opacity in (0, 1, 128, 254, 255):
        image = Image.new("RGBA", (2, 2), (200, 100, 0, opacity))
        expected = (np.array([200, 100, 0]) * opacity + 255 * (255 - opacity)) / 255
        assert np.abs(np.asarray(coloured(image))[1, 1] - expected).max() <= 0.5


def test_one_colour_of_a_palette_is_transparent(path):
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    found = opened(saved(image, path.with_suffix(".png"), transparency=0))
    assert is_transparent(found) and not is_transparent(image)
    assert np.asarray(coloured(found))[0].tolist() == [[255, 255, 255], [0, 0, 255]]
    image.putpalette([255, 0, 0, 0, 0, 0, 255, 255], "RGBA")
    assert is_transparent(image)
    assert np.asarray(coloured(image))[0].tolist() == [[255, 255, 255], [0, 0, 255]]
    assert not is_transparent(Image.new("LAB", (1, 1)))  # whose A is a colour


def test_grey_pictures_are_small(monkeypatch):
    monkeypatch.setattr(pictures, "MAX_SIDE", 16)
    for size, smaller in (((40, 20), (16, 8)), ((8, 32), (4, 16)), ((16, 16), (16, 16))):
        assert grey(Image.new("L", size)).size == smaller


def test_pictures_that_are_arrays():
    for shape in ((3, 5), (3, 5, 1), (3, 5, 3), (3, 5, 4)):
        levels = RNG.integers(0, 256, shape, np.uint8)
        assert np.array_equal(np.asarray(opened(levels)), levels.reshape(3, 5) if shape[2:] == (1,) else levels)
    for shape in ((5,), (3, 5, 0), (3, 5, 2), (3, 5, 5), (3, 5, 3, 1), ()):
        with pytest.raises(DataError, match="a picture as an array is uint8 of shape"):
            opened(np.zeros(shape, np.uint8))
    for kind in (np.int8, np.uint16, np.float32, bool):
        with pytest.raises(DataError, match="a picture as an array is uint8 of shape"):
            opened(np.zeros((3, 5), kind))
    for picture in ("", b"", 3, [[1]], io.BytesIO()):
        with pytest.raises(DataError, match="there is no picture" if picture == "" else "a picture is an image, a "):
            opened(picture)
