"""WAV files written byte by byte, and what the bytes mean: by whole numbers, SciPy and the intervals of G.711."""

import io
import os
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import wavfile

from mmdl.data.files import wav
from mmdl.data.files.wav import A_LAW, EXTENSIBLE, FLOAT, MU_LAW, PCM, checked_rate, mono, read_wav
from mmdl.data.preprocessors.audio import wave_of
from mmdl.errors import DataError, FormatError
from tests.close import close

RATE = 8000
UNKNOWN = 0xFFFFFFFF
RNG = np.random.default_rng(0)


def chunk(name, content, order="<", size=None):
    """One part of a file, which says `size` of itself."""
    return struct.pack(f"{order}4sI", name, len(content) if size is None else size) + content + bytes(len(content) % 2)


def form(kind, channels, width, bits, order="<", rate=RATE, per_second=None, align=None):
    """What describes the numbers of a sound; `align` and `per_second` may contradict the rest."""
    align = channels * width if align is None else align
    per_second = rate * align if per_second is None else per_second
    return struct.pack(f"{order}HHIIHH", kind, channels, rate, per_second, align, bits)


def file(described, sound, *after, before=(), order="<", size=None, start=None):
    """A whole file around these."""
    parts = (*before, chunk(b"fmt ", described, order), chunk(b"data", sound, order, size), *after)
    content = b"WAVE" + b"".join(parts)
    return io.BytesIO((start or {"<": b"RIFF", ">": b"RIFX"}[order]) + struct.pack(f"{order}I", len(content)) + content)


SOUND = bytes([0, 0, 0, 64, 0, 192, 255, 127])
SIXTEEN = form(PCM, 1, 2, 16)


def samples(stream):
    rate, found = read_wav(stream)
    assert rate == RATE and found.dtype == np.float32
    return found


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("width", range(1, 9))
def test_integers_of_any_width(width, order):
    """Bytes / 2^(8 width − 1); fewer bits than there is room for stand in the upper ones."""
    sound = RNG.bytes(24 * width) + bytes(3 * width) + b"\xff" * 3 * width
    sound += (b"\x7f" + b"\xff" * (width - 1) + b"\x80" + bytes(width - 1)) * 3
    signed = {"signed": True, "byteorder": {"<": "little", ">": "big"}[order]}
    pieces = [sound[i : i + width] for i in range(0, len(sound), width)]
    expected = [b[0] / 128 - 1 if width == 1 else int.from_bytes(b, **signed) / 2 ** (8 * width - 1) for b in pieces]
    for bits in (8 * width, 8 * width - 4, 8 * width - 7):
        assert np.array_equal(samples(file(form(PCM, 1, width, bits, order), sound, order=order)), np.float32(expected))
        three = samples(file(form(PCM, 3, width, bits, order), sound, order=order))
        assert close(three, np.reshape(expected, (-1, 3)).mean(axis=1), atol=1e-7)


@pytest.mark.parametrize(("width", "bits"), [(2, 12), (3, 20), (3, 24), (4, 32), (5, 40), (6, 48), (8, 64)])
def test_scipy_reads_the_same(width, bits):
    described, sound = form(PCM, 2, width, bits), RNG.bytes(40 * width)
    expected = wavfile.read(file(described, sound))[1]
    expected = expected.astype(float).mean(axis=1) / 2 ** (8 * expected.itemsize - 1)
    assert close(samples(file(described, sound)), expected, atol=1e-7)


@pytest.mark.parametrize(("width", "letter"), [(4, "f"), (8, "d")])
def test_floats_are_what_they_were(width, letter):
    values = [0.0, 0.25, -1.0, 3.5, -(2.0**-20), 2.0**31, -(2.0**31), 1.0]
    for order in "<>":
        sound = struct.pack(f"{order}8{letter}", *values)
        for per_second in (None, 1, UNKNOWN):  # which only integers have to get right
            described = form(FLOAT, 1, width, 8 * width, order, per_second=per_second)
            assert samples(file(described, sound, order=order)).tolist() == values
        four = samples(file(form(FLOAT, 4, width, 8 * width, order), sound, order=order))
        assert close(four, np.reshape(values, (2, 4)).mean(axis=1), rtol=1e-6)


@pytest.mark.parametrize("value", [np.nextafter(2.0**31, np.inf), -np.nextafter(2.0**31, np.inf), np.nan, np.inf])
def test_floats_that_are_no_sound(value):
    with pytest.raises(FormatError, match="not finite, or far too large"):
        read_wav(file(form(FLOAT, 1, 8, 64), struct.pack("<2d", 0, value)))


@pytest.mark.parametrize(("kind", "first", "full"), [(A_LAW, 2, 4096), (MU_LAW, 2, 8159)])
def test_every_code_of_g711(kind, first, full):
    """The middles of 8 segments of 16 intervals: each twice as wide as the one before, the first two of A-law alike."""
    widths = np.repeat([first, *first * 2 ** np.arange(7)] if kind == A_LAW else first * 2 ** np.arange(8), 16)
    middles = np.cumsum(widths) - widths / 2 - (kind == MU_LAW)  # zero is in the middle of the first of μ-law
    codes = np.arange(128) ^ (0x55 if kind == A_LAW else 0x7F)
    for sign, upper in ((1, 0x80), (-1, 0)):
        sound = bytes((codes | upper if kind == MU_LAW else codes ^ upper).tolist())
        found = samples(file(form(kind, 1, 1, 8, per_second=1), sound))
        assert np.array_equal(found, np.float32(sign * middles / full))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("kind", "width"), [(PCM, 2), (FLOAT, 4), (MU_LAW, 1)])
def test_a_header_that_says_its_kind_further_on(kind, width, order):
    """At byte 24, if there are so many."""
    sound = RNG.integers(0, 64, 8 * width, np.uint8).tobytes()
    plain = samples(file(form(kind, 2, width, 8 * width, order), sound, order=order))
    more = form(EXTENSIBLE, 2, width, 8 * width, order) + struct.pack(f"{order}HHIH", 22, 8 * width, 3, kind)
    for described in (more, more + bytes(14), more + bytes(100)):
        assert np.array_equal(samples(file(described, sound, order=order)), plain)
    with pytest.raises(FormatError, match="unknown kind, 0xfffe"):
        read_wav(file(more[:25], sound, order=order))
    other = form(kind, 2, width, 8 * width, order) + struct.pack(f"{order}HHIH", 22, 8 * width, 3, 0x1234)
    assert np.array_equal(samples(file(other, sound, order=order)), plain)


@pytest.mark.parametrize(("length", "count"), [(15, 10), (16, 4), (17, 4), (28, 4)])
def test_a_size_of_64_bits(length, count):
    """At byte 8 of the chunk; one that is too short for it says nothing, and the sound goes on to the end."""
    long = chunk(b"ds64", struct.pack("<QQQI", 1, len(SOUND), 2, 3)[:length])
    other = chunk(b"LIST", bytes(4))
    found = samples(file(SIXTEEN, SOUND, other, before=[long], size=UNKNOWN, start=b"RF64"))
    assert len(found) == count and found[:4].tolist() == [0, 0.5, -0.5, 1 - 2**-15]
    assert len(samples(file(SIXTEEN, SOUND, other, before=[long], start=b"RF64"))) == 4


@pytest.mark.parametrize(
    ("described", "words"),
    [
        (SIXTEEN, None),
        (SIXTEEN[:15], "nothing says what its numbers are"),
        (b"", "nothing says what its numbers are"),
        (form(PCM, 1, 2, 16, per_second=2 * RATE + 1), "its header is wrong"),
        (form(PCM, 0, 2, 16, align=2), "its header is wrong"),
        (form(PCM, 1, 2, 16, align=0), "its header is wrong"),
        (form(PCM, 3, 2, 8, align=4), "its header is wrong"),
        (form(PCM, 2, 2, 8, align=1), "its header is wrong"),
        (form(PCM, 1, 1, 0), "its header is wrong"),
        (form(PCM, 1, 1, 1), None),
        (form(PCM, 1, 1, 8), None),
        (form(PCM, 1, 1, 9), "its header is wrong"),
        (form(PCM, 4, 2, 16), None),
        (form(PCM, 4, 2, 17), "its header is wrong"),
        (form(PCM, 1, 8, 64), None),
        (form(PCM, 1, 9, 72), "sound ends within a sample"),
        (form(FLOAT, 1, 4, 31), "numbers of 31 bits, which this kind of file has not"),
        (form(FLOAT, 1, 2, 16), "numbers of 16 bits, which this kind of file has not"),
        (form(A_LAW, 1, 2, 16), "numbers of 16 bits, which this kind of file has not"),
        (form(MU_LAW, 1, 1, 7), "numbers of 7 bits, which this kind of file has not"),
        (form(2, 1, 2, 16), "unknown kind, 0x0002"),
        (form(PCM, 1, 1, 8, rate=999), "1,000 to 400,000 samples a second, not 999"),
        (form(PCM, 1, 1, 8, rate=400_001), "1,000 to 400,000 samples a second, not 400,001"),
    ],
)
def test_headers_that_lie(described, words):
    for size in (None, UNKNOWN) if words != "sound ends within a sample" else (None,):
        if words:
            with pytest.raises(FormatError, match=words):
                read_wav(file(described, SOUND, size=size))
        else:
            assert np.isfinite(samples(file(described, SOUND, size=size))).all()


def test_beginnings():
    whole = file(SIXTEEN, SOUND).getvalue()
    for broken in (b"RIFT" + whole[4:], whole[:8] + b"WAVF" + whole[12:]):
        with pytest.raises(FormatError, match="is no WAV file"):
            read_wav(io.BytesIO(broken))
    with pytest.raises(FormatError, match="there is no sound in it"):
        read_wav(io.BytesIO(whole[:43]))


def test_rates():
    for rate in (1000, 400_000, np.int64(8000)):
        assert checked_rate(rate) == rate and type(checked_rate(rate)) is int
    for rate in (999, 400_001, -8000, np.nan):
        with pytest.raises(DataError, match="a sound has 1,000 to 400,000 samples a second"):
            checked_rate(rate)


@pytest.mark.parametrize(("size", "count"), [(0, 4), (UNKNOWN, 4), (8, 4), (6, 3), (7, None), (9, None)])
def test_sizes_that_are_said(size, count):
    """None and an unknown one mean the rest, of which the last sample need not be whole."""
    stream = file(SIXTEEN, SOUND, size=size)
    if count is None:
        with pytest.raises(FormatError, match="ends within a sample" if size == 7 else "8 of 9 bytes"):
            read_wav(stream)
    else:
        assert len(samples(stream)) == count
        cut = io.BytesIO(stream.getvalue()[:-1])
        if size in (0, UNKNOWN):
            assert len(samples(cut)) == count - 1
    with pytest.raises(FormatError, match="there are no samples"):
        read_wav(file(SIXTEEN, b""))


class Pipe(io.RawIOBase):
    """A stream that goes nowhere but on."""

    def __init__(self, content):
        self.left = content

    def readable(self):
        return True

    def readinto(self, room):
        piece, self.left = self.left[: len(room)], self.left[len(room) :]
        room[: len(piece)] = piece
        return len(piece)


def test_streams():
    whole = file(SIXTEEN, SOUND).getvalue()
    assert len(samples(Pipe(whole))) == 4
    with pytest.raises(FormatError, match="the sound is cut short: 7 of 8"):
        read_wav(Pipe(whole[:-1]))
    behind = io.BytesIO(b"something else" + whole)
    behind.seek(14)
    assert len(samples(behind)) == 4
    behind.seek(14)
    behind.read = lambda *size: io.BytesIO.read(behind, *size or [1 // 0])  # it is not read as a whole
    assert len(samples(behind)) == 4


def test_a_file_of_the_largest_size(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    path.write_bytes(whole := file(SIXTEEN, SOUND).getvalue())
    monkeypatch.setattr(wav, "MAX_BYTES", len(whole))
    assert len(samples(path)) == 4
    monkeypatch.setattr(wav, "MAX_BYTES", len(whole) - 1)
    with pytest.raises(FormatError, match="is larger than"):
        read_wav(path)


def test_a_stream_has_the_largest_size_of_a_file(monkeypatch):
    """One that never ends was read to its end."""
    whole = file(SIXTEEN, SOUND).getvalue()
    for count, refused in ((len(whole), False), (len(whole) - 1, True)):
        monkeypatch.setattr(wav, "MAX_BYTES", count)
        for stream in (Pipe(whole + bytes(1000)) if refused else Pipe(whole), io.BytesIO(whole)):
            if refused:
                with pytest.raises(FormatError, match="the sound is larger than"):
                    read_wav(stream)
            else:
                assert len(samples(stream)) == 4
    pipe = Pipe(whole + bytes(1 << 20))
    with pytest.raises(FormatError, match="is larger than"):
        read_wav(pipe)
    assert len(pipe.left) >= 1 << 20


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from([1000, 8000, 44_100, 400_000]),
    st.sampled_from([0, 1000, 8000, 400_000]),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(1, 60_000),
)
def test_how_long_a_sound_may_be_is_decided_before_it_is_read(monkeypatch, rate, to, channels, width, count):
    """At its own rate and at the one that it will be given."""
    monkeypatch.setattr(wav, "MOST_SAMPLES", 50_000)
    stream = file(form(PCM, channels, width, 8 * width, rate=rate), bytes(count * channels * width))
    if count * max(rate, to) <= 50_000 * rate:
        assert read_wav(stream, to)[1].shape == (count,)
    else:
        with pytest.raises(FormatError, match=f"too many samples at {max(rate, to):,} a second"):
            read_wav(stream, to)
        assert stream.tell() == 44


def test_a_long_sound_at_a_low_rate_takes_no_memory(tmp_path):
    """100 MB, 28 hours at 1 kHz, took 0.8 GB before they were refused."""
    path, size = tmp_path / "long.wav", 100_000_000
    path.write_bytes(file(form(PCM, 1, 1, 8, rate=1000), b"", size=size).getvalue())
    os.truncate(path, size + 44)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match=r"long\.wav cannot be .* a sound of 100,000 s has too many samples"):
            wave_of(path, RATE)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_chunks_before_the_sound_have_a_greatest_number():
    """Thirty million of them took minutes."""
    for count in (1022, 1023):
        stream = file(SIXTEEN, SOUND, before=[chunk(b"junk", b"")] * count)
        if count == 1022:  # and the two that say something
            assert len(samples(stream)) == 4
    with pytest.raises(FormatError, match="its first 1,024 chunks hold no sound"):
        read_wav(stream)


@pytest.mark.parametrize("channels", [1, 2, 3, 7, 15])
def test_pieces(channels, monkeypatch):
    """No more is read at a time than is to be, or one sample of all channels, and it all comes to the same."""
    sound = RNG.bytes(2 * 30 * channels)
    stream = file(form(PCM, channels, 2, 16), sound, chunk(b"LIST", bytes(400)))
    expected = np.frombuffer(sound, "<i2").reshape(-1, channels).mean(axis=1) / 2**15
    monkeypatch.setattr(wav, "PIECE", 7)
    read, sizes = stream.read, []
    stream.read = lambda size: sizes.append(size) or read(size)
    assert close(samples(stream), expected, atol=1e-7)
    assert max(sizes[4:]) <= 2 * max(7, channels) and sum(sizes[4:]) == len(sound)


@pytest.mark.parametrize("channels", [1, 4, 5000])
def test_samples_are_converted_in_pieces(channels, monkeypatch):
    monkeypatch.setattr(wav, "PIECE", 2000)
    given = np.arange(60_000).reshape(-1, channels) % 777
    given = given.astype(np.int16)
    expected = given.mean(axis=1) / 2**15
    tracemalloc.start()
    found = mono(given)
    most = tracemalloc.get_traced_memory()[1] - found.nbytes
    tracemalloc.stop()
    assert close(found, expected, atol=1e-7)
    assert most < 3.5 * 8 * max(2000, channels) + 4000  # three arrays of float64 at once


@pytest.mark.parametrize("kind", ["i1", "i2", ">i4", "i8", "u1", "u2", "u4", "u8"])
def test_integers_of_any_type(kind):
    limits = np.iinfo(kind)
    silence = 0 if kind[-2] == "i" else 2 ** (limits.bits - 1)
    loudest = np.float32(1 - 2.0 ** (1 - limits.bits))
    assert mono(np.array([limits.min, silence, limits.max], kind)).tolist() == [-1, 0, loudest]


def test_floats_of_any_type():
    for kind in ("f2", ">f4", "f8", "g"):
        given = np.array([[0.5, -1.0], [4.0, 0.0], [0.125, 2**-10]], kind)
        assert mono(given).tolist() == [-0.25, 2, 0.0625 + 2**-11]
    assert mono(np.full((1, 3), 0.1, np.float16)) == np.float16(0.1)  # of which the sum has more digits than a half
    with pytest.raises(DataError, match="not finite"):
        mono(np.array([np.longdouble("1e400")]))
    assert mono([[1.0], [2.0**31]]).tolist() == [1, 2.0**31]


@pytest.mark.parametrize("wrong", [["1"], [1j], [True], [None], 3, 3.0, np.zeros((2, 2, 2)), [], np.zeros((3, 0))])
def test_what_is_no_samples(wrong):
    with pytest.raises(DataError, match="there are no samples" if np.size(wrong) == 0 else "samples are numbers"):
        mono(wrong)
