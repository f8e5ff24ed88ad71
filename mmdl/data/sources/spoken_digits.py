"""Spoken digits: the Free Spoken Digit Dataset, 2,500 recordings of five speakers, read from its published archive."""

import io
import re
from typing import Any, NamedTuple

import numpy as np

from mmdl.data.dataset import Dataset, Examples
from mmdl.data.files.archive import read_archive
from mmdl.data.files.fetch import Download, located
from mmdl.data.files.wav import read_wav
from mmdl.data.preprocessors.audio import AudioPreprocessor
from mmdl.data.registry import Source
from mmdl.errors import DataError, FormatError
from mmdl.shapes import Array

DIGITS = tuple("0123456789")
NAMES = re.compile(r"\w[\w.-]*/recordings/([0-9])_([a-z]+)_([0-9]{1,4})\.wav")


class Recording(NamedTuple):
    """One spoken digit."""

    digit: int
    speaker: str
    index: int  # type: ignore[assignment]  # and not a tuple's method
    rate: int  # samples in a second
    samples: Array  # float32 in [-1, 1]

    @property
    def sound(self) -> tuple[int, Array]:
        """As `AudioPreprocessor` takes it."""
        return self.rate, self.samples


def by_recording(recording: Recording) -> str:
    """Recordings 0 to 4 are for the test, as those who published them want it."""
    return "test" if recording.index < 5 else "validation" if recording.index < 10 else "train"


def by_speaker(recording: Recording) -> str:
    """The voice of the test is heard in the test only."""
    return {"yweweler": "test", "theo": "validation"}.get(recording.speaker, "train")


SPLITS = {"recording": by_recording, "speaker": by_speaker}


def load(split: str = "recording") -> Dataset:
    """Every digit, 50 times by each speaker

    Parameters
    ----------
    split : str
        "recording": all speakers and digits are in every split. Of each speaker and digit the recordings 0 to 4 are for
        the test, 5 to 9 for validation, 10 to 49 to learn from.
        "speaker": nobody is in two splits. One speaker, yweweler, is for the test, one, theo, for validation, and the
        three others to learn from.

    Returns
    -------
    Dataset
        Modality "audio", Tokens of log-mel frames; `about` has "speaker" and "index".

    Raises
    ------
    DataError
        If the archive is missing, or has nothing for one of the splits; FormatError if it is not what it should be.

    References
    ----------
    Z. Jackson, C. Souza, J. Flaks, Y. Pan, H. Nicolas, A. Thite, Free Spoken Digit Dataset, version 1.0.9, 2020.
    """
    if split not in SPLITS:
        raise DataError(f'spoken digits are split by {" or ".join(SPLITS)}, not by "{split}"')
    parts: dict[str, list[Recording]] = {"train": [], "validation": [], "test": []}
    for recording in recordings():
        parts[SPLITS[split](recording)].append(recording)
    for part, members in parts.items():
        if not members:
            raise DataError(f"split by {split}, the spoken digits on this machine leave nothing for {part}")
    preprocessor = AudioPreprocessor.fit([each.sound for each in parts["train"]])
    splits: dict[str, Any] = {part: examples(members, preprocessor) for part, members in parts.items()}
    return Dataset("spoken-digits", DIGITS, **splits, preprocessors={"audio": preprocessor})


def examples(members: list[Recording], preprocessor: AudioPreprocessor) -> Examples:
    """Recordings as Examples."""
    return Examples(
        {"audio": preprocessor.encode([each.sound for each in members])},
        np.array([each.digit for each in members]),
        about={name: np.array([str(getattr(each, name)) for each in members]) for name in ("speaker", "index")},
    )


def recordings() -> list[Recording]:
    """All that is in the published archive.  -> list of Recording, by digit, speaker and index

    Raises
    ------
    DataError
        If the archive is missing; FormatError, which names it, if it is broken, or a recording in it.
    """
    [path] = located("spoken-digits", DOWNLOADS)
    found = []
    for name, content in read_archive(path, NAMES).items():
        digit, speaker, index = NAMES.findall(name)[0]
        try:
            rate, samples = read_wav(io.BytesIO(content))
        except (DataError, FormatError) as mistake:
            raise FormatError(f"{name} in {path}: {mistake}") from None
        found.append(Recording(int(digit), speaker, int(index), rate, samples))
    if not found:
        raise FormatError(f"{path} has no recordings with names such as recordings/7_theo_32.wav")
    return sorted(found, key=lambda each: each[:3])


DOWNLOADS = (
    Download(
        "spoken_digits/free-spoken-digit-dataset-1.0.9.tar.gz",
        ("https://github.com/Jakobovski/free-spoken-digit-dataset/archive/v1.0.9.tar.gz",),
        "sha256:8bc44cde129d505cbbb6b365c09f80c663f2aa77578afc634e6141a2f87100c0",
        11_975_353,
    ),
)
SOURCE = Source(
    load,
    ("audio",),
    "the ten digits, spoken by five people 50 times each",
    "CC BY-SA 4.0, Zohar Jackson and others",
    DOWNLOADS,
    to_write="digit-strings",
)
