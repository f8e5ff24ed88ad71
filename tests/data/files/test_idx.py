"""IDX files: whole ones are read, and every other one is refused by name."""

import errno
import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdl.data.files import idx
from mmdl.data.files.idx import read_idx
from mmdl.errors import DataError, FormatError


def packed(array, kind=0x08, lengths=None):
    lengths = array.shape if lengths is None else lengths
    return struct.pack(f">HBB{len(lengths)}I", 0, kind, len(lengths), *lengths) + array.tobytes()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Write some bytes.  -> the path"""
    path = tmp_path_factory.mktemp("idx") / "some-idx-file"

    def write(content):
        path.write_bytes(content)
        return path

    return write


def refusal(path, shape=(None, 2)):
    with pytest.raises(FormatError) as failure:
        read_idx(path, shape)
    sentence = str(failure.value)
    assert sentence.startswith(f"{path} ") and "\n" not in sentence
    return sentence.removeprefix(f"{path} ")


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.integers(0, 2**32 - 1), st.booleans())
def test_what_was_written_is_read(written, shape, seed, zipped):
    array = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    content = packed(array)
    path = written(gzip.compress(content) if zipped else content)
    for wanted in (shape, [None] * len(shape), [None, *shape[1:]]):
        found = read_idx(path, tuple(wanted))
        assert found.dtype == np.uint8 and np.array_equal(found, array)
    assert np.array_equal(read_idx(str(path), tuple(shape)), array)


ARRAY = np.arange(6, dtype=np.uint8).reshape(3, 2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 and so on", "is no IDX file"),
        (packed(ARRAY.astype(">f4"), 0x0D), "numbers of type 0x0d, not unsigned bytes"),
        (packed(ARRAY[0]), "an array with 1 axes, not 2"),
        (packed(ARRAY[..., None]), "an array with 3 axes, not 2"),
        (packed(ARRAY.T), "of shape 2 x 3, not N x 2"),
        (packed(ARRAY, lengths=(4, 2)), "is cut short: its header promises 8 numbers, but there are 6"),
        (packed(ARRAY, lengths=(2, 2)), "goes on after the 4 numbers that its header promises"),
        (packed(ARRAY) + b"\0", "goes on after the 6 numbers"),
        (packed(ARRAY, lengths=(2**32 - 1, 2)), "promises 8,589,934,590 numbers, more than are read"),
    ],
)
@pytest.mark.parametrize("form", [bytes, gzip.compress])
def test_what_is_wrong_is_said(written, content, said, form):
    assert said in refusal(written(form(content)))


@pytest.mark.parametrize("form", [bytes, gzip.compress])
def test_every_place_at_which_a_file_can_end(written, form):
    content = form(packed(ARRAY))
    for end in range(len(content)):
        assert refusal(written(content[:end]))


def test_damage_that_only_the_checksum_knows(written):
    content = bytearray(gzip.compress(packed(ARRAY)))
    content[-8] ^= 1
    assert refusal(written(bytes(content))).startswith("is damaged")


def test_a_file_that_unpacks_to_much_more_is_not_unpacked(written):
    path = written(gzip.compress(packed(np.zeros((50_000_000, 2), np.uint8), lengths=(3, 2)), 1))
    tracemalloc.start()
    try:
        assert "goes on after" in refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_as_many_numbers_as_are_read(written, monkeypatch):
    path = written(packed(ARRAY))
    monkeypatch.setattr(idx, "MAX_BYTES", 6)
    assert np.array_equal(read_idx(path, (None, 2)), ARRAY)
    monkeypatch.setattr(idx, "MAX_BYTES", 5)
    assert refusal(path) == "has a header that promises 6 numbers, more than are read"


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match=r"there is no file .*missing"):
        read_idx(tmp_path / "missing", (None,))
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path, (None,))


def test_a_disk_that_fails(written, monkeypatch):
    path = written(packed(np.zeros((3, 2), np.uint8)))

    def fail(*arguments):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(idx, "_read", fail)
    with pytest.raises(DataError, match="cannot be read: Input/output error"):
        read_idx(path, (None, 2))
