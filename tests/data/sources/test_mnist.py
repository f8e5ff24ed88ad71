"""MNIST and its sister: the published split, the test alone, what does not fit together, and pictures from outside."""

import gzip
import json
import os
import struct
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmdl import data
from mmdl.data import ImagePreprocessor
from mmdl.data.files.fetch import is_whole
from mmdl.data.sources import fashion_mnist, mnist
from mmdl.errors import DataError, FormatError

SPLITS = ("train", "validation", "test")
REAL = Path(os.environ.get("MMDL_DATA", "nowhere")) / "mnist" / mnist.FILES[2]
real = pytest.mark.skipif(not REAL.is_file(), reason="MMDL_DATA names no folder with MNIST")


def drawn(count, seed):
    """Pictures that tell where they are from: their first two pixels are the number of the picture."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.divmod(np.arange(count), 256)
    return images, rng.permutation(np.arange(count) % 10).astype(np.uint8)


def number(examples):
    return examples.inputs["image"][:, 0, 0, 0].astype(int) * 256 + examples.inputs["image"][:, 0, 1, 0]


def pack(array):
    return gzip.compress(struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes(), 1)


def write(folder, files, images, labels):
    folder.mkdir(parents=True, exist_ok=True)
    for file, array in zip(files, (images, labels), strict=True):
        (folder / file).write_bytes(pack(array))


@pytest.fixture(params=["mnist", "fashion-mnist"])
def name(request):
    return request.param


@pytest.fixture
def folder(name, monkeypatch, tmp_path):
    """The folder of a dataset that has the files of the test, of 500 pictures."""
    monkeypatch.setenv("MMDL_DATA", str(tmp_path))
    write(tmp_path / name, mnist.FILES[2:], *drawn(500, 0))
    return tmp_path / name


def test_the_published_split_is_kept(name, folder):
    images, labels = drawn(1000, 1)
    write(folder, mnist.FILES[:2], images, labels)
    dataset = data.load(name)
    assert [len(getattr(dataset, split)) for split in SPLITS] == [900, 100, 500]
    assert dataset.notes == () and dataset.modalities == ("image",) and dataset.name == name
    places = np.concatenate([number(dataset.train), number(dataset.validation)])
    assert sorted(places) == list(range(1000))
    for examples in (dataset.train, dataset.validation):
        assert examples.inputs["image"].shape[1:] == (28, 28, 1) and examples.inputs["image"].dtype == np.uint8
        assert np.array_equal(examples.inputs["image"][..., 0], images[number(examples)])
        assert np.array_equal(examples.labels, labels[number(examples)])
        assert len(set(np.bincount(examples.labels))) == 1
    tested, labels = drawn(500, 0)
    assert np.array_equal(dataset.test.inputs["image"][..., 0], tested)
    assert np.array_equal(dataset.test.labels, labels)


def test_the_test_alone_is_split_and_the_note_says_so(name, folder):
    dataset, again = data.load(name), data.load(name)
    assert [len(getattr(dataset, split)) for split in SPLITS] == [350, 50, 100]
    assert sorted(np.concatenate([number(getattr(dataset, split)) for split in SPLITS])) == list(range(500))
    for split in SPLITS:
        assert len(set(np.bincount(getattr(dataset, split).labels))) == 1
        assert np.array_equal(number(getattr(dataset, split)), number(getattr(again, split)))
    [note] = dataset.notes
    assert "500 pictures" in note and "350 to train on, 50 for validation, 100 for the test" in note
    assert f"mmdl data fetch {name} " in note


@pytest.mark.parametrize("missing", range(4))
def test_a_missing_file_is_named(name, folder, missing):
    write(folder, mnist.FILES[:2], *drawn(100, 1))
    (folder / mnist.FILES[missing]).unlink()
    with pytest.raises(DataError, match=rf"{name} needs .*{mnist.FILES[missing]}, .* mmdl data fetch {name} brings it"):
        data.load(name)


def test_files_that_do_not_belong_together(name, folder):
    images, labels = drawn(500, 0)
    for wrong, said in [
        ((images, labels[:-1]), "500 pictures, but .* 499 labels"),
        ((images, labels + 1), "label 10, but there are 10 classes, from 0 on"),
        ((images[:0], labels[:0]), "no labels"),
        ((images[:, 1:], labels), "shape 500 x 27 x 28, not N x 28 x 28"),
        ((labels, labels), "1 axes, not 3"),
    ]:
        write(folder, mnist.FILES[2:], *wrong)
        with pytest.raises(FormatError, match=said):
            data.load(name)


def test_the_digits_of_the_test(monkeypatch, tmp_path):
    monkeypatch.setenv("MMDL_DATA", str(tmp_path))
    with pytest.raises(DataError, match="mnist needs"):
        mnist.test_digits()
    expected, labels = drawn(30, 2)
    write(tmp_path / "mnist", mnist.FILES[2:], expected, labels)
    images, found = mnist.test_digits()
    assert images.shape == (30, 28, 28, 1) and images.dtype == np.uint8
    assert np.array_equal(images[..., 0], expected) and np.array_equal(found, labels)


def test_what_is_published(name):
    source = data.DATASETS[name]
    assert [download.file for download in source.downloads] == [f"{name}/{file}" for file in mnist.FILES]
    assert all(len(download.urls) == 2 for download in source.downloads)
    assert all(url.endswith(Path(download.file).name) for download in source.downloads for url in download.urls)
    assert len({download.checksum for download in source.downloads}) == 4
    assert len({download.content for download in source.downloads}) == 4


@pytest.mark.parametrize("side", [400, 28, 14])
def test_a_digit_of_any_size_is_brought_to_that_of_mnist(side):
    """20 pixels on the longer side, and the centre of mass in the middle, which is pixel 14."""
    image = Image.new("L", (side, side), 255)
    corners = np.array([[0.4, 0.1], [0.2, 0.9], [0.6, 0.9]]) * side  # a triangle, heavier below
    ImageDraw.Draw(image).polygon([tuple(corner) for corner in corners], fill=0)
    [picture] = mnist.PREPROCESSOR.encode([image])[..., 0]
    rows = np.flatnonzero(picture.any(axis=1))
    assert np.ptp(rows) + 1 == 20 and picture.max() == 1
    mass = [(picture * place).sum() / picture.sum() for place in np.indices(picture.shape)]
    assert mass == pytest.approx([14, 14], abs=0.51)
    assert 28 - rows[-1] - 1 > rows[0] + 3  # so the outline is not in the middle


def test_clothes_on_white_become_light_on_black_and_fill_the_frame():
    image = Image.new("L", (300, 300), 250)
    ImageDraw.Draw(image).ellipse([100, 50, 200, 250], fill=40)
    [picture] = fashion_mnist.PREPROCESSOR.encode([image])
    rows, columns = (np.flatnonzero(picture[..., 0].any(axis=axis)) for axis in (1, 0))
    assert np.ptp(rows) + 1 == 28 and np.ptp(columns) + 1 == pytest.approx(14, abs=1)
    assert picture[14, 14, 0] > 0.95 and picture[0, 0, 0] == 0


def test_its_settings_are_plain_values(name):
    preprocessor = {"mnist": mnist, "fashion-mnist": fashion_mnist}[name].PREPROCESSOR
    assert ImagePreprocessor(**json.loads(json.dumps(asdict(preprocessor)))) == preprocessor


@real
def test_the_real_files_are_whole_and_of_ten_classes():
    images, labels = mnist.test_digits()
    assert len(images) == 10_000
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert all(map(is_whole, mnist.DOWNLOADS[2:]))


@real
def test_a_real_digit_saved_as_a_file_comes_back_as_it_was(tmp_path):
    own = mnist.test_digits()[0][::100, ..., 0]
    paths = [tmp_path / f"{place}.png" for place in range(len(own))]
    for path, image in zip(paths, own, strict=True):
        Image.fromarray(255 - image).save(path)
    back = mnist.PREPROCESSOR.encode(paths)[..., 0]
    difference = np.abs(back - own / 255)
    assert (difference.max(axis=(1, 2)) < 0.5).mean() >= 0.98  # the rest has moved by a pixel
    assert difference.mean() < 0.005  # faint edges do not count as ink
