"""Pictures from anywhere become those of the data set."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from mmdl.data import ImagePreprocessor
from mmdl.data.preprocessors.image import ink_of, resized
from mmdl.data.sources.glyphs import font_file
from mmdl.errors import DataError, FormatError

preprocessor = ImagePreprocessor()


def drawn(character="Ж", size=100, side=200, at=(0.5, 0.5), ground=255, ink=0):
    image = Image.new("L", (side, side), ground)
    font = ImageFont.truetype(font_file("DejaVuSans"), size)
    ImageDraw.Draw(image).text((at[0] * side, at[1] * side), character, ink, font=font, anchor="mm")
    return image


def one(picture):
    return preprocessor.encode([picture])[0, ..., 0]


def close(a, b, tolerance=0.02):
    return np.abs(a - b).max() <= tolerance


def test_a_glyph_saved_as_a_file_gives_the_data_sets_own_picture(glyphs, tmp_path):
    own = glyphs.test.inputs["image"][::50, ..., 0]
    for number, levels in enumerate(own):
        Image.fromarray(levels).save(tmp_path / f"{number}.png")
        Image.fromarray(255 - levels).save(tmp_path / f"{number}-dark.png")
    for ending in (".png", "-dark.png"):
        read = preprocessor.encode([tmp_path / f"{number}{ending}" for number in range(len(own))])
        assert read.shape == (len(own), 28, 28, 1) and read.dtype == np.float32
        difference = np.abs(read[..., 0] - own / 255).max(axis=(1, 2))
        assert (difference < 1e-6).mean() > 0.98  # ink that was shrunk may move by a pixel


def test_where_in_the_picture_the_ink_is_does_not_matter():
    assert close(one(drawn(at=(0.5, 0.5))), one(drawn(at=(0.3, 0.65))))
    assert close(one(drawn(side=200)), one(drawn(side=300)), 0.05)


def test_large_ink_is_shrunk_and_centred_and_keeps_its_proportions():
    wide = np.zeros((300, 400), np.uint8)
    wide[140:160, 100:300] = 255
    picture = one(wide)
    assert np.flatnonzero(picture.any(axis=0)).tolist() == list(range(4, 24))
    assert np.flatnonzero(picture.any(axis=1)).tolist() == [13, 14]


def test_light_or_dark_ink_makes_no_difference():
    expected = one(drawn())
    assert expected.max() == 1 and expected[0, 0] == 0
    assert close(one(drawn(ground=0, ink=255)), expected)
    assert close(one(drawn(ground=40, ink=200)), expected)
    assert close(one(drawn(ground=230, ink=90)), expected)


def test_any_kind_of_picture_will_do(tmp_path):
    expected, grey = one(drawn()), drawn()
    for mode in ("1", "RGB", "RGBA", "LA", "P", "CMYK", "I", "F"):
        assert close(one(grey.convert(mode)), expected, 0.1 if mode != "1" else 0.5), mode
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    deep.save(tmp_path / "deep.png")
    grey.save(tmp_path / "glyph.gif")
    grey.save(tmp_path / "glyph.jpg")
    for name in ("deep.png", "glyph.gif", "glyph.jpg"):
        assert close(one(str(tmp_path / name)), expected, 0.1), name
    for levels in (np.asarray(grey), np.asarray(grey)[..., None], np.asarray(grey.convert("RGB"))):
        assert close(one(levels), expected)


@pytest.mark.parametrize("ink", [0, 255, 100])
def test_transparent_pictures_show_their_ink(ink):
    opacity = drawn(ground=0, ink=255)
    picture = Image.merge("LA", (Image.new("L", opacity.size, ink), opacity))
    assert close(one(picture), one(drawn()))
    assert close(one(picture.convert("RGBA")), one(drawn()))


def test_noise_does_not_set_the_size():
    noisy = np.asarray(drawn(), int) + np.random.default_rng(0).integers(-12, 13, (200, 200))
    assert close(one(noisy.clip(0, 255).astype(np.uint8)), one(drawn()), 0.15)


def test_blank_pictures_are_zeros():
    blank = np.random.default_rng(0).integers(240, 250, (50, 50)).astype(np.uint8)
    assert not one(blank).any()
    assert not one(Image.new("RGBA", (30, 30))).any()
    assert not one(np.zeros((1, 1), np.uint8)).any()
    assert preprocessor.encode([]).shape == (0, 28, 28, 1)


def test_photographs_are_turned_upright(tmp_path):
    image = drawn("Г")
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera on its side
    image.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "photo.jpg", exif=exif, quality=95)
    assert close(one(tmp_path / "photo.jpg"), one(image), 0.1)


def test_the_callers_picture_is_left_alone():
    image = drawn(side=1500, size=700)
    before = image.copy()
    one(image)
    assert image == before


def test_other_frames():
    assert ImagePreprocessor(16, 40, ink=12).encode([drawn()]).shape == (1, 16, 40, 1)
    assert ImagePreprocessor(2, 2, ink=1).encode([drawn()]).max() == 1
    assert ImagePreprocessor(**json.loads(json.dumps(asdict(preprocessor)))) == preprocessor
    for settings in ((16, 16), (16, 16, 0), (16, 40, 17), (40, 16, 17)):
        with pytest.raises(DataError, match="does not fit"):
            ImagePreprocessor(*settings)


def test_missing_and_broken_files_are_one_sentence(tmp_path):
    with pytest.raises(DataError, match=r"there is no picture .*nothing\.png"):
        one(tmp_path / "nothing.png")
    drawn().save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "short.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty.png").touch()
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        one(tmp_path)
    for name in ("short.png", "text.png", "empty.png"):
        with pytest.raises(FormatError, match="cannot be read as a picture") as caught:
            one(tmp_path / name)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("picture", [None, 3, np.zeros((4, 4)), np.zeros(4, np.uint8), np.zeros((4, 4, 2), np.uint8)])
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(DataError, match="a picture"):
        one(picture)


def test_pictures_without_pixels_and_without_a_list_are_refused():
    with pytest.raises(DataError, match="at least one pixel"):
        one(np.zeros((0, 5), np.uint8))
    with pytest.raises(DataError, match="list"):
        preprocessor.encode("picture.png")


@pytest.mark.parametrize("seed", range(20))
def test_every_pixel_of_the_border_counts_once(seed):
    """Half of them are light and half dark: one pixel more of either would be the background."""
    levels = np.random.default_rng(seed).integers(0, 256, (5, 6), np.uint8)
    border = np.ones((5, 6), bool)
    border[1:-1, 1:-1] = False
    levels[border] = np.random.default_rng(seed).permutation([0, 255] * 9)
    light = np.rint((levels[~border] - 127.5).clip(0) * 2)
    assert np.array_equal(ink_of(Image.fromarray(levels))[border], levels[border])
    assert np.abs(ink_of(Image.fromarray(levels))[~border] - light).max() <= 1


def test_ink_is_light_on_dark_and_dark_on_light():
    for ground in (127, 128):
        levels = np.full((5, 5), ground, np.uint8)
        levels[2, 1:4] = 0, ground, 255
        expected = [0, 0, 255] if ground == 127 else [255, 0, 0]
        assert ink_of(Image.fromarray(levels))[2, 1:4].tolist() == expected


def test_an_eighth_of_the_strongest_is_no_ink_and_a_tenth_of_white_is():
    for far, at in ((31, 13), (32, 3)):
        ink = np.zeros((60, 60), np.uint8)
        ink[10, 10:13], ink[30, 30] = 255, far
        [row] = np.flatnonzero((preprocessor.frame(ink) == 255).any(axis=1))
        assert row == at
    assert not preprocessor.frame(np.full((3, 3), 25, np.uint8)).any()
    assert (preprocessor.frame(np.full((3, 3), 26, np.uint8)) == 255).sum() == 9


@pytest.mark.parametrize("shape", [(28, 28), (28, 1), (1, 28), (29, 3), (3, 29), (2, 300)])
def test_only_ink_that_does_not_fit_is_shrunk(shape):
    found = preprocessor.frame(np.full(shape, 200, np.uint8)) > 0
    size = found.any(axis=1).sum(), found.any(axis=0).sum()
    assert size == shape if max(shape) <= 28 else max(size) == 20 and min(size) in (1, 2)


def test_however_thin_a_line_becomes_it_is_white():
    tiny, line = ImagePreprocessor(4, 4, 2), np.zeros((1000, 1000), np.uint8)
    line[np.arange(1000), np.arange(1000)] = 255
    assert tiny.frame(line).max() == 255
    line[1:-1] = 0  # two dots, of which nothing can be left
    for normalised in (False, True):
        assert not ImagePreprocessor(4, 4, 2, normalised).frame(line).any()


def test_levels_keep_their_proportions_and_means():
    levels = np.repeat(np.repeat(np.uint8([[0, 255], [100, 40], [7, 9]]), 10, 0), 10, 1)
    assert np.array_equal(resized(levels, 3), levels[5::10, 5::10])
    assert np.array_equal(resized(levels[:20], 20), levels[:20])
    assert resized(levels[:10], 40).shape == (20, 40)


def test_digits_stand_with_their_centre_of_mass_in_the_middle_but_within_the_frame():
    mnist = ImagePreprocessor(normalised=True)
    ink = np.zeros((20, 20), np.uint8)
    ink[:, 0], ink[17:] = 255, 255  # heavy at the bottom, and a little to the left
    found = mnist.frame(ink)
    rows, columns = (found.any(axis=axis).nonzero()[0] for axis in (1, 0))
    assert (rows[0], rows[-1]) == (0, 19)  # it would stand higher still
    mass = (found.sum(axis=0) * np.arange(28)).sum() / found.sum()
    assert abs(mass - 14) <= 0.5 and columns[0] > 4
    assert (mnist.frame(np.rot90(ink, 2)).any(axis=1).nonzero()[0][[0, -1]] == [8, 27]).all()
    small = mnist.frame(np.full((2, 1), 90, np.uint8))
    assert small.any(axis=1).sum() == 20 and small.any(axis=0).sum() == 10 and small.max() == 255


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (3, 2), (28, 27)])
def test_ink_is_cut_out_and_stands_in_the_middle(shape):
    sheet = np.zeros((90, 80), np.uint8)
    sheet[31 : 31 + shape[0], 40 : 40 + shape[1]] = 255
    expected = np.zeros((28, 28), np.uint8)
    top, left = (28 - shape[0]) // 2, (28 - shape[1]) // 2
    expected[top : top + shape[0], left : left + shape[1]] = 255
    assert np.array_equal(preprocessor.frame(sheet), expected)
