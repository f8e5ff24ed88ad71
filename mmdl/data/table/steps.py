"""From the rows of a table to arrays: read what cells stand for, deal rows out, fit preprocessors."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, TypeAlias

import numpy as np

from mmdl.data.dataset import SPLITS
from mmdl.data.prepare import at_rows
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.data.preprocessors.units import composed
from mmdl.data.table.columns import Pictures, Reader, Sounds
from mmdl.data.table.deal import LEAST, NAMES, as_told, deal, deal_groups, groups_of
from mmdl.data.table.report import Refused, because, counted, listed
from mmdl.errors import DataError
from mmdl.shapes import Mask

Columns: TypeAlias = dict[str, Any]  # by modality a name, or several of numbers
ALIKE = "\0"  # the class of rows without classes, and of no others
ABSENT = {"NA", "N/A", "n/a", "nan", "NaN", "NULL", "null", "None"}  # as programs write what is missing


@dataclass(frozen=True, eq=False)
class Table:
    """The rows that can be used so far, column by column, and those that cannot.

    Parameters
    ----------
    lines : list of N int
        Where each row stands in its file.
    labels : list of N str
        The class of each.
    said : list of N str
        What a column says of the split of each; "" without such a column.
    cells, values : dict of str to list of N
        By modality what is written in each row, and what it stands for; None where there is nothing.
    refused, lost : list of Refused
        Rows that cannot be used, and cells that cannot be read of rows that can.
    groups : list of N int
        Equal where rows must be in one split.
    """

    lines: list[int]
    labels: list[str]
    said: list[str]
    cells: dict[str, list[Any]]
    values: dict[str, list[Any]]
    refused: list[Refused]
    lost: list[Refused]
    groups: list[int]

    def without(self, wrong: dict[int, tuple[str, str]]) -> "Table":
        """The other rows.  wrong: by place, the column at fault and the reason"""
        kept = [place for place in range(len(self.lines)) if place not in wrong]
        refused = [Refused(self.lines[place], *why) for place, why in wrong.items()]

        def of(column: list[Any]) -> list[Any]:
            return [column[place] for place in kept]

        return Table(
            of(self.lines),
            of(self.labels),
            of(self.said),
            {name: of(column) for name, column in self.cells.items()},
            {name: of(column) for name, column in self.values.items()},
            sorted(self.refused + refused),
            [each for each in self.lost if each.line not in {row.line for row in refused}],
            of(self.groups),
        )


def emptied(rows: Sequence[Any]) -> Counter[str]:
    """Make empty what says that it is missing, and count what was said."""
    found: Counter[str] = Counter()
    for row in rows:
        for column, cell in row.cells.items():
            if cell in ABSENT:
                found[cell] += 1
                row.cells[column] = ""
    return found


def read(
    rows: Sequence[Any],
    refused: list[Refused],
    readers: dict[str, Reader],
    label: str | None,
    split: str | None,
    group: str | None = None,
    what: str = "class",
) -> Table:
    """What the cells of each row stand for; rows without what is in the column `label`, or anything else, are refused.

    Without such a column all rows are alike.
    """
    cells = {name: [cells_of(row, reader.column) for row in rows] for name, reader in readers.items()}
    values, wrong, unread = values_of(readers, cells)
    labels = [composed(row.cells[label]) if label else ALIKE for row in rows]  # é is one class, however it was typed
    wrong |= {place: (label or "", f"the {what} is missing") for place, each in enumerate(labels) if not each}
    said = [row.cells[split].lower() if split else "" for row in rows]
    keys = [column for name, column in cells.items() if isinstance(readers[name], Pictures | Sounds)]
    keys += [[row.cells[group] for row in rows]] if group else []
    groups = groups_of(list(zip(*keys, strict=True))) if keys else list(range(len(rows)))
    lines = [row.line for row in rows]
    lost = sorted(Refused(lines[place], *why) for place, reasons in unread.items() for why in reasons)
    return Table(lines, labels, said, cells, values, refused, lost, groups).without(wrong)


def alike(table: Table) -> Table:
    """The table as if all rows were of one class, so that they are dealt out alike."""
    return replace(table, labels=[ALIKE] * len(table.labels))


def dealt(table: Table, label: str, split: str | None, rng: np.random.Generator) -> tuple[Table, Any, list[str]]:
    """The rows that are in a split, the split of each (N,), and sentences about rows that belong together."""
    labels, groups = dict(enumerate(table.labels)), dict(enumerate(table.groups))
    count = len({*table.groups})
    together = count < len(table.groups)
    notes = []
    if split:
        said = dict(enumerate(table.said))
        parts = as_told(labels, said, rng)
        out = {place: why_not_as_told(labels[place], said[place], label, split) for place in labels.keys() - parts}
        sides: dict[int, set[str]] = {}
        for place, part in parts.items():
            sides.setdefault(groups[place], set()).add(part)
        if torn := [group for group, of in sides.items() if len(of) > 1]:
            first = table.lines[min(place for place in parts if groups[place] == torn[0])]
            notes = [
                f"warning: {counted(len(torn), 'group')} of rows that share a file "
                f"{'is' if len(torn) == 1 else 'are'} in more than one split, such as that of line {first}: what is "
                "tested was seen in training"
            ]
    else:
        parts = deal_groups(labels, groups, rng) if together else deal(labels, rng)
        few = f"fewer than {LEAST} rows"
        out = {
            place: ("rows", f"there are {few}") if labels[place] == ALIKE else (label, f"{labels[place]!r} has {few}")
            for place in labels.keys() - parts
        }
        if together:
            notes = [f"rows that share a file or a group stay in one split: {counted(count, 'group')}"]
    return table.without(out), np.array([parts[place] for place in sorted(parts)]), notes


def fitted(
    path: str | PathLike[str], table: Table, readers: dict[str, Reader], training: Mask
) -> tuple[dict[str, Any], dict[str, Mask], dict[str, Preprocessor], list[str]]:
    """Inputs, who has them, preprocessors that learned from the rows for training, and a sentence on each modality."""
    inputs, present, preprocessors, sentences = {}, {}, {}, []
    for name, reader in readers.items():
        values, column = table.values[name], told(reader.column)
        present[name] = np.array([value is not None for value in values])
        if not present[name][training].any():
            nothing = f"{path}: in no row for training there is anything in {column}"
            unread = [each for each in table.lost if each.column in column.split(", ")]
            raise DataError(f"{nothing}{because(unread or table.refused)}")
        preprocessors[name], found, sentence = reader.fit(values, training)
        inputs[name] = at_rows(found, present[name])
        sentences.append(f"{name}, from {column}: {sentence}")
    return inputs, present, preprocessors, sentences


def all_of(columns: Columns, label: str | None, split: str | None, group: str | None = None) -> list[str]:
    """The names of all columns that are asked for, each of them once."""
    if not columns:
        raise DataError("which columns are to be learned from? Name one of image, text, audio and numbers at least")
    names = [name for column in columns.values() for name in ([column] if isinstance(column, str) else column)]
    names += [each for each in (label, split) if each]
    names += [group] if group and group not in names else []
    for name, times in Counter(names).items():
        if times > 1:
            raise DataError(f"the column {name!r} is asked for {times} times, but it can be one thing only")
    return names


def cells_of(row: Any, column: str | tuple[str, ...]) -> Any:
    """The cell of one column, or the tuple of those of several."""
    return row.cells[column] if isinstance(column, str) else tuple(row.cells[each] for each in column)


def as_one(cells: str | tuple[str, ...], values: Any) -> str:
    """A cell as it is, or the numbers of several with commas between them, nothing for one that is not there."""
    if isinstance(cells, str):
        return cells
    return ",".join("" if math.isnan(number) else f"{number:.15g}" for number in values or [math.nan] * len(cells))


def told(column: str | tuple[str, ...]) -> str:
    """The name of one column, or the names of several."""
    return column if isinstance(column, str) else listed(column)


def values_of(
    readers: dict[str, Reader], cells: dict[str, list[Any]]
) -> tuple[dict[str, list[Any]], dict[int, tuple[str, str]], dict[int, list[tuple[str, str]]]]:
    """What is in the cells, {modality: values}; rows with nothing, {place: (column, reason)}; and all unread cells."""
    values: dict[str, list[Any]] = {}
    unread: dict[int, list[tuple[str, str]]] = {}
    for name, reader in readers.items():
        values[name], mistakes = reader.read(cells[name])
        for place, why in mistakes.items():
            unread.setdefault(place, []).append(why)
    columns = ", ".join(told(reader.column) for reader in readers.values())
    nothing = [place for place, found in enumerate(zip(*values.values(), strict=True)) if all(v is None for v in found)]
    wrong = {place: unread[place][0] if place in unread else (columns, "there is nothing") for place in nothing}
    return values, wrong, unread


def why_not_as_told(kind: str, said: str, label: str, split: str) -> tuple[str, str]:
    """Why a row is in no split: its cell names none, or nothing of its class is learned from."""
    if said in NAMES:
        return label, f"no row {'' if kind == ALIKE else f'of {kind!r} '}is for training"
    return split, f"{said!r} is none of {', '.join(SPLITS)}"


def in_order(classes: set[str]) -> tuple[str, ...]:
    """Classes as a reader expects them: numbers by size, words by the alphabet."""
    try:
        return tuple(sorted(classes, key=int))
    except ValueError:
        return tuple(sorted(classes))
