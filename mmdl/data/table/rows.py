"""CSV files as people have them: rows of named cells, and which lines are no such rows."""

import codecs
import csv
import difflib
import io
import re
from collections.abc import Sequence
from os import PathLike
from typing import Any, NamedTuple

from mmdl.data.table.report import Refused, listed
from mmdl.errors import DataError, FormatError
from mmdl.files import opened

DELIMITERS = ",;\t"
MAX_BYTES = 1 << 30  # of a file
SEPARATOR = re.compile(r"sep=([,;\t|])\r?\n")
LARGEST = 1 << 30  # characters of a cell


class Row(NamedTuple):
    """One row: where it stands in the file, and its cells by column, without spaces around them."""

    line: int
    cells: dict[str, str]


def read_rows(path: str | PathLike[str], columns: Sequence[str]) -> tuple[list[Row], list[Refused], str]:
    """The cells of these columns, row by row

    The file is UTF-8 or UTF-16, with names in its first row; cells are parted by commas, semicolons or tabs, whichever
    gives the columns asked for. Rows without any content are skipped, and a row may end early: the rest is empty.

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
    said = SEPARATOR.match(text)  # a first line for spreadsheets: sep=;
    text, above = (text[said.end() :], 1) if said else (text, 0)
    limit = csv.field_size_limit(LARGEST)  # of a cell: there is one for the whole process only
    try:
        delimiter = said[1] if said else max(DELIMITERS, key=lambda each: _fit(text, each, columns))
        reader = _reader(text, delimiter)
        names = _names(reader)
        _check(path, names, columns)
        places = {column: names.index(column) for column in columns}
        rows, refused = [], []
        line = above + reader.line_num + 1
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if len(cells) > len(names) and any(cells[len(names) :]):
                refused.append(Refused(line, "cells", f"{len(cells)} cells, but there are {len(names)} columns"))
            elif any(cells):
                found = {column: cells[at] if at < len(cells) else "" for column, at in places.items()}
                rows.append(Row(line, found))
            line = above + reader.line_num + 1  # where the next row starts: a cell in quotes may have line breaks
    except csv.Error as mistake:
        raise FormatError(f"{path}, line {line}: this is no CSV ({mistake})") from None
    finally:
        csv.field_size_limit(limit)
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
        return content.decode(_encoding(content))
    except UnicodeDecodeError as mistake:
        line = content.count(b"\n", 0, mistake.start) + 1
        raise FormatError(f'{path}, line {line}: this is no UTF-8; a spreadsheet can save it as "CSV UTF-8"') from None


def _encoding(content: bytes) -> str:
    """UTF-16 by its mark, or by the zeros that every other byte is in Western texts; else UTF-8."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = content[:1000]
    for byte, encoding in enumerate(("utf-16-be", "utf-16-le")):
        half = start[byte::2]
        if half and half.count(0) > 0.8 * len(half) and not start[1 - byte :: 2].count(0):
            return encoding
    return "utf-8-sig"


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
