"""Downloads from a server that fails in every way: a file is there whole or not at all."""

import gzip
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmdl.data.files import fetch as fetching
from mmdl.data.files.fetch import Download, data_folder, fetch, is_whole, located, place
from mmdl.errors import DataError
from tests.server import CONTENT, running

FAILURES = {
    "wrong": "sends other bytes than were published",
    "empty": "sends other bytes than were published",
    "long": "sends more bytes than were published",
    "endless": "sends more bytes than were published",
    "cut-off": "breaks off",
    "500": "answers 500",
    "404": "answers 404",
    "loop": "redirects without end",
    "elsewhere": "is not understood (InvalidSchema)",
    "to-a-file": "is not understood (InvalidSchema)",
    "to-no-end": "sends more bytes than were published",
    "minus-one": "sends more bytes than were published",
    "trailers": "sends more bytes than were published",
    "short": "sends other bytes than were published",
    "reset": "breaks off",
    "nonsense": "is not understood (ValueError)",
    "silent": "is silent for 0.2 s",
    "stall": "is silent for 0.2 s",
}
SILENT = ("silent", "stall")  # pages that are given up soon; all others have all the time of a busy machine


@pytest.fixture(scope="module")
def server():
    with running() as found:
        yield found


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """An empty data folder, and no proxy between the tests and their server."""
    monkeypatch.setenv("MMDL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "*")
    return tmp_path / "data"


@pytest.fixture
def published(server):
    """The download of the server's file, from these pages in turn."""

    def make(*pages, checksum="sha256", **fields):
        urls = tuple(f"{server.url}/{page}" for page in pages)
        digest = f"{checksum}:{hashlib.new(checksum, CONTENT).hexdigest()}"
        return Download("some/file.bin", urls, digest, len(CONTENT), **fields)

    return make


@pytest.fixture
def given_up_soon(monkeypatch):
    """Whoever says nothing is given up after 0.2 s, whoever else after a minute."""
    attempt = fetching._try

    def patiently(url, path, download, report, timeout):
        return attempt(url, path, download, report, 0.2 if url.endswith(SILENT) else 60.0)

    monkeypatch.setattr(fetching, "_try", patiently)


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("page", ["right", "moved", "packed"])
@pytest.mark.parametrize("checksum", ["md5", "sha256"])
def test_the_right_bytes_arrive(page, checksum, published, folder):
    counts, download = [], published(page, checksum=checksum)
    assert not is_whole(download)
    path = fetch(download, counts.append)
    assert path == folder / "some" / "file.bin" == place(download)
    assert path.read_bytes() == CONTENT and is_whole(download)
    assert files(folder) == ["some/file.bin"]
    assert counts == sorted(set(counts)) and len(counts) > 1 and counts[-1] == len(CONTENT)


@pytest.mark.parametrize("page", FAILURES)
def test_a_broken_mirror_leaves_nothing_and_is_told_from_others(page, published, folder, given_up_soon):
    download = published(page)
    with pytest.raises(DataError) as failure:
        fetch(download)
    sentence = str(failure.value)
    assert f"{FAILURES[page]}; " in sentence and "\n" not in sentence
    assert f"save {download.urls[0]} as {folder / 'some' / 'file.bin'} by hand" in sentence
    assert files(folder) == []


@pytest.mark.parametrize("page", FAILURES)
def test_the_next_mirror_is_asked(page, published, folder, server, given_up_soon):
    server.asked.clear()
    counts = []
    fetch(published(page, "right"), counts.append)
    assert server.asked[0] == f"/{page}" and server.asked[-1] == "/right"
    assert (folder / "some" / "file.bin").read_bytes() == CONTENT
    assert files(folder) == ["some/file.bin"] and counts[-1] == len(CONTENT)


def test_redirects_have_an_end(published, server):
    server.asked.clear()
    with pytest.raises(DataError):
        fetch(published("loop"))
    assert len(server.asked) <= 31


def test_every_mirror_is_named_with_its_reason(published):
    with pytest.raises(DataError, match=r"127\.0\.0\.1:\d+ answers 500, 127\.0\.0\.1:\d+ answers 404; "):
        fetch(published("500", "404"))


def test_repeating_costs_nothing(published, server):
    download = published("right")
    written = fetch(download).stat()
    server.asked.clear()
    found = fetch(download).stat()
    assert (found.st_ino, found.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert server.asked == []


def test_a_wrong_file_stays_until_a_right_one_is_there(published, folder):
    path = folder / "some" / "file.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half of it")
    with pytest.raises(DataError):
        fetch(published("cut-off", "wrong"))
    assert path.read_bytes() == b"half of it" and files(folder) == ["some/file.bin"]
    fetch(published("right"))
    assert path.read_bytes() == CONTENT


def test_an_interrupted_download_leaves_nothing(published, folder):
    def stop(count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(published("right"), stop)
    assert files(folder) == []


def test_a_copy_that_was_compressed_again_is_as_good(published, folder, server):
    inside = b"the content " * 100
    download = published("right", content=f"md5:{hashlib.md5(inside).hexdigest()}")
    path = folder / "some" / "file.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(inside, 1))
    server.asked.clear()
    assert is_whole(download) and fetch(download) == path and server.asked == []

    whole = path.read_bytes()
    broken = bytearray(whole)
    broken[len(whole) // 2] ^= 0xFF
    for copy in (whole[:-9], bytes(broken), gzip.compress(inside + b"!"), inside, b""):
        path.write_bytes(copy)
        assert not is_whole(download)
    fetch(download)
    assert path.read_bytes() == CONTENT


def test_without_pooch_it_says_what_to_install(published, monkeypatch, folder):
    download = published("right")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pooch", None)
        with pytest.raises(DataError, match=r"pip install 'mmdl-from-scratch\[data\]'") as failure:
            fetch(download)
        assert f"save {download.urls[0]} as " in str(failure.value)
        assert files(folder) == []
        fetched_by_hand = folder / "some" / "file.bin"
        fetched_by_hand.parent.mkdir(parents=True)
        fetched_by_hand.write_bytes(CONTENT)
        assert fetch(download) == fetched_by_hand


def test_a_server_that_trickles_is_given_up(published, folder, monkeypatch):
    """It is never silent for long, and would need hours."""
    monkeypatch.setattr(fetching, "START", 0.5)
    monkeypatch.setattr(fetching, "SLOWEST", 10**9)
    before = set(threading.enumerate())
    with pytest.raises(DataError, match="has not sent all after"):
        fetch(published("trickle"))
    assert files(folder) == []
    for thread in set(threading.enumerate()) - before:  # nobody listens to it any more
        thread.join(20)
        assert not thread.is_alive()
    monkeypatch.setattr(fetching, "START", 60)
    fetch(published("right"))


def test_what_is_left_behind_stays_nobodys_business(published, monkeypatch):
    """It may not have made its file, and does not keep the process from ending."""
    assert fetching._in_time(published("right"), lambda: f"{threading.current_thread().daemon}") == "True"
    monkeypatch.setattr(fetching, "_in_time", lambda *arguments: "has not even begun")
    with pytest.raises(DataError, match=r"has not even begun, .* has not even begun; try again later"):
        fetch(published("right", "moved"))


def test_what_is_late_is_nobodys_business_either(published, folder, server, monkeypatch):
    """It got into the file of the next mirror, and its bytes were counted among those."""
    in_time, counts = fetching._in_time, []

    def impatiently(download, work):
        monkeypatch.setattr(fetching, "START", 0.5 if work.args[0].endswith("late") else 60)
        return in_time(download, work)

    monkeypatch.setattr(fetching, "SLOWEST", 10**9)
    monkeypatch.setattr(fetching, "_in_time", impatiently)
    before = set(threading.enumerate())
    fetch(published("late", "right"), counts.append)
    told = list(counts)
    server.late.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(20)
    assert counts == told and counts[-1] == len(CONTENT)
    assert (folder / "some" / "file.bin").read_bytes() == CONTENT and files(folder) == ["some/file.bin"]


def test_no_answer_takes_memory(published, folder):
    """Requests read a redirection to its end, and http.client all that comes if a chunk has −1 bytes."""
    fetch(published("right"))  # what is imported when it is first used is imported now
    (folder / "some" / "file.bin").unlink()
    for page in ("to-no-end", "minus-one", "trailers"):
        tracemalloc.start()
        try:
            with pytest.raises(DataError, match="sends more bytes than were published"):
                fetch(published(page))
            assert tracemalloc.get_traced_memory()[1] < 12 << 20
        finally:
            tracemalloc.stop()


LINES = [
    b"HTTP/1.1 200 OK",
    b"HTTP/1.0 200",
    b"HTTP/1.1 206 Part",
    b"HTTP/1.1 302 Found",
    b"HTTP/1.1 304 Not",
    b"HTTP/1.1 500 No",
]
LINES += [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK", b"HTTP/9 x", b"", b"\xff"]
NUMBERS = [b"0", b"-1", b"5", b"%d" % len(CONTENT), b"9" * 30, b"9" * 5000, b"3e800", b"x", b""]
TARGETS = [
    b"",
    b"/right",
    b"//",
    b"http://[::1",
    b"http://\xff:99999/",
    b"http:///",
    b"file:///etc/hostname",
    b"http://.a/",
]
HEADERS = st.one_of(
    st.sampled_from(NUMBERS).map(b"Content-Length: ".__add__),
    st.sampled_from(TARGETS).map(b"Location: ".__add__),
    st.sampled_from([b"chunked", b"gzip, chunked", b"x"]).map(b"Transfer-Encoding: ".__add__),
    st.sampled_from([b"gzip", b"br", b"gzip, gzip", b"x"]).map(b"Content-Encoding: ".__add__),
    st.binary(max_size=20),
)
PIECES = st.sampled_from(
    [CONTENT, CONTENT[:9], b"-1\r\n", b"0\r\n", b"3e800\r\n", b"\r\n", b"x" * 70_000, gzip.compress(CONTENT, 1)]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(LINES), st.lists(HEADERS, max_size=4), st.lists(PIECES | st.binary(max_size=20), max_size=4))
def test_whatever_a_server_says_the_right_file_is_there_or_none(published, folder, server, line, headers, pieces):
    server.raw = b"\r\n".join([line, *headers, b"", b""]) + b"".join(pieces)
    try:
        assert fetch(published("raw"), timeout=30).read_bytes() == CONTENT
        (folder / "some" / "file.bin").unlink()
    except DataError as failure:
        assert "file.bin cannot be downloaded: 127.0.0.1:" in str(failure) and str(failure).isprintable()
    assert files(folder) == []


def test_ctrl_c_between_two_pieces(published, folder):
    """The main thread is told, which waits; what the other one does afterwards has no name."""

    def interrupt(count):
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fetch(published("stall"), interrupt)
    assert files(folder) == []
    fetch(published("right"))
    assert files(folder) == ["some/file.bin"]


def test_threads_and_processes_that_want_the_same(published, folder):
    program = f"from mmdl.data.files.fetch import *; fetch({published('right')!r})"
    processes = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        assert {*pool.map(fetch, 4 * [published("right")])} == {folder / "some" / "file.bin"}
    assert [process.wait() for process in processes] == [0, 0]
    assert (folder / "some" / "file.bin").read_bytes() == CONTENT and files(folder) == ["some/file.bin"]


def test_without_a_network(published, folder):
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/file"
        for urls in ([url], ["http://no.such.host.invalid/file"]):
            with pytest.raises(DataError, match="cannot be reached; try again later, or save"):
                fetch(published()._replace(urls=tuple(urls)), timeout=2)
    assert files(folder) == []


def test_a_folder_that_cannot_be_made(published, folder):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file, where a folder was wanted")
    with pytest.raises(DataError, match=r"file\.bin cannot be written"):
        fetch(published("right"))


def test_the_folder(monkeypatch):
    monkeypatch.setenv("MMDL_DATA", "~/pictures")
    assert data_folder() == Path.home() / "pictures"
    for unset in (lambda: monkeypatch.setenv("MMDL_DATA", ""), lambda: monkeypatch.delenv("MMDL_DATA")):
        unset()
        assert data_folder() == Path.home() / ".cache" / "mmdl"


def test_no_home_and_no_rights(monkeypatch, published):
    """As in a container whose user nobody knows."""
    monkeypatch.setenv("MMDL_DATA", "~nobody-of-this-name/data")
    with pytest.raises(DataError, match="there is no home folder for ~nobody-of-this-name/data: set MMDL_DATA to"):
        data_folder()
    monkeypatch.setenv("MMDL_DATA", f"/{'x' * 300}")  # of which nobody can say whether it is there
    with pytest.raises(DataError, match="mmdl data fetch some-data brings it"):
        located("some-data", [published("right")])
    with pytest.raises(DataError, match=r"file\.bin cannot be written: File name too long"):
        fetch(published("right"))


def test_what_is_missing_is_named_with_its_remedy(published, folder):
    there, missing = published("right"), published("right")._replace(file="some/other.bin")
    fetch(there)
    assert located("some-data", [there]) == [folder / "some" / "file.bin"]
    with pytest.raises(DataError) as failure:
        located("some-data", [there, missing])
    path = folder / "some" / "other.bin"
    assert str(failure.value) == f"some-data needs {path}, which is not there; mmdl data fetch some-data brings it"
