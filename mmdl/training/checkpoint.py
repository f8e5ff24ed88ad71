"""Checkpoints: a model in one file, as arrays by name and a description in plain JSON.

The file is an archive of arrays, as `numpy.savez` writes them, with one more member, `manifest.json`. Reading it
runs nothing that stands in it: there is no pickle, and only the kinds of `mmdl.models.kinds` are built.
"""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from mmdl import __version__, tree
from mmdl.errors import DataError, FormatError
from mmdl.files import replacing
from mmdl.models.kinds import KINDS, current
from mmdl.shapes import Array

FORMAT, VERSION = "mmdl model", 2  # older versions can be read
MANIFEST = "manifest.json"

Manifest = dict[str, Any]
Built = TypeVar("Built")


def save(path: str | Path, model: Any, **extras: Any) -> None:
    """Write the model to the file `path`, and with it whatever JSON can say, such as `history=...`

    A file that was there before stays whole until a whole one takes its place.

    Raises
    ------
    FormatError
        If the model is in training mode, or holds what no model file may contain.
    DataError
        If the file cannot be written.
    """
    arrays = dict(tree.distinct(model))
    description = tree.describe(model)
    _build(description, arrays)  # what could not be read is not written
    write_archive(path, {"format": FORMAT, "version": VERSION, "model": description, "extras": extras}, arrays)


def load(path: str | Path) -> tuple[Any, dict[str, Any]]:
    """The model of a file, and the extras that were saved with it

    Returns
    -------
    model, extras
        Arrays are contiguous and writable; what was shared is shared.

    Raises
    ------
    DataError
        If there is no such file, or it may not be read.
    FormatError
        If it is not a whole model file of a version that is known here.
    """

    def build(manifest: Manifest, arrays: dict[str, Array]) -> tuple[Any, dict[str, Any]]:
        return _build(current(manifest["model"], manifest["version"]), arrays), manifest["extras"]

    return read_archive(path, build, _check)


def write_archive(path: str | Path, manifest: Manifest, arrays: dict[str, Array]) -> None:
    """Write arrays by name, and a manifest that also says their shapes, to a file; DataError if that fails."""
    about = {name: {"shape": array.shape, "dtype": array.dtype.name} for name, array in arrays.items()}
    text = json.dumps(manifest | {"mmdl": __version__, "arrays": about}, ensure_ascii=False)
    with replacing(path) as unfinished, zipfile.ZipFile(unfinished, "w") as file:
        file.writestr(MANIFEST, text)
        for name, array in arrays.items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)


def read_archive(
    path: str | Path,
    build: Callable[[Manifest, dict[str, Array]], Built],
    check: Callable[[Manifest], None] | None = None,
) -> Built:
    """What `build` makes of the manifest and the arrays of a file, if `check` has nothing against the manifest

    Errors are those of `load`.
    """
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            manifest = json.loads(file[MANIFEST])
            if check is not None:
                check(manifest)
            arrays = {name: _read(file, name, **wanted) for name, wanted in manifest["arrays"].items()}
        return build(manifest, arrays)
    except FormatError as mistake:
        raise FormatError(f"{path}: {mistake}") from None
    except (FileNotFoundError, IsADirectoryError, PermissionError) as mistake:
        raise DataError(f"{path} cannot be read: {mistake.strerror}") from None
    except Exception as mistake:  # zipfile, NumPy and json have a dozen kinds of errors for a broken file
        raise FormatError(f"{path} is no model file, or a broken one ({type(mistake).__name__})") from None


def _read(file: Any, name: str, shape: list[int], dtype: str) -> Array:
    array = file[name]
    if list(array.shape) != shape or array.dtype.name != dtype:
        found = f"{array.dtype.name} {list(array.shape)}"
        raise FormatError(f"the array {name!r} is {found}, but the manifest says {dtype} {shape}")
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))


def _check(manifest: Manifest) -> None:
    if manifest["format"] != FORMAT:
        raise FormatError(f"the manifest is of {manifest['format']!r}, not of {FORMAT!r}")
    if manifest["version"] not in range(1, VERSION + 1):
        version = manifest["version"]
        raise FormatError(f"this is version {version} of the format, and the last that can be read is {VERSION}")


def _build(description: Any, arrays: dict[str, Array]) -> Any:
    model = tree.rebuild(description, arrays, KINDS)
    if type(model) not in KINDS.values():
        raise FormatError(f"a {type(model).__name__} is no model")
    return model
