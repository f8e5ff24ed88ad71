"""Spoken MNIST: nothing is in two splits, what belongs together is together, and each modality is as hard as stated."""

import os

import numpy as np
import pytest

from mmdl import data
from mmdl.data.files.fetch import place
from mmdl.data.sources import spoken_mnist as module
from mmdl.errors import DataError
from tests.data.archives import SPEAKERS, recordings, wave, write_mnist, write_spoken

SPLITS = ("train", "validation", "test")
COUNT = 300
real = pytest.mark.skipif(
    not os.environ.get("MMDL_DATA") or not all(place(each).is_file() for each in module.SOURCE.downloads),
    reason="MMDL_DATA names no folder with MNIST and the spoken digits",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Stand-ins for the published files."""
    folder = tmp_path_factory.mktemp("data")
    write_spoken(folder, recordings(each=10))
    write_mnist(folder, COUNT)
    return folder


@pytest.fixture(scope="module")
def published(folder):
    """Pictures and labels as they were published."""
    return write_mnist(folder, COUNT)


@pytest.fixture(scope="module")
def small(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDL_DATA", str(folder))
        return data.load("spoken-mnist")


def about(dataset, column):
    return {split: getattr(dataset, split).about[column].tolist() for split in SPLITS}


def check_apart(dataset):
    """No picture, and no recording, is in two splits; every picture is in one."""
    pictures = about(dataset, "picture")
    everything = [int(each) for split in SPLITS for each in pictures[split]]
    assert sorted(everything) == list(range(len(everything)))
    heard = {split: set(names) for split, names in about(dataset, "recording").items()}
    assert not heard["train"] & heard["validation"]
    assert not heard["train"] & heard["test"]
    assert not heard["validation"] & heard["test"]
    return heard


def test_no_picture_and_no_recording_is_in_two_splits(small):
    assert small.modalities == ("image", "audio", "text")
    assert [len(getattr(small, split)) for split in SPLITS] == [210, 30, 60]
    heard = check_apart(small)
    for split, each in zip(SPLITS, (7, 1, 2), strict=True):
        counts = np.unique([name.rpartition("_")[0] for name in heard[split]], return_counts=True)[1]
        assert len(counts) == 30 and (counts <= each).all()  # every speaker says every digit
    assert len(heard["train"]) == 210 and len(heard["test"]) == 60  # and nothing is left unused


def test_what_belongs_together_is_together(small, published):
    labels = published[1]
    for split in SPLITS:
        examples = getattr(small, split)
        assert np.array_equal(examples.labels, labels[examples.about["picture"].astype(int)])
        assert [int(name[0]) for name in examples.about["recording"]] == examples.labels.tolist()
        assert [name.split("_")[1] for name in examples.about["recording"]] == examples.about["speaker"].tolist()
        assert set(examples.about["speaker"]) == set(SPEAKERS)
        own = small.preprocessors["text"].encode(list(examples.about["typed"]))
        assert np.array_equal(examples.inputs["text"].values, own.values)
    assert small.classes[3] == "three"


def test_pictures_are_a_window_onto_what_is_left(small, published):
    faint = small.preprocessors["image"]
    for split in SPLITS:
        examples = getattr(small, split)
        whole = published[0][examples.about["picture"].astype(int)][..., None] / np.float32(255)
        left = np.rint(255 * faint.remainder(whole).clip(0, 1))
        seen = examples.inputs["image"].astype(int)
        assert seen.dtype == int and seen.shape[1:] == faint.shape == (28, 28, 1)
        assert np.array_equal(seen[seen > 0], left[seen > 0])
        for picture, all_of_it in zip(seen[..., 0], left[..., 0], strict=True):
            rows, columns = np.nonzero(picture)
            window = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
            assert max(np.ptp(rows), np.ptp(columns)) < module.WINDOW
            assert (picture[window] > 0).sum() >= (all_of_it[window] > 1).sum()  # nothing in the window is hidden


def test_the_window_may_be_anywhere_within_the_picture():
    draw, seen = np.random.default_rng(0), set()
    picture = np.arange(1, 241.0).reshape(15, 16, 1)
    for _ in range(300):
        found = module.through_window(picture, draw)
        rows, columns = (found.any(axis=(axis, 2)).nonzero()[0] for axis in (1, 0))
        assert len(rows) == len(columns) == np.ptp(rows) + 1 == np.ptp(columns) + 1 == 13
        assert np.array_equal(found[found > 0], picture[rows[0] : rows[0] + 13, columns[0] : columns[0] + 13].ravel())
        seen.add((int(rows[0]), int(columns[0])))
    assert seen == {(row, column) for row in range(3) for column in range(4)}


def test_components_are_of_training_pictures_only(small, published):
    pictures = published[0][np.array(about(small, "picture")["train"], int)]
    assert np.abs(np.array(small.preprocessors["image"].mean) - (pictures / 255).mean(axis=0).ravel()).max() < 1e-4


def test_noise_has_the_energy_that_is_stated():
    rng = np.random.default_rng(0)
    for strength in (1.0, 0.01):
        x = (strength * wave(7, "theo", 3000) / 2**15).astype(np.float32)
        n = module.noisy(x, rng) - x
        assert 10 * np.log10((x**2).sum() / (n**2).sum()) == pytest.approx(module.DECIBELS, abs=0.2)
        assert abs(np.corrcoef(n[1:], n[:-1])[0, 1]) < 0.02 and n.dtype == np.float32


def test_each_recording_is_under_new_noise(small):
    sounds = small.train.inputs["audio"]
    names = small.train.about["recording"]
    for name in set(names):
        rows = np.flatnonzero(names == name)
        frames = sounds.values[rows][:, 0]
        assert len(np.unique(frames, axis=0)) == len(rows)
    heard = sounds.values[sounds.mask]
    assert np.abs(heard.mean(axis=0)).max() < 1e-2


def test_words_are_mistyped(small):
    words = np.array(small.classes)[small.train.labels]
    assert (small.train.about["typed"] != words).mean() > 0.9
    assert small.preprocessors["text"].unit == "letter" and small.train.present["text"].all()


def test_the_seed_decides(small, folder, monkeypatch):
    monkeypatch.setenv("MMDL_DATA", str(folder))
    one, same, other = small, *(data.load("spoken-mnist", seed=seed) for seed in (0, 1))
    for split in SPLITS:
        a, b = getattr(one, split), getattr(same, split)
        assert np.array_equal(a.inputs["image"], b.inputs["image"])
        assert np.array_equal(a.inputs["audio"].values, b.inputs["audio"].values)
        assert np.array_equal(a.about["typed"], b.about["typed"])
    assert about(one, "picture") != about(other, "picture") and about(one, "typed") != about(other, "typed")


def test_notes_say_how_hard_it_is(small):
    text = " ".join(small.notes)
    assert "75%" in text and f"{module.WINDOW} x {module.WINDOW}" in text
    assert f"{module.DECIBELS:g} dB" in text and f"{module.SLIPS} slips" in text


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("MMDL_DATA", str(tmp_path))
    with pytest.raises(DataError, match="mmdl data fetch spoken-mnist"):
        data.load("spoken-mnist")
    write_mnist(tmp_path, COUNT)
    with pytest.raises(DataError, match=r"needs .*free-spoken-digit.*mmdl data fetch spoken-mnist"):
        data.load("spoken-mnist")
    write_spoken(tmp_path, recordings(each=10, digits=range(9)))
    with pytest.raises(DataError, match="has pictures of 9 for train, but no recordings"):
        data.load("spoken-mnist")


@real
def test_the_published_files():
    spoken = data.load("spoken-mnist")
    assert [len(getattr(spoken, split)) for split in SPLITS] == [7000, 1000, 2000]
    heard = check_apart(spoken)
    assert sorted(map(len, heard.values())) == [250, 500, 1750]
    for split in SPLITS:
        examples = getattr(spoken, split)
        uses = np.unique(examples.about["recording"], return_counts=True)[1]
        assert uses.max() <= 1.3 * len(examples) / len(uses)  # none is heard much more often than the others
        assert np.bincount(examples.labels).min() > 0.08 * len(examples)
    faint = spoken.preprocessors["image"]
    assert len(faint.components) == 32 * 28 * 28
