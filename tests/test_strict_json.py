"""JSON without NaN, both ways, and files that hold none."""

import json
import math
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmdl import strict_json
from mmdl.errors import DataError, FormatError
from tests.source import SOURCES

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each) | st.lists(each).map(tuple) | st.dictionaries(st.text(), each),
    max_leaves=10,
)


def refuse(constant):
    raise AssertionError(constant)


@given(VALUES)
def test_whatever_is_written_is_json(value):
    json.loads(strict_json.written(value), parse_constant=refuse)


def test_numbers_that_are_not_finite_are_null():
    assert strict_json.written({"a": (math.nan, -math.inf, 1.5), "b": [{"c": math.inf}]}) == (
        '{"a": [null, null, 1.5], "b": [{"c": null}]}'
    )
    assert strict_json.plain({"a": (1, 2)}) == {"a": [1, 2]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"[-1e999]",
        b"1" + b"0" * 400,
        b"1" * 5000,
        b"[" * 100_000,
        b"[" * 65 + b"]" * 65,
        b'{"a": 1, "a": 1}',
        b"\xff",
        "[1]".encode("utf-16"),
        b" " * (1 << 20) + b"1",
    ],
    ids=lambda content: repr(content[:8]),
)
def test_what_is_no_json_is_refused(content, tmp_path):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(FormatError, match=r"a\.json"):
        strict_json.read(tmp_path / "a.json")


def test_what_is_json_is_read(tmp_path):
    for content, value in (
        (b'\xef\xbb\xbf{"a": [1, -2.5e3, "\\ud800"]}', {"a": [1, -2500.0, "\ud800"]}),  # with Notepad's mark
        (b"[" * 64 + b"]" * 64, json.loads("[" * 64 + "]" * 64)),
        (b"1" + b"0" * 300 + b" " * 1000, 10**300),
        (b" " * ((1 << 20) - 1) + b"1", 1),
    ):
        (tmp_path / "a.json").write_bytes(content)
        assert strict_json.read(tmp_path / "a.json") == value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES, st.data())
def test_what_is_read_can_be_written_and_read_again(tmp_path, value, data):
    """Whatever it is: what mmdl wrote, with some of its characters struck out and others put in."""
    path, text = tmp_path / "a.json", strict_json.written(value, ensure_ascii=False)
    start, end = sorted(data.draw(st.tuples(*2 * [st.integers(0, len(text))])))
    put = data.draw(st.text('{}[]",:e0189.-\\ ntu\ufeff', max_size=5) | st.just(""))
    path.write_bytes((text[:start] + put + text[end:]).encode(errors="surrogatepass"))
    try:
        found = strict_json.read(path)
    except FormatError as refusal:
        assert str(refusal) == f"{path} holds no JSON"
        return
    assert strict_json.plain(found) == found


def test_what_cannot_be_read_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(DataError):
            strict_json.read(path)


def test_commands_print_json_in_no_other_way():
    printing = [
        name for name, source in SOURCES.items() if name.startswith("mmdl.cli") and re.search(r"print\(json\.", source)
    ]
    assert printing == []
