"""WAV files: sound as numbers, whatever kind of numbers it was written in."""

import io
import os
import struct
import warnings
from typing import Any

import numpy as np

from mmdl.errors import DataError, FormatError
from mmdl.files import opened as opened_file
from mmdl.shapes import Array

RATES = 1_000, 400_000  # samples a second that a recording may have: from telemetry to bats
LOUDEST = 2.0**31  # there are programs that write 32-bit integers as floats; beyond those nothing is a sound
MAX_BYTES = 1 << 28  # of a file
UNKNOWN = 0xFFFFFFFF  # bytes of sound, says the header of a recording that went through a pipe


def read_wav(file: Any) -> tuple[int, Array]:
    """The rate of a WAV file, in samples a second, and its samples (T,) float32

    Integers of 8 to 32 bits lie within ±1 afterwards, floats are what they were; of several channels this is the mean.

    Parameters
    ----------
    file : path, or a binary file that was opened

    Raises
    ------
    DataError
        If there is no such file; FormatError, which names it, if it is no WAV file, cut short, or holds no sound.
    """
    from scipy.io import wavfile

    name, content = _content(file)
    _check_whole(name, content)
    try:
        with warnings.catch_warnings(action="ignore", category=wavfile.WavFileWarning):  # titles, loops and the like
            rate, samples = wavfile.read(io.BytesIO(content))
        return checked_rate(rate), mono(samples)
    except ValueError as mistake:
        reason = str(mistake).partition(". ")[0]
        raise FormatError(f"{name} cannot be read as a WAV file: {reason}") from None
    except Exception:  # a header that contradicts itself makes scipy divide by zero, and worse
        raise FormatError(f"{name} cannot be read as a WAV file: its header is wrong") from None


def mono(samples: Any) -> Array:
    """Samples (T,) or (T, channels) of any kind as (T,) float32, where ±1 is as loud as integers can be."""
    samples = np.asarray(samples)
    kind = samples.dtype.kind
    if kind not in "iuf" or samples.ndim not in (1, 2):
        raise DataError(f"samples are numbers (T,) or (T, channels), not {samples.dtype} of shape {samples.shape}")
    if not samples.size:
        raise DataError("there are no samples")
    half = 1.0 if kind == "f" else 2.0 ** (8 * samples.dtype.itemsize - 1)
    samples = samples / half - (kind == "u")  # unsigned samples are silent in the middle of their range
    if not np.abs(samples).max() <= LOUDEST:
        raise DataError("there are samples that are not finite, or far too large")
    return (samples if samples.ndim == 1 else samples.mean(axis=1)).astype(np.float32)


def checked_rate(rate: Any) -> int:
    """The rate as an int, if a sound can have it."""
    lowest, highest = RATES
    if not lowest <= rate <= highest:
        raise DataError(f"a sound has {lowest:,} to {highest:,} samples a second, not {rate:,}")
    return int(rate)


def _content(file: Any) -> tuple[str, bytes]:
    """The name of a file, and all that is in it."""
    if hasattr(file, "read"):
        return getattr(file, "name", "the sound"), file.read()
    try:
        if not os.path.exists(file):
            raise DataError(f"there is no sound {file}")
        with opened_file(file) as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as mistake:
        raise DataError(f"{file} cannot be read: {mistake.strerror}") from None
    if len(content) > MAX_BYTES:
        raise FormatError(f"{file} is larger than the {MAX_BYTES >> 20} MiB of a sound that are read")
    return os.fspath(file), content


def _check_whole(name: str, content: bytes) -> None:
    """SciPy takes what there is of a sound that was cut short; who reads it should know."""
    if not content:
        raise FormatError(f"{name} is empty")
    order = {b"RIFF": "<", b"RF64": "<", b"RIFX": ">"}.get(content[:4])
    if order is None or content[8:12] != b"WAVE":
        raise FormatError(f"{name} is no WAV file")
    place = 12
    while place + 8 <= len(content):
        chunk, size = struct.unpack_from(f"{order}4sI", content, place)
        place += 8
        if chunk == b"data":
            if size != UNKNOWN and place + size > len(content):
                left = len(content) - place
                raise FormatError(f"{name} is cut short: {left:,} of {size:,} bytes of sound are there")
            return
        place += size + size % 2
    raise FormatError(f"{name} is cut short: there is no sound in it")
