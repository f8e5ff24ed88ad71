"""The first step of a fusion: project modalities to one width; add embeddings of modality and position to tokens."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.errors import ShapeError
from mmdl.layers.dense import Dense
from mmdl.shapes import Array, Arrays
from mmdl.tokens import Tokens


def initial(
    rng: Generator, features: Sequence[int], width: int, lengths: Sequence[int], dtype: DTypeLike
) -> tuple[tuple[Dense, ...], Array, Arrays]:
    """The fields `projections`, `modality` (M, D) and `positions`, M arrays (longest T_m, D), of such a fusion."""

    def near_zero(entries: int) -> Array:
        return rng.normal(0, 0.02, (entries, width)).astype(dtype)

    projections = tuple(Dense.init(rng, D, width, dtype) for D in features)
    return projections, near_zero(len(features)), tuple(near_zero(length) for length in lengths)


def embed(fusion: Any, encodings: Sequence[Tokens]) -> Arrays:
    """token = x W_m + b_m + modality_m + position_m,t.  M Tokens (N, T_m, D_m) -> M arrays (N, T_m, D)"""
    x = project(fusion.projections, tuple(tokens.values for tokens in encodings))
    for m, each in enumerate(x):
        if each.shape[1] > len(fusion.positions[m]):
            raise ShapeError(
                f"{type(fusion).__name__}: modality {m} has {each.shape[1]} tokens "
                f"but there are positions for {len(fusion.positions[m])}"
            )
        each += fusion.modality[m] + fusion.positions[m][: each.shape[1]]
    return x


def embed_backward(fusion: Any, dx: Sequence[Array], values: Arrays) -> tuple[Arrays, dict[str, Any]]:
    """The gradients of the encodings' `values`, and those of the fusion's fields by name.  dx: M arrays (N, T_m, D)"""
    dvalues, projections, positions = [], [], []
    for m, d in enumerate(dx):
        dvalue, projection = fusion.projections[m].backward(d, values[m])
        position = np.zeros_like(fusion.positions[m])
        position[: d.shape[1]] = d.sum(axis=0)
        dvalues.append(dvalue)
        projections.append(projection)
        positions.append(position)
    modality = np.stack([position.sum(axis=0) for position in positions])
    return tuple(dvalues), {"projections": tuple(projections), "modality": modality, "positions": tuple(positions)}


def spans(values: Sequence[Array]) -> list[slice]:
    """Where each modality's tokens stand if all follow one another: M slices.  values: M arrays (N, T_m, ...)"""
    ends = np.cumsum([x.shape[1] for x in values])
    return [slice(int(end) - x.shape[1], int(end)) for x, end in zip(values, ends, strict=True)]


def project(projections: tuple[Dense, ...], encodings: Arrays) -> Arrays:
    """Project each modality through its own dense layer."""
    check_count(projections, encodings)
    return tuple(projection(x) for projection, x in zip(projections, encodings, strict=True))


def check_count(parts: Any, encodings: Any) -> None:
    """ShapeError if there are not as many encodings as the fusion has parts for."""
    if len(encodings) != len(parts):
        raise ShapeError(f"this fusion is made for {len(parts)} modalities, not for {len(encodings)}")
