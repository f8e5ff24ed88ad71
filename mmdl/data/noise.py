"""Noise on one modality: what makes examples harder to make out, by as much as is asked for."""

import numpy as np

from mmdl.data.preprocessors.text import FIRST_WORD, UNKNOWN, Tokenizer
from mmdl.errors import DataError
from mmdl.tokens import Tokens

DEVIATIONS = (0.5, 1.0, 2.0)  # of the noise, where that of the signal is 1
SHARES = (0.25, 0.5, 0.75)  # of the words or letters


def levels_of(preprocessor):
    """How strong noise is tried out on what this prepares."""
    return SHARES if isinstance(preprocessor, Tokenizer) else DEVIATIONS


def deviation_of(column):
    """The standard deviation of the values of one modality in training: numbers and sounds are standardised to 1."""
    if isinstance(column, Tokens) or column.ndim < 4:
        return 1.0
    return float(column.std(dtype=np.float32)) / (255 if column.dtype == np.uint8 else 1)


def disturbed(column, level, rng, preprocessor, deviation=1.0):
    """x + level · deviation · n,  n standard normal; of a text, the share `level` is lost

    Words that are lost become the unknown word, letters a letter drawn from the alphabet. Pictures leave their range
    [0, 1]: nothing is clipped.

    Parameters
    ----------
    column : array (N, ...) or Tokens
        Of one modality, as Examples hold it.
    level : float
        See `levels_of`.
    rng : numpy.random.Generator
    preprocessor : what prepared the column
    deviation : float
        See `deviation_of`.
    """
    if level < 0 or (level > 1 and isinstance(preprocessor, Tokenizer)):
        raise DataError(f"there is no noise of the strength {level}")
    if isinstance(preprocessor, Tokenizer):
        ids, mask = column
        drawn = rng.integers(FIRST_WORD, preprocessor.entries, ids.shape) if preprocessor.unit == "letter" else UNKNOWN
        lost = mask & (rng.random(ids.shape) < level)
        return Tokens(np.where(lost, drawn, ids).astype(ids.dtype), mask)
    if isinstance(column, Tokens):
        return Tokens(_noisy(column.values, level * deviation, rng) * column.mask[..., None], column.mask)
    return _noisy(column / np.float32(255) if column.dtype == np.uint8 else column, level * deviation, rng)


def _noisy(x, deviation, rng):
    return x + x.dtype.type(deviation) * rng.standard_normal(x.shape, x.dtype)
