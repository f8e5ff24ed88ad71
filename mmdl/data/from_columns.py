"""Columns in memory, as a data frame has them, become a data set: strings, pictures, sounds and numbers."""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmdl.data.dataset import Dataset, Examples
from mmdl.data.files.pictures import upright_size
from mmdl.data.kinds import Kind
from mmdl.data.prepare import at_rows
from mmdl.data.preprocessors.audio import wave_of
from mmdl.data.preprocessors.numbers import Standardizer
from mmdl.data.preprocessors.picture import PicturePreprocessor
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.data.preprocessors.units import has_words
from mmdl.data.table.columns import RATE, Numbers, Pictures, Reader, Sounds, Texts, frame_size
from mmdl.data.table.load import recipe_for
from mmdl.errors import DataError

PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff"}


def from_columns(
    columns: Mapping[str, Sequence[Any]],
    labels: Sequence[Any],
    kinds: Mapping[str, Kind] | None = None,
    task: str = "classification",
) -> Dataset:
    """A data set of which all rows are for training

    Parameters
    ----------
    columns : dict of str to a sequence of N
        A column of numbers, of strings, of pictures (Pillow images, arrays, paths) or of sounds (arrays with their
        rate, paths of WAV files). Columns of numbers together are the modality "numbers"; each other column is a
        modality by its own name. None, NaN and "" stand for what is missing.
    labels : sequence of N
        The class of each row, or the number.
    kinds : dict of str to "image", "text", "audio" or "numbers", optional
        What a column is, where its values leave it open.
    task : "classification" or "regression"
        Whether labels are classes or numbers.

    Returns
    -------
    Dataset
        Without a validation set, and an empty test set.

    Raises
    ------
    DataError
        If columns differ in length, are empty or of no known kind, or there are fewer than two classes.
    """
    classes, places, scale = _numbers(labels) if task == "regression" else _classes(labels)
    found = {name: (kinds or {}).get(name) or kind_of_values(name, values) for name, values in columns.items()}
    together = tuple(str(name) for name, kind in found.items() if kind == "numbers")
    modalities: dict[str, Kind] = {name: kind for name, kind in found.items() if kind != "numbers"}
    if "numbers" in modalities and together:
        raise DataError('"numbers" is what columns of numbers are called together; call that column otherwise')
    inputs, present, preprocessors = {}, {}, {}
    if together:
        modalities["numbers"] = "numbers"
    for name, kind in modalities.items():
        cells = rows_of(columns, together) if kind == "numbers" else list(columns[name])
        if len(cells) != len(places):
            raise DataError(f"column {name!r} has {len(cells)} rows, but there are {len(places)} labels")
        column = together if kind == "numbers" else name
        values = [value_of(cell, kind) for cell in cells]
        present[name] = np.array([value is not None for value in values])
        if not present[name].any():
            raise DataError(f"in column {name!r} there is nothing")
        preprocessors[name], encoded, _ = _fit(column, kind, values)
        inputs[name] = at_rows(encoded, present[name])
    if not inputs:
        raise DataError("there is no column to learn from")
    examples = Examples(inputs, places, present)
    recipe = recipe_for(len(examples), len(inputs))
    return Dataset("columns", classes, examples, None, examples.select([]), preprocessors, recipe=recipe, scale=scale)


def _classes(labels: Sequence[Any]) -> tuple[tuple[str, ...], Any, None]:
    """The names of the classes, and which of them each row has."""
    classes, places = np.unique(np.asarray(labels), return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"a choice needs two classes or more, and here is {len(classes)} class")
    return tuple(str(name) for name in classes), places, None


def _numbers(labels: Sequence[Any]) -> tuple[tuple[str, ...], Any, Standardizer]:
    """No classes, the numbers, and their scale."""
    numbers = np.asarray(labels, float)
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise DataError("regression needs one finite number for each row")
    return (), numbers, Standardizer.fit(numbers[:, None], ("label",))


def raw_of(columns: Mapping[str, Sequence[Any]], preprocessors: Mapping[str, Preprocessor]) -> dict[str, list[Any]]:
    """New columns by modality, as `mmdl.data.prepare.prepare` takes them; DataError if one is missing."""
    raw = {}
    for name, preprocessor in preprocessors.items():
        asked = getattr(preprocessor, "names", ()) or (name,)
        for column in asked:
            if column not in columns:
                raise DataError(f"there is no column {column!r}, but {', '.join(map(str, columns))}")
        cells = rows_of(columns, asked) if preprocessor.kind == "numbers" else list(columns[name])
        raw[name] = [value_of(cell, preprocessor.kind) for cell in cells]
    return raw


def kind_of_values(name: str, values: Sequence[Any]) -> Kind:
    """What a column is, by the first value that is there."""
    first = next((value for value in values if not _missing(value)), None)
    if isinstance(first, numbers.Real):  # bools too
        return "numbers"
    if isinstance(first, (str, os.PathLike)):
        ending = Path(first).suffix.lower()
        return "image" if ending in PICTURES else "audio" if ending == ".wav" else "text"
    if isinstance(first, tuple) and len(first) == 2:
        return "audio"
    if hasattr(first, "getbands") or (isinstance(first, np.ndarray) and first.ndim in (2, 3)):
        return "image"
    what = "empty" if first is None else f"of {type(first).__name__}"
    raise DataError(f"column {name!r} is {what}: it takes numbers, strings, pictures or (rate, samples)")


def rows_of(columns: Mapping[str, Sequence[Any]], names: Sequence[str]) -> list[Any]:
    """Several columns side by side, row by row."""
    return list(zip(*(columns[name] for name in names), strict=True))


def value_of(cell: Any, kind: Kind) -> Any:
    """A cell in the form that preprocessors encode; None if it is empty."""
    if kind == "numbers":
        row = [math.nan if _missing(number) else float(number) for number in cell]
        return None if all(map(math.isnan, row)) else row
    if _missing(cell):
        return None
    if kind == "text":
        return str(cell) if has_words(str(cell)) else None
    return cell


def _fit(column: Any, kind: Kind, values: list[Any]) -> tuple[Preprocessor, Any, str]:
    """The preprocessor that learned from a column, what it makes of it, and a sentence."""
    there = [value for value in values if value is not None]
    everywhere = np.ones(len(there), bool)
    here = Path()
    reader: Reader
    match kind:
        case "image":
            size = frame_size([_size(picture) for picture in there])
            there = [PicturePreprocessor(size[0], size[1]).frame(picture) for picture in there]
            reader = Pictures(column, here)
        case "text":
            reader = Texts(column)
        case "audio":
            there = [wave_of(sound, RATE) for sound in there]
            reader = Sounds(column, here)
        case _:
            reader = Numbers(column)
    return reader.fit(there, everywhere)


def _size(picture: Any) -> tuple[int, int] | None:
    """(rows, columns) of a picture, in memory or in a file."""
    if isinstance(picture, np.ndarray):
        return picture.shape[0], picture.shape[1]
    if hasattr(picture, "getbands"):
        return picture.height, picture.width
    return upright_size(picture)


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or (isinstance(value, str) and not value)
