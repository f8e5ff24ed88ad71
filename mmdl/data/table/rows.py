"""CSV files as people have them: rows of named cells, and which lines are no such rows."""

import csv
import difflib
import io
from collections.abc import Sequence
from os import PathLike
from typing import Any, NamedTuple

from mmdl.data.table.report import Refused, listed
from mmdl.errors import DataError, FormatError
from mmdl.files import opened

DELIMITERS = ",;\t"
MAX_BYTES = 1 << 30  # of a file


class Row(NamedTuple):
    """One row: where it stands in the file, and its cells by column, without spaces around them."""

    line: int
    cells: dict[str, str]


def read_rows(path: str | PathLike[str], columns: Sequence[str]) -> tuple[list[Row], list[Refused], str]:
    """The cells of these columns, row by row

    The file is UTF-8 with names in its first row; cells are parted by commas, semicolons or tabs, whichever gives the
    columns asked for. Rows without any content are skipped, and a row may end early: what is missing is empty.

    Parameters
    ----------
    path : path of the file
    columns : sequence of str

    Returns
    -------
    list of Row, list of Refused, delimiter
        Refused are rows with more cells than there are columns.

    Raises
    ------
    DataError
        If the file cannot be read, or a column is not there, or there twice; FormatError if it is no CSV in UTF-8.
    """
    text, line = _text(path), 1
    try:
        delimiter = max(DELIMITERS, key=lambda each: _fit(text, each, columns))
        reader = _reader(text, delimiter)
        names = _names(reader)
        _check(path, names, columns)
        places = {column: names.index(column) for column in columns}
        rows, refused = [], []
        line = reader.line_num + 1
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if len(cells) > len(names) and any(cells[len(names) :]):
                refused.append(Refused(line, "cells", f"{len(cells)} cells, but there are {len(names)} columns"))
            elif any(cells):
                found = {column: cells[at] if at < len(cells) else "" for column, at in places.items()}
                rows.append(Row(line, found))
            line = reader.line_num + 1  # where the next row starts: a cell in quotes may have line breaks
    except csv.Error as mistake:
        raise FormatError(f"{path}, line {line}: this is no CSV ({mistake})") from None
    return rows, refused, delimiter


def _text(path: Any) -> str:
    try:
        with opened(path) as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as mistake:
        raise DataError(f"{path} cannot be read: {mistake.strerror}") from None
    if len(content) > MAX_BYTES:
        raise FormatError(f"{path} is larger than the {MAX_BYTES >> 20} MiB of a table that are read")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as mistake:
        line = content.count(b"\n", 0, mistake.start) + 1
        raise FormatError(f'{path}, line {line}: this is no UTF-8; a spreadsheet can save it as "CSV UTF-8"') from None


def _reader(text: str, delimiter: str) -> Any:
    # strict: else a quotation mark that is never closed would swallow the rest of the file without a word
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _names(reader: Any) -> list[str]:
    return [name.strip() for name in next(reader, [])]


def _fit(text: str, delimiter: str, columns: Sequence[str]) -> tuple[int, int]:
    """How well a delimiter fits: how many of the columns are in the first row, then how many cells it has."""
    try:
        names = _names(_reader(text, delimiter))
    except csv.Error:
        return 0, 0
    return len({*columns} & {*names}), len(names)


def _check(path: Any, names: list[str], columns: Sequence[str]) -> None:
    if not any(names):
        raise FormatError(f"{path} has no names of columns in its first row")
    for column in columns:
        if column not in names:
            alike = difflib.get_close_matches(column, names, 1)
            meant = f"; is {alike[0]!r} meant?" if alike else ""
            raise DataError(f"{path} has no column {column!r}, it has {listed(names)}{meant}")
        if names.count(column) > 1:
            raise DataError(f"{path} has {names.count(column)} columns named {column!r}; which is meant?")
