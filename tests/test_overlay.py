"""The copy of the project runs itself, not the original, and notices what is added."""

import pytest

from tests.overlay import Overlay


def test_it_runs_the_copy(tmp_path):
    project = Overlay(
        tmp_path,
        {"mmdl/new.py": '"""New."""\n\nSAID = "here"\n'},
        appended={"mmdl/errors.py": "\nADDED = 1\n"},
        replaced={"mmdl/__init__.py": ('__version__ = "', '__version__ = "99.')},
    )
    assert project.run("mmdl", "--version").stdout.startswith("mmdl 99.")
    program = "import mmdl.new, mmdl.errors; print(mmdl.new.SAID, mmdl.errors.ADDED)"
    assert project.run("python", "-c", program).stdout == "here 1\n"
    assert project.touched == ["mmdl/new.py", "mmdl/errors.py", "mmdl/__init__.py"]


def test_what_fails_is_shown(tmp_path):
    project = Overlay(tmp_path, {})
    with pytest.raises(AssertionError, match="invalid choice"):
        project.run("mmdl", "trian")


def test_a_new_file_must_be_new(tmp_path):
    with pytest.raises(AssertionError, match="in the project already"):
        Overlay(tmp_path, {"mmdl/errors.py": ""})
