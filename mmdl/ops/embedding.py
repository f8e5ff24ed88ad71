"""Embedding: a table gives every word a vector of its own."""

from typing import Annotated

import numpy as np

from mmdl.errors import DataError
from mmdl.shapes import Array, Ids, shapes


@shapes
def embedding(ids: Annotated[Ids, "..."], E: Annotated[Array, "A D>0"]) -> Array:
    """y = E[id]: row `id` of the table, which is a one-hot row times E

    Returns
    -------
    y : array (..., D)

    Raises
    ------
    DataError
        If an id is no row of E; negative ids would silently count from the end.
    """
    _check_ids("embedding", ids, E)
    return E[ids]


@shapes
def embedding_backward(
    dy: Annotated[Array, "* D"],
    ids: Annotated[Ids, "*"],
    E: Annotated[Array, "A D>0"],
    padding_id: int | None = None,
) -> Array:
    """dE[id] = Σ of dy over all places where the id occurs; row `padding_id`, if given, gets nothing.  -> dE (A, D)"""
    _check_ids("embedding_backward", ids, E)
    if padding_id is not None and not 0 <= padding_id < len(E):
        raise DataError(f"embedding_backward: padding_id must lie in 0..{len(E) - 1}, not {padding_id}")
    from scipy.sparse import csr_array  # here, because the import takes a tenth of a second

    # one-hotᵀ dy, of whose products all but one in a row are with 0: `np.add.at` would take ten times as long
    one_hot = csr_array((np.ones(ids.size, dy.dtype), ids.ravel(), np.arange(ids.size + 1)), (ids.size, len(E)))
    dE: Array = one_hot.T @ dy.reshape(ids.size, E.shape[1])
    if padding_id is not None:
        dE[padding_id] = 0
    return dE


def _check_ids(function: str, ids: Ids, E: Array) -> None:
    if ids.size and not (ids.min() >= 0 and ids.max() < len(E)):
        raise DataError(f"{function}: ids must lie in 0..{len(E) - 1} but reach from {ids.min()} to {ids.max()}")
