"""Model files: an archive of arrays by name, with a description in plain JSON.

Reading one runs nothing that stands in it: only the kinds of `mmdl.models.kinds` are built, of fields of the types and
in the ranges that they declare, and of numbers that are finite; and what they make is asked once, so that a model that
loads is a model.
"""

from pathlib import Path
from typing import Any

import numpy as np

from mmdl import tree
from mmdl.errors import FormatError
from mmdl.models.kinds import KINDS, current
from mmdl.models.trial import try_out
from mmdl.shapes import Array
from mmdl.training.archive import read_archive, write_archive

FORMAT, VERSION = "mmdl model", 2  # older versions can be read

Manifest = dict[str, Any]


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
    return read_archive(path, _loaded, _check)


def _loaded(manifest: Manifest, arrays: dict[str, Array]) -> tuple[Any, dict[str, Any]]:
    return _build(current(manifest["model"], manifest["version"]), arrays), manifest["extras"]


def _check(manifest: Manifest) -> None:
    if manifest["format"] != FORMAT:
        raise FormatError(f"the manifest is of {ascii(manifest['format'])[:60]}, not of {FORMAT!r}")
    if manifest["version"] not in range(1, VERSION + 1):
        version = ascii(manifest["version"])[:20]
        raise FormatError(f"this is version {version} of the format, and the last that can be read is {VERSION}")


def _build(description: Any, arrays: dict[str, Array]) -> Any:
    model = tree.rebuild(description, arrays, KINDS)
    if type(model) not in KINDS.values():
        raise FormatError(f"a {type(model).__name__} is no model")
    for name, array in tree.distinct(model):
        if not np.isfinite(array).all():
            raise FormatError(f"the array {name!r:.60} holds numbers that are not finite")
    try_out(model)
    return model
