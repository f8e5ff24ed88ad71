"""Examples in small groups: shuffled, thinned out, and trimmed to the longest sequence."""

from dataclasses import dataclass, replace

import numpy as np

from mmdl.errors import DataError
from mmdl.tokens import Tokens, select


@dataclass(frozen=True, eq=False)
class Batch:
    """N examples as a model takes them; `batch["image"]` is the input of one modality."""

    inputs: dict[str, np.ndarray | Tokens]  # each N long; pictures in float32
    present: dict[str, np.ndarray]  # (N,) bool each; a row without tokens is always absent, and the other way round
    labels: np.ndarray  # (N,)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, modality):
        return self.inputs[modality]

    def select(self, rows):
        """These examples only.  rows: places (n,), a mask (N,) or a slice"""
        inputs = {name: select(x, rows) for name, x in self.inputs.items()}
        return Batch(inputs, {name: seen[rows] for name, seen in self.present.items()}, self.labels[rows])


def batches(examples, size, rng=None, word_dropout=0.0, modality_dropout=0.0):
    """Go through all examples once, `size` at a time; the last batch holds what is left.

    Parameters
    ----------
    examples : Examples
    size : int
        Examples in a batch.
    rng : numpy.random.Generator, optional
        Shuffles and drops. Without it the examples come whole and in their order.
    word_dropout : float
        Probability with which each word of a text is left out; the words after it move up.
    modality_dropout : float
        Probability with which each modality of an example is left out whole; one of them always stays.

    Returns
    -------
    iterator of Batch
        The same generator state gives the same batches, bit by bit. Sequences are cut to the longest in the
        batch (at least one column); uint8 pictures become float32 in [0, 1].
    """
    if size < 1:
        raise DataError(f"a batch needs at least one example, not {size}")
    for rate in (word_dropout, modality_dropout):
        if not 0 <= rate <= 1:
            raise DataError(f"a dropout probability lies between 0 and 1, not at {rate}")
        if rate and rng is None:
            raise DataError("dropout needs a generator: batches(..., rng=numpy.random.default_rng(seed))")
    return _batches(examples, size, rng, word_dropout, modality_dropout)


def _batches(examples, size, rng, word_dropout, modality_dropout):
    order = np.arange(len(examples)) if rng is None else rng.permutation(len(examples))
    # Dropping from all examples at once costs 5 ms an epoch; batch by batch it would be many times that
    if word_dropout:
        thinned = {name: drop_words(column, word_dropout, rng) for name, column in examples.inputs.items()}
        examples = replace(examples, inputs=thinned)
    if modality_dropout:
        examples = replace(examples, present=drop_modalities(examples.present, modality_dropout, rng))
    inputs = {name: _masked(column, examples.present[name]) for name, column in examples.inputs.items()}
    for start in range(0, len(examples), size):
        rows = order[start : start + size]
        yield Batch(
            {name: _gathered(column, rows) for name, column in inputs.items()},
            {name: column[rows] for name, column in examples.present.items()},
            examples.labels[rows],
        )


def drop_words(column, rate, rng):
    """Leave out each word with probability `rate` and close the gap; what is no text comes back as it is."""
    if not isinstance(column, Tokens) or column.values.dtype.kind not in "iu":
        return column
    keep = column.mask & (rng.random(column.mask.shape, np.float32) >= rate)
    mask = np.arange(keep.shape[1]) < keep.sum(axis=1, keepdims=True)
    values = np.zeros_like(column.values)
    values[mask] = column.values[keep]  # both run row by row, and each row has as many places as words
    return Tokens(values, mask)


def drop_modalities(present, rate, rng):
    """Leave out each modality of each example with probability `rate`, but never the last one.

    Every modality draws a number; it stays if that is at least `rate`, or the largest.
    """
    seen = np.stack(list(present.values()), axis=1)
    draw = np.where(seen, rng.random(seen.shape), -1)
    stays = seen & ((draw >= rate) | (draw == draw.max(axis=1, keepdims=True)))
    return dict(zip(present, stays.T, strict=True))


def _masked(column, present):
    return Tokens(column.values, column.mask & present[:, None]) if isinstance(column, Tokens) else column


def _gathered(column, rows):
    if isinstance(column, Tokens):
        mask = column.mask.take(rows, axis=0)
        longest = 1 + mask.any(axis=0).nonzero()[0].max(initial=0)  # the place of the last token, and one
        return Tokens(column.values.take(rows, axis=0)[:, :longest], mask[:, :longest])
    column = column.take(rows, axis=0)
    return column / np.float32(255) if column.dtype == np.uint8 else column
