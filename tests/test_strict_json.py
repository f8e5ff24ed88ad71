"""JSON without NaN, both ways, and files that hold none."""

import json
import math
import re

import pytest
from hypothesis import given
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


@pytest.mark.parametrize("content", [b"", b"{", b"NaN", b"[Infinity]", b"[" * 100_000, b"\xff", b" " * (17 << 20)])
def test_what_is_no_json_is_refused(content, tmp_path):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(FormatError, match=r"a\.json"):
        strict_json.read(tmp_path / "a.json")


def test_what_cannot_be_read_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(DataError):
            strict_json.read(path)


def test_commands_print_json_in_no_other_way():
    printing = [
        name for name, source in SOURCES.items() if name.startswith("mmdl.cli") and re.search(r"print\(json\.", source)
    ]
    assert printing == []
