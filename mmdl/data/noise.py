"""Noise on one modality: what makes examples harder to make out, by as much as is asked for."""

from typing import Any

import numpy as np

from mmdl.data.kinds import Column, as_input, kind_of
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.data.preprocessors.text import FIRST_WORD, UNKNOWN
from mmdl.errors import DataError
from mmdl.shapes import Array
from mmdl.tokens import Tokens

DEVIATIONS = (0.5, 1.0, 2.0)  # of the noise, where that of the signal is 1
SHARES = (0.25, 0.5, 0.75)  # of the words or letters


def levels_of(preprocessor: Preprocessor) -> tuple[float, ...]:
    """How strong noise is tried out on what this prepares."""
    return SHARES if preprocessor.kind == "text" else DEVIATIONS


def deviation_of(column: Column) -> float:
    """The standard deviation of the values of one modality in training: numbers and sounds are standardised to 1."""
    kind = kind_of(column)
    x: Any = as_input(column, kind)
    return float(x.std(dtype=np.float32)) if kind == "image" else 1.0


def disturbed(
    column: Any, level: float, rng: np.random.Generator, preprocessor: Preprocessor, deviation: float = 1.0
) -> Column:
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
    is_text = preprocessor.kind == "text"
    if level < 0 or (level > 1 and is_text):
        raise DataError(f"there is no noise of the strength {level}")
    if is_text:
        return _lost(column, level, rng, preprocessor)
    if isinstance(column, Tokens):
        return Tokens(_noisy(column.values, level * deviation, rng) * column.full_mask[..., None], column.full_mask)
    x: Any = as_input(column, preprocessor.kind)
    return _noisy(x, level * deviation, rng)


def _lost(texts: Tokens, share: float, rng: np.random.Generator, tokenizer: Any) -> Tokens:
    ids, mask = texts.values, texts.full_mask
    drawn = rng.integers(FIRST_WORD, tokenizer.entries, ids.shape) if tokenizer.of_letters else UNKNOWN
    lost = mask & (rng.random(ids.shape) < share)
    return Tokens(np.where(lost, drawn, ids).astype(ids.dtype), mask)


def _noisy(x: Array, deviation: float, rng: np.random.Generator) -> Array:
    return x + x.dtype.type(deviation) * rng.standard_normal(x.shape, x.dtype)
