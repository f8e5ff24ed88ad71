"""Files that are written whole or not at all, and read only if they are files."""

import glob
import io
import os
import re
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from mmdl.errors import DataError

PIECE = 1 << 20  # bytes that are read at a time
SPREADSHEETS = {".xlsx", ".xls", ".xlsm", ".ods", ".numbers"}
SOUNDS = {".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".wma", ".aif", ".aiff"}


def remedy(path: Any) -> str:
    """What to do about a file that cannot be read as it is, as the end of a sentence; "" if nothing is known."""
    name = os.fspath(path) if isinstance(path, (str, os.PathLike)) else ""
    kind = Path(name).suffix.lower()
    if re.search(r"\b(https?|ftp|s3|gs):/", name):
        return "; this is an address: download the file first, and name it where it lies then"
    if kind in SPREADSHEETS:
        return '; this is a spreadsheet: its program can save it as "CSV UTF-8"'
    if kind in SOUNDS:
        return f"; sounds are read from WAV files: `ffmpeg -i {Path(name).name} {Path(name).stem}.wav` makes one"
    if "~" in Path(name).parts[:1] or "/~/" in name:
        return "; nothing has replaced the ~: write the path of the home folder out"
    return ""


def opened(path: str | os.PathLike[str]) -> BinaryIO:
    """A file to read from

    Raises
    ------
    DataError
        At once, if there is none, it may not be read, or it is a folder, a pipe or a device.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as mistake:
        why = getattr(mistake, "strerror", None) or mistake
        raise DataError(f"{path} cannot be read: {why}{remedy(path)}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        what = "Is a directory" if Path(path).is_dir() else "it is a pipe or a device, not a file"
        raise DataError(f"{path} cannot be read: {what}")
    return _Opened(io.FileIO(descriptor))


class _Opened(io.BufferedReader):
    """A file that makes room for no more than there is in it, however much it is asked for."""

    def __init__(self, raw: io.FileIO) -> None:
        super().__init__(raw)
        self.size = os.fstat(raw.fileno()).st_size

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self.size - self.tell())
        return super().read(left if size is None or size < 0 else min(size, left))


def read_at_most(file: Any, most: int) -> bytes:
    """The next bytes of a file, piece by piece: a reader that is asked for many at once makes room for all of them."""
    pieces: list[bytes] = []
    while most > 0 and (piece := file.read(min(PIECE, most))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Lend another name in the same folder; what was written there becomes `path`, unless something went wrong

    A file that was there before stays whole until a whole one takes its place; what was written is on the disk before
    it does. What processes left behind that were killed meanwhile is removed.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        _sweep(path)
        try:
            yield unfinished
            _flush(unfinished)
            os.replace(unfinished, path)
            with suppress(OSError):  # not every system can do that with a folder
                _flush(path.parent)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as mistake:
        raise DataError(f"{path} cannot be written: {mistake.strerror or mistake}") from None


def _flush(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(path: Path) -> None:
    """Remove unfinished files of this name whose processes are gone."""
    for other in path.parent.glob(f".{glob.escape(path.name)}.*.*"):
        process, _, thread = other.name.removeprefix(f".{path.name}.").partition(".")
        if process.isdecimal() and not _is_alive(int(process), thread):
            with suppress(OSError):
                other.unlink()


def _is_alive(process: int, thread: str) -> bool:
    if process == os.getpid():  # in a container, each has the number of the one before
        return thread in map(str, sys._current_frames())
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is another user's, or no number of a process
        return True
    return True
