"""Files out of a .tar.gz, which is unpacked in memory, piece by piece, and never onto the disk."""

import gzip
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from typing import Any, cast

from mmdl.errors import DataError, FormatError
from mmdl.files import PIECE
from mmdl.files import opened as opened_file

MAX_UNPACKED = 1 << 28  # bytes of an archive that is unpacked: a few kilobytes can promise to fill any memory
MAX_HEADER = 1 << 14  # bytes that say the name and so on of one file: four names of the greatest length that Linux has
MAX_HEADERS = 1 << 25  # of all files
MAX_COMMON = 100  # settings that apply to all files; each costs time for each file
NUMBER = re.compile(rb"\d{400}")  # of more digits than any number has; some of Python's tarfiles take hours over it


def read_archive(path: str | os.PathLike[str], names: re.Pattern[str]) -> dict[str, bytes]:
    """The files of an archive whose names match, as {name: bytes}

    Links, folders, devices and files with holes are passed over, and so are all other names. A name is compared and
    nothing else, so that none can make this read or write elsewhere.

    Parameters
    ----------
    path : str or path
    names : compiled regular expression
        That whole names are to match.

    Raises
    ------
    DataError
        If the archive cannot be read; FormatError if it is none, a broken or a boundless one, or has a file twice.
    """
    path = os.fspath(path)
    found: dict[str, bytes] = {}
    try:
        with opened_file(path) as file, gzip.open(file) as packed:
            stream: Any = _Unpacked(path, packed)
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                while member := archive.next():
                    cast(Any, archive).members.clear()
                    if len(archive.pax_headers) > MAX_COMMON:
                        raise FormatError(f"{path} has more than {MAX_COMMON} settings for all of its files")
                    stream.demand(member.size)
                    if member.isreg() and not member.issparse() and names.fullmatch(member.name):
                        if member.name in found:
                            raise FormatError(f"{path} has two files of the name {member.name}")
                        found[member.name] = stream.content(member.size)
                    stream.left = MAX_HEADER
                if not stream.ends():  # where tarfile meets a header that makes no sense, it takes it for the end
                    end = f"what stands at byte {archive.offset:,} of it is no file"
                    raise FormatError(f"{path} is a broken archive: {end}")
    except DataError:
        raise
    except (EOFError, zlib.error, gzip.BadGzipFile) as mistake:
        raise FormatError(f"{path} is not packed with gzip, cut short or damaged ({type(mistake).__name__})") from None
    except OSError as mistake:
        raise DataError(f"{path} cannot be read: {mistake.strerror}") from None
    except Exception as mistake:  # tarfile has a dozen kinds of errors for a broken header
        raise FormatError(f"{path} is no tar archive, or a broken one ({type(mistake).__name__})") from None
    return found


class _Unpacked:
    """An archive as tarfile reads it: forwards, and no more of it than what describes files."""

    def __init__(self, path: str, packed: gzip.GzipFile) -> None:
        self.path, self.packed, self.place, self.last = path, packed, 0, b""
        self.left, self.left_of_all = MAX_HEADER, MAX_HEADERS

    def tell(self) -> int:
        return self.place

    def seek(self, place: int) -> None:
        self.demand(place - self.place)  # or the same header would be met again and again
        for _ in self._until(place):
            pass

    def read(self, size: int) -> bytes:
        """What describes a file."""
        self.demand(size)
        self.left -= size
        self.left_of_all -= size
        if min(self.left, self.left_of_all) < 0:
            most = f"{MAX_HEADER:,} bytes for one file" if self.left < 0 else f"{MAX_HEADERS:,} bytes"
            raise FormatError(f"{self.path} is a boundless archive: names and the like take more than {most}")
        self.last = self._next(size)
        if NUMBER.search(self.last):
            raise FormatError(f"{self.path} is a broken archive: it has a number of hundreds of digits")
        return self.last

    def content(self, size: int) -> bytes:
        """A file of this size that stands here."""
        self.demand(size)
        end = self.place + size
        content = b"".join(self._until(end))
        if self.place != end:
            raise tarfile.ReadError("unexpected end of data")
        return content

    def demand(self, size: int) -> None:
        """FormatError if it is no size."""
        if size < 0:
            raise FormatError(f"{self.path} is a broken archive: there is a size below 0")

    def ends(self) -> bool:
        """Whether there is nothing from the last header on."""
        while not self.last.strip(b"\0"):
            if not (last := self._next(PIECE)):
                return True
            self.last = last
        return False

    def _until(self, end: int) -> Iterator[bytes]:
        while self.place < end and (piece := self._next(min(PIECE, end - self.place))):
            yield piece

    def _next(self, size: int) -> bytes:
        piece = self.packed.read(size)
        self.place += len(piece)
        if self.place > MAX_UNPACKED:
            what = "which no archive of recordings has"
            raise FormatError(f"{self.path} unpacks to more than {MAX_UNPACKED:,} bytes, {what}")
        return piece
