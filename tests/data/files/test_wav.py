"""WAV files of every kind, and broken ones."""

import errno
import io
import struct
import tracemalloc
import warnings
import wave

import numpy as np
import pytest
from scipy.io import wavfile

from mmdl.data.files import wav
from mmdl.data.preprocessors.audio import read_wav
from mmdl.errors import DataError, FormatError
from tests.close import close

RATE = 8000
TONE = 0.5 * np.sin(np.arange(400) / 5)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings(action="error"):
        yield


def written(samples, rate=RATE):
    """The bytes of a WAV file with these samples."""
    file = io.BytesIO()
    wavfile.write(file, rate, samples)
    return file.getvalue()


def of_bytes(samples, width, channels=1):
    """The same for integers of any width, of which SciPy writes only some."""
    file = io.BytesIO()
    with wave.open(file, "wb") as opened:
        opened.setparams((channels, width, RATE, 0, "NONE", ""))
        whole = np.rint(samples * 2 ** (8 * width - 1)).astype("<i4")
        opened.writeframes(whole.view(np.uint8).reshape(-1, 4)[:, :width].tobytes())
    return file.getvalue()


def header(samples=4, channels=1, rate=RATE, align=2, bits=16, tag=1, promised=None):
    """A WAV file byte by byte, with whatever its header is to say."""
    data = bytes(2 * samples)
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * align, align, bits)
    promised = len(data) if promised is None else promised
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", promised) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


KINDS = {
    "8 bits": (lambda: written(np.rint(128 + 128 * TONE).astype(np.uint8)), 2**-7),
    "16 bits": (lambda: written(np.rint(2**15 * TONE).astype(np.int16)), 2**-15),
    "24 bits": (lambda: of_bytes(TONE, 3), 2**-23),
    "32 bits": (lambda: written(np.rint(2**31 * TONE).astype(np.int32)), 2**-24),
    "floats": (lambda: written(TONE.astype(np.float32)), 2**-24),
    "double floats": (lambda: written(TONE), 2**-24),
    "the other end first": (lambda: written(TONE.astype(">f4")), 2**-24),
    "of a pipe, which knew no length": (lambda: unending(written(np.rint(2**15 * TONE).astype(np.int16))), 2**-15),
    "with a title": (lambda: titled(written(np.rint(2**15 * TONE).astype(np.int16))), 2**-15),
}


def unending(content):
    place = content.index(b"data") + 4
    return content[:4] + b"\xff" * 4 + content[8:place] + b"\xff" * 4 + content[place + 4 :]


def titled(content):
    """With a chunk that SciPy warns about, of an odd number of bytes."""
    extra = b"id3 " + struct.pack("<I", 5) + b"title\0"
    return content[:4] + struct.pack("<I", len(content) + len(extra) - 8) + content[8:12] + extra + content[12:]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_number(kind, tmp_path):
    make, step = KINDS[kind]
    path = tmp_path / "tone.wav"
    path.write_bytes(make())
    with path.open("rb") as opened:
        for file in (path, str(path), opened, io.BytesIO(make())):
            rate, samples = read_wav(file)
            assert rate == RATE and samples.dtype == np.float32 and samples.shape == TONE.shape
            assert np.abs(samples - TONE).max() <= step


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32])
def test_full_scale_is_one(kind):
    limits = np.array([np.iinfo(kind).min, np.iinfo(kind).max], kind)
    _, samples = read_wav(io.BytesIO(written(limits)))
    assert samples[0] == -1 and 0.99 < samples[1] <= 1


def test_channels_become_their_mean():
    left, right = TONE, np.cos(np.arange(400) / 3)
    for channels in ([left, right], [left, right, 0 * left, -left]):
        stereo = np.stack(channels, axis=1).astype(np.float32)
        assert close(read_wav(io.BytesIO(written(stereo)))[1], stereo.mean(axis=1), atol=1e-7)
    deep = np.stack([left, -left], axis=1).ravel()
    assert np.abs(read_wav(io.BytesIO(of_bytes(deep, 3, channels=2)))[1]).max() <= 2**-23


def test_floats_stay_as_loud_as_they_are():
    assert read_wav(io.BytesIO(written(3 * TONE)))[1].max() == pytest.approx(1.5, rel=1e-3)


SOUND = written(np.rint(2**15 * TONE).astype(np.int16))
BROKEN = {
    "empty": (b"", "broken.wav is empty"),
    "text": (b"once upon a time", "broken.wav is no WAV file"),
    "another kind": (b"RIFF\x10\0\0\0AVI LIST" + bytes(20), "broken.wav is no WAV file"),
    "four bytes": (b"RIFF", "broken.wav is no WAV file"),
    "cut in the header": (SOUND[:30], "broken.wav is cut short: there is no sound in it"),
    "cut before the sound": (SOUND[:44], "broken.wav is cut short: 0 of 800 bytes of sound are there"),
    "cut in the sound": (SOUND[:244], "broken.wav is cut short: 200 of 800 bytes of sound are there"),
    "cut within a sample": (SOUND[:-1], "broken.wav is cut short: 799 of 800 bytes of sound are there"),
    "no samples": (header(samples=0), "broken.wav cannot be read as a WAV file: there are no samples"),
    "more promised than there is": (header(promised=1000), "broken.wav is cut short: 8 of 1,000 bytes"),
    "half a sample promised": (header(promised=7), "broken.wav cannot be read as a WAV file: its sound ends within a "),
    "no channels": (header(channels=0), "broken.wav cannot be read as a WAV file: its header is wrong"),
    "samples of no bytes": (header(align=0), "broken.wav cannot be read as a WAV file: its header is wrong"),
    "channels that do not come out": (header(channels=3, align=6), "broken.wav cannot be read as a WAV file: "),
    "samples of 70 bits": (
        header(samples=9, align=9, bits=70),
        "it has numbers of 70 bits, which this kind of file has not",
    ),
    "no rate": (header(rate=0), "a sound has 1,000 to 400,000 samples a second, not 0"),
    "an absurd rate": (header(rate=2_000_000_000, align=0, bits=16), "broken.wav cannot be read as a WAV file: "),
    "an unknown code": (header(tag=0x1234), "its numbers are of an unknown kind, 0x1234"),
    "not a number": (written(np.array([0, np.nan], np.float32)), "there are samples that are not finite"),
    "infinite": (written(np.array([0, -np.inf])), "there are samples that are not finite"),
    "beyond any sound": (written(np.array([0, 1e300])), "there are samples that are not finite, or far too large"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named(name, tmp_path):
    content, words = BROKEN[name]
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(FormatError) as error:
        read_wav(path)
    assert words in str(error.value) and str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)
    with pytest.raises(FormatError, match=r"^the sound "):
        read_wav(io.BytesIO(content))


def test_cut_anywhere_it_is_refused():
    for length in range(0, len(SOUND), 7):
        with pytest.raises(FormatError):
            read_wav(io.BytesIO(SOUND[:length]))


def test_any_wrong_byte_in_the_header_is_survived():
    """It is a sound of some kind, or a FormatError, and never a warning."""
    rng = np.random.default_rng(0)
    for _ in range(500):
        content = bytearray(SOUND)
        for place in rng.integers(44, size=rng.integers(1, 4)):
            content[place] = rng.integers(256)
        try:
            _, samples = read_wav(io.BytesIO(bytes(content)))
        except FormatError:
            continue
        assert samples.ndim == 1 and samples.size and np.isfinite(samples).all()


def test_what_is_not_there(tmp_path):
    with pytest.raises(DataError) as error:
        read_wav(tmp_path / "none.wav")
    assert str(error.value) == f"there is no sound {tmp_path / 'none.wav'}"
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_wav(tmp_path)


def telephone(kind, codes, rate=8000, channels=1, size=None):
    """A WAV file of G.711 bytes."""
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, kind, channels, rate, rate * channels, channels, 8)
    sound = struct.pack("<4sI", b"data", len(codes) if size is None else size) + bytes(codes)
    return io.BytesIO(b"RIFF" + struct.pack("<I", 4 + len(head + sound)) + b"WAVE" + head + sound)


@pytest.mark.parametrize(
    ("kind", "codes", "levels"),
    [
        (7, [0xFF, 0x7F, 0x80, 0x00, 0xF0], [0, 0, 32124 / 32636, -32124 / 32636, 120 / 32636]),
        (6, [0xD5, 0x55, 0xAA, 0x2A], [8 / 32768, -8 / 32768, 32256 / 32768, -32256 / 32768]),
    ],
)
def test_what_telephones_write(kind, codes, levels):
    """Values of G.711's tables, in units of 16 bits."""
    rate, samples = read_wav(telephone(kind, codes))
    assert rate == 8000 and samples.dtype == np.float32
    assert samples == pytest.approx(levels, abs=1e-6)
    assert read_wav(telephone(kind, 2 * codes, channels=2))[1].shape == (len(codes),)


def test_a_stream_that_did_not_know_its_size():
    expected = np.arange(-100, 100, dtype=np.int16) * 100
    file = io.BytesIO()
    wavfile.write(file, 8000, expected)
    content = file.getvalue()
    place = content.index(b"data") + 4
    streamed = content[:place] + b"\0\0\0\0" + content[place + 4 :]
    rate, samples = read_wav(io.BytesIO(streamed))
    assert rate == 8000 and samples == pytest.approx(expected / 32768)


def test_a_disk_that_fails_and_a_sound_that_is_too_large(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    path.write_bytes(written(TONE.astype(np.float32)))
    monkeypatch.setattr(wav, "MAX_BYTES", 1000)
    with pytest.raises(FormatError, match="is larger than the 0 MiB"):
        read_wav(path)

    def fail(file):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(wav, "opened_file", fail)
    with pytest.raises(DataError, match="cannot be read: Input/output error"):
        read_wav(path)


@pytest.mark.parametrize("channels", [1, 2, 30_000])
def test_a_sound_is_read_in_pieces(channels, tmp_path):
    """Beside the samples of its result there is never more than some of the file, however many channels it has."""
    count = 24_000_000 // channels // 2
    path = tmp_path / "long.wav"
    path.write_bytes(written(np.arange(count * channels).astype(np.int16).reshape(count, channels)))
    tracemalloc.start()
    _, samples = read_wav(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert samples.shape == (count,)
    assert most < samples.nbytes + (10 << 20)


def test_a_file_that_may_grow_beyond_four_gigabytes():
    size = struct.pack("<QQQI", len(SOUND) + 28, 800, 400, 0)
    large = b"RF64" + b"\xff" * 4 + b"WAVEds64" + struct.pack("<I", len(size)) + size + SOUND[12:]
    place = large.index(b"data") + 4
    large = large[:place] + b"\xff" * 4 + large[place + 4 :]
    assert np.array_equal(read_wav(io.BytesIO(large + bytes(7)))[1], read_wav(io.BytesIO(SOUND))[1])
    with pytest.raises(FormatError, match="cut short: 799 of 800"):
        read_wav(io.BytesIO(large[:-1]))


def test_a_header_that_says_more_about_its_kind():
    form = struct.pack("<HHIIHHHHIH", 0xFFFE, 1, RATE, 2 * RATE, 2, 16, 22, 12, 0, 1)
    form += bytes.fromhex("000000001000800000aa00389b71")
    chunk = b"fmt " + struct.pack("<I", len(form)) + form
    assert np.array_equal(read_wav(io.BytesIO(SOUND[:12] + chunk + SOUND[36:]))[1], read_wav(io.BytesIO(SOUND))[1])
