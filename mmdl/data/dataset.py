"""What a dataset is: examples with named modalities, in three splits."""

from dataclasses import dataclass, field, replace

import numpy as np

from mmdl.errors import DataError
from mmdl.tokens import Tokens


@dataclass(frozen=True, eq=False)
class Examples:
    """N examples: what is shown of each, modality by modality, and the class that is asked for.

    Parameters
    ----------
    inputs : dict of str to array or Tokens
        One entry for each modality, N examples long. Pictures (N, R, C, 1) may be kept as uint8, where 255 is
        ink: `batches` makes them float32 in [0, 1].
    labels : array of ints (N,)
        Places in the dataset's `classes`.
    present : dict of str to array of bool (N,), optional
        False where an example lacks the modality. An empty sequence is absent, whatever is given here.
    about : dict of str to array of str (N,), optional
        What else is known of each example; for figures and searches, never for models.
    """

    inputs: dict[str, np.ndarray | Tokens]
    labels: np.ndarray
    present: dict[str, np.ndarray] = field(default_factory=dict)
    about: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self):
        for name, column in [*self.inputs.items(), *self.present.items(), *self.about.items()]:
            for array in column if isinstance(column, Tokens) else (column,):
                if len(array) != len(self.labels):
                    raise DataError(f"{name} has {len(array)} examples, but there are {len(self.labels)} labels")
        if unknown := set(self.present) - set(self.inputs):
            raise DataError(f"present names {min(unknown)!r}, which is no modality of {', '.join(self.inputs)}")
        everywhere = np.ones(len(self.labels), bool)
        present = {name: self.present.get(name, everywhere) & _nonempty(self.inputs[name]) for name in self.inputs}
        object.__setattr__(self, "present", present)  # the one moment at which a frozen dataclass may be completed

    def __len__(self):
        return len(self.labels)

    def select(self, rows):
        """These examples only.  rows: places (n,), a mask (N,) or a slice"""
        return Examples(
            {name: _rows(column, rows) for name, column in self.inputs.items()},
            self.labels[rows],
            {name: column[rows] for name, column in self.present.items()},
            {name: column[rows] for name, column in self.about.items()},
        )

    def only(self, *names):
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
    a training recipe (`mmdl.training.recipes`) that this data needs in place of the usual ones. Of generated data
    `best` may hold the smallest loss and the highest accuracy that any model can reach, as {("image", "text"): {"loss":
    ..., "accuracy": ...}, ...} for every set of modalities that are present.
    """

    name: str
    classes: tuple[str, ...]
    train: Examples
    validation: Examples
    test: Examples
    preprocessors: dict[str, object]
    augment: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    recipe: dict[str, float] = field(default_factory=dict)
    best: dict[tuple[str, ...], dict[str, float]] = field(default_factory=dict)

    @property
    def modalities(self):
        """The names of the modalities, in their order."""
        return tuple(self.train.inputs)

    def with_modalities(self, *names):
        """The same examples as if there were no other modalities, in the order of the dataset

        An example that has none of these stays, without anything to go by, so that models of other modalities of this
        dataset are tested on the same examples.
        """
        if unknown := set(names) - set(self.modalities):
            there = ", ".join(self.modalities)
            raise DataError(f"{min(unknown)!r} is no modality of {self.name}, whose modalities are {there}")
        splits = {split: _limited(getattr(self, split), names) for split in ("train", "validation", "test")}
        preprocessors = {name: each for name, each in self.preprocessors.items() if name in names}
        best = {subset: limits for subset, limits in self.best.items() if {*subset} <= {*names}}
        return replace(self, **splits, preprocessors=preprocessors, best=best)


def _nonempty(column):
    return column.mask.any(axis=1) if isinstance(column, Tokens) else True


def _limited(examples, names):
    """Examples that have no modalities but these."""
    inputs, present = (
        {name: each for name, each in part.items() if name in names} for part in (examples.inputs, examples.present)
    )
    return replace(examples, inputs=inputs, present=present)


def _rows(column, rows):
    return Tokens(column.values[rows], column.mask[rows]) if isinstance(column, Tokens) else column[rows]
