"""WAV files: sound as numbers, whatever kind of numbers it was written in."""

import io
import os
import struct
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from mmdl.errors import DataError, FormatError
from mmdl.files import opened as opened_file
from mmdl.files import remedy
from mmdl.shapes import Array

RATES = 1_000, 400_000  # samples a second that a recording may have: from telemetry to bats
LOUDEST = 2.0**31  # there are programs that write 32-bit integers as floats; beyond those nothing is a sound
MAX_BYTES = 1 << 28  # of a file
PIECE = 1 << 20  # samples of a channel that are converted at a time
A_LAW, MU_LAW = 6, 7  # in the header
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
    content = _whole(name, content)
    if companded := _companded(content):
        return companded
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
    found = np.empty(len(samples), np.float32)
    for start in range(0, len(samples), PIECE):
        with np.errstate(invalid="ignore"):  # of some kinds of NaN the processor would complain, and they are refused
            piece = samples[start : start + PIECE] / half - (kind == "u")  # unsigned ones are silent in the middle
            if not np.abs(piece).max() <= LOUDEST:
                raise DataError("there are samples that are not finite, or far too large")
        found[start : start + PIECE] = piece if piece.ndim == 1 else piece.mean(axis=1)
    return found


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
            raise DataError(f"there is no sound {file}{remedy(file)}")
        with opened_file(file) as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as mistake:
        raise DataError(f"{file} cannot be read: {mistake.strerror}") from None
    if len(content) > MAX_BYTES:
        raise FormatError(f"{file} is larger than the {MAX_BYTES >> 20} MiB of a sound that are read")
    if content[:4] not in (b"RIFF", b"RIFX", b"RF64") and remedy(file):
        raise FormatError(f"{file} is no WAV file{remedy(file)}")
    return os.fspath(file), content


def _companded(content: bytes) -> tuple[int, Array] | None:
    """The rate and the samples of a file of μ-law or A-law bytes, as telephones have them; None of another one

    Source: ITU-T recommendation G.711, 1988.
    """
    chunks = _chunks(content)
    form = next((chunk for name, chunk in chunks if name == "fmt "), b"")
    if len(form) < 16 or content[:4] == b"RIFX":
        return None
    kind, channels, rate, *_, bits = struct.unpack_from("<HHIIHH", form)
    if kind not in (A_LAW, MU_LAW) or bits != 8 or not channels:
        return None
    codes = np.frombuffer(next((chunk for name, chunk in chunks if name == "data"), b""), np.uint8)
    codes = codes[: len(codes) // channels * channels].reshape(-1, channels).astype(int)
    codes ^= 0x55 if kind == A_LAW else 0xFF
    step, exponent = codes & 15, codes >> 4 & 7
    if kind == MU_LAW:
        size = ((2 * step + 33) << exponent) - 33
        return checked_rate(rate), mono(np.where(codes & 128, -size, size) / 8159)
    size = np.where(exponent == 0, 2 * step + 1, (2 * step + 33) << np.maximum(exponent - 1, 0))
    return checked_rate(rate), mono(np.where(codes & 128, size, -size) / 4096)


def _chunks(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The parts of a little-endian file, by their names."""
    place = 12
    while place + 8 <= len(content):
        chunk, size = struct.unpack_from("<4sI", content, place)
        yield chunk.decode("latin-1"), content[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


def _whole(name: str, content: bytes) -> bytes:
    """The content, if no sound was cut off, as SciPy would not tell; a stream gets the size that it did not know."""
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
            left = len(content) - place
            if size == 0 and left:
                return content[: place - 4] + struct.pack(f"{order}I", left) + content[place:]
            if size != UNKNOWN and size > left:
                raise FormatError(f"{name} is cut short: {left:,} of {size:,} bytes of sound are there")
            return content
        place += size + size % 2
    raise FormatError(f"{name} is cut short: there is no sound in it")
