"""WAV files: sound as numbers, whatever kind of numbers it was written in, read piece by piece."""

import io
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from mmdl.errors import DataError, FormatError
from mmdl.files import opened as opened_file
from mmdl.files import read_at_most, remedy
from mmdl.shapes import Array

RATES = 1_000, 400_000  # samples a second that a recording may have: from telemetry to bats
LOUDEST = 2.0**31  # there are programs that write 32-bit integers as floats; beyond those nothing is a sound
MAX_BYTES = 1 << 28  # of a file
MOST_SAMPLES = 1 << 26  # of a sound, as it is or at the rate that is asked for: each takes 4 bytes, in a file perhaps 1
MOST_CHUNKS = 1 << 10  # before the sound
PIECE = 1 << 18  # samples of all channels that are converted at a time
PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE  # in the header: what the numbers are
UNKNOWN = 0xFFFFFFFF  # bytes of sound, says the header of a recording that went through a pipe
FORM = 40  # bytes of a header's chunk that are looked at
ORDERS = {b"RIFF": "<", b"RF64": "<", b"RIFX": ">"}


class Header(NamedTuple):
    """What stands before the sound."""

    order: str  # of the bytes of a number
    kind: int
    channels: int
    rate: int
    width: int  # bytes of a sample
    bits: int
    size: int  # bytes of sound

    @property
    def samples(self) -> int:
        return self.size // (self.channels * self.width)


def read_wav(file: Any, to: int = 0) -> tuple[int, Array]:
    """The rate of a WAV file, in samples a second, and its samples (T,) float32

    Integers of 8 to 64 bits lie within ±1 afterwards, floats are what they were; of several channels this is the mean.

    Parameters
    ----------
    file : path, or a binary file that was opened
    to : int
        The rate that the sound will be given, if that is known: one that is too long at it is not read.

    Raises
    ------
    DataError
        If there is no such file; FormatError, which names it, if it is no WAV file, cut short, too long, or holds no
        sound.
    """
    with _opened(file) as (name, stream):
        header = _header(name, stream)
        try:
            demand_length(header.samples, checked_rate(header.rate), to)
            return header.rate, _sound(stream, header)
        except ValueError as mistake:
            raise FormatError(f"{name} cannot be read as a WAV file: {mistake}") from None


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
    step = max(1, PIECE * len(samples) // samples.size)
    for start in range(0, len(samples), step):
        with np.errstate(invalid="ignore", over="ignore"):  # what the processor would complain of is refused
            piece = samples[start : start + step].astype(float) / half
            piece -= kind == "u"  # unsigned ones are silent in the middle
            if not np.abs(piece).max() <= LOUDEST:
                raise DataError("there are samples that are not finite, or far too large")
        found[start : start + step] = piece if piece.ndim == 1 else piece.mean(axis=1)
    return found


def checked_rate(rate: Any) -> int:
    """The rate as an int, if a sound can have it."""
    lowest, highest = RATES
    if not lowest <= rate <= highest:
        raise DataError(f"a sound has {lowest:,} to {highest:,} samples a second, not {rate:,}")
    return int(rate)


def demand_length(samples: int, rate: int, to: int) -> None:
    """DataError if a sound has too many samples, at its own rate or at another."""
    most = max(rate, to)
    if samples * most > MOST_SAMPLES * rate:
        raise DataError(f"a sound of {samples / rate:,.0f} s has too many samples at {most:,} a second")


@contextmanager
def _opened(file: Any) -> Iterator[tuple[str, BinaryIO]]:
    """The name of a file, and the file where one can go back and forth in it."""
    if hasattr(file, "read"):
        stream = file if file.seekable() else io.BytesIO(read_at_most(file, MAX_BYTES + 1))
        yield getattr(file, "name", "the sound"), stream
        return
    if not os.path.exists(file):
        raise DataError(f"there is no sound {file}{remedy(file)}")
    try:
        with opened_file(file) as stream:
            yield os.fspath(file), stream
    except OSError as mistake:
        raise DataError(f"{file} cannot be read: {mistake.strerror}") from None


def _header(name: str, stream: BinaryIO) -> Header:
    """What the chunks before the sound say; the stream stands at its first byte then."""
    begun = stream.tell()
    end = stream.seek(0, 2)
    stream.seek(begun)
    if end - begun > MAX_BYTES:
        raise FormatError(f"{name} is larger than the {MAX_BYTES >> 20} MiB of a sound that are read")
    start = stream.read(12)
    if not start:
        raise FormatError(f"{name} is empty")
    order = ORDERS.get(start[:4])
    if order is None or start[8:] != b"WAVE":
        raise FormatError(f"{name} is no WAV file{remedy(name)}")
    form, large = b"", UNKNOWN
    for _ in range(MOST_CHUNKS):
        if len(head := stream.read(8)) < 8:
            raise FormatError(f"{name} is cut short: there is no sound in it")
        chunk, size = struct.unpack(f"{order}4sI", head)
        left = end - stream.tell()
        if chunk == b"data":
            size = large if size == UNKNOWN else size
            streamed = size in (0, UNKNOWN)
            if size > left and not streamed:
                raise FormatError(f"{name} is cut short: {left:,} of {size:,} bytes of sound are there")
            return _described(name, order, form, left if streamed else size, streamed)
        content = stream.read(min(size, FORM)) if chunk in (b"fmt ", b"ds64") else b""
        if chunk == b"fmt ":
            form = content
        elif chunk == b"ds64" and len(content) >= 16:  # of a file beyond 4 GiB, or of one that may become so
            large = struct.unpack_from("<Q", content, 8)[0]
        stream.seek(size + size % 2 - len(content), 1)
    raise FormatError(f"{name} cannot be read as a WAV file: its first {MOST_CHUNKS:,} chunks hold no sound")


def _described(name: str, order: str, form: bytes, size: int, streamed: bool) -> Header:
    """The header that the chunk "fmt " describes"""
    if len(form) < 16:
        raise FormatError(f"{name} cannot be read as a WAV file: nothing says what its numbers are")
    kind, channels, rate, per_second, align, bits = struct.unpack_from(f"{order}HHIIHH", form)
    if kind == EXTENSIBLE and len(form) >= 26:
        kind = struct.unpack_from(f"{order}H", form, 24)[0]
    wrong = not channels or not align or align % channels or not 0 < bits <= 8 * (align // channels)
    if wrong or (kind == PCM and per_second != rate * align):
        raise FormatError(f"{name} cannot be read as a WAV file: its header is wrong")
    if size % align and not streamed:
        raise FormatError(f"{name} cannot be read as a WAV file: its sound ends within a sample")
    return Header(order, kind, channels, rate, align // channels, bits, size)


def _sound(stream: BinaryIO, header: Header) -> Array:
    """The samples (T,) float32, of several channels the mean; ValueError if they are none"""
    kind, channels, width = header.kind, header.channels, header.width
    if kind not in (PCM, FLOAT, A_LAW, MU_LAW):
        raise ValueError(f"its numbers are of an unknown kind, 0x{kind:04x}")
    widths = {FLOAT: (4, 8), PCM: range(1, 9)}.get(kind, (1,))
    if width not in widths or (kind != PCM and header.bits != 8 * width):
        raise ValueError(f"it has numbers of {header.bits} bits, which this kind of file has not")
    count = header.samples
    if not count:
        raise ValueError("there are no samples")
    found, step = np.empty(count, np.float32), max(1, PIECE // channels)
    for start in range(0, count, step):
        content = stream.read(min(step, count - start) * channels * width)
        found[start : start + step] = mono(_numbers(content, header).reshape(-1, channels))
    return found


def _numbers(content: bytes, header: Header) -> Array:
    """Bytes as numbers of a type that `mono` knows."""
    order, width = header.order, header.width
    if header.kind in (A_LAW, MU_LAW):
        return _companded(header.kind)[np.frombuffer(content, np.uint8)]
    if header.kind == FLOAT or width in (2, 4):
        return np.frombuffer(content, f"{order}{'f' if header.kind == FLOAT else 'i'}{width}")
    if width == 1:  # without a sign
        return np.frombuffer(content, np.uint8)
    padded = np.zeros((len(content) // width, 8), np.uint8)  # zeros where the lowest bytes would be
    upper = slice(width) if order == ">" else slice(-width, None)
    padded[:, upper] = np.frombuffer(content, np.uint8).reshape(-1, width)
    return padded.view(f"{order}i8")


@cache
def _companded(kind: int) -> Array:
    """What the 256 bytes of μ-law or A-law mean, as telephones have them.  -> (256,)

    Source: ITU-T recommendation G.711, 1988.
    """
    codes = np.arange(256) ^ (0x55 if kind == A_LAW else 0xFF)
    step, exponent = codes & 15, codes >> 4 & 7
    if kind == MU_LAW:
        size = ((2 * step + 33) << exponent) - 33
        return np.where(codes & 128, -size, size) / 8159
    size = np.where(exponent == 0, 2 * step + 1, (2 * step + 33) << np.maximum(exponent - 1, 0))
    return np.where(codes & 128, size, -size) / 4096
