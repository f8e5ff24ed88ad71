"""Rows of a CSV file, and files that are none."""

import errno
import os
import tracemalloc

import pytest

from mmdl.data.table.report import listed
from mmdl.data.table.rows import Row, _encoding, read_rows
from mmdl.errors import DataError, FormatError


@pytest.fixture
def read(tmp_path):
    def run(content, *columns):
        path = tmp_path / "my.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_rows(path, columns)

    return run


def test_lines_are_counted_as_an_editor_does(read):
    rows, refused, delimiter = read('a,b\r\n1,2\r\n\r\n"3\n3",4\r\n,\r\n 5 ,6\r\n', "b", "a")
    assert rows == [
        Row(2, {"b": "2", "a": "1"}),
        Row(4, {"b": "4", "a": "3\n3"}),
        Row(7, {"b": "6", "a": "5"}),
    ]
    assert refused == [] and delimiter == ","


def test_short_rows_are_filled_and_long_ones_refused(read):
    rows, refused, _ = read("a,b\n1\n1,2,,\n1,2,3\n", "a", "b")
    assert rows == [Row(2, {"a": "1", "b": ""}), Row(3, {"a": "1", "b": "2"})]
    assert [str(each) for each in refused] == ["line 4, cells: 3 cells, but there are 2 columns"]


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("a;b,c;d\n", ";"),
        ("a\tb;c;d\n", "\t"),
        ('"a";"b"\n', ";"),
        ("a,x;y;z\n", ","),
        ("a\n", ","),
    ],
)
def test_the_delimiter_is_the_one_that_gives_the_columns(read, content, delimiter):
    assert read(content + "1\n", "a")[2] == delimiter


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "has no names of columns in its first row"),
        ("\na,b\n", "has no names of columns in its first row"),
        ("b,c\n1,2\n", "has no column 'a', it has b, c"),
        ("aa,bb\n1,2\n", "has no column 'a', it has aa, bb; is 'aa' meant?"),
        ("aab,aa,bb\n1,2,3\n", "it has aab, aa, bb; is 'aa' meant?"),
        ("a,b,a\n1,2,3\n", "has 2 columns named 'a'; which is meant?"),
        ('a,b\n1,2\n"3,4\n5,6\n', "line 3: this is no CSV (unexpected end of data)"),
        (b"a,b\n1,2\n3,K\xe4se\n", "line 3: this is no UTF-8"),
        (b"\n\xe4\n", "line 2: this is no UTF-8"),
        ('"a,b', "line 1: this is no CSV"),
        (b"a,b\n1,2\n3,\x00\n" * 2 + b'"', "this is no CSV"),
    ],
)
def test_what_is_no_table_is_one_sentence(read, content, sentence):
    with pytest.raises(DataError) as error:
        read(content, "a")
    assert "my.csv" in str(error.value) and sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_other_columns_may_have_one_name(read):
    assert read("a,,\n1,2,3\n", "a")[0] == [Row(2, {"a": "1"})]


def test_ten_thousand_columns_are_not_all_listed(read):
    names = [f"column{n}" for n in range(10_000)]
    content = f"{','.join(names)}\n{','.join('1' * 10_000)}\n"
    assert read(content, "column9999")[0] == [Row(2, {"column9999": "1"})]
    with pytest.raises(DataError) as error:
        read(content, "kolumn77")
    assert "column0, column1" in str(error.value) and "and 9,988 more; is 'column77' meant?" in str(error.value)
    assert len(str(error.value)) < 400


def test_long_names_are_cut():
    assert listed(["a" * 100, "b"]) == f"{'a' * 39}…, b"


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(DataError, match=r"my\.csv cannot be read: No such file"):
        read_rows(tmp_path / "my.csv", ["a"])
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_rows(tmp_path, ["a"])


def test_a_disk_that_fails_in_the_middle_is_one_sentence(read, monkeypatch):
    def next_line(reader):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("mmdl.data.table.rows._names", next_line)
    with pytest.raises(DataError, match=r"my\.csv cannot be read: Input/output error$"):
        read("a,b\n1,2\n", "a")


def test_a_spreadsheet_that_is_no_csv(tmp_path):
    (tmp_path / "my.csv").write_bytes(b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xb5\xee")
    with pytest.raises(FormatError, match="this is no UTF-8"):
        read_rows(tmp_path / "my.csv", ["a"])


def test_a_large_file_is_never_there_as_a_whole(tmp_path):
    path = tmp_path / "large.csv"
    path.write_text("a,b\n" + "".join(f"{number},{'x' * 4000}\n" for number in range(3000)))
    tracemalloc.start()
    try:
        rows, _, _ = read_rows(path, ["a"])
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(rows) == 3000 and most < path.stat().st_size / 4


def test_a_cell_without_an_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("mmdl.data.table.rows.LARGEST", 1000)
    (tmp_path / "wide.csv").write_text("a,b\n1," + "x" * 2000)
    with pytest.raises(FormatError, match=r"line 2: this is no CSV .*field larger"):
        read_rows(tmp_path / "wide.csv", ["a"])


def test_a_file_beyond_all_tables_is_not_opened_at_all(tmp_path):
    with open(tmp_path / "huge.csv", "wb") as file:
        file.truncate((1 << 30) + 1)  # a hole, which takes no room
    with pytest.raises(FormatError, match="larger than the 1024 MiB"):
        read_rows(tmp_path / "huge.csv", ["a"])


def test_a_first_line_may_name_the_separator(read):
    assert read("sep=;\na,b;c\n1;2\n", "c") == ([Row(3, {"c": "2"})], [], ";")
    assert read("sep=|\r\na|b\r\n1|2\r\n", "b") == ([Row(3, {"b": "2"})], [], "|")


@pytest.mark.parametrize(
    "line, content", [(1, '"a;b\n1;2\n'), (2, 'sep=;\na;"b"x\n1;2\n'), (3, 'sep=;\na;b\n1;"2"x\n')]
)
def test_a_mistake_has_the_line_where_an_editor_finds_it(read, line, content):
    with pytest.raises(FormatError, match=rf"my\.csv, line {line}: this is no CSV"):
        read(content, "a")


def test_an_encoding_is_told_by_a_mark_or_by_zeros():
    assert [_encoding("é,ü\n".encode(name)) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")] == [
        *("utf-8-sig", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")
    ]
    assert {_encoding(content) for content in (b"", b"a", bytes(10), b"\0" * 3)} == {"utf-8-sig"}
    eight, nine = ("abcdefghij"[:n].encode("utf-16-le") + b"\1\1" * (10 - n) for n in (8, 9))
    assert (_encoding(eight), _encoding(nine)) == ("utf-8-sig", "utf-16-le")


def test_only_a_missing_label_is_explained(read):
    with pytest.raises(DataError, match=r"no column 'label', it has b; `label` is to say which one has the class$"):
        read("b\n1\n", "label")
    with pytest.raises(DataError, match=r"no column .kind., it has b$"):
        read("b\n1\n", "kind")
