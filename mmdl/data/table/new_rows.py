"""New rows for a model that is trained: read with its own preprocessors and classes, nothing learned from them."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mmdl.data.dataset import SPLITS, Dataset, Examples
from mmdl.data.prepare import at_rows
from mmdl.data.preprocessors.picture import PicturePreprocessor
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.data.preprocessors.target import TargetTokenizer
from mmdl.data.preprocessors.units import composed, has_words
from mmdl.data.repeated import Repeated
from mmdl.data.table.columns import file_of, number_of
from mmdl.data.table.deal import groups_of
from mmdl.data.table.load import suited
from mmdl.data.table.numerals import form_of, value_in
from mmdl.data.table.opened import Reading
from mmdl.data.table.report import Refused, because, counted, demand_enough, of_absent, of_classes, of_refused
from mmdl.data.table.rows import Row, read_rows
from mmdl.data.table.steps import ALIKE, Table, all_of, as_one, cells_of, dealt, emptied, told
from mmdl.data.watching import watched
from mmdl.errors import DataError


class NewRows(NamedTuple):
    """The rows of a table that a model can take."""

    examples: Examples  # labels −1 where none are asked for; `about` has "line" and the cells of each modality
    refused: list[Refused]  # cells that cannot be read and rows that cannot be used, and why
    strangers: Counter[str]  # classes that the model does not know, and in how many rows; these are refused, too
    also: dict[str, list[str]]  # the cells of further columns
    absent: Counter[str]  # cells that say that they are empty


def read_new_rows(
    path: Any,
    preprocessors: dict[str, Preprocessor],
    columns: dict[str, Any],
    classes: tuple[str, ...] | None = (),
    label: str | None = None,
    target: str | None = None,
    writer: TargetTokenizer | None = None,
    also: Sequence[str] = (),
    how: Reading | None = None,
) -> NewRows:
    """The rows of a CSV file as a trained model takes them

    Parameters
    ----------
    path : path of the file, see `load_table`
    preprocessors : dict of str to Preprocessor
        The model's: its vocabulary, sizes, means and deviations are used as they are.
    columns : dict of str to str, of numbers to a sequence of str
        The column of each modality; a modality without one is absent from all rows.
    classes : tuple of str, or None
        The model's; None if it predicts numbers.
    label : str, optional
        The column with the class or the number.
    target : str, optional, and writer : TargetTokenizer
        The column with what is to be written, and the model's way to write it.
    also : sequence of str
        Further columns whose cells are wanted.
    how : Reading, optional
        How numbers are written, and whether NA is a word; sizes are the model's.

    Raises
    ------
    DataError
        If the file or its columns are not what they should be, or no row can be used.
    """
    if unknown := columns.keys() - preprocessors.keys():
        raise DataError(f"{min(unknown)!r} is no modality of this model; it takes {', '.join(preprocessors)}")
    how = how or Reading()
    asked = all_of(columns, label or target, None)
    rows, refused, delimiter = read_rows(path, [*asked, *(name for name in also if name not in asked)])
    absent = Counter[str]() if how.keep_na else emptied(rows)
    plain(rows, [*columns.get("numbers", ()), *([label] if label and classes is None else [])], delimiter, how)
    kinds = {name: preprocessor.kind for name, preprocessor in preprocessors.items()}
    cells = {name: [cells_of(row, column) for row in rows] for name, column in columns.items()}
    values: dict[str, list[Any]] = {}
    wrong: dict[int, tuple[str, str]] = {}  # cells that cannot be read, and in the end rows without anything else
    for name, column in cells.items():
        readable = _Readable(preprocessors[name], Path(path).parent)
        values[name], mistakes = readable(column)
        wrong |= {place: (told(columns[name]), mistake) for place, mistake in mistakes.items()}
    lost = {place for place in range(len(rows)) if all(column[place] is None for column in values.values())}
    for place in lost:
        wrong.setdefault(place, (", ".join(map(told, columns.values())), "there is nothing"))
    strangers: Counter[str] = Counter()
    labels: list[Any] = [-1] * len(rows)
    for place, row in enumerate(rows):
        if label:
            said = composed(row.cells[label])
            try:
                labels[place] = label_of(said, classes)
            except DataError as mistake:
                lost.add(place)
                strangers.update([said] if said and classes is not None else [])
                wrong[place] = label, str(mistake)
        if target and writer:
            try:
                writer.row(row.cells[target])
            except DataError as mistake:
                lost.add(place)
                wrong[place] = target, str(mistake)
    refused = sorted(refused + [Refused(rows[place].line, *why) for place, why in wrong.items()])
    places = [place for place in range(len(rows)) if place not in lost]
    if not places:
        raise DataError(f"none of the {counted(len(rows), 'row')} of {path} can be used{because(refused)}")

    inputs, present = {}, {}
    for name, preprocessor in preprocessors.items():
        chosen = [values[name][place] if name in values else None for place in places]
        present[name] = np.array([value is not None for value in chosen])
        there = [value for value in chosen if value is not None]
        is_framed = isinstance(preprocessor, PicturePreprocessor) and there
        inputs[name] = at_rows(Repeated.of(there) if is_framed else preprocessor.encode(there), present[name])
    told_of = {name: [*map(as_one, each, values[name])] for name, each in cells.items()}
    about = {name: np.array([each[place] for place in places], object) for name, each in told_of.items()}
    about["line"] = np.array([str(rows[place].line) for place in places])
    found = np.array([labels[place] for place in places])
    targets = writer.encode([rows[place].cells[target] for place in places]) if target and writer else None
    examples = Examples(inputs, found, present, about, kinds, targets, preprocessors, classes or ())
    others = {column: [rows[place].cells[column] for place in places] for column in also}
    return NewRows(examples, refused, strangers, others, absent)


def label_of(said: str, classes: tuple[str, ...] | None) -> int | float:
    """The place of a class, or without classes the number; a DataError if it is none, or missing."""
    if classes is None:
        number = number_of(said)
        if math.isnan(number):
            raise DataError("the number is missing")
        return number
    if said not in classes:
        raise DataError(f"the model knows no class {said!r}" if said else "the class is missing")
    return classes.index(said)


def load_like(
    path: Any,
    model: Any,
    label: str = "label",
    split: str | None = None,
    group: str | None = None,
    seed: int = 0,
    **options: Any,
) -> Dataset:
    """The data set of a CSV file as a trained model takes it, to go on learning from

    Parameters
    ----------
    path, label, split, group, seed : as in `load_table`
    model : what has preprocessors, and classes or a scale
    **options : by modality its column, or those of numbers; and settings of `Reading`, but no sizes

    Returns
    -------
    Dataset
        With the model's preprocessors and all its classes; rows of other classes are refused, and said in the notes.

    Raises
    ------
    DataError
        See `read_new_rows`; and if no row is left for one of the splits.
    """
    how = Reading(**{name: options.pop(name) for name in ("decimal", "thousands", "keep_na") if name in options})
    if sizes := [name for name in ("image_size", "text_length", "text_unit", "sound_seconds") if name in options]:
        raise DataError(f"{sizes[0].replace('_', ' ')} is the model's own, and cannot be another")
    options = {name: each for name, each in options.items() if each}
    classes, also = getattr(model, "classes", None), [name for name in (split, group) if name]
    found = read_new_rows(path, model.preprocessors, options, classes, label, also=also, how=how)
    examples, refused = found.examples, found.refused
    names = {n: classes[k] if classes else ALIKE for n, k in enumerate(examples.labels)}
    keys = [examples.about[name].tolist() for name in options if examples.kinds[name] in ("image", "audio")]
    keys += [found.also[group]] if group else []
    lines = [int(line) for line in examples.about["line"]]
    table = Table(
        lines=lines,
        labels=[names[n] for n in range(len(lines))],
        said=[said.lower() for said in found.also[split]] if split else [""] * len(lines),
        cells={},
        values={},
        refused=refused,
        lost=[],
        groups=groups_of(list(zip(*keys, strict=True))) if keys else list(range(len(lines))),
    )
    table, part, together = dealt(table, label, split, np.random.default_rng(seed))
    used = examples.select(np.isin(lines, table.lines))
    if classes:
        demand_enough(path, len(examples) + len(refused), classes, part, table.refused)
    train, validation, test = (used.select(part == each) for each in SPLITS)
    unknown = [f"the model knows no class {name!r}: {counted(rows, 'row')}" for name, rows in found.strangers.items()]
    return Dataset(
        Path(path).name,
        classes or (),
        train,
        validation,
        test,
        model.preprocessors,
        notes=(
            f"{Path(path).name}: {counted(len(examples) + len(refused), 'row')}, {len(part):,} of which can be used",
            *(*of_absent(found.absent), *together),
            *(of_classes(classes, train.labels, validation.labels, test.labels) if classes else ()),
            *(*unknown, *of_refused(table.refused)),
        ),
        scale=getattr(model, "scale", None),
        **suited([examples.kinds[name] for name in options], part),
    )


def plain(rows: list[Row], columns: Sequence[str], delimiter: str, how: Reading) -> None:
    """Write the numbers of these columns with a decimal point, whatever form most of a column has."""
    for column in columns:
        form = form_of(column, [row.cells[column] for row in rows], delimiter, how.decimal, how.thousands)
        for row in rows:
            number = value_in(row.cells[column], form)
            if number is not None:
                row.cells[column] = repr(number)


class _Readable:
    """What cells of one modality stand for, as far as its preprocessor can encode them."""

    def __init__(self, preprocessor: Preprocessor, folder: Path):
        self.preprocessor, self.folder = preprocessor, folder
        self.frames: dict[str, Any] = {}  # of files that many rows name: each is read once

    def __call__(self, cells: list[Any]) -> tuple[list[Any], dict[int, str]]:
        """Values, None where a cell is empty or cannot be read, and what is wrong with those."""
        values: list[Any] = []
        wrong: dict[int, str] = {}
        for place, cell in enumerate(watched(cells, self.preprocessor.kind)):
            try:
                values.append(self.value(cell))
            except DataError as mistake:
                values.append(None)
                wrong[place] = str(mistake)
        if isinstance(self.preprocessor, PicturePreprocessor):
            return values, wrong
        try:
            self.preprocessor.encode([value for value in values if value is not None])
        except DataError:  # then one by one, to find out which
            for place, value in enumerate(values):
                try:
                    self.preprocessor.encode([] if value is None else [value])
                except DataError as mistake:
                    values[place], wrong[place] = None, str(mistake)
        return values, wrong

    def value(self, cell: Any) -> Any:
        """In the form that the preprocessor takes."""
        match self.preprocessor.kind:
            case "numbers":
                numbers = [number_of(each) for each in cell]
                return None if all(map(math.isnan, numbers)) else numbers
            case "text":
                return cell if has_words(cell) else None
        if not cell:
            return None
        if isinstance(self.preprocessor, PicturePreprocessor):
            if cell not in self.frames:
                self.frames[cell] = self.preprocessor.frame(self._path(cell))
            return self.frames[cell]
        return self._path(cell)

    def _path(self, cell: str) -> Path | None:
        return file_of(self.folder, cell)
