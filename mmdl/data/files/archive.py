"""Files out of a .tar.gz, which is unpacked in memory and never onto the disk."""

import gzip
import io
import os
import re
import tarfile
import zlib
from typing import IO, cast

from mmdl.errors import DataError, FormatError
from mmdl.files import opened as opened_file
from mmdl.files import read_at_most

MAX_UNPACKED = 1 << 28  # bytes of an archive that is unpacked: a few kilobytes can promise to fill any memory


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
    content = _unpacked(path)
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                if member.isreg() and not member.issparse() and names.fullmatch(member.name):
                    if member.name in found:
                        raise FormatError(f"{path} has two files of the name {member.name}")
                    found[member.name] = cast(IO[bytes], archive.extractfile(member)).read()
            end = archive.offset
    except FormatError:
        raise
    except Exception as mistake:  # tarfile has a dozen kinds of errors for a broken header
        raise FormatError(f"{path} is no tar archive, or a broken one ({type(mistake).__name__})") from None
    if content[end:].strip(b"\0"):  # where tarfile meets a header that makes no sense, it takes it for the end
        raise FormatError(f"{path} is a broken archive: what stands at byte {end:,} of it is no file")
    return found


def _unpacked(path: str) -> bytes:
    try:
        with opened_file(path) as file, gzip.open(file) as packed:
            content = read_at_most(packed, MAX_UNPACKED + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as mistake:
        raise FormatError(f"{path} is not packed with gzip, cut short or damaged ({type(mistake).__name__})") from None
    except OSError as mistake:
        raise DataError(f"{path} cannot be read: {mistake.strerror}") from None
    if len(content) > MAX_UNPACKED:
        raise FormatError(f"{path} unpacks to more than {MAX_UNPACKED:,} bytes, which no archive of recordings has")
    return content
