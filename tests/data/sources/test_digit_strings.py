"""Strings of spoken digits: what is to be written is what was said, in full, and no recording is in two splits."""

import os
from pathlib import Path

import numpy as np
import pytest

from mmdl import data
from mmdl.data.sources import digit_strings
from mmdl.data.sources.spoken_digits import DOWNLOADS, Recording, recordings
from mmdl.errors import DataError
from tests.data.archives import SPEAKERS, write_spoken
from tests.data.archives import recordings as archived

REAL = Path(os.environ.get("MMDL_DATA", "nowhere")) / DOWNLOADS[0].file
SPLITS = ("train", "validation", "test")


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MMDL_DATA", str(tmp_path))
    write_spoken(tmp_path, archived())
    return tmp_path


def test_targets_are_what_is_said(folder):
    dataset = data.load("digit-strings", count=40)
    assert [len(getattr(dataset, split)) for split in SPLITS] == [40, 100, 200]
    for examples in (getattr(dataset, split) for split in SPLITS):
        written = dataset.target.texts(examples.targets)
        assert {len(text) for text in written} <= {3, 4, 5, 6}
        for text, names, speaker in zip(written, examples.about["recordings"], examples.about["speaker"], strict=True):
            parts = [name.split("_") for name in names.split()]
            assert "".join(digit for digit, _, _ in parts) == text and {who for _, who, _ in parts} == {speaker}


def test_a_string_is_heard_in_full(folder):
    """Its sound is its recordings' in a row; the longest fills the preprocessor's length to a frame."""
    dataset = data.load("digit-strings", count=20)
    spoken = {f"{each.digit}_{each.speaker}_{each.index}": each for each in recordings()}
    heard = dataset.preprocessors["audio"]
    lengths = []
    for split in SPLITS:
        examples = getattr(dataset, split)
        for names, frames in zip(examples.about["recordings"], examples.inputs["audio"].mask.sum(axis=1), strict=True):
            samples = sum(len(spoken[name].samples) for name in names.split())
            assert frames == 1 + (samples - heard.window) // heard.hop
            lengths.append(frames)
    assert max(lengths) == heard.length


@pytest.mark.parametrize("split", ["recording", "speaker"])
def test_nothing_is_in_two_splits(folder, split):
    dataset = data.load("digit-strings", split=split, count=60)
    about = {part: getattr(dataset, part).about for part in SPLITS}
    names = [{name for each in about[part]["recordings"] for name in each.split()} for part in SPLITS]
    assert not (names[0] & names[1] or names[0] & names[2] or names[1] & names[2])
    speakers = [{*about[part]["speaker"]} for part in SPLITS]
    others = {*SPEAKERS} - {"yweweler"}
    assert speakers == ([{*SPEAKERS}] * 3 if split == "recording" else [others, others, {"yweweler"}])


def test_it_is_the_same_every_time(folder):
    dataset, same = (data.load("digit-strings", count=10, shortest=2, longest=2) for _ in range(2))
    first, again = dataset.test, same.test
    assert dataset.target.length == 3
    assert np.array_equal(first.inputs["audio"].values, again.inputs["audio"].values)
    assert np.array_equal(first.targets.values, again.targets.values) and first.targets.mask.all(axis=0).sum() == 3


def test_a_string_may_be_one_digit_of_one_speaker(folder):
    about = data.load("digit-strings", count=30, shortest=1, longest=2).train.about
    assert {len(text) for text in about["target"]} == {1, 2}
    for speaker, names in zip(about["speaker"], about["recordings"], strict=True):
        assert {name.split("_")[1] for name in names.split()} == {speaker}


def test_what_there_is_not(folder):
    with pytest.raises(DataError, match='by recording or speaker, not by "day"'):
        data.load("digit-strings", split="day")
    with pytest.raises(DataError, match="at least one digit, and at most 2, not 3 or more"):
        data.load("digit-strings", longest=2)
    write_spoken(folder, archived(each=5))
    with pytest.raises(
        DataError, match="split by recording, the spoken digits on this machine leave nothing for train"
    ):
        data.load("digit-strings")


@pytest.mark.skipif(not REAL.is_file(), reason="MMDL_DATA names no folder with the spoken digits")
def test_the_real_ones():
    dataset = data.load("digit-strings")
    assert len(dataset.train) == 1500 and dataset.train.inputs["audio"].values.shape[2] == 40
    assert len({*dataset.train.about["speaker"]}) == 5
    assert digit_strings.SOURCE.to_write == "digit-strings"


def test_who_is_tested():
    def recording(speaker, index):
        return Recording(7, speaker, index, 8000, np.zeros(1))

    assert {digit_strings.by_speaker(recording("yweweler", index)) for index in (0, 5, 10)} == {"test"}
    assert [digit_strings.by_speaker(recording("theo", index)) for index in (0, 9, 10, 49)] == [
        *("validation", "validation"),
        *("train", "train"),
    ]


def test_a_string_has_one_digit_at_least(monkeypatch, tmp_path):
    monkeypatch.setenv("MMDL_DATA", str(tmp_path))
    for lengths in ({"shortest": 0}, {"shortest": 3, "longest": 2}):
        with pytest.raises(DataError, match="a string has at least one digit"):
            digit_strings.load(**lengths)
    with pytest.raises(DataError, match="mmdl data fetch"):  # which is asked for next
        digit_strings.load(shortest=1, longest=1)
