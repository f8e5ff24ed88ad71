"""The kinds of modalities; what kind a column is that comes without a preprocessor, and how a model takes it."""

from typing import Any, Literal, TypeAlias

import numpy as np

from mmdl.shapes import Array
from mmdl.tokens import Tokens

Kind: TypeAlias = Literal["image", "text", "audio", "numbers"]
Column: TypeAlias = Array | Tokens  # one modality of N examples


def kind_of(column: Column) -> Kind:
    """What arrays made by hand are: Tokens of ids are texts, other Tokens sounds, and (N, R, C, D) pictures."""
    if isinstance(column, Tokens):
        return "text" if column.values.dtype.kind in "iu" else "audio"
    return "image" if column.ndim == 4 else "numbers"


def as_input(column: Column, kind: Kind) -> Column:
    """A column as a model takes it: pictures kept as bytes, where 255 is white, become float32 in [0, 1]."""
    if kind == "image" and not isinstance(column, Tokens) and column.dtype == np.uint8:
        scaled: Array = np.asarray(column) / np.float32(255)
        return scaled
    return column


def kinds_of(inputs: dict[str, Column], known: dict[str, Kind]) -> dict[str, Kind]:
    """The kind of every modality: as known, or else by its arrays."""
    return {name: known.get(name) or kind_of(column) for name, column in inputs.items()}


def of_kind(kinds: dict[str, Kind], kind: Kind) -> list[str]:
    """The names of the modalities of this kind, in order."""
    return [name for name, each in kinds.items() if each == kind]


def nonempty(column: Column) -> Any:
    """Which examples have something: sequences with a token, and all others.  -> bools (N,), or True"""
    return column.full_mask.any(axis=1) if isinstance(column, Tokens) else True
