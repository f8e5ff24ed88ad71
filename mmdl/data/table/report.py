"""What is said about a table: what was read, how many examples each class has, and which rows cannot be used."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from mmdl.data.dataset import SPLITS
from mmdl.data.table.numerals import FORMS, unit_of, value_in
from mmdl.errors import DataError
from mmdl.shapes import Array

SHOWN = 10  # classes, and rows that cannot be used, that are told one by one
A_FEW = 12  # names that are listed
MOST = 0.9  # of the classes are numbers, then the others are slips
MANY = 20  # classes, from which on numbers are hardly names
A_LINE = 40  # letters of a name that are shown
A_REASON = 400  # letters of why a row cannot be used


class Refused(NamedTuple):
    """A row that cannot be used, and why."""

    line: int
    column: str  # at fault
    reason: str

    def __str__(self) -> str:
        reason = self.reason if len(self.reason) <= A_REASON else f"{self.reason[:A_REASON]}…"  # it may quote a cell
        return f"line {self.line}, {self.column}: {reason}"


def listed(names: Sequence[str]) -> str:
    """Names for a sentence: all of a few, or the first and how many more there are; what cannot be seen is escaped."""
    names = ["".join(each if each.isprintable() else ascii(each)[1:-1] for each in name) for name in names]
    names = [name if len(name) <= A_LINE else f"{name[: A_LINE - 1]}…" for name in names]
    if len(names) <= A_FEW:
        return ", ".join(names)
    return f"{', '.join(names[:A_FEW])} and {len(names) - A_FEW:,} more"


def counted(number: int, thing: str) -> str:
    """ "1 row", "2 rows" """
    return f"{number:,} {thing}" + "s" * (number != 1)


def because(refused: list[Refused]) -> str:
    """The first row that cannot be used, if any, as the end of a sentence."""
    return f"; {refused[0]}" if refused else ""


def of_classes(classes: tuple[str, ...], *splits: Array) -> Iterator[str]:
    """Sentences: how many examples each class has, in each split, of which the labels are given."""
    counts = np.array([np.bincount(labels, minlength=len(classes)) for labels in splits]).T
    for name, (train, validation, test) in zip(classes[:SHOWN], counts.tolist(), strict=False):
        total = counted(train + validation + test, "example")
        yield f"{name}: {total}, {train:,} for training, {validation:,} for validation, {test:,} for the test"
    if len(classes) > SHOWN:
        rest = counts[SHOWN:].sum(axis=1)
        yield f"and {len(rest):,} more classes, of {rest.min():,} to {rest.max():,} examples"


def of_numbers(label: str, cells: Sequence[str]) -> Iterator[str]:
    """A hint, where a column of classes looks like one of numbers that are to be predicted: many, hardly ever equal."""
    classes = {*cells}
    like = sum(map(number_like, classes))
    if len(classes) > MANY and 2 * len(classes) > len(cells) and like > MOST * len(classes):
        yield f"hint: {label} holds {len(classes):,} different numbers; --task regression predicts numbers, not classes"


def number_like(cell: str) -> bool:
    """Whether a cell is a number in one form or another."""
    return any(value_in(cell, form._replace(unit=unit_of(cell))) is not None for form in FORMS)


def of_alike(classes: Iterable[str]) -> Iterator[str]:
    """Hints: classes that may be one, such as Apple and apple, or 1 and 1.0."""
    alike: dict[Any, list[str]] = {}
    for name in classes:
        number = value_in(name, FORMS[0])
        alike.setdefault(" ".join(name.casefold().split()) if number is None else number, []).append(name)
    if several := [names for names in alike.values() if len(names) > 1]:
        told = listed([" and ".join(map(repr, names)) for names in several])
        yield f"hint: classes that may be meant to be one: {told}"


def of_absent(absent: Counter[str]) -> Iterator[str]:
    """A sentence about cells that say that they are empty."""
    if absent:
        said = ", ".join(f"{cell} ({number:,})" for cell, number in absent.most_common())
        yield f"taken as missing, unless --keep-na is given: {said}"


def of_refused(refused: list[Refused], what: str = "not used") -> Iterator[str]:
    """Sentences: which rows cannot be used and why; of very many only the first, and what is wrong with the others."""
    for each in refused[:SHOWN]:
        yield f"{what}: {each}"
    if rest := refused[SHOWN:]:
        columns = Counter(each.column for each in rest).most_common()
        why = listed([f"{number:,} for {column}" for column, number in columns])
        yield f"{what}: {counted(len(rest), 'more row')} up to line {rest[-1].line}: {why}"


def demand_enough(
    path: Any, rows: int, classes: tuple[str, ...], part: Any, refused: list[Refused], hints: Sequence[str] = ()
) -> None:
    """At least two classes and an example in each split, or one sentence about what is in the way."""
    demand_rows(path, rows)
    if not classes:
        why = "".join(f"; {hint}" for hint in hints)
        raise DataError(f"none of the {counted(rows, 'row')} of {path} can be used{because(refused)}{why}")
    if len(classes) == 1:
        only = f"every row that can be used is of the class {classes[0]!r}"
        raise DataError(f"{path}: {only}, and a choice needs two{because(refused)}")
    demand_splits(path, part, refused)


def demand_rows(path: Any, rows: int) -> None:
    """A row at least, or one sentence."""
    if not rows:
        raise DataError(f"{path} has names of columns, but no rows")


def demand_splits(path: Any, part: Any, refused: list[Refused]) -> None:
    """An example in each split, or one sentence."""
    for split in SPLITS:
        if split not in part:
            raise DataError(f"{path}: no row that can be used is for {split}{because(refused)}")
