"""Small stand-ins for published files: archives with any members, spoken digits of tones, handwritten ones of noise."""

import gzip
import io
import struct
import tarfile

import numpy as np
from scipy.io import wavfile

from mmdl.data.sources import mnist
from mmdl.data.sources.spoken_digits import DOWNLOADS

SPEAKERS = ("george", "theo", "yweweler")
FOLDER = "free-spoken-digit-dataset-1.0.9/recordings"


def member(name, content=b"", **fields):
    """A member of an archive; `fields` are those of its header, such as type or linkname, true or not."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def pack(*members):
    """The bytes of a .tar.gz with these members, whatever their headers say."""
    raw = b"".join(
        info.tobuf(tarfile.PAX_FORMAT) + content + b"\0" * (-len(content) % 512) for info, content in members
    )
    return gzip.compress(raw + b"\0" * 1024, 1)


def wave(digit, speaker, index, rate=8000):
    """A tone whose pitch tells the digit, whose length tells the index, and whose strength tells the speaker."""
    t = np.arange(800 + 16 * index) / rate
    return (3000 * (1 + len(speaker)) / 10 * np.sin(2 * np.pi * 300 * (1 + digit) * t)).astype(np.int16)


def wav(samples, rate=8000):
    """The bytes of a WAV file."""
    file = io.BytesIO()
    wavfile.write(file, rate, samples)
    return file.getvalue()


def recording(digit, speaker, index):
    return member(f"{FOLDER}/{digit}_{speaker}_{index}.wav", wav(wave(digit, speaker, index)))


def recordings(each=12, speakers=SPEAKERS, digits=range(10)):
    return [recording(*name) for name in ((d, s, i) for d in digits for s in speakers for i in range(each))]


def write_spoken(folder, members):
    """The published archive below a data folder, with other members.  -> its path"""
    path = folder / DOWNLOADS[0].file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(*members))
    return path


def write_mnist(folder, count, seed=0):
    """The published test pictures below a data folder: noise, brightest in the row of the digit.  -> their arrays"""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 10).astype(np.uint8)
    images = rng.integers(0, 60, (count, 28, 28), np.uint8)
    images[np.arange(count), 4 + 2 * labels, 4:24] += 150
    for file, array in zip(mnist.FILES[2:], (images, labels), strict=True):
        header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
        path = folder / "mnist" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(header + array.tobytes(), 1))
    return images, labels
