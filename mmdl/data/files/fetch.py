"""Published files: where they lie on this machine, whether they are whole, and how they get there."""

import gzip
import hashlib
import importlib.util
import io
import os
import threading
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeAlias, cast
from urllib.parse import urlsplit

from mmdl.errors import DataError, FormatError
from mmdl.files import replacing

TIMEOUT = 30  # seconds without a byte after which a mirror is given up
SLOWEST = 10_000  # bytes a second that a mirror has to send in the long run
START = 60  # seconds that it gets beside these
SLACK = 1 << 20  # bytes that an answer may have beside those of its file
CHUNK = 1 << 16
Report: TypeAlias = Callable[[int], object]  # is told the number of bytes that have arrived


class Download(NamedTuple):
    """One file of a dataset as it was published."""

    file: str  # below the data folder: "mnist/t10k-labels-idx1-ubyte.gz"
    urls: tuple[str, ...]  # mirrors, tried in turn
    checksum: str  # "md5:..." or "sha256:..." of the file as published
    bytes: int
    content: str | None = None  # checksum of what is in a .gz, for copies that were compressed again


def data_folder() -> Path:
    """The folder that all downloads lie in: MMDL_DATA if that is set, or ~/.cache/mmdl

    Raises
    ------
    DataError
        If nobody knows where ~ is, as in some containers.
    """
    folder = os.environ.get("MMDL_DATA") or "~/.cache/mmdl"
    try:
        return Path(folder).expanduser()
    except RuntimeError:
        raise DataError(f"there is no home folder for {folder}: set MMDL_DATA to a folder that there is") from None


def place(download: Download) -> Path:
    """The path of a published file on this machine, whether it is there or not."""
    return data_folder() / download.file


def located(name: str, downloads: Sequence[Download]) -> list[Path]:
    """The paths of a dataset's files, all of which are there.

    Parameters
    ----------
    name : str
        Of the dataset, as `mmdl data fetch` takes it.
    downloads : sequence of Download

    Returns
    -------
    list of Path

    Raises
    ------
    DataError
        If one is missing; the sentence says which, and how to get it.
    """
    paths = [place(download) for download in downloads]
    for path in paths:
        if not os.path.isfile(path):
            raise DataError(f"{name} needs {path}, which is not there; mmdl data fetch {name} brings it")
    return paths


def is_whole(download: Download) -> bool:
    """Whether the file is there, byte by byte as published, or with the published content in another gzip."""
    return _agrees(place(download), download)


def fetch(download: Download, report: Report | None = None, timeout: float = TIMEOUT) -> Path:
    """Bring a published file to this machine, unless it is there and whole.

    The mirrors are tried in turn. The file gets its name when its checksum is right, and no sooner; until then, one
    that was there before stays.

    Parameters
    ----------
    download : Download
    report : function of an int, optional
        Called again and again with the number of bytes that have arrived from the mirror at work.
    timeout : float
        Seconds without a byte after which a mirror is given up; so is one that sends fewer than `SLOWEST` bytes a
        second in the long run.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If no mirror has it, pooch is not installed, or it cannot be written; the sentence says what to do.
    """
    path = place(download)
    if is_whole(download):
        return path
    by_hand = f"save {download.urls[0]} as {path} by hand"
    if importlib.util.find_spec("pooch") is None:
        raise DataError(f"downloads need pooch: pip install 'mmdl-from-scratch[data]' brings it; or {by_hand}")
    failures = []
    with replacing(path) as unfinished:
        path.parent.mkdir(parents=True, exist_ok=True)
        for url in download.urls:
            with open(unfinished, "wb") as file:  # closed when no longer waited for: nothing that is late gets into it
                failure = _in_time(download, partial(_try, url, file, download, report, timeout))
            if failure is None and _agrees(unfinished, download):
                return path
            failures.append(f"{urlsplit(url).netloc} {failure or 'sends other bytes than were published'}")
        raise DataError(f"{path.name} cannot be downloaded: {', '.join(failures)}; try again later, or {by_hand}")


def _in_time(download: Download, work: Callable[[], str | None]) -> str | None:
    """What some work says, or that it took too long: a server may send a byte from time to time, and for ever.

    It is done in a thread, which is left behind then: nothing can end one that waits for a socket.
    """
    said: list[str | BaseException | None] = []

    def working() -> None:
        try:
            said.append(work())
        except BaseException as mistake:  # is raised where it was asked for
            said.append(mistake)

    limit = START + download.bytes / SLOWEST
    thread = threading.Thread(target=working, daemon=True)
    thread.start()
    thread.join(limit)
    if not said:
        return f"has not sent all after {limit:,.0f} s"
    if isinstance(said[0], BaseException):
        raise said[0]
    return said[0]


def _try(url: str, file: IO[bytes], download: Download, report: Report | None, timeout: float) -> str | None:
    """Download from one mirror.  -> None, or what went wrong in words"""
    import requests
    from pooch import HTTPDownloader

    hooks = {"response": partial(_tame, file, SLACK + 2 * download.bytes)}
    # A server that may compress on the way would have the checksum of a .gz taken of what is inside
    get = HTTPDownloader(chunk_size=CHUNK, timeout=timeout, headers={"Accept-Encoding": "identity"}, hooks=hooks)
    try:
        get(url, _Counted(file, download.bytes, report), None)
        return None
    except requests.HTTPError as mistake:
        return f"answers {cast(Any, mistake.response).status_code}"
    except requests.TooManyRedirects:
        return "redirects without end"
    except requests.exceptions.ChunkedEncodingError:
        return "breaks off"
    except requests.ConnectionError as mistake:  # a stall halfway is one of these, too
        return f"is silent for {timeout:g} s" if "timed out" in str(mistake) else "cannot be reached"
    except requests.Timeout:
        return f"is silent for {timeout:g} s"
    except FormatError as mistake:
        return str(mistake)
    except (requests.RequestException, ValueError) as mistake:  # a header or a redirect that makes no sense
        return f"is not understood ({type(mistake).__name__})"


def _tame(file: IO[bytes], most: int, response: Any, **_: Any) -> None:
    """Take an answer, be it a redirection, as it is sent: nothing in it is unpacked, and it has an end."""
    response.raw.headers.pop("Content-Encoding", None)  # some servers say so of files that are packed themselves
    answer = getattr(response.raw, "_fp", None)
    if source := getattr(answer, "fp", None):
        cast(Any, answer).fp = io.BufferedReader(_Bounded(source, most, file))


class _Bounded(io.RawIOBase):
    """What a server sends after its headers, as long as it is waited for: requests reads a redirection to its end,
    http.client all that comes if a piece of it claims to have −1 bytes."""

    def __init__(self, source: IO[bytes], most: int, file: IO[bytes]) -> None:
        self.source, self.left, self.file = source, most, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count: int = cast(Any, self.source).readinto1(buffer)
        self.left -= count
        if self.left < 0 or self.file.closed:
            raise FormatError("sends more bytes than were published")
        return count

    def close(self) -> None:
        self.source.close()
        super().close()


class _Counted:
    """A file that reports how much was written, and takes no more than was published."""

    def __init__(self, file: IO[bytes], most: int, report: Report | None):
        self.file, self.most, self.report, self.size = file, most, report, 0

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self.most:
            raise FormatError("sends more bytes than were published")
        self.file.write(chunk)
        if self.report:
            self.report(self.size)

    def flush(self) -> None:
        """Left to the end; pooch asks for it after every chunk."""


def _agrees(path: Path, download: Download) -> bool:
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        if _checksum(file, download.checksum) == download.checksum:
            return True
    if download.content is None:
        return False
    try:
        with gzip.open(path) as file:
            return _checksum(file, download.content) == download.content
    except (OSError, EOFError, zlib.error):  # no gzip, or a broken one
        return False


def _checksum(file: Any, like: str) -> str:
    """The checksum of a file in the form of another: "md5:..." or "sha256:..." """
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"
