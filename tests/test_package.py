"""The package as an interpreter's user meets it."""

import doctest
import pydoc
import subprocess
import sys

import pytest

import mmdl


def test_rooms_come_when_they_are_asked_for():
    program = "import sys, mmdl; print('numpy' in sys.modules); mmdl.layers.LSTM; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_dir_and_help_name_the_entry_points():
    assert len(mmdl.__all__) == 10
    assert set(mmdl.__all__) <= set(dir(mmdl))
    told = pydoc.plain(pydoc.render_doc(mmdl))
    assert all(f"\n    {name} " in told for name in mmdl.__all__)


def test_every_entry_point_imports():
    for name in (*mmdl.__all__, "check", "explain", "keras"):
        assert getattr(mmdl, name).__name__ == f"mmdl.{name}"


def test_what_is_not_there():
    with pytest.raises(AttributeError, match="module 'mmdl' has no attribute 'lstm'"):
        mmdl.lstm  # noqa: B018


def test_the_example_in_the_docstring():
    assert doctest.testmod(mmdl).failed == 0
