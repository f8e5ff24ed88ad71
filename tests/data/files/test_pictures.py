"""Pictures of any size, mode and kind: read in little memory, shrunk alike, refused in a sentence."""

import io
import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mmdl.data.files import pictures
from mmdl.data.files.pictures import MAX_SIDE, coloured, grey, opened, upright_size, white_of
from mmdl.errors import DataError, FormatError
from tests.source import ROOT

MODES = ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "I;16", "I", "F"]


def picture(mode, columns=2100, rows=2300):
    """Bright in the upper half, dark in the lower one."""
    levels = np.full((rows, columns), 30, np.uint8)
    levels[: rows // 2] = 220
    if mode in ("I;16", "I"):
        image = Image.fromarray(levels.astype(np.uint16) * 200)
        return image.convert("I") if mode == "I" else image
    image = Image.fromarray(levels)
    if mode == "1":
        return image.convert("1", dither=Image.Dither.NONE)
    if mode in ("LA", "RGBA"):
        image.putalpha(255)
    return image.convert(mode)


def saved(image, path):
    image.save(path)
    return path


@pytest.mark.parametrize("mode", MODES)
def test_a_large_picture_becomes_a_small_one_that_looks_alike(mode, tmp_path):
    ending = {"CMYK": "jpg", "F": "tif", "I": "tif"}.get(mode, "png")
    image = opened(saved(picture(mode), tmp_path / f"large.{ending}"))
    assert MAX_SIDE <= max(image.size) <= 2 * MAX_SIDE
    levels = np.asarray(grey(image), float)
    assert levels[: len(levels) // 2 - 2].min() > levels[len(levels) // 2 + 2 :].max() + 50
    assert coloured(image).mode == "RGB"
    small = np.asarray(grey(picture(mode, 210, 230)), float)
    assert abs(levels[:100].mean() - small[:10].mean()) < 4


def test_enough_pixels_are_left(tmp_path):
    path = saved(picture("L", 6000, 3000), tmp_path / "wide.png")
    assert min(opened(path, 2000).size) >= 2000
    assert min(opened(path, 100).size) >= 100 and max(opened(path, 100).size) < 2 * MAX_SIDE


def test_a_small_picture_stays_as_it_is(tmp_path):
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 4), np.uint8))
    assert np.array_equal(np.asarray(opened(saved(image, tmp_path / "small.png"))), np.asarray(image))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_large_picture_is_turned_upright(orientation, tmp_path):
    image, about = picture("RGB", 2600, 2100), Image.Exif()
    about[0x0112] = orientation
    path = tmp_path / "turned.png"
    image.save(path, exif=about)
    rows, columns = upright_size(path)
    found = opened(path)
    assert (found.width > found.height) == (columns > rows) == (orientation in (1, 3))


def test_what_is_transparent_stays_so(tmp_path):
    image = Image.new("RGBA", (2200, 2200), (200, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 2200, 1100))
    levels = np.asarray(coloured(opened(saved(image, tmp_path / "half.png"))))
    assert levels[-1].min() == 255 and levels[0].max() == 0


MEASURE = """
import sys
from mmdl.data.files.pictures import coloured, grey, opened
from tests.memory import peak
for make in (grey, coloured):
    make(opened(sys.argv[2]))
before = peak()
for make in (grey, coloured):
    try:
        make(opened(sys.argv[1]))
    except ValueError as mistake:
        print(mistake, file=sys.stderr)
print(peak() - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
@pytest.mark.parametrize("side", [3000, 5000, 9400, 13000])
def test_memory_is_bounded(mode, side, tmp_path):
    """At most 64 MiB beyond a byte a channel, or a sentence."""
    stored = "L" if mode == "I;16" else mode
    blank = Image.new("I;16" if mode == "I;16" else stored, (side, side))
    path, small = saved(blank, tmp_path / "large.png"), saved(picture(mode, 90, 90), tmp_path / "small.png")
    own = side * side * len(blank.getbands())
    command = [sys.executable, "-c", MEASURE, path, small]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert int(run.stdout) <= own + (64 << 20), run.stderr
    if side == 13000:
        assert "pixels" in run.stderr


def test_a_line_of_pixels_is_refused(tmp_path):
    """To shrink one of 80 million took 1.2 GB of weights"""
    path = saved(Image.new("L", (70_000, 1)), tmp_path / "line.png")
    with pytest.raises(FormatError, match="1 x 70,000 pixels, which are more than are read"):
        opened(path)


def test_too_many_pixels_are_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 100 * 100 - 1)
    path = saved(picture("L", 100, 100), tmp_path / "large.png")
    with pytest.raises(FormatError, match=r"large.png has 100 x 100 pixels, which are more than are read"):
        opened(path)


def test_pillows_own_limits_are_a_sentence(tmp_path, monkeypatch):
    path = saved(picture("L", 100, 100), tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(FormatError, match="pixels"):
        opened(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 9000)  # of which Pillow would only warn
    assert opened(path).size == (100, 100)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_pipes_devices_and_folders_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", tmp_path):
        with pytest.raises(DataError, match="cannot be read"):
            opened(path)
        assert upright_size(path) is None
    with pytest.raises(DataError, match="there is no picture"):
        opened(tmp_path / "nowhere.png")


def whole(ending):
    stream = io.BytesIO()
    picture("RGB", 40, 30).save(stream, ending)
    return stream.getvalue()


FILES = {ending: whole(ending) for ending in ("png", "jpeg", "gif", "bmp", "tiff", "webp", "ppm")}


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(FILES)), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=8))
def test_damaged_pictures_are_read_or_refused(tmp_path_factory, ending, changes):
    broken = bytearray(FILES[ending])
    for place, value in changes:
        broken[place % len(broken)] = value
    path = tmp_path_factory.mktemp("damaged") / f"picture.{ending}"
    path.write_bytes(bytes(broken))
    tracemalloc.start()
    try:
        grey(opened(path)), coloured(opened(path))
    except (FormatError, DataError) as mistake:
        assert "\n" not in str(mistake)
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 64 << 20


def test_a_white_that_is_not_finite_is_looked_for_again(tmp_path):
    levels = np.full((4, 4), 0.5, np.float32)
    levels[0, 0] = np.inf
    Image.fromarray(levels).save(tmp_path / "float.tiff")
    assert white_of(opened(tmp_path / "float.tiff")) == 1.0
