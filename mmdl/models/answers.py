"""What a model answers is numbers, or a sentence that there is no answer."""

from collections.abc import Callable

import numpy as np

from mmdl.errors import DataError
from mmdl.shapes import Array


def answered(ask: Callable[[], Array]) -> Array:
    """The numbers that a model gives when it is asked; DataError if some are none, as of weights that are too large."""
    with np.errstate(all="ignore"):  # what comes of it is looked at
        numbers = np.asarray(ask())
    if not numbers.size or not np.isfinite(numbers).all():
        raise DataError("this model has no answer: its numbers became too large on the way")
    return numbers
