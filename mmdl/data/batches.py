"""Examples in small groups: shuffled, thinned out, and trimmed to the longest sequence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mmdl.data.augment import Mixture, flipped, mixed, moved
from mmdl.data.dataset import Examples
from mmdl.data.kinds import Column, Kind, as_input, kinds_of, of_kind
from mmdl.data.repeated import Repeated
from mmdl.errors import DataError
from mmdl.shapes import Array, Ids, Mask
from mmdl.tokens import Tokens, select


@dataclass(frozen=True, eq=False)
class Batch:
    """N examples as a model takes them; `batch["image"]` is the input of one modality."""

    inputs: dict[str, Column]  # each N long; pictures in float32
    present: dict[str, Mask]  # (N,) bool each; a row without tokens is always absent, and the other way round
    labels: Array  # (N,)
    kinds: dict[str, Kind] = field(default_factory=dict)  # of the modalities; if not given, by their arrays
    targets: Tokens | None = None  # (N, T), what is to be written; each ends in END
    mixture: Mixture | None = None  # what each example was mixed with, if it was

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", kinds_of(self.inputs, self.kinds))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, modality: str) -> Any:
        return self.inputs[modality]

    def select(self, rows: Any) -> Batch:
        """These examples only.  rows: places (n,), a mask (N,) or a slice"""
        inputs = {name: select(x, rows) for name, x in self.inputs.items()}
        present = {name: seen[rows] for name, seen in self.present.items()}
        targets = None if self.targets is None else select(self.targets, rows)
        mixture = None if self.mixture is None else Mixture(*(part[rows] for part in self.mixture))
        labels = self.labels[rows]
        return replace(self, inputs=inputs, present=present, labels=labels, targets=targets, mixture=mixture)


def batches(
    examples: Examples,
    size: int,
    rng: np.random.Generator | None = None,
    word_dropout: float = 0.0,
    modality_dropout: float = 0.0,
    picture_shift: int = 0,
    flip: bool = False,
    mixup: float = 0.0,
    by_picture: bool = False,
) -> Iterator[Batch]:
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
    picture_shift : int
        Pixels by which each picture is moved at most, up or down and to a side; what comes in is zero.
    flip : bool
        Whether one half of the pictures is mirrored, left and right.
    mixup : float
        The α with which examples are mixed, see `mmdl.data.augment.mixed`; with 0 they are not. Words cannot be mixed.
    by_picture : bool
        Whether examples that show one picture stand together, so that a model reads it once for all of them. Of
        pictures that are kept once (see `Repeated`) it is these that are shuffled, and a batch has them so, too.

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
    if picture_shift < 0:
        raise DataError(f"pictures are moved by no pixel or by some, not by {picture_shift}")
    if mixup < 0:
        raise DataError(f"the α of mixup is above 0, not {mixup}")
    if mixup and "text" in examples.kinds.values():
        raise DataError("mixup adds up pictures, sounds and numbers; words cannot be mixed")
    augment = picture_shift, flip, mixup
    if rng is None and (word_dropout or modality_dropout or any(augment)):
        raise DataError("dropout and shifts need a generator: batches(..., rng=numpy.random.default_rng(seed))")
    return _batches(examples, size, rng, word_dropout, modality_dropout, *augment, by_picture)


def _batches(
    examples: Examples,
    size: int,
    rng: Any,
    word_dropout: float,
    modality_dropout: float,
    picture_shift: int,
    flip: bool,
    mixup: float,
    by_picture: bool,
) -> Iterator[Batch]:
    order = np.arange(len(examples)) if rng is None else rng.permutation(len(examples))
    # Dropping from all examples at once costs 5 ms an epoch; batch by batch it would be many times that
    if word_dropout:
        thinned: dict[str, Column] = {
            name: drop_words(column, word_dropout, rng)
            for name, column in examples.inputs.items()
            if examples.kinds[name] == "text"
        }
        examples = replace(examples, inputs=examples.inputs | thinned)
    if modality_dropout:
        examples = replace(examples, present=drop_modalities(examples.present, modality_dropout, rng))
    inputs = {name: _masked(column, examples.present[name]) for name, column in examples.inputs.items()}
    if by_picture and rng is not None:
        order = _together(order, inputs)
    for start in range(0, len(examples), size):
        rows = order[start : start + size]
        chosen = {name: _taken(column, rows, examples.kinds[name], by_picture) for name, column in inputs.items()}
        for name in of_kind(examples.kinds, "image"):
            if flip:
                chosen[name] = flipped(chosen[name], rng)
            if picture_shift:
                chosen[name] = moved(chosen[name], picture_shift, rng)
        present = {name: column[rows] for name, column in examples.present.items()}
        labels, mixture = examples.labels[rows], None
        if mixup:
            chosen, present, mixture = mixed(chosen, present, labels, mixup, rng)
        targets = None if examples.targets is None else gathered(examples.targets, rows)
        yield Batch(chosen, present, labels, examples.kinds, targets, mixture)


def drop_words(column: Any, rate: float, rng: np.random.Generator) -> Tokens:
    """Leave out each word of texts, Tokens (N, T), with probability `rate`, and close the gap."""
    keep = column.full_mask & (rng.random(column.full_mask.shape, np.float32) >= rate)
    mask = np.arange(keep.shape[1]) < keep.sum(axis=1, keepdims=True)
    values = np.zeros_like(column.values)
    values[mask] = column.values[keep]  # both run row by row, and each row has as many places as words
    return Tokens(values, mask)


def drop_modalities(present: dict[str, Mask], rate: float, rng: np.random.Generator) -> dict[str, Mask]:
    """Leave out each modality of each example with probability `rate`, but never the last one.

    Every modality draws a number; it stays if that is at least `rate`, or the largest.
    """
    seen = np.stack(list(present.values()), axis=1)
    draw = np.where(seen, rng.random(seen.shape), -1)
    stays = seen & ((draw >= rate) | (draw == draw.max(axis=1, keepdims=True)))
    return dict(zip(present, stays.T, strict=True))


def _masked(column: Column, present: Mask) -> Column:
    return Tokens(column.values, column.full_mask & present[:, None]) if isinstance(column, Tokens) else column


def _taken(column: Any, rows: Array, kind: Kind, once: bool) -> Any:
    """The examples in these places as a model takes them; what is `Repeated` stays so, if it is wanted once."""
    if once and isinstance(column, Repeated):
        values, places = column[rows].distinct()
        return Repeated(as_input(values, kind), places)  # type: ignore[arg-type]  # an array remains one
    return as_input(gathered(column, rows), kind)


def _together(order: Ids, inputs: dict[str, Any]) -> Ids:
    """The same order (N,), but that those who share an array stand together where the first of them stood."""
    for column in inputs.values():
        if isinstance(column, Repeated):
            _, first, number = np.unique(column.places[order], return_index=True, return_inverse=True)
            return order[np.argsort(first[number], kind="stable")]
    return order


def gathered(column: Any, rows: Array) -> Any:
    """The examples in these places; sequences as long as the longest of them."""
    if isinstance(column, Tokens):
        mask = column.full_mask.take(rows, axis=0)
        longest = 1 + np.flatnonzero(mask.any(axis=0)).max(initial=0)  # the place of the last token, and one
        return Tokens(column.values.take(rows, axis=0)[:, :longest], mask[:, :longest])
    return column.take(rows, axis=0)
