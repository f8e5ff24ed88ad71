"""CSV files as people have them: rows of named cells, and which lines are no such rows."""

import codecs
import csv
import difflib
import io
import os
import re
from collections.abc import Sequence
from os import PathLike
from typing import Any, NamedTuple

from mmdl.data.table.report import Refused, listed
from mmdl.data.watching import watched
from mmdl.errors import DataError, FormatError
from mmdl.files import opened

DELIMITERS = ",;\t"
MAX_BYTES = 1 << 30  # of a file
SEPARATOR = re.compile(r"sep=([,;\t|])\r?\n")
LONGEST_SEPARATOR = 10  # characters of such a line
LARGEST = 1 << 24  # characters of a cell
PIECE = 1 << 20
START = 1000  # bytes that tell an encoding


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
    limit = csv.field_size_limit(LARGEST)  # of a cell: there is one for the whole process only
    rows, refused = [], []
    line = 1
    try:
        with _text(path) as text:
            said = SEPARATOR.fullmatch(text.readline(LONGEST_SEPARATOR))  # a first line for spreadsheets: sep=;
            above = 1 if said else 0
            line += above
            delimiter = said[1] if said else max(DELIMITERS, key=lambda each: _fit(text, each, columns))
            reader = _reader(text, delimiter, above)
            names = _names(reader)
            _check(path, names, columns)
            places = {column: names.index(column) for column in columns}
            line = above + reader.line_num + 1
            for cells in watched(reader, "rows"):
                cells = [cell.strip() for cell in cells]
                if len(cells) > len(names) and any(cells[len(names) :]):
                    refused.append(Refused(line, "cells", f"{len(cells)} cells, but there are {len(names)} columns"))
                elif any(cells):
                    found = {column: cells[at] if at < len(cells) else "" for column, at in places.items()}
                    rows.append(Row(line, found))
                line = above + reader.line_num + 1  # where the next row starts: a cell in quotes may have line breaks
    except csv.Error as mistake:
        raise FormatError(f"{path}, line {line}: this is no CSV ({mistake})") from None
    except UnicodeDecodeError:
        line = _undecodable_line(path)
        raise FormatError(f'{path}, line {line}: this is no UTF-8; a spreadsheet can save it as "CSV UTF-8"') from None
    except OSError as mistake:
        raise DataError(f"{path} cannot be read: {mistake.strerror}") from None
    finally:
        csv.field_size_limit(limit)
    return rows, refused, delimiter


def _text(path: Any) -> io.TextIOWrapper:
    """The text of a file, which is read as it is needed: a large one is never there as a whole."""
    file = opened(path)
    if os.fstat(file.fileno()).st_size > MAX_BYTES:
        file.close()
        raise FormatError(f"{path} is larger than the {MAX_BYTES >> 20} MiB of a table that are read")
    encoding = _encoding(file.read(START))
    file.seek(0)
    return io.TextIOWrapper(file, encoding, newline="")


def _undecodable_line(path: Any) -> int:
    """The first line that is not what the encoding allows."""
    with opened(path) as file:
        decode, line = codecs.getincrementaldecoder(_encoding(file.read(START)))().decode, 1
        file.seek(0)
        try:
            while piece := file.read(PIECE):
                line += decode(piece).count("\n")
        except UnicodeDecodeError as mistake:
            line += mistake.object.count(b"\n", 0, mistake.start)
    return line


def _encoding(content: bytes) -> str:
    """UTF-16 by its mark, or by the zeros that every other byte is in Western texts; else UTF-8."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for byte, encoding in enumerate(("utf-16-be", "utf-16-le")):
        half = content[byte::2]
        if half and half.count(0) > 0.8 * len(half) and not content[1 - byte :: 2].count(0):
            return encoding
    return "utf-8-sig"


def _reader(text: io.TextIOWrapper, delimiter: str, above: int = 0) -> Any:
    text.seek(0)
    for _ in range(above):
        text.readline()
    # strict: else a quotation mark that is never closed would swallow the rest of the file without a word
    return csv.reader(text, delimiter=delimiter, strict=True)


def _names(reader: Any) -> list[str]:
    return [name.strip() for name in next(reader, [])]


def _fit(text: io.TextIOWrapper, delimiter: str, columns: Sequence[str]) -> tuple[int, int]:
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
            unnamed = "; `label` is to say which one has the class" if column == "label" else ""
            meant = f"; is {alike[0]!r} meant?" if alike else unnamed
            raise DataError(f"{path} has no column {column!r}, it has {listed(names)}{meant}")
        if names.count(column) > 1:
            raise DataError(f"{path} has {names.count(column)} columns named {column!r}; which is meant?")
