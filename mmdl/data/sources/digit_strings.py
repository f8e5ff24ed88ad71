"""Digit strings: three to six recordings of one speaker in a row, of which the digits are to be written down."""

from typing import Any

import numpy as np

from mmdl.data.dataset import Dataset, Examples
from mmdl.data.preprocessors.audio import AudioPreprocessor, at_full_scale, wave_of
from mmdl.data.preprocessors.target import TargetTokenizer
from mmdl.data.registry import Source
from mmdl.data.sources.spoken_digits import DIGITS, DOWNLOADS, Recording, by_recording, recordings
from mmdl.errors import DataError
from mmdl.shapes import Array

COUNTS = {"train": 1500, "validation": 100, "test": 200}
LONGEST = 6
NEW_SPEAKER = "yweweler"
RATE = AudioPreprocessor.rate


def load(split: str = "recording", count: int = COUNTS["train"], shortest: int = 3, longest: int = LONGEST) -> Dataset:
    """`count` strings to learn from, 100 for validation, 200 for the test

    Parameters
    ----------
    split : "recording" or "speaker"
        What the test does not share with what is learned from: a recording, as in the spoken digits, or a speaker.
        Then one speaker is for the test, and recordings 0 to 9 of the four others are for validation.
    count : int
        Of the strings for training, each of which is drawn anew from the recordings for training.
    shortest, longest : int
        Digits of a string.

    Returns
    -------
    Dataset
        Modality "audio", Tokens of log-mel frames; every string is heard in full. Targets are digits. `about` has
        "target", "speaker" and "recordings". There is one class only, as nothing is to be classified.

    Raises
    ------
    DataError
        If the archive of the spoken digits is missing, or has nothing for one of the splits.
    """
    if split not in SPLITS:
        raise DataError(f'digit strings are split by {" or ".join(SPLITS)}, not by "{split}"')
    if not 1 <= shortest <= longest:
        raise DataError(f"a string has at least one digit, and at most {longest}, not {shortest} or more")
    spoken = recordings()
    rng = np.random.default_rng(0)  # which strings there are is part of the data, not of an experiment
    chosen = {}
    for part, size in (COUNTS | {"train": count}).items():
        members = [each for each in spoken if SPLITS[split](each) == part]
        if not members:
            raise DataError(f"split by {split}, the spoken digits on this machine leave nothing for {part}")
        chosen[part] = [strung(members, rng, shortest, longest) for _ in range(size)]
    waves = {part: [joined(string) for string in strings] for part, strings in chosen.items()}
    heard = max(len(wave) for part in waves.values() for wave in part) / RATE
    preprocessor = AudioPreprocessor.fit(waves["train"], seconds=heard)
    writer = TargetTokenizer(DIGITS, longest + 1)
    splits: dict[str, Any] = {}
    for part, strings in chosen.items():
        targets = ["".join(str(each.digit) for each in string) for string in strings]
        about = {
            "target": np.array(targets),
            "speaker": np.array([string[0].speaker for string in strings]),
            "recordings": np.array([" ".join(f"{r.digit}_{r.speaker}_{r.index}" for r in each) for each in strings]),
        }
        labels, audio = np.zeros(len(strings), int), preprocessor.encode(waves[part])
        splits[part] = Examples({"audio": audio}, labels, about=about, targets=writer.encode(targets))
    return Dataset("digit-strings", ("string",), **splits, preprocessors={"audio": preprocessor}, target=writer)


def by_speaker(recording: Recording) -> str:
    """One speaker is for the test; there are too few to keep one for validation, too."""
    if recording.speaker == NEW_SPEAKER:
        return "test"
    return "train" if by_recording(recording) == "train" else "validation"


SPLITS = {"recording": by_recording, "speaker": by_speaker}


def strung(members: list[Recording], rng: np.random.Generator, shortest: int, longest: int) -> list[Recording]:
    """A few recordings of one of their speakers, every digit by chance."""
    speakers = sorted({each.speaker for each in members})
    speaker = speakers[rng.integers(len(speakers))]
    own = [each for each in members if each.speaker == speaker]
    return [own[place] for place in rng.integers(len(own), size=rng.integers(shortest, longest + 1))]


def joined(string: list[Recording]) -> Array:
    """Their sounds one after the other, each as loud as the others.  -> (T,) float32"""
    return np.concatenate([at_full_scale(wave_of(each.sound, RATE)) for each in string])


SOURCE = Source(
    load,
    ("audio",),
    "three to six spoken digits in a row, to be written down",
    "CC BY-SA 4.0, Zohar Jackson and others",
    DOWNLOADS,
    to_write="digit-strings",
)
