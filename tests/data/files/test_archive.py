"""Archives: what matches is read, what is odd is passed over, what lies is refused, and nothing is written."""

import errno
import gzip
import re
import tarfile

import pytest

from mmdl.data.files import archive
from mmdl.data.files.archive import read_archive
from mmdl.errors import DataError, FormatError
from tests.data.archives import member, pack

NAMES = re.compile(r"\w[\w.-]*/[a-z]+\.txt")


def read(path, *members):
    path.write_bytes(pack(*members))
    return read_archive(path, NAMES)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "some.tar.gz"


def test_files_whose_whole_names_match(path):
    found = read(
        path,
        member("top/one.txt", b"1"),
        member("top/two.txt", b"2" * 5000),
        member("top/one.txt.exe", b"x"),
        member("one.txt", b"x"),
        member("top/below/one.txt", b"x"),
    )
    assert found == {"top/one.txt": b"1", "top/two.txt": b"2" * 5000}


@pytest.mark.parametrize(
    "odd",
    [
        member("/etc/passwd.txt", b"x"),
        member("../up.txt", b"x"),
        member("top/../../up.txt", b"x"),
        member("top/link.txt", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        member("top/hard.txt", type=tarfile.LNKTYPE, linkname="top/one.txt"),
        member("top/folder.txt", type=tarfile.DIRTYPE),
        member("top/pipe.txt", type=tarfile.FIFOTYPE),
        member("top/device.txt", type=tarfile.CHRTYPE),
        member("top/" + 300 * "x" + ".wav", b"x"),
    ],
    ids=lambda odd: odd[0].name[:20],
)
def test_links_folders_devices_and_other_names_are_passed_over(odd, path):
    assert read(path, odd, member("top/one.txt", b"1"), odd) == {"top/one.txt": b"1"}
    assert [each.name for each in path.parent.iterdir()] == [path.name]  # and nothing was written


def test_a_file_with_holes_is_passed_over(path):
    """Few bytes may stand for very many zeros."""
    info, content = member("top/holes.txt", b"1\n0\n0\n".ljust(512, b"\0"))
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(10**12)}
    assert read(path, (info, content), member("top/one.txt", b"1")) == {"top/one.txt": b"1"}


def test_a_size_that_is_not_there(path):
    for size in (10**6, 2**40, 2**62):
        with pytest.raises(FormatError, match=r"some\.tar\.gz is no tar archive, or a broken one"):
            read(path, member("top/one.txt", b"1"), member("top/two.txt", b"22", size=size))


def test_a_file_that_is_there_twice(path):
    with pytest.raises(FormatError, match=r"some\.tar\.gz has two files of the name top/one\.txt"):
        read(path, member("top/one.txt", b"1"), member("top/one.txt", b"2"))


def test_a_bomb(path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED", 10_000)
    with pytest.raises(FormatError, match=r"some\.tar\.gz unpacks to more than 10,000 bytes"):
        read(path, member("top/one.txt", bytes(20_000)))
    monkeypatch.setattr(archive, "MAX_UNPACKED", 512 + 512 + 1024)  # a header, a block, and two blocks of zeros
    assert read(path, member("top/one.txt", b"1")) == {"top/one.txt": b"1"}


def test_cut_anywhere_it_is_refused(path):
    whole = pack(member("top/one.txt", bytes(range(256)) * 8), member("top/two.txt", b"2"))
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        with pytest.raises(FormatError, match=r"some\.tar\.gz"):
            read_archive(path, NAMES)


def test_any_wrong_byte_is_noticed(path):
    whole = bytearray(pack(member("top/one.txt", bytes(range(256))), member("top/two.txt", b"2")))
    for place in range(10, len(whole), 3):  # before it are the time and the system that packed it
        broken = whole.copy()
        broken[place] ^= 0x55
        path.write_bytes(broken)
        with pytest.raises(FormatError, match=r"some\.tar\.gz"):
            read_archive(path, NAMES)


def test_a_header_that_makes_no_sense_is_not_taken_for_the_end(path):
    raw = bytearray(gzip.decompress(pack(*(member(f"top/{name}.txt", b"1") for name in ("one", "two", "three")))))
    raw[1024 + 148 : 1024 + 156] = b"7777777\0"  # the checksum of the second header
    path.write_bytes(gzip.compress(raw))
    with pytest.raises(FormatError, match=r"some\.tar\.gz is a broken archive: what stands at byte 1,024"):
        read_archive(path, NAMES)


@pytest.mark.parametrize("content", [b"", b"no archive", gzip.compress(b"no archive" * 100, mtime=0), b"\x1f\x8b\x08"])
def test_what_is_no_archive(content, path):
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"some\.tar\.gz"):
        read_archive(path, NAMES)


def test_what_is_not_there(path):
    with pytest.raises(DataError, match=r"some\.tar\.gz cannot be read: No such file"):
        read_archive(path, NAMES)


def test_a_disk_that_fails(path, monkeypatch):
    path.write_bytes(pack(member("top/one.txt", b"1")))

    def fail(file):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(archive.gzip, "open", fail)
    with pytest.raises(DataError, match="cannot be read: Input/output error"):
        read_archive(path, NAMES)
