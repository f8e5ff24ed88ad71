"""Archives: what matches is read, what is odd is passed over, what lies is refused, and nothing is written."""

import errno
import gzip
import re
import tarfile
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


def header(kind, content=b"", size=None, name=b"top/one.txt"):
    """A file, or what describes the next one, whatever tarfile itself would write; a size below 0, too."""
    size = len(content) if size is None else size
    fields = name.ljust(100, b"\0") + b"0000644\0" * 3 + tarfile.itn(size, 12, tarfile.GNU_FORMAT) + b"0" * 11 + b"\0"
    rest = kind + bytes(100) + b"ustar\x0000" + bytes(247)
    total = sum(fields) + sum(rest) + 8 * ord(" ")
    return fields + b"%06o\0 " % total + rest + content + bytes(-len(content) % 512)


def record(name, value):
    """A setting as pax has it: before it stands its own length."""
    length = len(name) + len(value) + 3
    while len(text := b"%d %s=%s\n" % (length, name, value)) != length:
        length = len(text)
    return text


def records(count, start=0):
    return b"".join(record(b"%x" % number, b"") for number in range(start, start + count))


ONE = header(b"0", b"1")
HOLES = b"".join(record(b"GNU.sparse." + name, value) for name, value in ((b"major", b"1"), (b"minor", b"0")))
BOUNDLESS = {
    "a name": header(b"L", b"a" * (20 << 20)) + ONE,
    "a name in settings": header(b"x", record(b"path", b"a" * (20 << 20))) + ONE,
    "settings": header(b"x", records(1_000_000)) + ONE,
    "settings of all": header(b"g", records(101)) + ONE,
    "settings of all, a few at a time": b"".join(header(b"g", records(9, 9 * n)) + header(b"0") for n in range(12)),
    "descriptions of one": header(b"g", record(b"a", b"")) * 20 + ONE,
    "a map of holes": header(b"x", HOLES) + header(b"0", b"4000000\n" + b"0\n" * 8_000_000),
}


@pytest.mark.parametrize("name", BOUNDLESS)
def test_what_describes_files_has_bounds(name, path):
    """Hundreds of MiB, and hours, were spent on a few kilobytes."""
    path.write_bytes(gzip.compress(BOUNDLESS[name] + bytes(1024), 1))
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match=r"some\.tar\.gz (is a boundless archive: names|has more than 100 sett)"):
            read_archive(path, re.compile("none"))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_files_have_a_greatest_number(path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_HEADERS", 12 * 512)  # of ten files, and the end
    for count in (10, 11):
        path.write_bytes(gzip.compress(header(b"0", name=b"x") * (count - 1) + ONE + bytes(1024), 1))
        if count == 10:
            assert read_archive(path, NAMES) == {"top/one.txt": b"1"}
    with pytest.raises(FormatError, match=r"names and the like take more than 6,144 bytes$"):
        read_archive(path, NAMES)


@pytest.mark.parametrize("passed_over", [header(b"0", bytes(50 << 20)), header(b"0") * 20_000], ids=["large", "many"])
def test_what_is_passed_over_takes_no_memory(passed_over, path):
    path.write_bytes(gzip.compress(passed_over + bytes(1024), 1))
    tracemalloc.start()
    try:
        assert read_archive(path, re.compile("none")) == {}
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [-1, -512, -1024, -4096])
@pytest.mark.parametrize("names", [NAMES, re.compile("none")])
def test_a_size_below_zero(size, names, path):
    """The same headers were met again and again, or all that was left was read at once."""
    said = header(b"x", record(b"size", b"%d" % size))
    for whole in (header(b"0", size=size), said + header(b"0"), header(b"L", size=size) + bytes(1 << 20)):
        path.write_bytes(gzip.compress(header(b"0", b"2", name=b"top/two.txt") + whole + bytes(1024), 1))
        with pytest.raises(FormatError, match=r"a size below 0$|a broken one \(ReadError\)$"):
            read_archive(path, names)


def test_a_number_of_very_many_digits(path):
    """Before 3.11.10 Python looked for a setting from each of its digits."""
    path.write_bytes(gzip.compress(header(b"x", b"1" * 15_000) + ONE + bytes(1024), 1))
    with pytest.raises(FormatError, match=r"some\.tar\.gz is a broken archive: it has a number of hundreds of digits"):
        read_archive(path, NAMES)


SETTINGS = [record(b"size", b"%d" % size) for size in (-(2**40), -1024, -1, 0, 1, 600, 2**40)]
SETTINGS += [record(b"path", name) for name in (b"top/two.txt", b"", b"\xff", b"/")] + [
    HOLES,
    HOLES[3:],
    b"9 a",
    b"0 a=b\n",
]
PARTS = st.builds(
    header,
    st.sampled_from([b"0", b"1", b"5", b"S", b"L", b"K", b"x", b"g", b"X", b"\0", b"?"]),
    st.lists(st.sampled_from(SETTINGS), max_size=3).map(b"".join) | st.binary(max_size=600),
    st.none() | st.sampled_from([-(2**40), -1024, -513, -1, 0, 1, 511, 1024, 2**13, 2**40]),
    st.sampled_from([b"top/one.txt", b"top/two.txt", b"x"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(PARTS | st.just(bytes(512)) | st.binary(max_size=512), max_size=6))
def test_whatever_headers_say_it_has_an_end(path, parts):
    raw = b"".join(parts) + bytes(1024)
    path.write_bytes(gzip.compress(raw, 1))
    try:
        found = read_archive(path, NAMES)
    except FormatError as refusal:
        assert str(refusal).startswith(f"{path} is ") or str(refusal).startswith(f"{path} has ")
    else:
        assert sum(map(len, found.values())) <= len(raw)


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
