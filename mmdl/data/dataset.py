"""What a dataset is: examples with named modalities, in three splits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mmdl.data.kinds import Column, Kind, kinds_of, nonempty
from mmdl.data.preprocessors.numbers import Standardizer
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.data.preprocessors.target import TargetTokenizer
from mmdl.errors import DataError
from mmdl.outline import Outline
from mmdl.shapes import Array, Mask
from mmdl.tokens import Tokens, select

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Examples:
    """N examples: what is shown of each, modality by modality, and the class that is asked for.

    Parameters
    ----------
    inputs : dict of str to array or Tokens
        One entry for each modality, N examples long. Pictures (N, R, C, 1) may be kept as uint8, where 255 is
        ink: `batches` makes them float32 in [0, 1].
    labels : array of ints (N,)
        Places in the dataset's `classes`; of data for regression the numbers themselves, floats.
    present : dict of str to array of bool (N,), optional
        False where an example lacks the modality. An empty sequence is absent, whatever is given here.
    about : dict of str to array of str (N,), optional
        What else is known of each example; for figures and searches, never for models.
    kinds : dict of str to "image", "text", "audio" or "numbers", optional
        What each modality is, as its preprocessor says; if it is not given, see `mmdl.data.kinds.kind_of`.
    targets : Tokens (N, T) of ids, optional
        What is to be written of each example; every one ends in END, see `TargetTokenizer`.
    preprocessors : dict of str to Preprocessor, and classes : tuple of str
        What made the inputs, and what the labels stand for, where that is known: a model of others refuses them.
    """

    inputs: dict[str, Column]
    labels: Array
    present: dict[str, Mask] = field(default_factory=dict)
    about: dict[str, Array] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    targets: Tokens | None = None
    preprocessors: dict[str, Preprocessor] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.targets is not None and not len(self.targets.values) == len(self.targets.full_mask) == len(self.labels):
            raise DataError(f"there are {len(self.targets.values)} targets, but {len(self.labels)} labels")
        for name, column in [*self.inputs.items(), *self.present.items(), *self.about.items()]:
            for array in (column.values, column.full_mask) if isinstance(column, Tokens) else (column,):
                if len(array) != len(self.labels):
                    raise DataError(f"{name} has {len(array)} examples, but there are {len(self.labels)} labels")
        if unknown := set(self.present) - set(self.inputs):
            raise DataError(f"present names {min(unknown)!r}, which is no modality of {', '.join(self.inputs)}")
        everywhere = np.ones(len(self.labels), bool)
        present = {name: self.present.get(name, everywhere) & nonempty(self.inputs[name]) for name in self.inputs}
        object.__setattr__(self, "present", present)  # the one moment at which a frozen dataclass may be completed
        object.__setattr__(self, "kinds", kinds_of(self.inputs, self.kinds))

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return str(self.outline())

    def _repr_html_(self) -> str:
        return self.outline().html()

    def outline(self, name: str = "Examples") -> Outline:
        """The modalities with their shapes, and how many of the examples have them."""
        parts = (_described(each, self.inputs[each], self.present[each]) for each in self.inputs)
        return Outline(name, f"{len(self):,} examples", tuple(parts))

    def select(self, rows: Any) -> Examples:
        """These examples only.  rows: places (n,), a mask (N,) or a slice"""
        return replace(
            self,
            inputs={name: select(column, rows) for name, column in self.inputs.items()},
            labels=self.labels[rows],
            present={name: column[rows] for name, column in self.present.items()},
            about={name: column[rows] for name, column in self.about.items()},
            targets=None if self.targets is None else select(self.targets, rows),
        )

    def only(self, *names: str) -> Examples:
        """The same examples with no other modality present: how a model is asked about one modality alone."""
        if unknown := set(names) - set(self.inputs):
            raise DataError(f"{min(unknown)!r} is no modality of these examples; there is {', '.join(self.inputs)}")
        return replace(self, present={name: seen & (name in names) for name, seen in self.present.items()})


@dataclass(frozen=True, eq=False)
class Dataset:
    """Three splits of examples, the names of the classes, and what a model must know to take new inputs.

    `preprocessors[modality].encode(list)` turns new inputs (strings, pictures, sounds) into that modality's arrays.
    `augment` holds the arguments of `batches` that belong to training on this data, and only to training. `notes` are
    sentences about what was read, and what could not be used, for whoever trains on it. `recipe` holds the numbers of
    a training recipe (`mmdl.training.recipes`) that this data needs in place of the usual ones, and `build` the
    settings of a classifier (`mmdl.models.multimodal_classifier`) likewise. Of generated data `best` may hold the
    smallest loss and the highest accuracy that any model can reach, as {("image", "text"): {"loss": ..., "accuracy":
    ...}, ...} for every set of modalities that are present. `target`, where there is something to be written, made the
    targets of the examples, and turns what a model writes into texts. Where words are `in_order`, as in sentences and
    not in captions, models whose fusion reads tokens read them in their order first. `scale`, where labels are numbers
    and there are no classes, has their name, mean and deviation in training.
    """

    name: str
    classes: tuple[str, ...]
    train: Examples
    validation: Examples | None  # where nothing is chosen by it, there need be none
    test: Examples
    preprocessors: dict[str, Preprocessor]
    augment: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    recipe: dict[str, float] = field(default_factory=dict)
    build: dict[str, Any] = field(default_factory=dict)
    best: dict[tuple[str, ...], dict[str, float]] = field(default_factory=dict)
    target: TargetTokenizer | None = None
    in_order: bool = False
    scale: Standardizer | None = None

    def __post_init__(self) -> None:
        kinds = {name: preprocessor.kind for name, preprocessor in self.preprocessors.items()}
        for split in SPLITS:
            if (examples := getattr(self, split)) is not None:
                known = replace(examples, kinds=kinds, preprocessors=self.preprocessors, classes=self.classes)
                object.__setattr__(self, split, known)

    def __repr__(self) -> str:
        return str(self.outline())

    def _repr_html_(self) -> str:
        return self.outline().html()

    def outline(self) -> Outline:
        """The three splits and the classes."""
        splits = tuple(getattr(self, split).outline(split) for split in ("train", "validation", "test"))
        if self.scale is not None:
            return Outline(f"{self.name}: {self.scale.names[0]}", "a number", splits)
        shown = ", ".join(self.classes[:4]) + ", ..." * (len(self.classes) > 4)
        return Outline(f"{self.name}: {shown}", f"{len(self.classes)} classes", splits)

    def label_in_words(self, label: Any) -> str:
        """The class, or the number, that a label stands for."""
        return f"{label:.4g}" if self.scale is not None else self.classes[label]

    @property
    def modalities(self) -> tuple[str, ...]:
        """The names of the modalities, in their order."""
        return tuple(self.train.inputs)

    def with_modalities(self, *names: str) -> Dataset:
        """The same examples as if there were no other modalities, in the order of the dataset

        An example that has none of these stays, without anything to go by, so that models of other modalities of this
        dataset are tested on the same examples.
        """
        if unknown := set(names) - set(self.modalities):
            there = ", ".join(self.modalities)
            raise DataError(f"{min(unknown)!r} is no modality of {self.name}, whose modalities are {there}")
        splits: dict[str, Any] = {
            split: each and _limited(each, names) for split in SPLITS for each in [getattr(self, split)]
        }
        preprocessors = {name: each for name, each in self.preprocessors.items() if name in names}
        best = {subset: limits for subset, limits in self.best.items() if {*subset} <= {*names}}
        return replace(self, **splits, preprocessors=preprocessors, best=best)


def _described(name: str, column: Column, present: Mask) -> Outline:
    """A modality as a line: the shape of one example, its type, and how many examples have it."""
    values, at_most = (column.values, "up to ") if isinstance(column, Tokens) else (column, "")
    note = "" if present.all() else f"{int(present.sum()):,} present"
    return Outline(f"{name}: {at_most}{values.shape[1:]} {values.dtype}", note)


def _limited(examples: Any, names: tuple[str, ...]) -> Any:
    """Examples that have no modalities but these."""
    inputs, present = (
        {name: each for name, each in part.items() if name in names} for part in (examples.inputs, examples.present)
    )
    return replace(examples, inputs=inputs, present=present)
