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


def test_no_name_is_a_function_now_and_a_module_later():
    """What a package exports under the name of one of its modules stays: importing the module binds the name to it."""
    program = (
        "import importlib, pkgutil, sys, mmdl\n"
        "for found in pkgutil.walk_packages(mmdl.__path__, 'mmdl.'):\n"
        "    if found.ispkg and not found.name.startswith('mmdl.check.teachers'):\n"
        "        package = importlib.import_module(found.name)\n"
        "        for module in pkgutil.iter_modules(package.__path__):\n"
        "            whole = f'{found.name}.{module.name}'\n"
        "            if module.name in getattr(package, '__all__', ()) and whole not in sys.modules:\n"
        "                print(whole)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == ""
