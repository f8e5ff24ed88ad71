"""Spoken digits: every recording from the archive, in one split only; odd members, broken recordings."""

import os

import numpy as np
import pytest

from mmdl import data
from mmdl.data.files.fetch import is_whole, place
from mmdl.data.sources import spoken_digits as module
from mmdl.errors import DataError, FormatError
from tests.data.archives import FOLDER, SPEAKERS, member, recording, recordings, wav, wave, write_spoken

SPLITS = ("train", "validation", "test")
real = pytest.mark.skipif(
    not os.environ.get("MMDL_DATA") or not place(module.DOWNLOADS[0]).is_file(),
    reason="MMDL_DATA names no folder with the spoken digits",
)


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MMDL_DATA", str(tmp_path))
    return tmp_path


def names(examples):
    about = examples.about
    return list(zip(examples.labels.tolist(), about["speaker"].tolist(), map(int, about["index"]), strict=True))


def test_recordings_are_what_was_packed(folder):
    write_spoken(folder, recordings()[::-1])
    found = module.recordings()
    assert [each[:3] for each in found] == [(d, s, i) for d in range(10) for s in SPEAKERS for i in range(12)]
    for each in found:
        assert each.rate == 8000 and each.samples.dtype == np.float32
        assert np.abs(each.samples - wave(*each[:3]) / 2**15).max() < 1e-6


def test_by_recording_all_speakers_and_digits_are_in_every_split(folder):
    write_spoken(folder, recordings())
    digits = data.load("spoken-digits")
    assert digits.modalities == ("audio",) and digits.classes == tuple("0123456789")
    for split, indices in zip(SPLITS, (range(10, 12), range(5, 10), range(5)), strict=True):
        expected = {(d, s, i) for d in range(10) for s in SPEAKERS for i in indices}
        assert set(names(getattr(digits, split))) == expected


def test_by_speaker_nobody_is_in_two_splits(folder):
    write_spoken(folder, recordings(each=2))
    digits = data.load("spoken-digits", split="speaker")
    for split, speaker in zip(SPLITS, ("george", "theo", "yweweler"), strict=True):
        assert set(names(getattr(digits, split))) == {(d, speaker, i) for d in range(10) for i in range(2)}


def test_sounds_stay_with_their_labels_and_training_sets_the_standard(folder):
    write_spoken(folder, recordings())
    digits = data.load("spoken-digits")
    audio = digits.preprocessors["audio"]
    for split in SPLITS:
        examples = getattr(digits, split)
        own = audio.encode([(8000, wave(*name)) for name in names(examples)])
        assert np.array_equal(examples.inputs["audio"].mask, own.mask)
        assert np.abs(examples.inputs["audio"].values - own.values).max() < 1e-3
    heard = digits.train.inputs["audio"].values[digits.train.inputs["audio"].mask]
    assert np.abs(heard.mean(axis=0)).max() < 1e-3 and np.abs(heard.std(axis=0) - 1).max() < 1e-2
    assert digits.test.inputs["audio"].values.dtype == np.float32


@pytest.mark.parametrize(
    "odd",
    [
        member("/etc/recordings/7_theo_1.wav", b"x"),
        member("../recordings/7_theo_1.wav", b"x"),
        member(f"{FOLDER}/10_theo_1.wav", b"x"),
        member(f"{FOLDER}/7_theo_1.wav.exe", b"x"),
        member(f"{FOLDER}/7_theo_x.wav", b"x"),
        member("free-spoken-digit-dataset-1.0.9/metadata.py", b"raise SystemExit"),
    ],
    ids=lambda odd: odd[0].name[-20:],
)
def test_other_members_are_passed_over(odd, folder):
    write_spoken(folder, [odd, recording(3, "theo", 4)])
    [found] = module.recordings()
    assert found[:3] == (3, "theo", 4)


def test_a_broken_recording_is_named_with_its_archive(folder):
    whole = wav(wave(3, "theo", 4))
    for content in (b"", whole[:30], whole[:-10], b"no sound", wav(np.zeros(0, np.int16))):
        write_spoken(folder, [recording(1, "theo", 0), member(f"{FOLDER}/3_theo_4.wav", content)])
        with pytest.raises(FormatError, match=r"recordings/3_theo_4\.wav in .*1\.0\.9\.tar\.gz: ") as caught:
            module.recordings()
        assert "\n" not in str(caught.value)


def test_broken_and_empty_archives_are_named(folder):
    path = write_spoken(folder, recordings(each=1))
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(FormatError, match=r"1\.0\.9\.tar\.gz is not packed with gzip, cut short or damaged"):
        data.load("spoken-digits")
    write_spoken(folder, [member("readme.txt", b"nothing here")])
    with pytest.raises(FormatError, match=r"1\.0\.9\.tar\.gz has no recordings"):
        data.load("spoken-digits")


def test_a_split_without_recordings_is_refused(folder):
    write_spoken(folder, recordings(each=8))
    with pytest.raises(DataError, match=r"split by recording, the spoken digits .* leave nothing for train"):
        data.load("spoken-digits")
    with pytest.raises(DataError, match="split by recording or speaker, not by"):
        data.load("spoken-digits", split="chance")


def test_a_missing_archive_says_what_to_do(folder):
    with pytest.raises(DataError, match="mmdl data fetch spoken-digits"):
        data.load("spoken-digits")


@real
def test_the_published_archive():
    assert is_whole(module.DOWNLOADS[0])
    assert place(module.DOWNLOADS[0]).stat().st_size == module.DOWNLOADS[0].bytes
    by_recording, by_speaker = (data.load("spoken-digits", split=split) for split in ("recording", "speaker"))
    assert [len(getattr(by_recording, split)) for split in SPLITS] == [2000, 250, 250]
    assert [len(getattr(by_speaker, split)) for split in SPLITS] == [1500, 500, 500]
    for digits in (by_recording, by_speaker):
        everything = [name for split in SPLITS for name in names(getattr(digits, split))]
        assert len(set(everything)) == len(everything) == 2500
        assert all((np.bincount(getattr(digits, split).labels, minlength=10) > 20).all() for split in SPLITS)
    assert set(by_recording.test.about["index"]) == set("01234")  # as its authors want it
