"""IDX files, in which MNIST and its relatives were published: a header of big-endian integers, then the numbers."""

import gzip
import math
import os
import zlib
from typing import Any

import numpy as np

from mmdl.errors import DataError, FormatError
from mmdl.files import opened as opened_file
from mmdl.files import read_at_most
from mmdl.shapes import Array

UNSIGNED_BYTES = 0x08
MAX_BYTES = 1 << 30  # bytes that a header may promise; MNIST has 47 million


def read_idx(path: str | os.PathLike[str], shape: tuple[int | None, ...]) -> Array:
    """Read an array of unsigned bytes, packed with gzip or not.

    The header is two zeros, the type of the numbers, the number of axes, and the length of each axis in four bytes.

    Parameters
    ----------
    path : str or path
    shape : tuple of int or None
        The lengths of the axes that the file must have; None where any will do.

    Returns
    -------
    array of uint8

    Raises
    ------
    DataError
        If there is no such file; FormatError if it is not whole, holds more than its header says, or something else.

    References
    ----------
    Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits: the file formats.
    """
    try:
        with _opened(path) as file:
            return _read(file, path, shape)
    except EOFError:
        raise FormatError(f"{os.fspath(path)} is cut short") from None
    except (gzip.BadGzipFile, zlib.error) as mistake:
        raise FormatError(f"{os.fspath(path)} is damaged: {mistake}") from None
    except OSError as mistake:
        raise DataError(f"{os.fspath(path)} cannot be read: {mistake.strerror}") from None


def _read(file: Any, path: Any, shape: tuple[int | None, ...]) -> Array:
    zeros, kind, axes = _exactly(file, 2), *_exactly(file, 2)
    if zeros != b"\0\0":
        raise FormatError(f"{path} is no IDX file: it does not begin with two zeros")
    if kind != UNSIGNED_BYTES:
        raise FormatError(f"{path} holds numbers of type 0x{kind:02x}, not unsigned bytes (0x{UNSIGNED_BYTES:02x})")
    if axes != len(shape):
        raise FormatError(f"{path} holds an array with {axes} axes, not {len(shape)}")
    lengths = tuple(np.frombuffer(_exactly(file, 4 * axes), ">u4").tolist())
    if any(wanted not in (None, length) for wanted, length in zip(shape, lengths, strict=True)):
        raise FormatError(f"{path} holds an array of shape {_words(lengths)}, not {_words(shape)}")
    count = math.prod(lengths)
    if count > MAX_BYTES:
        raise FormatError(f"{path} has a header that promises {count:,} numbers, more than are read")
    content = read_at_most(file, count + 1)  # one more than there is: it ends here, and gzip compares its own checksum
    if len(content) < count:
        raise FormatError(f"{path} is cut short: its header promises {count:,} numbers, but there are {len(content):,}")
    if len(content) > count:
        raise FormatError(f"{path} goes on after the {count:,} numbers that its header promises")
    return np.frombuffer(content, np.uint8).reshape(lengths)


def _opened(path: Any) -> Any:
    if not os.path.exists(path):
        raise DataError(f"there is no file {os.fspath(path)}")
    with opened_file(path) as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else opened_file(path)


def _exactly(file: Any, count: int) -> bytes:
    content: bytes = file.read(count)
    if len(content) < count:
        raise EOFError
    return content


def _words(shape: tuple[int | None, ...]) -> str:
    return " x ".join("N" if length is None else str(length) for length in shape)
