"""Dropout: numbers are set to zero at random, and the others scaled up."""

from typing import Annotated

import numpy as np

from mmdl.errors import DataError
from mmdl.shapes import Array, Mask, shapes


@shapes
def dropout(x: Annotated[Array, "*"], mask: Annotated[Mask, "*"], rate: float) -> Array:
    """y = x ∘ mask / (1 − rate): the mean over masks is x

    Parameters
    ----------
    mask
        True, with probability 1 − rate, where a number stays.
    rate : float, 0 ≤ rate < 1

    Source: Srivastava et al., Dropout, 2014 (scaled in training, so that inference needs nothing).
    """
    _check_rate("dropout", rate)
    return np.where(mask, x / (1 - rate), 0)


@shapes
def dropout_backward(dy: Annotated[Array, "*"], mask: Annotated[Mask, "*"], rate: float) -> Array:
    """dx = dy ∘ mask / (1 − rate): no gradient where a number was dropped"""
    _check_rate("dropout_backward", rate)
    return np.where(mask, dy / (1 - rate), 0)


def _check_rate(function: str, rate: float) -> None:
    if not 0 <= rate < 1:
        raise DataError(f"{function}: rate must be at least 0 and less than 1, not {rate}")
