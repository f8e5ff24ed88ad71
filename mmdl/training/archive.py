"""Archives: arrays by name and a manifest in plain JSON, in one file that may come from a stranger.

The file is an archive of arrays, as `numpy.savez` writes them, with one more member, `manifest.json`. It is read in an
order in which nothing is believed before it is checked: members are stored, not compressed, so that the file is as
large as what is in it; the manifest is small and not deep; each array has the size, shape and type that the manifest
says, and its checksum. There is no pickle, and nothing that stands in a file is run, imported or looked up by its name.
"""

import hashlib
import json
import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from mmdl import __version__
from mmdl.errors import DataError, FormatError
from mmdl.files import opened, replacing
from mmdl.shapes import Array
from mmdl.strict_json import parsed

MANIFEST = "manifest.json"
MOST_TEXT = 4 << 20  # bytes of a manifest
MOST_AXES = 16
HEADER = 4096  # bytes that may stand before an array's numbers
PIECE = 1 << 20
TYPES = (
    "float16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
)
UNSIGNED = 1  # the version whose files have no checksums


def write_archive(path: str | Path, manifest: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Write arrays by name, and a manifest that also says their shapes and checksums, to a file

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    about = {
        name: {"shape": array.shape, "dtype": array.dtype.name, "sha256": _checksum(array)}
        for name, array in arrays.items()
    }
    text = json.dumps(manifest | {"mmdl": __version__, "arrays": about}, ensure_ascii=False)
    with replacing(path) as unfinished, zipfile.ZipFile(unfinished, "w") as file:
        file.writestr(MANIFEST, text)
        for name, array in arrays.items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read_archive(
    path: str | Path,
    build: Callable[[dict[str, Any], dict[str, Array]], Any],
    check: Callable[[dict[str, Any]], object] = lambda manifest: None,
) -> Any:
    """What `build` makes of the manifest and the arrays of a file, if `check` has nothing against the manifest

    Raises
    ------
    DataError
        If there is no such file, or it may not be read, or is a pipe or a device.
    FormatError
        If it is no whole archive.
    """
    with in_a_sentence(path):
        with opened(path) as stream, zipfile.ZipFile(stream) as file:
            size = stream.seek(0, 2)
            members = _members(file, size)
            manifest = _manifest(file, members)
            check(manifest)
            signed = manifest["version"] != UNSIGNED
            if {*members} != {MANIFEST, *(f"{name}.npy" for name in manifest["arrays"])}:
                raise FormatError("its arrays are not those that the manifest names")
            arrays = {
                name: _read(file, members[f"{name}.npy"], name, signed, **wanted)
                for name, wanted in manifest["arrays"].items()
            }
        return build(manifest, arrays)


@contextmanager
def in_a_sentence(path: str | Path, what: str = "model file") -> Iterator[None]:
    """Whatever goes wrong while a file is read becomes a FormatError or DataError that names it, in a short line."""
    try:
        yield
    except (FormatError, DataError) as mistake:
        if str(path) in str(mistake):
            raise
        raise FormatError(f"{path}: {short(str(mistake))}") from None
    except Exception as mistake:  # zipfile, NumPy and json have a dozen kinds of errors for a broken file
        raise FormatError(f"{path} is no {what}, or a broken one ({type(mistake).__name__})") from None


def short(text: str, most: int = 300) -> str:
    """A text that quotes a file as one line of characters that can be seen."""
    seen = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text[:most])
    return f"{seen[:most]} ..." if len(text) > most else seen


def _members(file: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    members = {info.filename: info for info in file.infolist()}
    if len(members) < len(file.infolist()):
        raise FormatError("two of its members have the same name")
    if any(info.compress_type != zipfile.ZIP_STORED for info in members.values()):
        raise FormatError("its members are compressed; a model file stores them as they are")
    if any(info.compress_size != info.file_size for info in members.values()) or (
        sum(info.file_size for info in members.values()) > size
    ):
        raise FormatError("its members are larger than the file")
    return members


def _manifest(file: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> dict[str, Any]:
    if members[MANIFEST].file_size > MOST_TEXT:
        raise FormatError(f"its manifest is larger than {MOST_TEXT >> 20} MiB")
    manifest: dict[str, Any] = parsed(file.read(MANIFEST).decode("utf-8"))
    return manifest


def _read(
    file: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    name: str,
    signed: bool,
    shape: list[int],
    dtype: str,
    sha256: str | None = None,
) -> Array:
    if dtype not in TYPES or len(shape) > MOST_AXES or not all(type(n) is int and n >= 0 for n in shape):
        raise FormatError(f"the array {name!r:.60} has no shape and type that a model may have")
    size = math.prod(shape) * np.dtype(dtype).itemsize
    with file.open(info) as member:
        found, by_columns, stored = _header(member)
        if list(found) != shape or stored.name != dtype:
            says = f"the manifest says {dtype} {shape}"
            raise FormatError(f"the array {name!r:.60} is {stored.name} {list(found)}, but {says}"[:200])
        if member.tell() + size != info.file_size:
            raise FormatError(f"the array {name!r:.60} has not the size that its shape asks for")
        array = np.empty(math.prod(shape), stored)
        for start in range(0, size, PIECE):
            array.view(np.uint8)[start : start + PIECE] = np.frombuffer(member.read(PIECE), np.uint8)
    array = array.reshape(shape[::-1]).T if by_columns else array.reshape(shape)
    array = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    if sha256 != _checksum(array) and (signed or sha256 is not None):
        raise FormatError(f"the array {name!r:.60} is not the one that was written: its checksum is another")
    return array


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    return read[np.lib.format.read_magic(member)](member, max_header_size=HEADER)


def _checksum(array: Array) -> str:
    """SHA-256 of the numbers, row by row, the lowest byte first"""
    return hashlib.sha256(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data).hexdigest()
