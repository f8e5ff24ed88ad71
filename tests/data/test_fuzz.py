"""Damaged files of every kind: read, or refused in one sentence of ours, in little memory."""

import gzip
import io
import re
import tarfile
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import wavfile

from mmdl.data.files.archive import read_archive
from mmdl.data.files.idx import read_idx
from mmdl.data.files.wav import read_wav
from mmdl.data.table.rows import read_rows
from mmdl.errors import DataError, FormatError
from mmdl.keras.models import load_model
from mmdl.training.resuming import load_checkpoint


def wav(kind=np.int16):
    stream = io.BytesIO()
    wavfile.write(stream, 8000, np.arange(80).astype(kind).reshape(40, 2))
    return stream.getvalue()


def idx():
    return b"\0\0\x08\x02" + (5).to_bytes(4, "big") + (4).to_bytes(4, "big") + bytes(range(20))


def tar():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name in ("a.wav", "b.wav"):
            about = tarfile.TarInfo(name)
            about.size = 100
            archive.addfile(about, io.BytesIO(bytes(100)))
    return gzip.compress(stream.getvalue(), mtime=0)


def inside_gzip(content, change):
    return gzip.compress(change(gzip.decompress(content)), mtime=0)


READERS = {
    "wav": (wav(), read_wav),
    "idx": (idx(), lambda path: read_idx(path, (None, None))),
    "packed idx": (gzip.compress(idx(), mtime=0), lambda path: read_idx(path, (None, None))),
    "tar": (tar(), lambda path: read_archive(path, re.compile(r"\w\.wav"))),
    "table": (b'a,b\n1,"x,\ny"\n2,z\n', lambda path: read_rows(path, ["a", "b"])),
    "keras model": (b"PK\3\4" + bytes(60), load_model),
    "checkpoint": (b"PK\5\6" + bytes(18), load_checkpoint),
}


@st.composite
def damage(draw):
    """A change of some bytes: others, fewer, more, or a piece of them twice."""
    changes = draw(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6))
    cut, more = draw(st.integers(0, 10**6)), draw(st.binary(max_size=20))
    kind = draw(st.sampled_from(["bytes", "cut", "more", "twice"]))

    def change(content):
        broken = bytearray(content)
        for place, value in changes:
            broken[place % len(broken)] = value
        place = cut % (len(broken) + 1)
        if kind == "cut":
            del broken[place:]
        elif kind != "bytes":
            broken[place:place] = more if kind == "more" else broken[:place]
        return bytes(broken)

    return change


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(change=damage(), inside=st.booleans())
def test_damaged_files(name, change, inside, tmp_path):
    content, read = READERS[name]
    packed = content[:2] == b"\x1f\x8b" and inside
    path = tmp_path / "damaged"
    path.write_bytes(inside_gzip(content, change) if packed else change(content))
    tracemalloc.start()
    try:
        read(path)
    except (DataError, FormatError) as mistake:
        assert "\n" not in str(mistake) and len(str(mistake)) < len(str(path)) + 300
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 64 << 20
